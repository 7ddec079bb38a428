"""A choice that fits, with what local search keeps beside it: costs and loads of servers, values of options."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats, Ints
from instances.options import LOCAL
from solvers.heuristics.groups import Group
from solvers.heuristics.situation import Situation

__all__ = ["Move", "State"]

Move = tuple[int, ...]
"""Options to change to, each of another user."""


class State:
    """Where local search stands.

    ``chosen`` [n_users]; ``group``: options by server in use; ``server_j`` [n_servers] cost of each with static
    energy; ``cost_j`` in all; ``sums`` [n_servers + 1, k] loads; ``value`` [n_options] what an option costs at the
    prices of its server; ``rounding_j`` [n_servers] what whole pieces cost more than continuous shares.
    """

    def __init__(self, situation: Situation, chosen: Ints) -> None:
        self.situation = situation
        self.reset(chosen)

    def reset(self, chosen: Ints) -> None:
        """Go to another choice."""
        situation = self.situation
        self.chosen = np.array(chosen, dtype=np.int64)
        self.group = {server: tuple(options) for server, options in situation.members(self.chosen).items()}
        wanted = list(self.group.items())
        n_servers = situation.table.n_servers
        self.server_j, self.rounding_j = np.zeros(n_servers), np.zeros(n_servers)
        mu, nu = np.zeros(n_servers), np.zeros(n_servers)
        costs, prices = situation.groups.costs(wanted), situation.groups.prices(wanted)
        for (server, _), cost, price in zip(wanted, costs, prices, strict=True):
            self.server_j[server] = cost + situation.static_j[server]
            self.rounding_j[server] = max(0.0, cost - price.cost_j)
            mu[server], nu[server] = price.uplink, price.compute
        self.cost_j = float(situation.local_j[self.chosen].sum() + self.server_j.sum())
        self.sums = situation.sums(self.chosen)
        self.value = situation.pricing.values(mu, nu)

    def estimates(self) -> Floats:
        """[n_options] least change of the cost when one user changes to the option, J (inf where not usable).

        A lower bound under continuous shares; whole pieces may gain up to ``rounding_j`` more.
        """
        table, static = self.situation.table, self.situation.static_j
        now = self.chosen[table.user]
        change = self.value - self.value[now]
        if table.n_servers:
            crowd = np.bincount(table.server[self.chosen] + 1, minlength=table.n_servers + 1)[1:]
            to, back = table.server, table.server[now]
            opens = (to != LOCAL) & (crowd[to] == 0)
            closes = (back != LOCAL) & (crowd[back] == 1) & (to != back)
            change = change + np.where(opens, static[to], 0.0) - np.where(closes, static[back], 0.0)
        change[self.chosen] = np.inf
        return np.where(self.situation.usable, change, np.inf)

    def changes(self, moves: list[Move]) -> Floats:
        """[moves] exact change of the cost of each, J; inf where it does not fit."""
        plans = [self._after(move) for move in moves]
        wanted = [group for plan in plans for group in plan]
        costs = self.situation.groups.costs(wanted)
        change, place = np.zeros(len(moves)), 0
        table, local = self.situation.table, self.situation.local_j
        for k, (move, plan) in enumerate(zip(moves, plans, strict=True)):
            new = list(move)
            old = self.chosen[table.user[new]]
            servers = [server for server, _ in plan]
            on = [server for server, options in plan if options]
            change[k] = costs[place : place + len(plan)].sum() - self.server_j[servers].sum()
            change[k] += self.situation.static_j[on].sum()
            change[k] += local[new].sum() - local[old].sum()
            place += len(plan)
        return change

    def apply(self, moves: list[Move]) -> None:
        """Make moves that touch different users and servers."""
        chosen = self.chosen.copy()
        for move in moves:
            chosen[self.situation.table.user[list(move)]] = move
        self.reset(chosen)

    def touched(self, move: Move) -> set[int]:
        """Servers that a move changes."""
        table = self.situation.table
        old = self.chosen[table.user[list(move)]]
        return (set(table.server[list(move)].tolist()) | set(table.server[old].tolist())) - {LOCAL}

    def _after(self, move: Move) -> list[Group]:
        """The groups that a move changes, as they are after it."""
        server_of, user_of = self.situation.table.server, self.situation.table.user
        gone: dict[int, set[int]] = {}
        come: dict[int, list[int]] = {}
        for option in move:
            old = int(self.chosen[user_of[option]])
            gone.setdefault(int(server_of[old]), set()).add(old)
            come.setdefault(int(server_of[option]), []).append(option)
        groups = []
        for server in sorted((gone.keys() | come.keys()) - {LOCAL}):
            stay = [o for o in self.group.get(server, ()) if o not in gone.get(server, ())]
            groups.append((server, tuple(sorted(stay + come.get(server, [])))))
        return groups
