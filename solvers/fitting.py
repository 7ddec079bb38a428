"""Can these users be served together? A MILP over choices alone, exact for both allocation rules.

Continuous shares need no variables of their own: by the eigenvalue theorem (docs/theory.md, P2) shares exist on a
server if and only if, for every direction (μ, ν) ≥ 0 with μ+ν = 1, Σ x_o (√(μ a'_o) + √(ν c_o))² / S_o ≤ 1. Directions
are added where a solution violates them.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import scipy.sparse as sp

from formulations.program import SMALLEST, Program, Rows
from instances.columns import Bools, Floats, Ints
from instances.options import LOCAL, OptionTable
from solvers.answer import Clock, Limits
from solvers.highs import Status, solve_program

__all__ = ["Capacity", "Fitting", "capacities_of"]

Capacity = tuple[str, int]
"""A capacity: its kind (uplink, compute or a stock) and its server."""

_MOST_ROUNDS = 60


def capacities_of(table: OptionTable) -> set[Capacity]:
    """All capacities of a table's servers."""
    return {(kind, s) for kind in ("uplink", "compute", *table.stocks) for s in range(table.n_servers)}


@dataclasses.dataclass(frozen=True, eq=False)
class _Columns:
    """Choices as columns: option of each, and what it takes of each resource (dimensionless)."""

    option: Ints
    blocks: Floats  # part of the uplink, units allocation only
    units: Floats  # part of the compute, units allocation only


