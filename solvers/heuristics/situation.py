"""What every heuristic looks at: the options that can be used, what they take, and what they cost at a fair share."""

from __future__ import annotations

import copy
import dataclasses
import math

import numpy as np

from formulations.program import Decision
from instances.columns import Bools, Floats, Ints
from instances.options import LOCAL, OptionTable
from solvers.heuristics.groups import Group, Groups
from solvers.heuristics.loads import Loads
from solvers.heuristics.pricing import Pricing

__all__ = ["ROOM", "Situation"]

ROOM = 1 + 1e-9
"""A load up to this may fit; the allocation has the last word."""


class Situation:
    """One option table, seen by a heuristic.

    ``usable`` [n_options] bool: meets its deadline and fits its server's memory alone. ``terms`` [n_options, k] load
    terms (0 where not usable). ``level`` [n_options] load of an option alone. ``fair_j`` [n_options] cost at a fair
    share of its server, or at the least share that meets the deadline where that is more, with a fair part of the
    static energy; inf where not usable. ``local_j`` [n_options] cost of local options (0 for remote ones, inf where
    not usable).
    ``static_j`` [n_servers] static energy that counts, J.
    """

    def __init__(self, table: OptionTable) -> None:
        self.table, self.groups = table, Groups(table)
        self.start, self.static_j = table.start, table.static_j
        self._loads = Loads(table)
        alone = table.cost_j()
        level = self._loads.level(np.where(np.isfinite(self._loads.terms), self._loads.terms, 2.0))
        self.usable: Bools = np.isfinite(alone) & np.isfinite(self._loads.terms).all(axis=1) & (level <= ROOM)
        self.terms: Floats = np.where(self.usable[:, None], self._loads.terms, 0.0)
        self.level: Floats = np.where(self.usable, level, np.inf)
        self.fair_j: Floats = np.where(self.usable, self._fair_cost(), np.inf)
        self.local_j: Floats = np.where(table.is_local, np.where(self.usable, alone, np.inf), 0.0)
        self.pricing = Pricing(table, np.flatnonzero(self.usable))

    def relaxed(self) -> Situation:
        """The same options with continuous shares."""
        other = Situation(dataclasses.replace(self.table, allocation="continuous"))
        other.usable = other.usable & self.usable
        return other

    def within(self, servers: list[int]) -> Situation:
        """The same with the local options and those of some servers only."""
        other = copy.copy(self)
        other.usable = self.usable & np.isin(self.table.server, [LOCAL, *servers])
        return other

    def opening(self, server: int) -> Situation:
        """The same with a server whose static energy does not count."""
        other = copy.copy(self)
        other.static_j = self.static_j.copy()
        other.static_j[server] = 0.0
        return other

    def reject(self, chosen: Ints) -> Ints:
        """The choice with users that have no option (−1) turned away, where that is one (J-A)."""
        rejection = self.best_of_each(np.where(self.table.is_rejection, 0.0, np.inf))
        return np.where(chosen < 0, rejection, chosen)

    @property
    def stuck(self) -> Ints:
        """Users without a usable option."""
        return np.flatnonzero(np.bincount(self.table.user[self.usable], minlength=self.table.n_users) == 0)

    def rows_of(self, users: Ints) -> Ints:
        """Usable options of some users, in their order."""
        parts = [np.arange(self.start[i], self.start[i + 1]) for i in users]
        rows = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
        return np.asarray(rows[self.usable[rows]])

    def best_of_each(self, score: Floats) -> Ints:
        """[n_users] usable option of least score of every user (the first of equals); −1 for users without one.

        Args:
            score: [n_options]; inf (or NaN) excludes an option.
        """
        order = np.lexsort((np.arange(len(score)), np.where(self.usable, score, np.inf), self.table.user))
        first = np.searchsorted(self.table.user[order], np.arange(self.table.n_users))
        chosen = np.full(self.table.n_users, -1, dtype=np.int64)
        there = np.flatnonzero(np.diff(self.start) > 0)
        best = order[first[there]]
        good = self.usable[best] & np.isfinite(score[best])
        chosen[there[good]] = best[good]
        return chosen

    def sums(self, chosen: Ints) -> Floats:
        """[n_servers + 1, k] load terms added up by server; the last row, reached by server −1, stays 0."""
        server = self.table.server[chosen]
        sums = np.zeros((self.table.n_servers + 1, self.terms.shape[1]))
        np.add.at(sums, server, self.terms[chosen])
        sums[LOCAL] = 0.0
        return sums

    def levels(self, sums: Floats) -> Floats:
        """Load of each row of sums."""
        return self._loads.level(sums)

    def members(self, chosen: Ints) -> dict[int, list[int]]:
        """Options in use on each server that is in use, in growing order."""
        found: dict[int, list[int]] = {}
        for option, server in zip(chosen.tolist(), self.table.server[chosen].tolist(), strict=True):
            if server != LOCAL:
                found.setdefault(server, []).append(option)
        return {server: sorted(found[server]) for server in sorted(found)}

    def groups_of(self, chosen: Ints) -> list[Group]:
        """The groups of a choice, one for each server in use."""
        return [(server, tuple(options)) for server, options in self.members(chosen).items()]

    def cost(self, chosen: Ints) -> float:
        """Least cost of a choice, J; inf when it does not fit."""
        wanted = self.groups_of(chosen)
        static = self.static_j[[server for server, _ in wanted]].sum() if wanted else 0.0
        return float(self.local_j[chosen].sum() + self.groups.costs(wanted).sum() + static)

    def decision(self, chosen: Ints) -> Decision:
        """The choice with its best shares."""
        wanted = self.groups_of(chosen)
        beta, phi = np.zeros(len(chosen)), np.zeros(len(chosen))
        for (_, options), settled in zip(wanted, self.groups.settle(wanted), strict=True):
            users = self.table.user[list(options)]
            beta[users], phi[users] = settled.uplink_share, settled.compute_share
        return Decision(chosen, beta, phi)

    def prices(self, chosen: Ints) -> tuple[Floats, Floats]:
        """[n_servers] prices of uplink and compute under a choice (0 for servers that are not in use)."""
        wanted = self.groups_of(chosen)
        mu, nu = np.zeros(self.table.n_servers), np.zeros(self.table.n_servers)
        for (server, _), price in zip(wanted, self.groups.prices(wanted), strict=True):
            mu[server], nu[server] = price.uplink, price.compute
        return mu, nu

    def _fair_cost(self) -> Floats:
        """[n_options] see ``fair_j``."""
        table = self.table
        crowd = max(1, math.ceil(table.n_users / max(1, table.n_servers)))
        air, run = table.uplink_s, table.server_s
        slack = np.where(table.slack_s > 0, table.slack_s, np.inf)
        mixed = np.sqrt(air * run)
        beta, phi = (np.clip((own + mixed) / slack * ROOM, 1 / crowd, 1.0) for own in (air, run))
        if table.allocation == "units" and table.n_servers:
            blocks, units = table.blocks[table.server], table.units[table.server]
            beta, phi = np.ceil(beta * blocks) / blocks, np.ceil(phi * units) / units
        cost = table.cost_j(beta, phi)
        # Where this split of the time does not do, whole shares tell at least what the option costs at best.
        cost = np.where(np.isfinite(cost), cost, table.cost_j())
        static = table.static_j[table.server] / crowd if table.n_servers else 0.0
        return np.asarray(cost + np.where(table.is_local, 0.0, static))
