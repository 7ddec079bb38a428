"""Row methods: the papers' baselines, CoEdge's rounded LP with its threshold, and the exact MILP over all sets."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from formulations.row_shares import least_rows, share_rows
from instances.columns import Floats
from instances.rows import RowPlan, RowProblem
from solvers.answer import Limits
from solvers.highs import Status, solve_program
from solvers.rows.phases import speeds
from solvers.rows.registry import Kind, RowAnswer, row_method
from solvers.rows.rounding import divide_by_shares, possible_sets, relax, round_rows, value_of

__all__ = ["threshold_set"]

MOST_DEVICES = 8
_NOTHING = 1e-6


def threshold_set(problem: RowProblem) -> tuple[int, ...]:
    """CoEdge's rule: whoever would get less than a halo gets nothing; the LP is solved anew until nobody does.

    The LP is the one without a least number of rows; a device is below the threshold if in every layer it has fewer
    rows than `least_rows` or than the padding, which is what its neighbour would ask of it.
    """
    taking = tuple(range(len(problem.devices)))
    need = np.maximum(least_rows(problem.network), [layer.padding for layer in problem.network.layers])
    while len(taking) > 1:
        shares, values, _ = relax(problem, taking, floor=False)
        if values is None:
            return taking
        rows = np.diff(np.array(shares.bounds(values)), axis=1)  # [layers, taking]
        below = (rows < need[:, None] - _NOTHING).all(axis=0)
        if not below.any():
            return taking
        worst = int(np.where(below, rows.sum(axis=0), np.inf).argmin())
        taking = tuple(d for place, d in enumerate(taking) if place != worst)
    return taking


class _OfRows:
    """What most share: they divide rows, run on every problem, and promise nothing if they do not say so."""

    kind: Kind = "heuristic"
    decides: Literal["rows", "pieces"] = "rows"
    guarantee: str | None = None

    def supports(self, problem: RowProblem) -> str | None:
        """Every problem."""
        return None


class _Baseline(_OfRows):
    """A fixed division."""

    def solve(self, problem: RowProblem, *, limits: Limits) -> RowAnswer:
        """The division, if it is in time."""
        return RowAnswer(divide_by_shares(problem, self.shares(problem)))

    def shares(self, problem: RowProblem) -> Floats:
        """[devices] not negative."""
        raise NotImplementedError


@row_method
class Alone(_Baseline):
    """The source does everything."""

    name = "alone"
    title = "the source alone"
    reference = "recurring baseline"

    def shares(self, problem: RowProblem) -> Floats:
        """All for the source."""
        return np.asarray(np.arange(len(problem.devices)) == problem.source, dtype=float)


@row_method
class Equal(_Baseline):
    """Rows divided equally."""

    name = "equal"
    title = "equal rows"
    reference = "recurring baseline"

    def shares(self, problem: RowProblem) -> Floats:
        """Ones."""
        return np.ones(len(problem.devices))


@row_method
class Proportional(_Baseline):
    """Rows in proportion to the devices' speed."""

    name = "proportional"
    title = "rows in proportion to speed"
    reference = "the idea of Mao et al., MoDNN, DATE 2017, as CoEdge's baseline"

    def shares(self, problem: RowProblem) -> Floats:
        """GFLOP/s."""
        return speeds(problem)


@row_method
class SingleCut(_OfRows):
    """The first layers on the source, the rest on one other device: partition offloading with one cut."""

    name = "single_cut"
    title = "the best single cut between the source and one other device"
    reference = "the idea of Kang et al., Neurosurgeon, ASPLOS 2017, as eDDNN's baseline"

    def solve(self, problem: RowProblem, *, limits: Limits) -> RowAnswer:
        """All cuts in the order of the layers, and all helpers."""
        count, alone = len(problem.network.layers), np.eye(len(problem.devices))
        here = divide_by_shares(problem, alone[problem.source]).layouts
        plans = [RowPlan(here)]
        for share in np.delete(alone, problem.source, axis=0):
            there = divide_by_shares(problem, share).layouts
            plans += [RowPlan((*here[:cut], *there[cut:])) for cut in range(count)]
        best = min(plans, key=lambda plan: value_of(problem, plan))
        return RowAnswer(best if math.isfinite(value_of(problem, best)) else None)


@row_method
class CoEdge(_OfRows):
    """LP, threshold, rounding."""

    name = "coedge"
    title = "rounded LP with threshold"
    kind: Kind = "approximation"
    guarantee: str | None = "value ≤ LP of its devices + one row's cost for each device and layer (P21)"
    reference = "after Zeng et al., CoEdge, arXiv:2012.03257; docs/theory.md P21"

    def solve(self, problem: RowProblem, *, limits: Limits) -> RowAnswer:
        """From those above the threshold, and from all, devices dropped while that is better; or one device alone."""
        n = len(problem.devices)
        starts = dict.fromkeys((threshold_set(problem), tuple(range(n)), *((d,) for d in range(n))))
        return RowAnswer(min((self._descend(problem, s) for s in starts), key=lambda found: found[0])[1])

    def _descend(self, problem: RowProblem, taking: tuple[int, ...]) -> tuple[float, RowPlan | None]:
        sets = set(possible_sets(problem))
        best, plan = self._try(problem, taking) if taking in sets else (math.inf, None)
        while len(taking) > 1:
            fewer = [s for e in taking if (s := tuple(d for d in taking if d != e)) in sets]
            tried = [(*self._try(problem, s), s) for s in fewer]
            if not tried or (math.isfinite(best) and min(t[0] for t in tried) >= best):
                break
            best, plan, taking = min(tried, key=lambda t: t[0])
        return best, plan

    @staticmethod
    def _try(problem: RowProblem, taking: tuple[int, ...]) -> tuple[float, RowPlan | None]:
        plan = round_rows(problem, taking).plan
        return value_of(problem, plan), plan


@row_method
class RowsExact(_OfRows):
    """MILP of every set of devices, those whose LP is hopeless left out."""

    name = "rows_exact"
    title = "whole rows, every set of devices"
    kind: Kind = "exact"
    guarantee: str | None = "gap ≤ limits.gap among the plans of P21"
    reference = "docs/theory.md P21"

    def supports(self, problem: RowProblem) -> str | None:
        """Few devices."""
        n = len(problem.devices)
        return None if n <= MOST_DEVICES else f"{n} devices have {2**n - 1} sets"

    def solve(self, problem: RowProblem, *, limits: Limits) -> RowAnswer:
        """Sets in the order of their LP bounds; stop when the next bound is no better than the best plan."""
        relaxed = sorted((relax(problem, s)[2], s) for s in possible_sets(problem))
        best, bound, plan = math.inf, math.inf, None
        for lower, taking in relaxed:
            if lower >= min(best, bound):  # whatever follows costs no less than what is already proven
                bound = min(bound, lower)
                break
            rounded = round_rows(problem, taking).plan
            if value_of(problem, rounded) < best:
                best, plan = value_of(problem, rounded), rounded
            shares = share_rows(problem, taking, integer=True)
            outcome = solve_program(shares.program, limits)
            if outcome.values is not None:
                found = shares.plan(outcome.values)
                if value_of(problem, found) < best:
                    best, plan = value_of(problem, found), found
            proven = math.inf if outcome.status is Status.INFEASIBLE else max(outcome.bound, lower)
            bound = min(bound, proven)
        return RowAnswer(plan, bound)
