"""Dividing a network as a game: layer by layer a layout is chosen, paid by what work and transfers it brings.

eDDNN allocates pieces by deep reinforcement learning so that latency is least; what its network sees is not published.
Here a player sees what each layout costs now and what the layers after it would cost if it were kept.
"""

from __future__ import annotations

import copy

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.rows import Layout, RowPlan, RowProblem
from solvers.rows.pieces import price_pieces, simple_plans

__all__ = ["FEATURES", "PieceGame", "most_choices"]

PARTS = 20
"""Of the best single plan's value: the unit of all that a player sees and is paid."""

FEATURES = (
    "layers left", "GFLOP left", "goal is energy", "devices, of 4",
    "costs now", "over the cheapest now", "work of it", "rest if kept", "over the least rest if kept",
    "pays if kept", "over the least if kept", "pays if changed once", "over the least if changed once",
    "rows", "channels", "one device", "the source alone",
)  # fmt: skip
"""Of the moment (first four), then of a layout; costs in units."""


def most_choices(devices: int) -> int:
    """Layouts a layer has at most."""
    return devices + 3


class PieceGame:
    """The state of one division: ``picks`` so far, an index into ``costs.choices`` for each layer."""

    def __init__(self, problem: RowProblem) -> None:
        self.problem, plans = problem, simple_plans(problem)
        self.costs = price_pieces(problem, plans)
        self.picks: list[int] = []
        choices = self.costs.choices
        own = np.array([[c.index(plan.layouts[j]) for j, c in enumerate(choices)] for plan in plans])  # [plans, layers]
        value, rest = np.zeros(len(plans)), np.zeros(own.shape)
        self._reads: list[list[int]] = [[] for _ in choices]
        self._read_by: list[list[int]] = [[] for _ in choices]
        for p, j in self.costs.move:
            self._reads[j].append(p)
            self._read_by[p].append(j)
        for j in range(len(choices) - 1, -1, -1):
            rest[:, j] = value
            value = value + self._step(j, own)
        self.unit = max(float(value.min()) / PARTS, 1e-300)
        self._kept = [np.array([rest[own[:, j] == k, j].min() for k in range(len(c))]) for j, c in enumerate(choices)]
        gflop = np.array([layer.gflop for layer in problem.network.layers])
        self._left = np.append(np.cumsum(gflop[::-1])[::-1] / max(float(gflop.sum()), 1e-12), 0.0)
        self._kind = [np.array([_kind(problem, layout) for layout in c], dtype=float) for c in choices]

    def _step(self, j: int, own: Ints) -> Floats:
        """[plans] what layer j costs under each plan of layouts ``own`` [plans, layers]."""
        moved = sum((self.costs.move[p, j][own[:, p], own[:, j]] for p in self._reads[j]), np.zeros(len(own)))
        return np.asarray(self.costs.work[j][own[:, j]] + moved)

    @property
    def done(self) -> bool:
        """Whether every layer has a layout."""
        return len(self.picks) == len(self.costs.choices)

    def again(self) -> PieceGame:
        """The same problem from its first layer."""
        game = copy.copy(self)
        game.picks = []
        return game

    def now(self) -> Floats:
        """[choices] what each layout of the next layer costs: transfers from where its inputs are, and work."""
        j = len(self.picks)
        return np.asarray(self.costs.work[j] + sum(self.costs.move[p, j][self.picks[p]] for p in self._reads[j]))

    def see(self) -> tuple[Floats, Bools]:
        """[choices, features] as named in `FEATURES`; all layouts are allowed."""
        j, now = len(self.picks), self.now() / self.unit
        kept, work = self._kept[j] / self.unit, self.costs.work[j] / self.unit
        ahead = np.zeros(len(now))
        for r in self._read_by[j][:1]:
            ahead = (self.costs.move[j, r] + self.costs.work[r] + self._kept[r]).min(axis=1) / self.unit
        problem = self.problem
        moment = (1 - j / len(self.costs.choices), self._left[j], problem.goal == "energy", len(problem.devices) / 4)
        both, once = now + kept, now + ahead
        layout = np.column_stack([
            now, now - now.min(), work, kept, kept - kept.min(), -both, both - both.min(),
            -once, once - once.min(), self._kind[j],
        ])  # fmt: skip
        return np.concatenate([np.tile(moment, (len(now), 1)), layout], axis=1), np.ones(len(now), dtype=bool)

    def take(self, action: int) -> float:
        """Choose a layout; the less it costs, the more that pays, in units."""
        cost = float(self.now()[action])
        self.picks.append(action)
        return -cost / self.unit

    def plan(self) -> RowPlan:
        """The layouts chosen."""
        return self.costs.plan(self.picks)


def _kind(problem: RowProblem, layout: Layout) -> tuple[bool, bool, bool, bool]:
    busy = np.flatnonzero(np.diff(layout.bounds))
    one = len(busy) == 1
    return (layout.axis == "rows" and not one, layout.axis == "channels" and not one, one,
            one and int(busy[0]) == problem.source)  # fmt: skip
