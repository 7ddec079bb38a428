"""The result: what a method found, recomputed by the checker before anybody sees it."""

from __future__ import annotations

import dataclasses
import enum
import math
import time
from typing import TYPE_CHECKING

from instances.certificate import Certificate
from instances.certify import CERTIFIABLE, Proof
from instances.certify import certify as prove
from instances.check import Report, check
from instances.errors import InputError, TooMuchError
from instances.instance import Instance
from instances.plan import Plan
from solvers.answer import Answer, Limits, Progress, Stop, relative_gap

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Result", "Verdict", "weigh"]

AGREEMENT = 1e-6
"""Relative difference between claimed and recomputed figures at which a claim counts as contradicted."""

_SEAL = object()


class Verdict(enum.Enum):
    """What is known for sure about a result, and on whose word."""

    CERTIFIED = "certified"  # plan checked; bound recomputed from its certificate in outward-rounded arithmetic
    OPTIMAL = "optimal"  # plan checked; the solver's bound is within the gap asked for
    BOUNDED = "bounded"  # plan checked; the solver's bound leaves a larger gap
    FEASIBLE = "feasible"  # plan checked; no bound
    CERTIFIED_INFEASIBLE = "certified infeasible"  # no plan exists: recomputed from the certificate
    INFEASIBLE = "infeasible"  # no plan exists, by the method's word and the reasons in the message
    UNKNOWN = "unknown"  # neither a plan nor a proof
    WRONG = "wrong"  # a claim was contradicted by the checker

    @property
    def infeasible(self) -> bool:
        """Whether it says that no plan exists, certified or not."""
        return self in (Verdict.CERTIFIED_INFEASIBLE, Verdict.INFEASIBLE)


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Result:
    """One solve of one instance. Made by `Result.checked` only.

    Args:
        method, seed, limits: how it was made.
        instance: of what.
        objective_j: in the problem's unit, recomputed from the plan; inf without a valid plan.
        bound_j: in the problem's unit, lower bound: what the certificate proves if the verdict is CERTIFIED, else what
            the method claims; −inf without.
        certified_j: in the problem's unit, lower bound recomputed from the certificate, rounded down; −inf without; inf
            where that proves that no plan exists.
        gap: (objective − bound)/|objective|; inf when either is missing.
        verdict: what is known. stop: why it stopped. message: explanation in the user's words.
        build_s, solve_s, certify_s: s spent on options and formulation, on solving, on recomputing the certificate.
        plan: the plan, or None. report: its recomputed figures and violations, or None.
        certificate: cases and prices behind ``certified_j``, or None.
        trace: progress over time. detail: further figures of the method's own.
    """

    method: str
    seed: int
    limits: Limits
    instance: Instance
    objective_j: float
    bound_j: float
    certified_j: float
    verdict: Verdict
    stop: Stop
    message: str
    build_s: float
    solve_s: float
    certify_s: float
    plan: Plan | None
    report: Report | None
    certificate: Certificate | None
    trace: tuple[Progress, ...]
    detail: dict[str, float]
    seal: object = dataclasses.field(repr=False)

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("a Result is made by Result.checked(...), which recomputes it")

    @property
    def gap(self) -> float:
        """Relative gap between objective and bound; inf when either is missing."""
        gap = relative_gap(self.objective_j, self.bound_j)
        return max(gap, 0.0)

    @property
    def certified_gap(self) -> float:
        """Relative gap between objective and certified bound, a fact; inf when either is missing."""
        return max(relative_gap(self.objective_j, self.certified_j), 0.0)

    @property
    def valid(self) -> bool:
        """Whether there is a plan that breaks no rule."""
        return self.report is not None and self.report.valid

    def refuted_by(self, plan: Plan) -> Result:
        """This result held against a plan from anywhere: WRONG if that, once verified, contradicts a claim.

        A claim is contradicted by a plan that costs less than its bound, what its certificate proves included, or that
        exists though none should. The contradicted figures are removed. A plan that breaks a rule refutes nothing.
        """
        report = check(self.instance, plan)
        if not report.valid:
            return self
        faults, bound, certified = [], self.bound_j, self.certified_j
        room = AGREEMENT * max(abs(report.objective_j), 1e-9)
        if self.verdict.infeasible:
            faults.append(f"claimed infeasible, and a verified plan is worth {report.objective_j:.9g}")
        if certified > report.objective_j + room:
            faults.append(f"the certificate proves {certified:.9g}, above a verified plan of {report.objective_j:.9g}")
            certified = -math.inf
        if bound > report.objective_j + room:
            faults.append(f"claimed bound {bound:.9g} lies above a verified plan of {report.objective_j:.9g}")
            bound = -math.inf
        if not faults:
            return self
        message = "; ".join([*faults, *([self.message] if self.message else [])])
        return dataclasses.replace(self, bound_j=bound, certified_j=certified, verdict=Verdict.WRONG, message=message)

    @property
    def prices(self) -> pd.DataFrame:
        """What the next unit of each server's resources is worth: see `solvers.sensitivity.Slopes.frame`.

        Raises:
            InputError: the result has neither a certificate of prices nor a valid plan.
        """
        from solvers.sensitivity.slopes import slopes_of  # late: it works on results

        return slopes_of(self).frame()

    @property
    def users(self) -> pd.DataFrame:
        """What every user does, one row each: see `solvers.user_frame.user_frame`.

        Raises:
            InputError: the result has no valid plan.
        """
        from solvers.user_frame import user_frame  # late: it works on results

        return user_frame(self)

    @classmethod
    def checked(
        cls,
        instance: Instance,
        answer: Answer,
        plan: Plan | None,
        *,
        method: str,
        seed: int = 0,
        limits: Limits | None = None,
        build_s: float = 0.0,
        solve_s: float = 0.0,
        certify: bool = True,
        certify_s: float | None = None,
    ) -> Result:
        """Recompute ``plan`` on ``instance``, compare with what ``answer`` claims, and keep what holds.

        A claim that the checker contradicts (invalid plan, another objective, a bound above a verified plan, infeasible
        beside a verified plan, a certificate that is rejected or proves less than it claims) makes the verdict WRONG
        and removes the contradicted figure. Without ``certify`` a certificate is kept, but nothing rests on it;
        ``certify_s`` is that of an earlier run, when a result is read again. That no plan exists may be the method's
        word: a certificate of it that proves nothing is left out, as the checker may forgive what the method did not.
        """
        limits = limits or Limits()
        report = None if plan is None else check(instance, plan)
        begin = time.perf_counter()
        proof, faults = (None, []) if not certify else weigh(instance, answer.certificate)
        spent_s = time.perf_counter() - begin if proof is not None or faults else 0.0
        if faults and report is None and answer.certificate is not None and answer.certificate.costless:
            answer, proof, faults = dataclasses.replace(answer, certificate=None), None, []
        found = _judge(answer, report, limits, proof, faults)
        certificate = None if faults and proof is None else answer.certificate
        if certificate is not None and found.certified_j != -math.inf:
            certificate = dataclasses.replace(certificate, bound_j=found.certified_j)
        detail = dict(answer.detail)
        if found.verdict is Verdict.CERTIFIED and proof is not None and answer.bound_j > proof.bound_j + proof.room_j:
            detail["solver_bound_j"] = answer.bound_j
        return cls(
            method=method,
            seed=seed,
            limits=limits,
            instance=instance,
            objective_j=found.objective_j,
            bound_j=found.bound_j,
            certified_j=found.certified_j,
            verdict=found.verdict,
            stop=answer.stop,
            message="; ".join([*found.faults, *([answer.message] if answer.message else [])]),
            build_s=build_s,
            solve_s=solve_s,
            certify_s=spent_s if certify_s is None else certify_s,
            plan=plan,
            report=report,
            certificate=certificate,
            trace=answer.trace,
            detail=detail,
            seal=_SEAL,
        )


