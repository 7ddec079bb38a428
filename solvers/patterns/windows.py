"""Some neighbouring servers at a time: patterns for their users, and the best choice among them by a small MILP.

Large neighbourhood search (Shaw, CP 1998) in which the neighbourhood is all that a window of servers can do for its own
users and those whom nobody serves, while the other servers keep their patterns.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from formulations.parts.rows import make_rows
from formulations.program import Program
from instances.columns import Bools, Floats, Ints
from instances.options import LOCAL
from solvers.answer import Limits
from solvers.highs import solve_program
from solvers.patterns.generation import Generation
from solvers.patterns.stands import Stand

__all__ = ["Windows"]

_USERS = 40
"""That a window serves, about."""
_MOST_PATTERNS = 500
_ROUNDS, _VARIED = 6, 6
_NOISES = (0.05, 0.15, 0.5)
"""By how much payments vary in turn: dear users outweigh all others where they vary little."""
_NODES, _SECONDS = 200, 5.0
_GAP = 1e-6
_EPS = 1e-9


@dataclasses.dataclass(frozen=True, eq=False)
class _Part:
    """A pattern without users that others serve: ``columns`` of ``server``, at ``cost_j``."""

    server: int
    columns: Ints
    cost_j: float


class Windows:
    """Where the search stands: ``held`` [n_users] column of each user (−1: none), at ``cost_j``.

    Args:
        generation: patterns so far; gets more.
        held: to start from.
        rng: for the order of windows and the variety of patterns.
    """

    def __init__(self, generation: Generation, held: Ints, rng: np.random.Generator) -> None:
        self._generation, self._rng = generation, rng
        self.held = held.copy()
        columns = generation.columns
        n, s = generation.table.n_users, generation.table.n_servers
        reach = np.zeros((n, s))
        remote = columns.server != LOCAL
        reach[columns.user[remote], columns.server[remote]] = 1.0
        self._reach, self._near = reach > 0, reach.T @ reach
        self._size = int(np.clip(round(_USERS * s / n), min(2, s), s))
        self._turn: list[int] = []

    @property
    def cost_j(self) -> float:
        """What is held, J; inf while somebody is not served."""
        return self._generation.cost(self.held)

    def step(self) -> bool:
        """Settle one window; whether that gained."""
        left = np.flatnonzero((self.held < 0) & self._reach.any(axis=1))
        if len(left):
            first = int(self._rng.choice(np.flatnonzero(self._reach[self._rng.choice(left)])))
        else:
            if not self._turn:
                self._turn = self._rng.permutation(len(self._near)).tolist()
            first = self._turn.pop()
        return self._settle(self._grown(first))

    @property
    def turns(self) -> int:
        """Windows that together have about as many servers as there are."""
        return -(-len(self._near) // max(1, self._size))

    def _grown(self, first: int) -> Ints:
        """A window: the server and those that could serve most of the same users."""
        window = [first]
        while len(window) < self._size:
            score = self._near[window].sum(axis=0) + 1e-3 * self._rng.random(len(self._near))
            score[window] = -1.0
            window.append(int(np.argmax(score)))
        return np.sort(window)

    def _settle(self, window: Ints) -> bool:
        generation, held = self._generation, self.held
        there = np.where(held >= 0, generation.columns.server[held], LOCAL)
        outside = np.setdiff1d(np.arange(generation.table.n_servers), window)
        own: Bools = (held < 0) | (there == LOCAL) | np.isin(there, window)
        own &= (held < 0) | self._reach[:, window].any(axis=1)
        paid = self._generate(there, outside)
        if paid is None:
            return False
        parts = self._parts(window, own, paid)
        now = float(generation.columns.cost_j[held[own & (held >= 0)]].sum())
        now += float(generation.missing_j[own & (held < 0)].sum())
        now += float(generation.table.static_j[np.intersect1d(there, window)].sum())
        found = self._best(parts, np.flatnonzero(own), window)
        if found is None:
            return False
        new = held.copy()
        new[own] = -1
        columns = np.concatenate([np.zeros(0, dtype=np.int64), *[part.columns for part in found]])
        columns = columns[np.argsort(-generation.columns.cost_j[columns], kind="stable")]
        new[generation.columns.user[columns]] = columns
        after = sum(part.cost_j for part in found) + float(generation.missing_j[own & (new < 0)].sum())
        if after >= now - _EPS * max(1.0, abs(now)):
            return False
        self.held = new
        return True

    def _generate(self, there: Ints, outside: Ints) -> Floats | None:
        """Patterns for the window while the others keep theirs; what users pay then."""
        generation, master = self._generation, self._generation.master
        fixed = [master.number(int(s), np.sort(self.held[there == s])) for s in outside if (there == s).any()]
        master.fix(np.array(fixed, dtype=np.int64))
        paid: Floats | None = None
        for _ in range(_ROUNDS):
            mixture = master.solve()
            if mixture is None:
                break
            paid = mixture.paid_j
            if not generation.look(paid, outside)[1] and not generation.look(paid, outside, Stand.pack)[1]:
                break
        if paid is not None:
            for k in range(_VARIED):
                varied = paid * np.maximum(1 + _NOISES[k % len(_NOISES)] * self._rng.standard_normal(len(paid)), 0.0)
                generation.look(varied, outside)
        master.fix(np.zeros(0, dtype=np.int64))
        return paid

    def _parts(self, window: Ints, own: Bools, paid: Floats) -> list[_Part]:
        """Patterns of the window for its own users, those of least reduced cost; and columns without a server."""
        generation = self._generation
        columns, static = generation.columns, generation.table.static_j
        best: dict[tuple[int, bytes], _Part] = {}
        for k in np.flatnonzero(np.isin(generation.master.server, window)).tolist():
            server, mine = int(generation.master.server_of(k)), generation.master.columns[k]
            mine = mine[own[columns.user[mine]]]
            part = _Part(server, mine, float(columns.cost_j[mine].sum() + static[server]))
            key = server, columns.user[mine].tobytes()
            if len(mine) and (key not in best or part.cost_j < best[key].cost_j):
                best[key] = part
        parts = list(best.values())
        extra = np.array([part.cost_j - paid[columns.user[part.columns]].sum() for part in parts])
        at = np.array([part.server for part in parts], dtype=np.int64)
        least = np.full(len(static), np.inf)
        np.minimum.at(least, at, extra)
        kept = np.argsort(extra - least[at], kind="stable")[:_MOST_PATTERNS]
        alone = generation.local[own[columns.user[generation.local]]]
        return [parts[k] for k in kept] + [_Part(LOCAL, alone[[k]], float(columns.cost_j[alone[k]]))
                                           for k in range(len(alone))]  # fmt: skip

    def _best(self, parts: list[_Part], users: Ints, window: Ints) -> list[_Part] | None:
        """The cheapest parts that serve all users, at what not serving one costs."""
        generation = self._generation
        n, k = len(users), len(parts)
        if not n or not k:
            return None
        lengths = [len(part.columns) for part in parts]
        served = generation.columns.user[np.concatenate([part.columns for part in parts])]
        remote = np.flatnonzero([part.server != LOCAL for part in parts])
        row = [np.searchsorted(users, served), n + np.searchsorted(window, [parts[j].server for j in remote])]
        column = [np.repeat(np.arange(k), lengths), remote, k + np.arange(n)]
        rows = make_rows(
            np.concatenate([*row, np.arange(n)]), np.concatenate(column), 1.0,
            np.append(np.ones(n), np.full(len(window), -np.inf)),
            np.append(np.full(n, np.inf), np.ones(len(window))), (n + len(window), k + n),
        )  # fmt: skip
        cost = np.concatenate([[part.cost_j for part in parts], generation.missing_j[users]])
        program = Program(cost, np.zeros(k + n), np.ones(k + n), np.ones(k + n, dtype=bool), rows)
        seconds = min(_SECONDS, generation.clock.left_s)
        found = solve_program(program, Limits(time_s=seconds, gap=_GAP, nodes=_NODES))
        if found.values is None:
            return None
        return [parts[j] for j in np.flatnonzero(found.values[:k] > 0.5)]
