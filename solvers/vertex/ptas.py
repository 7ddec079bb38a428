"""A polynomial-time approximation scheme for a fixed number of servers, in whole pieces.

The users that save most are guessed, largest first; the relaxation of the others is rounded at a vertex. A guess is
given up as soon as its relaxation shows that it cannot matter (docs/theory.md, P33).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from formulations.program import Decision
from instances.columns import Bools, Ints
from instances.options import OptionTable
from instances.prune import prune
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.objective import decision_cost
from solvers.registry import Kind, method
from solvers.vertex.rounding import free_options
from solvers.vertex.savings import Savings

__all__ = ["MOST_SERVERS", "Ptas", "Scheme"]

MOST_SERVERS = 3
MOST_USERS = 60
_MOST_GUESSES = 5000
_ROUNDING = 1e-9


@method
class Ptas:
    """Saves at least 1/(1 + ε) of what can be saved, ε = 0.25. ``limits.nodes``: relaxations solved (5,000 at most by
    default). ``detail``: ``epsilon``, what was reached (``reached``: at least 1/(1 + that) is saved), ``guesses``.
    """

    name = "ptas"
    title = "largest savings guessed, vertex of the relaxation for the others"
    kind: Kind = "approximation"
    guarantee: str | None = (
        "saving over all without a server, static energy apart, ≥ 1/(1 + ε) of the largest, ε = 0.25"
    )
    reference = "docs/theory.md, P33; Frieze and Clarke, European Journal of Operational Research 15, 1984"
    epsilon = 0.25

    def supports(self, table: OptionTable) -> str | None:
        """Whole pieces, few servers, and nobody who needs one."""
        if table.allocation != "units":
            return "it needs units allocation: guesses are columns of whole pieces"
        if table.n_servers > MOST_SERVERS:
            return f"it has {table.n_servers} servers; its time grows exponentially with them, {MOST_SERVERS} at most"
        if table.n_users > MOST_USERS:
            return f"it has {table.n_users} users, more than {MOST_USERS}"
        there = np.diff(table.start) > 0  # whoever has no option at all is told so elsewhere
        needy = int(((free_options(table) < 0) & there).sum()) if there.all() else 0
        return f"{needy} users have no option without a server in time" if needy else None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Guess until no guess is left that could matter, or a limit is met."""
        pruned = prune(table)
        scheme = Scheme(pruned, self.epsilon, clock, _MOST_GUESSES if limits.nodes is None else limits.nodes)
        try:
            stop = scheme.run()
        except KeyboardInterrupt:
            stop = Stop.INTERRUPTED
        return scheme.answer(stop)


class Scheme:
    """The guesses made so far and the best plan among them.

    Args:
        table: options, whole pieces; everybody has one without a server.
        epsilon: what is asked for.
        clock: of the time limit.
        most: relaxations to solve at most.
    """

    def __init__(self, table: OptionTable, epsilon: float, clock: Clock, most: int) -> None:
        self.table, self.epsilon, self.clock, self.most = table, epsilon, clock, most
        self.guesses, self.left_j = 0, 0.0
        self.best: Decision | None = None
        self.best_j = math.inf
        self.bound_j = -math.inf
        self._ruled_j = -math.inf
        """Most that a plan of a guess that was given up can save, static energy taken off."""
        self._reached = 0.0

    def run(self) -> Stop:
        """All sets of servers that may be on, all guesses."""
        self._savings = savings = Savings(self.table)
        self._free_j = float(savings.free_j.sum())
        self._size = math.ceil(savings.rows * self.table.n_servers / self.epsilon)
        self._offer(np.zeros(0, dtype=np.int64))
        stop = Stop.FINISHED
        for on in _sets(self.table):
            static = float(self.table.static_j[on].sum())
            stop = self._guess(on, static)
            if stop is not Stop.FINISHED:
                return stop
        self.bound_j = max(self._free_j - max(self._ruled_j, self._free_j - self.best_j), 0.0)
        self.clock.report(self.best_j, self.bound_j)
        return stop

    def answer(self, stop: Stop) -> Answer:
        """What there is."""
        done = stop is Stop.FINISHED
        detail = {"epsilon": self.epsilon, "guesses": float(self.guesses)}
        if done:
            detail["reached"] = self._reached
        bound, message = self.bound_j if done else -math.inf, "" if self.best is not None else "stopped before a guess"
        return Answer(self.best, stop, bound, self.best_j, tuple(self.clock.trace), message, detail, self.table)

    def _guess(self, on: Bools, static_j: float) -> Stop:
        """Depth first, the most promising next column first."""
        saved = 0.0  # largest saving found on these servers
        stack: list[Ints] = [np.zeros(0, dtype=np.int64)]
        while stack:
            if self.clock.left_s <= 0:
                return Stop.TIME
            if self.guesses >= self.most:
                return Stop.NODES
            settled = stack.pop()
            relaxed = self._savings.relax(on, settled)
            self.guesses += 1
            if relaxed is None:
                return Stop.ERROR
            saved = max(saved, self._offer(relaxed.kept))
            worth = relaxed.value_j * (1 + _ROUNDING)
            net = worth - static_j
            enough = worth <= (1 + self.epsilon) * saved or len(settled) >= self._size
            if enough or net <= self._free_j - self.best_j:
                if net > self._free_j - self.best_j:
                    self._reached = max(self._reached, worth / saved - 1 if saved > 0 else 0.0)
                self._ruled_j = max(self._ruled_j, net)
                continue
            further = [np.append(settled, column) for column in self._next(on, settled)[::-1]]
            stack += [guess for guess in further if self._savings.fits(guess)]
        return Stop.FINISHED

    def _next(self, on: Bools, settled: Ints) -> Ints:
        """Columns that may save most of what is not settled yet."""
        savings = self._savings
        free = on[savings.server] & ~np.isin(savings.user, savings.user[settled])
        if len(settled):
            free[: settled[-1]] = False
        return np.flatnonzero(free)

    def _offer(self, kept: Ints) -> float:
        """Take the plan with these columns if it is the best; what its columns save."""
        decision = self._savings.decision(kept)
        cost = decision_cost(self.table, decision)
        if cost < self.best_j:
            self.best, self.best_j = decision, cost
            self.clock.found(self.table, decision)
            self.clock.report(cost)
        return float(self._savings.saving_j[kept].sum()) if math.isfinite(cost) else 0.0


def _sets(table: OptionTable) -> Iterator[Bools]:
    """[n_servers] which servers may be on: all those without static energy and any of the others."""
    charged = np.flatnonzero(table.static_j > 0)
    for pick in itertools.product((True, False), repeat=len(charged)):
        on = np.ones(table.n_servers, dtype=bool)
        on[charged] = pick
        yield on
