"""Lower bound from the relaxation without integrality, tightened by its own cuts."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from formulations import get_formulation
from formulations.program import Decision
from instances.options import OptionTable
from instances.prune import prune
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.highs import Status, solve_program
from solvers.registry import method

__all__ = ["JointRelaxed"]

MAX_ROUNDS = 100
_PROGRESS = 1e-7
"""Relative gain of a round below which the bound counts as settled."""


@method
class JointRelaxed:
    """Linear relaxation of the columns (units) or of the tangent model with cuts until it settles (continuous)."""

    name = "joint_relaxed"
    title = "LP relaxation, a bound and no plan"
    kind = "bound"
    guarantee = "bound ≤ optimum"
    reference = "docs/theory.md, P3 and P4"

    def supports(self, table: OptionTable) -> str | None:
        """Any instance."""
        return None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Solve the LP, add the violated cuts, repeat until the bound settles."""
        table = prune(table)
        model = get_formulation("joint_relaxed").build(table)
        program = model.program
        seed, bound, stop, rounds = int(rng.integers(2**31 - 1)), -math.inf, Stop.ROUNDS, 0
        allowed = MAX_ROUNDS if limits.rounds is None else limits.rounds
        nobody = Decision(table.start[:-1], np.zeros(table.n_users), np.zeros(table.n_users))
        while rounds < allowed:
            rounds += 1
            inner = dataclasses.replace(limits, time_s=None if limits.time_s is None else clock.left_s)
            outcome = solve_program(program, inner, seed=seed, on_state=lambda *_: clock.report())
            if outcome.status is Status.INFEASIBLE:
                return Answer(None, Stop.INFEASIBLE, math.inf, message="not even shares of options fit together")
            if outcome.status is not Status.OPTIMAL or outcome.values is None:
                stop = {Status.TIME: Stop.TIME, Status.INTERRUPTED: Stop.INTERRUPTED}.get(outcome.status, Stop.ERROR)
                break
            gain, bound = outcome.bound - bound, max(bound, outcome.bound)
            clock.report(bound_j=bound)
            cuts = model.refine(outcome.values, nobody) if gain > _PROGRESS * abs(bound) else None
            if cuts is None or not len(cuts):
                stop = Stop.FINISHED
                break
            program = program.with_rows(cuts)
        return Answer(None, stop, bound, trace=tuple(clock.trace), detail={"rounds": rounds}, table=table)
