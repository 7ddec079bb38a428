"""The desk at which requests are decided one by one: it knows what is in use, and shows nothing of what is to come."""

from __future__ import annotations

import dataclasses
from typing import Protocol

import numpy as np

from instances.arrivals import Arrivals
from instances.check_arrivals import Schedule
from instances.columns import Bools, Floats, Ints
from instances.errors import InputError
from instances.options import REJECTED
from instances.plan import Plan
from solvers.online.market import Market

__all__ = ["Desk", "Episode", "Rule", "View", "play", "schedule_of"]

HAIR = 1e-9
"""Part of a server that rounding of sums may cost."""


@dataclasses.dataclass(frozen=True, eq=False)
class View:
    """What is known when a request is decided.

    Args:
        market: the menus. slot, n_slots: the time, and how many slots there are.
        free: [resources] part of each that nobody uses now.
        users, stays: of the requests of this slot that wait, the one to be decided first.
    """

    market: Market
    slot: int
    n_slots: int
    free: Floats
    users: Ints
    stays: Ints

    @property
    def user(self) -> int:
        """Whose request is to be decided."""
        return int(self.users[0])

    @property
    def inferences(self) -> int:
        """Slots of it that count."""
        return min(int(self.stays[0]), self.n_slots - self.slot)

    @property
    def cost(self) -> Floats:
        """[actions] of one inference; inf: no offer."""
        return np.asarray(self.market.cost[self.user])

    @property
    def fits(self) -> Bools:
        """[actions] what can be taken now. What fits now fits until it leaves (docs/theory.md, P35)."""
        needed = self.market.use[self.user]
        return np.asarray(np.isfinite(self.cost) & (needed <= self.free + HAIR).all(axis=1))


class Rule(Protocol):
    """A policy at work on one sequence."""

    def choose(self, view: View) -> int:
        """The action for the first request that waits; one that fits."""


class Desk:
    """One sequence, decided request by request."""

    def __init__(self, market: Market, arrivals: Arrivals) -> None:
        self.market, self.arrivals = market, arrivals
        self.actions = np.full(len(arrivals), -1)
        self.cost = 0.0
        self._next = 0

    @property
    def done(self) -> bool:
        """Whether every request is decided."""
        return self._next >= len(self.arrivals)

    def view(self) -> View:
        """What is known now.  Raises InputError when all is decided."""
        if self.done:
            raise InputError("Desk", "has decided every request", fix="start a new sequence")
        a, k = self.arrivals, self._next
        slot = int(a.slot[k])
        here = np.flatnonzero(a.present(slot)[:k])
        used = self.market.use[a.user[here], self.actions[here]].sum(axis=0)
        last = int(np.searchsorted(a.slot, slot, side="right"))
        free = np.maximum(1.0 - used, 0.0)
        return View(self.market, slot, a.n_slots, free, a.user[k:last], a.stay[k:last])

    def take(self, action: int) -> float:
        """Decide the next request; what it costs while it stays.

        Raises:
            InputError: the action does not fit.
        """
        view = self.view()
        if not (0 <= action < self.market.n_actions and view.fits[action]):
            raise InputError("action", f"{action} does not fit", fix="one of those that `View.fits` allows")
        cost = float(view.cost[action]) * view.inferences
        self.actions[self._next] = action
        self.cost += cost
        self._next += 1
        return cost


@dataclasses.dataclass(frozen=True, eq=False)
class Episode:
    """A sequence that was decided: ``actions`` [n] and their cost in the problem's unit."""

    arrivals: Arrivals
    actions: Ints
    cost: float


def play(market: Market, arrivals: Arrivals, rule: Rule) -> Episode:
    """Let a rule decide a whole sequence."""
    desk = Desk(market, arrivals)
    while not desk.done:
        desk.take(rule.choose(desk.view()))
    return Episode(arrivals, desk.actions, desk.cost)


def schedule_of(market: Market, episode: Episode) -> Schedule:
    """The episode as plans, for `instances.check_arrivals.check_schedule`."""
    users, actions, table = episode.arrivals.user, episode.actions, market.table
    option = market.option[users, actions]
    remote = table.server[option] >= 0
    beta, phi = np.zeros(table.n_users), np.zeros(table.n_users)
    if table.n_servers:
        server = np.where(remote, table.server[option], 0)
        beta[users] = np.where(remote, market.blocks[users, actions] / table.blocks[server], 0.0)
        phi[users] = np.where(remote, market.units[users, actions] / table.units[server], 0.0)
    # Every user needs an option here; only rows of requests are kept, and of them those that run something.
    chosen = np.minimum(table.start[:-1], len(table) - 1)
    chosen[users] = np.where(option >= 0, option, chosen[users])
    whole = Plan.from_options(table, chosen, beta, phi)
    away = (option < 0) | table.is_rejection[option]
    plan = Plan(np.where(away, REJECTED, whole.server[users]), np.where(away, -1, whole.cut[users]),
                whole.uplink_share[users], whole.compute_share[users], whole.clock[users], whole.cuts)  # fmt: skip
    return Schedule(plan, np.where(away, market.cost[users, actions], 0.0))