class Fitting:
    """Feasibility questions about one option table.

    Args:
        table: options, each feasible for its user alone.
        limits: for each MILP.
        clock: of all questions together; None: without end.
    """

    def __init__(self, table: OptionTable, limits: Limits, clock: Clock | None = None) -> None:
        self.table, self.limits, self._clock = table, limits, clock or Clock(Limits())
        self._directions: dict[int, list[tuple[float, float]]] = {
            s: [(1.0, 0.0), (0.0, 1.0), (0.5, 0.5)] for s in range(table.n_servers)
        }

    def left_out(self, users: Bools, capacities: set[Capacity], *, may_leave: bool) -> Ints | None:
        """Users that must be left out so that the rest fits: fewest possible, none if all fit.

        Args:
            users: [n_users] which users take part.
            capacities: which capacities count; the others are unlimited in sum.
            may_leave: whether leaving out is allowed.

        Returns:
            Rows of the users left out; None when not all fit and none may be left out, or when a limit was met.
        """
        return self._asked(users, capacities, may_leave)[1]

    def fits(self, users: Bools, capacities: set[Capacity]) -> bool | None:
        """Whether these users fit these capacities; None when a limit was met first."""
        status, left_out = self._asked(users, capacities, may_leave=False)
        return left_out is not None if status in (Status.OPTIMAL, Status.INFEASIBLE) else None

    def _asked(self, users: Bools, capacities: set[Capacity], may_leave: bool) -> tuple[Status, Ints | None]:
        """How the MILPs ended, and rows of the users left out."""
        if self._clock.left_s <= 0:
            return Status.TIME, None
        columns = self._columns(users, capacities)
        for _ in range(_MOST_ROUNDS):
            program, taken = self._program(columns, users, capacities, may_leave)
            left_s = self._clock.left_s
            if left_s <= 0:
                break
            limits = dataclasses.replace(self.limits, time_s=_least(self.limits.time_s, left_s))
            outcome = solve_program(program, limits)
            if outcome.status is not Status.OPTIMAL or outcome.values is None:
                return outcome.status, None
            chosen = columns.option[outcome.values[: len(columns.option)] > 0.5]
            if self.table.allocation == "units" or not self._cut_off(chosen, capacities):
                return Status.OPTIMAL, taken[outcome.values[len(columns.option) :] > 0.5]
        return Status.TIME, None

    def _columns(self, users: Bools, capacities: set[Capacity]) -> _Columns:
        table = self.table
        options = np.flatnonzero(users[table.user])
        if table.allocation != "units":
            nothing = np.zeros(len(options))
            return _Columns(options, nothing, nothing)
        parts = [_pieces(table, int(o), capacities) for o in options]
        option = np.repeat(options, [len(p) for p in parts])
        flat = np.array([pair for part in parts for pair in part]).reshape(-1, 2)
        return _Columns(option, flat[:, 0], flat[:, 1])

    def _program(
        self, columns: _Columns, users: Bools, capacities: set[Capacity], may_leave: bool
    ) -> tuple[Program, Ints]:
        rows_of = np.flatnonzero(users)
        place = np.full(self.table.n_users, -1)
        place[rows_of] = np.arange(len(rows_of))
        n, k = len(rows_of), len(columns.option)
        one = sp.csr_matrix((np.ones(k), (place[self.table.user[columns.option]], np.arange(k))), shape=(n, k))
        assign = sp.hstack([one, sp.identity(n)], format="csr")
        loads = [
            sp.hstack([row, sp.csr_matrix((row.shape[0], n))], format="csr") for row in self._loads(columns, capacities)
        ]
        m = sum(load.shape[0] for load in loads)
        program = Program(
            cost=np.concatenate([np.zeros(k), np.ones(n)]),
            lower=np.zeros(k + n),
            upper=np.concatenate([np.ones(k), np.full(n, 1.0 if may_leave else 0.0)]),
            integer=np.ones(k + n, dtype=bool),
            rows=Rows(sp.vstack([assign, *loads], format="csr"), np.concatenate([np.ones(n), np.full(m, -np.inf)]),
                      np.ones(n + m)),
        )  # fmt: skip
        return program, rows_of

    def _loads(self, columns: _Columns, capacities: set[Capacity]) -> list[sp.csr_matrix]:
        table, option = self.table, columns.option
        server, room = table.server[option], table.stock_room
        stocks = list(zip(table.stocks, table.stock_part[option].T, strict=True))
        rows = []
        for s in range(table.n_servers):
            here = server == s
            limited = [part for k, (kind, part) in enumerate(stocks)
                       if (kind, s) in capacities and np.isfinite(room[s, k])]  # fmt: skip
            rows += [np.where(here, part, 0.0) for part in limited]
            uplink, compute = ("uplink", s) in capacities, ("compute", s) in capacities
            if table.allocation == "units":
                rows += [
                    np.where(here, part, 0.0) for part, on in ((columns.blocks, uplink), (columns.units, compute)) if on
                ]
            else:
                rows += [np.where(here, load, 0.0) for load in self._share_loads(option, s, uplink, compute)]
        # What is below the smallest coefficient allowed is left out: sums of them stay far below a share.
        return [sp.csr_matrix(np.where(row < SMALLEST, 0.0, np.minimum(row, 2.0))[None, :]) for row in rows]

    def _share_loads(self, option: Ints, server: int, uplink: bool, compute: bool) -> list[Floats]:
        air, run, slack = self.table.uplink_s[option], self.table.server_s[option], self.table.slack_s[option]
        if uplink and compute:
            return [(np.sqrt(mu * air) + np.sqrt(nu * run)) ** 2 / slack for mu, nu in self._directions[server]]
        with np.errstate(divide="ignore"):
            if uplink:
                return [np.where(air > 0, air / np.maximum(slack - run, 0.0), 0.0)]
            return [np.where(run > 0, run / np.maximum(slack - air, 0.0), 0.0)] if compute else []

    def _cut_off(self, chosen: Ints, capacities: set[Capacity]) -> bool:
        """Add the direction that each overloaded server violates most; whether there was any."""
        table, found = self.table, False
        for s in range(table.n_servers):
            mine = chosen[table.server[chosen] == s]
            if not len(mine) or not {("uplink", s), ("compute", s)} <= capacities:
                continue
            air, run, slack = table.uplink_s[mine], table.server_s[mine], table.slack_s[mine]
            matrix = np.array([[np.sum(air / slack), np.sum(np.sqrt(air * run) / slack)],
                               [np.sum(np.sqrt(air * run) / slack), np.sum(run / slack)]])  # fmt: skip
            values, vectors = np.linalg.eigh(matrix)
            if values[-1] > 1 + 1e-6:
                mu, nu = (float(v) ** 2 for v in vectors[:, -1])
                self._directions[s].append((mu, nu))
                found = True
        return found


def _least(limit_s: float | None, left_s: float) -> float | None:
    """Seconds for one MILP; None: without a limit."""
    shorter = min(math.inf if limit_s is None else limit_s, left_s)
    return shorter if math.isfinite(shorter) else None


def _pieces(table: OptionTable, option: int, capacities: set[Capacity]) -> list[tuple[float, float]]:
    """(part of the uplink, part of the compute) pairs that just meet the deadline, in whole pieces."""
    server = int(table.server[option])
    if server == LOCAL:
        return [(0.0, 0.0)]
    blocks, units = int(table.blocks[server]), int(table.units[server])
    air, run, slack = float(table.uplink_s[option]), float(table.server_s[option]), float(table.slack_s[option])
    free_uplink, free_compute = ("uplink", server) not in capacities, ("compute", server) not in capacities
    found: list[tuple[float, float]] = []
    for m in [units] if free_compute else range(1, units + 1):
        left = slack - run * units / m
        need = 1 if air == 0 else math.ceil(air * blocks / left * (1 - 1e-12)) if left > 0 else blocks + 1
        need = blocks if free_uplink and need <= blocks else max(need, 1)
        if need <= blocks and (not found or need < round(found[-1][0] * blocks)):
            found.append((need / blocks, m / units))
    return found
