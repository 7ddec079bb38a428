"""The column MILP of P4, built in full."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
from scipy.optimize import LinearConstraint, linprog, milp

from instances.options import LOCAL, OptionTable


@dataclasses.dataclass
class Knapsack:
    """The column MILP of P4: which (option, blocks, units) exist, and the rows that P6 counts."""

    table: OptionTable
    option: np.ndarray
    blocks: np.ndarray
    units: np.ndarray
    memory: bool = False

    @classmethod
    def full(cls, table: OptionTable, memory: bool = False) -> Knapsack:
        """All columns of finite cost."""
        triples = [
            (o, n, m)
            for o in range(len(table))
            for n, m in (
                [(0, 0)]
                if table.is_local[o]
                else itertools.product(
                    range(1, table.blocks[table.server[o]] + 1), range(1, table.units[table.server[o]] + 1)
                )
            )
        ]
        found = cls(table, *np.array(triples).T, memory=memory)
        return found.keep(np.isfinite(found.cost))

    def keep(self, mask: np.ndarray) -> Knapsack:
        return dataclasses.replace(self, option=self.option[mask], blocks=self.blocks[mask], units=self.units[mask])

    @property
    def cost(self) -> np.ndarray:
        at = self.table.server[self.option]
        beta = np.where(at == LOCAL, 0.0, self.blocks / self.table.blocks[at])
        phi = np.where(at == LOCAL, 0.0, self.units / self.table.units[at])
        return self.table.cost_j(beta, phi, self.option)

    def matrices(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Objective, choice rows, capacity rows (≤ 0) over columns and then one y a server."""
        t, servers, columns = self.table, self.table.n_servers, len(self.option)
        user, at = t.user[self.option], t.server[self.option]
        pick = np.zeros((t.n_users, columns + servers))
        pick[user, np.arange(columns)] = 1
        rows = []
        for size, cap in (
            (self.blocks, t.blocks),
            (self.units, t.units),
            (t.server_mb[self.option], t.memory_mb),
        )[: 2 + self.memory]:
            for s in range(servers):
                rows.append(np.concatenate([np.where(at == s, size / cap[s], 0.0), -np.eye(servers)[s]]))
        return np.concatenate([self.cost, t.static_j]), pick, np.array(rows)

    def lp(self) -> tuple[float, np.ndarray]:
        """Value and a vertex of the LP relaxation without the rows x ≤ y."""
        cost, pick, caps = self.matrices()
        got = linprog(cost, caps, np.zeros(len(caps)), pick, np.ones(len(pick)), bounds=(0, 1), method="highs-ds")
        return (got.fun, got.x) if got.status == 0 else (math.inf, np.full(len(cost), np.nan))

    def optimum(self) -> float:
        cost, pick, caps = self.matrices()
        rows = [LinearConstraint(pick, 1, 1), LinearConstraint(caps, -np.inf, 0)]
        got = milp(
            cost,
            constraints=rows,
            integrality=np.ones(len(cost)),
            bounds=(0, 1),
            options={"mip_rel_gap": 1e-9},
        )
        return float(got.fun) if got.status == 0 else math.inf

    def undominated(self) -> Knapsack:
        """What is left after deleting dominated columns one after the other."""
        t, cost, alive = self.table, self.cost, np.ones(len(self.option), dtype=bool)
        user, at, mb = t.user[self.option], t.server[self.option], t.server_mb[self.option]
        for k in range(len(alive)):
            smaller = (self.blocks <= self.blocks[k]) & (self.units <= self.units[k]) & (mb <= mb[k]) & (at == at[k])
            better = alive & (user == user[k]) & (cost <= cost[k]) & (smaller | (at == LOCAL))
            better[k] = False
            alive[k] = not better.any()
        return self.keep(alive)
