"""Shortest longest stage by minimum cuts of weighted sums: heavy load of DADS.

The cut that minimises the sum of machine and link times is at most as many times the optimum as there are stages
(docs/theory.md, P18). Other weights of the machines are tried on a grid that shrinks around the best; each gives a
lower bound too: no maximum is below a weighted mean.
"""

from __future__ import annotations

import itertools

import numpy as np

from formulations.split.graph import CutGraph, Tolls, cut_graph
from instances.columns import Floats, Ints
from instances.request import Request
from instances.request_costs import Goal, LinearCosts
from solvers.answer import Limits
from solvers.registry import Kind
from solvers.split.answer import SplitAnswer
from solvers.split.figures import count_stages
from solvers.split.max_flow import minimum_cut
from solvers.split.registry import splitter
from solvers.split.support import limits_may_bind, reason_in_line

__all__ = ["Dsh"]

_ROUNDS = 3
_WIDEST = 4.0
"""The first grid reaches from 1/16 to 16: ± 4 powers of two."""

_POINTS = {2: 9, 3: 5}
"""Grid points a machine, so that the grid has about a hundred points; 3 for more machines than named."""


@splitter
class Dsh:
    """Sum first, then other weights of the machines; weights of links are 1."""

    name = "dsh"
    title = "weighted cuts for the longest stage"
    kind: Kind = "approximation"
    guarantee = "value ≤ (2m − 1) · optimum: 3 · for two machines"
    reference = "docs/theory.md P18; Hu et al., DADS, INFOCOM 2019, doi 10.1109/INFOCOM.2019.8737614"

    def supports(self, request: Request, goal: Goal) -> str | None:
        """The longest stage on a line of machines, one way, without limits that may bind."""
        if not goal.longest:
            return "it is for the longest stage: a sum is what `min_cut` minimises"
        if not request.one_way:
            return "data flow both ways: see Request.one_way"
        return reason_in_line(request) or limits_may_bind(request, goal)

    def split(self, request: Request, goal: Goal, *, limits: Limits, rng: np.random.Generator) -> SplitAnswer:
        """Grids around the best weights so far; ``limits.rounds`` of them."""
        search = _Search(request)
        for tiers in range(1, request.n_machines):
            search.reach(tiers)
        width, points = _WIDEST, _POINTS.get(request.n_machines, 3)
        for _ in range(_ROUNDS if limits.rounds is None else limits.rounds):
            search.try_grid(width, points)
            width /= points - 1
        if search.placement is None:
            return SplitAnswer.infeasible("no placement is possible: each needs a machine or a link that is not there")
        detail = {"cuts": float(search.cuts), "placements": float(len(search.seen))}
        return SplitAnswer(search.placement, search.value, min(search.bound, search.value), detail=detail)


class _Search:
    """Best placement so far, its weights (log2, [m]), and the best bound."""

    def __init__(self, request: Request) -> None:
        self.request, self.m = request, request.n_machines
        self.costs = LinearCosts.of(request, Goal.latency())
        plain = cut_graph(self.costs)
        self.structure = plain.structure
        self.mbit = np.append(request.network.output_mbit, request.network.input_mbit)
        self.seen: set[bytes] = set()
        self.placement: Ints | None = None
        self.value, self.bound, self.cuts = np.inf, 0.0, 0
        self.weights = np.zeros(self.m)
        self._offer(np.zeros(request.n_layers, dtype=np.int64)[None, :], np.zeros((1, self.m)))

    def reach(self, tiers: int) -> None:
        """The least sum that uses no machine beyond ``tiers``: one of these carries the ratio."""
        run = self.request.time_s.copy()
        run[tiers + 1 :] = np.inf
        placement, _ = self._cut(run)
        if placement is not None:
            self._offer(placement[None, :], np.zeros((1, self.m)))

    def try_grid(self, width: float, points: int) -> None:
        """All weights within ``width`` powers of two of the best."""
        steps = np.linspace(-width, width, points)
        found, logs = [], []
        for shift in itertools.product(steps, repeat=self.m):
            log = self.weights + np.array(shift)
            weights = 2.0**log
            placement, least = self._cut(self.request.time_s * weights[:, None])
            self.bound = max(self.bound, least / (float(weights.sum()) + self.m - 1))
            if placement is not None:
                found.append(placement)
                logs.append(log)
        if found:
            self._offer(np.array(found), np.array(logs))

    def _cut(self, run: Floats) -> tuple[Ints | None, float]:
        """Placement of least weighted sum of machine and link times, and that sum."""
        zero = np.zeros(self.m - 1)
        k = np.arange(self.m - 1)
        # Without delays, openings and the result's return: these are no part of any of the stages that count.
        closed = np.where(np.isfinite(self.request.send_s_per_mbit[k + 1, k]), 0.0, np.inf)
        tolls = Tolls(self.costs.send[k, k + 1], zero, self.costs.send[k + 1, k], zero, closed, zero)
        graph = CutGraph.of(self.structure, run, self.mbit, tolls)
        cut = minimum_cut(graph)
        self.cuts += 1
        return (graph.placement(cut.source_side), cut.bound) if np.isfinite(cut.value) else (None, np.inf)

    def _offer(self, placements: Ints, logs: Floats) -> None:
        """Keep the best of these; each placement is looked at once."""
        fresh = [j for j, p in enumerate(placements) if p.tobytes() not in self.seen]
        fresh = list({placements[j].tobytes(): j for j in fresh}.values())
        self.seen.update(placements[j].tobytes() for j in fresh)
        if not fresh:
            return
        _, _, stage, fits = count_stages(self.request, placements[fresh])
        stage = np.where(fits, stage, np.inf)
        best = int(np.argmin(stage))
        if stage[best] < self.value:
            self.value, self.placement = float(stage[best]), placements[fresh[best]]
            self.weights = logs[fresh[best]]
