"""Claims about one instance, held against each other and against every plan that the checker has verified."""

from __future__ import annotations

import dataclasses
import math
import traceback
from collections.abc import Sequence

from instances.errors import InputError
from instances.expand import expand
from instances.instance import Instance
from instances.options import OptionTable
from instances.plan import Plan
from results.trust.askers import LIMITS, Asker
from solvers.result import Result, Verdict

__all__ = ["Claim", "Contradiction", "ask_all", "contradictions"]

OPTIMA_APART = 3.0
"""Gaps by which two values that both are called optimal may differ: each has a gap, and rows slip by as much."""


@dataclasses.dataclass(frozen=True, eq=False)
class Claim:
    """What one asker said: a result, or what it raised instead; or why it was not asked."""

    asker: str
    result: Result | None
    raised: str = ""
    reason: str = ""


@dataclasses.dataclass(frozen=True, eq=False)
class Contradiction:
    """A claim that cannot be right.

    ``kind``: *bound* (above a verified plan), *infeasible* (a verified plan exists), *optimum* (a verified plan is
    better by more than the gaps), *wrong* (refuted by its own plan or certificate), *raised* (no answer but an error).
    ``witness``: who made the plan that refutes it, itself included.
    """

    kind: str
    claimant: str
    witness: str
    message: str
    result: Result | None = None
    plan: Plan | None = None


def ask_all(instance: Instance, askers: Sequence[Asker], seed: int) -> list[Claim]:
    """What each of them says of an instance."""
    try:
        table = expand(instance)
    except Exception:  # the instance is valid, so whatever is raised here is a finding
        return [Claim("expand", None, raised=_last_lines())]
    return [_ask(instance, table, entry, seed) for entry in askers]


def _ask(instance: Instance, table: OptionTable, entry: Asker, seed: int) -> Claim:
    try:
        reason = entry.reason(instance, table)
        if reason is not None:
            return Claim(entry.name, None, reason=reason)
        return Claim(entry.name, entry.ask(instance, table, seed))
    except InputError as error:
        return Claim(entry.name, None, reason=f"refused: {error}")
    except Exception:  # a traceback is a fault like any other
        return Claim(entry.name, None, raised=_last_lines())


def _last_lines() -> str:
    return "".join(traceback.format_exc().splitlines(keepends=True)[-7:])


def contradictions(claims: Sequence[Claim]) -> list[Contradiction]:
    """Every claim that cannot stand beside the others, each once, with its result marked WRONG."""
    answers = [(claim.asker, claim.result) for claim in claims if claim.result is not None]
    valid = [(result.objective_j, name, result.plan) for name, result in answers if result.valid]
    found = [Contradiction("raised", c.asker, c.asker, c.raised) for c in claims if c.raised]
    best = min(valid, key=lambda entry: entry[0], default=None)
    for name, result in answers:
        if result.verdict is Verdict.WRONG:
            found.append(Contradiction("wrong", name, name, result.message, result, result.plan))
        elif best is not None:
            found += _against(name, result, *best)
    return found


def _against(name: str, result: Result, best_j: float, witness: str, plan: Plan | None) -> list[Contradiction]:
    """What the best verified plan of all says about a result."""
    assert plan is not None  # a valid result has one
    refuted = result.refuted_by(plan)
    if refuted.verdict is Verdict.WRONG:
        kind = "infeasible" if result.verdict.infeasible else "bound"
        return [Contradiction(kind, name, witness, refuted.message, refuted, plan)]
    # A certified result has a proven gap, which need not be the one asked for.
    solved = result.verdict in (Verdict.OPTIMAL, Verdict.CERTIFIED) and result.gap <= LIMITS.gap
    room = OPTIMA_APART * LIMITS.gap * max(abs(best_j), 1e-9)
    if solved and math.isfinite(result.objective_j) and result.objective_j > best_j + room:
        message = f"called optimal at {result.objective_j:.12g}, a verified plan is worth {best_j:.12g}"
        return [Contradiction("optimum", name, witness, message, result, plan)]
    return []
