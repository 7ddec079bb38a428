"""The linear program over patterns: every user in one at least, every server in one at most.

Dantzig and Wolfe's reformulation of assignment with capacities (Savelsbergh, Operations Research 1997): patterns fit
by themselves, so fractions of them waste less of a server than fractions of columns do.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.sparse as sp

from formulations.parts.unit_columns import UnitColumns
from instances.columns import Floats, Ints
from instances.options import LOCAL
from solvers.answer import Clock
from solvers.highs import GrowingLp

__all__ = ["Mixture", "PatternMaster"]

_TARGET_SIZE = 1e3


@dataclasses.dataclass(frozen=True, eq=False)
class Mixture:
    """Optimum over the patterns known.

    ``value_j``; ``paid_j`` [n_users] what users pay for being served; ``weight`` [patterns]; ``lacking`` [n_users]:
    part of a user that no pattern serves.
    """

    value_j: float
    paid_j: Floats
    weight: Floats
    lacking: Floats


class PatternMaster:
    """Grows by patterns.

    Args:
        columns: what patterns are made of.
        local: [k] columns without a server: each is a pattern by itself.
        static_j: [n_servers].
        missing_j: [n_users] cost of not serving a user.
        clock: its limit ends every solve.
    """

    def __init__(self, columns: UnitColumns, local: Ints, static_j: Floats, missing_j: Floats, clock: Clock) -> None:
        self._user, self._cost, self._clock = columns.user, columns.cost_j, clock
        self._static = static_j
        n, s = len(missing_j), len(static_j)
        self._n = n
        self.columns: list[Ints] = []
        self._server: list[int] = []
        self._known: dict[tuple[int, bytes], int] = {}
        self._scale = 2.0 ** round(np.log2(_TARGET_SIZE / max(float(missing_j.mean()), 1e-300)))
        self._lp = GrowingLp(np.concatenate([np.ones(n), np.full(s, -np.inf)]),
                             np.concatenate([np.full(n, np.inf), np.ones(s)]))  # fmt: skip
        missing = sp.csc_matrix((np.ones(n), (np.arange(n), np.arange(n))), shape=(n + s, n))
        self._lp.add(missing_j * self._scale, missing, np.full(n, np.inf))
        self.add([(LOCAL, np.array([k])) for k in local.tolist()])

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def server(self) -> Ints:
        """[patterns] whose they are (−1: columns without a server)."""
        return np.array(self._server, dtype=np.int64)

    def server_of(self, pattern: int) -> int:
        """Whose a pattern is."""
        return self._server[pattern]

    def number(self, server: int, columns: Ints) -> int:
        """The number of a pattern, which is added if it is new; columns in growing order."""
        self.add([(server, columns)])
        return self._known[server, columns.tobytes()]

    def add(self, patterns: list[tuple[int, Ints]]) -> int:
        """More patterns (server and columns); how many were new."""
        new: list[tuple[int, Ints]] = []
        for server, columns in patterns:
            key = server, columns.tobytes()
            if len(columns) and key not in self._known:
                self._known[key] = len(self.columns) + len(new)
                new.append((server, columns))
        if not new:
            return 0
        cost = [float(self._cost[c].sum()) + (self._static[s] if s != LOCAL else 0.0) for s, c in new]
        rows = [np.append(self._user[c], self._n + s) if s != LOCAL else self._user[c] for s, c in new]
        lengths = [len(r) for r in rows]
        matrix = sp.csc_matrix(
            (np.ones(sum(lengths)), (np.concatenate(rows), np.repeat(np.arange(len(new)), lengths))),
            shape=(self._n + len(self._static), len(new)),
        )
        self._lp.add(np.array(cost) * self._scale, matrix, np.full(len(new), np.inf))
        self.columns.extend(c for _, c in new)
        self._server.extend(s for s, _ in new)
        return len(new)

    def fix(self, patterns: Ints) -> None:
        """These are to be used from now on, and all others free."""
        n = self._n
        lower = np.zeros(n + len(self))
        lower[n + patterns] = 1.0
        self._lp.bound(lower, np.full(len(lower), np.inf))

    def recost(self, missing_j: Floats) -> None:
        """Change what it costs not to serve users [n_users]."""
        self._lp.recost(np.arange(self._n), missing_j * self._scale)

    def solve(self) -> Mixture | None:
        """Optimum; None where HiGHS has none to offer, or not in time."""
        found = self._lp.solve(self._clock.left_s)
        if found is None:
            return None
        paid = np.maximum(found.row_duals[: self._n] / self._scale, 0.0)
        n = self._n
        return Mixture(found.objective / self._scale, paid, found.values[n:], found.values[:n])
