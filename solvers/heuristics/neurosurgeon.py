"""Every user for itself: the best own option when servers are shared equally."""

from __future__ import annotations

import numpy as np

from formulations.program import Decision
from instances.columns import Floats, Ints
from instances.options import LOCAL, OptionTable
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.heuristics.incumbent import Incumbent, Outcome, name_users, run
from solvers.heuristics.situation import Situation
from solvers.registry import Kind, method

__all__ = ["Neurosurgeon"]

_MOST_TURNS = 20


@method
class Neurosurgeon:
    """Each user picks its cheapest cut and server, knowing how many others are there and that all get equal shares.

    Users take turns until nobody wants to change, 20 times at most; whoever cannot run locally goes first. Users whose
    choice fits keep it; where somebody is late, the member of that server that loses least by it goes to its next best
    option that makes nobody else late. Equal shares are kept (under units: the same whole number of pieces for all).
    Static energy is no user's concern here, but counts in the result.
    """

    name = "neurosurgeon"
    title = "best own cut under equal shares"
    kind: Kind = "heuristic"
    guarantee = None
    reference = "Kang et al., Neurosurgeon, ASPLOS 2017, doi 10.1145/3037697.3037698, one user; here one a user"

    def supports(self, table: OptionTable) -> str | None:
        """Any instance."""
        return None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Turns, then sending away."""
        turns = _MOST_TURNS if limits.rounds is None else limits.rounds
        return run(table, clock, lambda situation, incumbent: _search(situation, incumbent, turns), all_options=True)


def _search(situation: Situation, incumbent: Incumbent, turns: int) -> Outcome:
    crowd = _Crowd(situation)
    for _ in range(turns):
        if incumbent.out_of_time or not crowd.take_turns(incumbent.clock):
            break
    crowd.seat_the_rest()
    late = crowd.send_away(incumbent.clock)
    if len(late) and incumbent.out_of_time:
        return Stop.TIME, "the time ran out before a plan was found"
    if len(late):
        return Stop.FINISHED, f"{name_users(late)} cannot meet the deadline when every server is shared equally"
    incumbent.offer_decision(crowd.decision())
    return (Stop.TIME if incumbent.out_of_time else Stop.FINISHED), ""


class _Crowd:
    """Who is where; ``count`` and ``taken`` [n_servers, stocks] by server."""

    def __init__(self, situation: Situation) -> None:
        self.situation, self.table = situation, situation.table
        self.chosen = np.full(self.table.n_users, -1, dtype=np.int64)
        self.count = np.zeros(self.table.n_servers, dtype=np.int64)
        self.stock, self.room = self.table.stock, self.table.stock_room
        self.taken = np.zeros(self.room.shape)
        self.rows = [situation.rows_of(np.array([i])) for i in range(self.table.n_users)]
        can_stay = np.isfinite(situation.local_j) & self.table.is_local
        stays = np.bincount(self.table.user[can_stay], minlength=self.table.n_users) > 0
        self.turns = np.argsort(stays, kind="stable")

    def take_turns(self, clock: Clock) -> bool:
        """Every user moves to its best option; whether anybody did."""
        moved = False
        for user in self.turns.tolist():
            if clock.left_s <= 0:
                return False
            old = int(self.chosen[user])
            self._leave(user)
            cost = self._joining_cost(self.rows[user])
            best = int(np.argmin(cost))
            if not np.isfinite(cost[best]):
                if old >= 0:
                    self._join(old)
                continue
            stay = cost[self.rows[user] == old]
            new = old if len(stay) and stay[0] <= cost[best] * (1 + 1e-12) else int(self.rows[user][best])
            self._join(new)
            moved |= new != old
        return moved

    def seat_the_rest(self) -> None:
        """Users without a place take their lightest option, whoever that makes late."""
        for user in np.flatnonzero(self.chosen < 0).tolist():
            rows = self.rows[user]
            self._join(int(rows[np.argmin(self.situation.level[rows])]))

    def send_away(self, clock: Clock) -> Ints:
        """Move users off servers where somebody is late; the users that are late in the end."""
        for _ in range(3 * len(self.chosen) + 1):
            late = np.flatnonzero(~np.isfinite(self._costs(np.arange(len(self.chosen)))))
            crowded = np.unique(self.table.server[self.chosen[late]])
            if not len(late) or clock.left_s <= 0 or not any(self._send_one(int(s)) for s in crowded if s != LOCAL):
                return late
        return late

    def decision(self) -> Decision:
        """Everybody's option at equal shares."""
        beta, phi = self._shares(self.table.server[self.chosen], np.zeros(len(self.chosen), dtype=np.int64))
        return Decision(self.chosen, beta, phi)

    def _send_one(self, server: int) -> bool:
        """Send the member of a server away that loses least; False when nobody can go."""
        members = np.flatnonzero(self.table.server[self.chosen] == server)
        best: tuple[float, int] | None = None
        for user in members.tolist():
            now = self._costs(np.array([user]))[0]
            old = int(self.chosen[user])
            self._leave(user)
            rows = self.rows[user][self.table.server[self.rows[user]] != server]
            cost = self._joining_cost(rows)
            self._join(old)
            # Who is late already has nothing to lose by going.
            base = now if np.isfinite(now) else cost.min(initial=np.inf)
            regret = cost - base if np.isfinite(base) else cost
            for k in np.argsort(regret, kind="stable").tolist():
                if not np.isfinite(cost[k]) or (best is not None and regret[k] >= best[0]):
                    break
                if self._is_welcome(int(rows[k])):
                    best = (float(regret[k]), int(rows[k]))
                    break
        if best is None:
            return False
        self._leave(int(self.table.user[best[1]]))
        self._join(best[1])
        return True

    def _is_welcome(self, option: int) -> bool:
        """Whether one more user makes nobody late on the option's server."""
        server = int(self.table.server[option])
        if server == LOCAL:
            return True
        members = np.flatnonzero(self.table.server[self.chosen] == server)
        self.count[server] += 1
        fine = bool(np.isfinite(self._costs(members)).all())
        self.count[server] -= 1
        return fine

    def _costs(self, users: Ints) -> Floats:
        """J of users where they are; inf for those who are late or whose server's memory or energy overflows."""
        options = self.chosen[users]
        server = self.table.server[options]
        cost = self._cost_at(options, *self._shares(server, np.zeros(len(users), dtype=np.int64)))
        over = np.asarray((self.taken > self.room * (1 + 1e-12)).any(axis=1))
        return np.where((server != LOCAL) & (over[server] if len(over) else False), np.inf, cost)

    def _joining_cost(self, rows: Ints) -> Floats:
        """J of options to a user that is nowhere yet."""
        server = self.table.server[rows]
        cost = self._cost_at(rows, *self._shares(server, np.ones(len(rows), dtype=np.int64)))
        if not self.table.n_servers:
            return cost
        heavy = (self.taken[server] + self.stock[rows] > self.room[server] * (1 + 1e-12)).any(axis=1)
        return np.where((server != LOCAL) & heavy, np.inf, cost)

    def _cost_at(self, rows: Ints, beta: Floats, phi: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):  # no share, no transmit power: 0 · inf, late anyhow
            cost = self.table.cost_j(beta, phi, rows)
        return np.where(np.isnan(cost), np.inf, cost)

    def _shares(self, server: Ints, extra: Ints) -> tuple[Floats, Floats]:
        """Equal shares of servers among those there and ``extra`` more; whole pieces under units."""
        if not self.table.n_servers:
            return np.zeros(len(server)), np.zeros(len(server))
        crowd = np.maximum(self.count[server] + extra, 1)
        remote = server != LOCAL
        if self.table.allocation != "units":
            return np.where(remote, 1 / crowd, 0.0), np.where(remote, 1 / crowd, 0.0)
        blocks, units = self.table.blocks[server], self.table.units[server]
        return np.where(remote, blocks // crowd / blocks, 0.0), np.where(remote, units // crowd / units, 0.0)

    def _leave(self, user: int) -> None:
        self._move(int(self.chosen[user]), -1)
        self.chosen[user] = -1

    def _join(self, option: int) -> None:
        self._move(option, 1)
        self.chosen[self.table.user[option]] = option

    def _move(self, option: int, sign: int) -> None:
        if option >= 0 and self.table.server[option] != LOCAL:
            self.count[self.table.server[option]] += sign
            self.taken[self.table.server[option]] += sign * self.stock[option]