def weigh(instance: Instance, certificate: Certificate | None) -> tuple[Proof | None, list[str]]:
    """What a certificate proves (None: not known, as where the problem is not one to certify), and what is wrong."""
    if certificate is None or instance.problem not in CERTIFIABLE or not instance.is_plain:
        return None, []
    try:
        proof = prove(instance, certificate)
    except TooMuchError:
        return None, []  # the bound remains its author's word
    except InputError as error:
        return None, [f"certificate rejected: {error}"]
    except KeyboardInterrupt:
        return None, []  # nothing was certified, which is no fault
    # Nothing that a plan adds to an objective is negative; what lies below is rounding, or a poor certificate.
    proof = dataclasses.replace(proof, bound_j=max(proof.bound_j, 0.0))
    if certificate.bound_j > proof.bound_j + proof.room_j:
        return proof, [f"certificate claims {certificate.bound_j:.9g} and proves {proof.bound_j:.9g}"]
    return proof, []


@dataclasses.dataclass(frozen=True)
class _Judgement:
    """What is left of the claims."""

    objective_j: float
    bound_j: float
    certified_j: float
    verdict: Verdict
    faults: list[str]


def _judge(answer: Answer, report: Report | None, limits: Limits, proof: Proof | None, faults: list[str]) -> _Judgement:
    """Objective, bounds, verdict and contradictions; ``faults`` are those of the certificate."""
    certified = -math.inf if proof is None else proof.bound_j
    claim = -math.inf if math.isnan(answer.bound_j) else answer.bound_j
    # A claim that rests on the certificate is worth what that proves.
    bound = certified if proof is not None and claim <= certified + proof.room_j else claim
    if report is None:
        verdict = Verdict.INFEASIBLE if answer.stop is Stop.INFEASIBLE else Verdict.UNKNOWN
        if verdict is Verdict.INFEASIBLE:
            bound = answer.bound_j
        if certified == math.inf:
            bound, verdict = math.inf, Verdict.CERTIFIED_INFEASIBLE
        return _Judgement(math.inf, bound, certified, Verdict.WRONG if faults else verdict, faults)
    if not report.valid:
        shown = [str(v) for v in report.violations[:3]]
        more = len(report.violations) - len(shown)
        faults = [*faults, *shown, *([f"and {more} more"] if more else [])]
        return _Judgement(math.inf, bound, certified, Verdict.WRONG, faults)
    objective = report.objective_j
    room = AGREEMENT * max(abs(objective), 1e-9)
    faults = list(faults)
    if math.isfinite(answer.objective_j) and abs(answer.objective_j - objective) > room:
        faults.append(f"claimed objective {answer.objective_j:.9g}, the plan is worth {objective:.9g}")
    if certified > objective + room:
        faults.append(f"the certificate proves {certified:.9g}, above a verified plan of {objective:.9g}")
        certified = -math.inf
    if bound > objective + room:
        faults.append(f"claimed bound {bound:.9g} lies above a verified plan of {objective:.9g}")
        bound = -math.inf
    if answer.stop is Stop.INFEASIBLE:
        faults.append("claimed infeasible beside a verified plan")
    if faults:
        return _Judgement(objective, bound, certified, Verdict.WRONG, faults)
    bound, proven = min(bound, objective), min(certified, objective)  # above it by rounding only
    enough = max(limits.gap, 1e-9)
    if math.isfinite(proven) and (bound == proven or relative_gap(objective, proven) <= enough):
        return _Judgement(objective, proven, certified, Verdict.CERTIFIED, [])
    if bound == -math.inf:
        return _Judgement(objective, bound, certified, Verdict.FEASIBLE, [])
    solved = relative_gap(objective, bound) <= enough
    return _Judgement(objective, bound, certified, Verdict.OPTIMAL if solved else Verdict.BOUNDED, [])
