"""Device or cloud layer by layer as a mixed-integer program: any graph, any number of limits."""

from __future__ import annotations

import math

import numpy as np

from formulations.split.switching import SwitchingProgram, switching_program
from instances.check_request import check_request
from instances.columns import Ints
from instances.request import Request
from instances.request_costs import Goal
from solvers.answer import Clock, Limits, Stop
from solvers.highs import Outcome, Status, solve_program
from solvers.registry import Kind
from solvers.split.answer import SplitAnswer
from solvers.split.registry import splitter

__all__ = ["SwitchingMilp"]

MOST_EXCLUDED = 100
_STOPS = {Status.TIME: Stop.TIME, Status.NODES: Stop.NODES, Status.INTERRUPTED: Stop.INTERRUPTED,
          Status.OPTIMAL: Stop.FINISHED}  # fmt: skip


@splitter
class SwitchingMilp:
    """HiGHS on `formulations.split.switching`; placements that break a limit by its tolerance are excluded in turn."""

    name = "switching_milp"
    title = "mixed-integer program over machines"
    kind: Kind = "exact"
    guarantee = "gap ≤ limits.gap"
    reference = "docs/theory.md P22; after Eshratifar et al., JointDNN, TMC 2021, and MAUI's 0/1 programme"

    def supports(self, request: Request, goal: Goal) -> str | None:
        """Sums of costs."""
        return "the longest stage is no sum of costs" if goal.longest else None

    def split(self, request: Request, goal: Goal, *, limits: Limits, rng: np.random.Generator) -> SplitAnswer:
        """Optimum within the gap."""
        clock, whole = Clock(limits), switching_program(request, goal)
        seed, nodes = int(rng.integers(2**31 - 1)), 0
        bound, left = -math.inf, limits
        for _ in range(MOST_EXCLUDED):
            if limits.time_s is not None:
                left = Limits(time_s=clock.left_s, gap=limits.gap, nodes=limits.nodes)
            outcome = solve_program(whole.program, left, seed=seed)
            nodes += outcome.nodes
            bound = max(bound, outcome.bound)
            answer = self._judge(whole, outcome, goal, bound, nodes)
            if answer is not None:
                return answer
            assert outcome.values is not None
            whole = whole.without(whole.placement(outcome.values))
        return SplitAnswer(None, bound=bound, stop=Stop.STALLED,
                           message=f"{MOST_EXCLUDED} placements keep the limits up to rounding only")  # fmt: skip

    def _judge(
        self, whole: SwitchingProgram, outcome: Outcome, goal: Goal, bound: float, nodes: int
    ) -> SplitAnswer | None:
        """The answer, or None when the placement found is to be excluded."""
        if outcome.status is Status.INFEASIBLE:
            return SplitAnswer.infeasible("no placement keeps machines, links and limits")
        if outcome.values is None:
            return SplitAnswer(None, bound=bound, stop=_STOPS.get(outcome.status, Stop.ERROR), message=outcome.message)
        placement: Ints = whole.placement(outcome.values)
        report = check_request(whole.request, placement)
        if not report.valid:
            return None
        value = goal.value(report.latency_s, report.energy_j, report.stage_s)
        # HiGHS' bound may lie above the value by its tolerances.
        stop = _STOPS.get(outcome.status, Stop.ERROR)
        return SplitAnswer(placement, value, min(bound, value), stop, detail={"nodes": float(nodes)})
