"""Brute force: every choice of options, the best shares for each. The oracle for tiny instances."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import numpy as np

from formulations.program import Decision
from instances.columns import Floats, Ints
from instances.options import LOCAL, OptionTable
from solvers.allocation import allocate, allocate_units_exact
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.registry import method

__all__ = ["MOST_CHOICES", "BruteForce"]

MOST_CHOICES = 200_000

_Cost = tuple[float, Floats, Floats]


class _Enumeration:
    """Depth-first over users; cost of a server's group of options is computed once."""

    def __init__(self, table: OptionTable) -> None:
        self.table = table
        self._known: dict[tuple[int, ...], _Cost] = {}
        self.local_j = np.where(table.is_local, table.cost_j(), math.inf)
        self._stock, self._room = table.stock, table.stock_room

    def choices(self) -> Iterator[Ints]:
        """Every choice of one option a user."""
        start = self.table.start
        shape = tuple(int(k) for k in np.diff(start))
        for flat in range(int(np.prod(shape, dtype=object))):
            yield start[:-1] + np.array(np.unravel_index(flat, shape), dtype=np.int64)

    def group(self, chosen: Ints, server: int) -> _Cost:
        """Least cost of the options in ``chosen`` that use ``server``, and their shares; inf when they do not fit."""
        members = chosen[self.table.server[chosen] == server]
        key = tuple(int(o) for o in members)
        if key not in self._known:
            self._known[key] = self._settle(members, server)
        return self._known[key]

    def _settle(self, members: Ints, server: int) -> _Cost:
        nothing = np.zeros(len(members))
        if not len(members):
            return 0.0, nothing, nothing
        if (self._stock[members].sum(axis=0) > self._room[server] * (1 + 1e-12)).any():
            return math.inf, nothing, nothing
        alone = _only(self.table, members)
        settle = allocate_units_exact if self.table.allocation == "units" else allocate
        got = settle(alone, np.arange(len(members)))
        if not bool(got.feasible[server]):
            return math.inf, nothing, nothing
        cost = alone.cost_j(got.uplink_share, got.compute_share, np.arange(len(members)))
        return float(cost.sum() + self.table.static_j[server]), got.uplink_share, got.compute_share

    def cost(self, chosen: Ints) -> float:
        """Least cost of a choice, J."""
        local = chosen[self.table.server[chosen] == LOCAL]
        total = float(self.local_j[local].sum())
        for server in np.unique(self.table.server[chosen]):
            if server != LOCAL and math.isfinite(total):
                total += self.group(chosen, int(server))[0]
        return total

    def decision(self, chosen: Ints) -> Decision:
        """Decision with the best shares of a choice."""
        beta, phi = np.zeros(len(chosen)), np.zeros(len(chosen))
        for server in np.unique(self.table.server[chosen]):
            if server != LOCAL:
                mine = self.table.server[chosen] == server
                _, beta[mine], phi[mine] = self.group(chosen, int(server))
        return Decision(chosen, beta, phi)


def _only(table: OptionTable, members: Ints) -> OptionTable:
    """Table of these options alone, one user each."""
    return dataclasses.replace(table.take(members), user=np.arange(len(members)), **table.of_users(table.user[members]))


@method
class BruteForce:
    """Enumeration of all choices; for instances with at most 200,000 of them."""

    name = "brute_force"
    title = "enumeration of every choice"
    kind = "exact"
    guarantee = "optimal"
    reference = "none; the oracle of the tests"

    def supports(self, table: OptionTable) -> str | None:
        """Only tiny instances."""
        choices = math.prod(int(k) for k in np.diff(table.start))
        return None if choices <= MOST_CHOICES else f"it has {choices:.3g} choices, more than {MOST_CHOICES}"

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Try them all; limits other than an interrupt are ignored."""
        search, best, best_j = _Enumeration(table), None, math.inf
        stop = Stop.FINISHED
        try:
            for chosen in search.choices():
                cost = search.cost(chosen)
                if cost < best_j:
                    best, best_j = chosen, cost
                    clock.found(table, search.decision(np.array(chosen)))
                    clock.report(best_j)
        except KeyboardInterrupt:
            stop = Stop.INTERRUPTED
        if best is None:
            if stop is Stop.FINISHED:
                return Answer(None, Stop.INFEASIBLE, math.inf, message="no choice of options fits all limits together")
            return Answer(None, stop)
        bound = best_j if stop is Stop.FINISHED else -math.inf
        clock.report(best_j, bound)
        return Answer(search.decision(best), stop, bound, best_j, tuple(clock.trace))
