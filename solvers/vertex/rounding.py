"""Vertex rounding: nearly every user of a vertex has one option; the few others go where they need nothing."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from formulations.program import Decision
from instances.certificate import Certificate, Leaf
from instances.columns import Bools, Floats, Ints
from instances.options import OptionTable
from instances.prune import prune
from solvers.allocation import allocate_any
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.heuristics.incumbent import name_users
from solvers.heuristics.repair import repair
from solvers.heuristics.situation import Situation
from solvers.no_plan import no_option
from solvers.objective import decision_cost
from solvers.prices.ascent import climb, first_prices
from solvers.prices.dual import Dual
from solvers.prices.maximise import ceiling_j, maximise
from solvers.registry import Kind, method
from solvers.vertex.mixture import ROUNDS, Mixture, mix, offers_of

__all__ = ["VertexRounding", "free_cost", "free_options"]

_FIRST_ROUNDS, _PRICE_ROUNDS = 6, 10
_DEAR = 1.01


@method
class VertexRounding:
    """Rounds a vertex of the linear relaxation; the users with a mixture run what takes nothing of any server.

    Where all of those have such an option, ``detail`` holds what P32 promises for the instance: ``promised_j``, from
    the users that are torn at this vertex, and ``promised_before_j``, from the number of servers alone (both ≥ the
    plan's cost). Where one has none, the plan is repaired and nothing is promised. ``limits.rounds``: evaluations of
    prices.
    """

    name = "vertex_rounding"
    title = "vertex of the relaxation over columns, its few undecided users moved to the device"
    kind: Kind = "approximation"
    guarantee: str | None = "value ≤ LP + 2|S| · largest spread (3|S| with memory), where all can run without a server"
    reference = "docs/theory.md, P6 and P32; Lenstra, Shmoys, Tardos, Mathematical Programming 46, 1990"

    def supports(self, table: OptionTable) -> str | None:
        """Any instance."""
        return None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Mix, round, put back what fits; an interrupt keeps the best plan and bound."""
        work = _Work(table, limits, rng, clock)
        try:
            stop, message = work.run()
        except KeyboardInterrupt:
            stop, message = Stop.INTERRUPTED, "interrupted before a plan was found"
        return Answer(
            work.best, stop, math.inf if stop is Stop.INFEASIBLE else work.bound_j, work.best_j, tuple(clock.trace),
            message if work.best is None else "", work.detail, work.pruned, work.certificate,
        )  # fmt: skip


@dataclasses.dataclass(eq=False)
class _Work:
    """Best plan (rows of ``pruned``) and bound so far."""

    table: OptionTable
    limits: Limits
    rng: np.random.Generator
    clock: Clock
    pruned: OptionTable | None = None
    best: Decision | None = None
    best_j: float = math.inf
    bound_j: float = -math.inf
    certificate: Certificate | None = None
    detail: dict[str, float] = dataclasses.field(default_factory=dict)

    def run(self) -> tuple[Stop, str]:
        table = self.pruned = prune(self.table)
        dual = Dual(table)
        if len(dual.stuck):
            self.certificate = no_option(table.n_servers)
            return Stop.INFEASIBLE, f"{name_users(dual.stuck)} cannot meet the deadline in any way"
        point = climb(dual, first_prices(dual), _FIRST_ROUNDS, clock=self.clock)
        point = maximise(dual, point.prices, rounds=_PRICE_ROUNDS, clock=self.clock).point
        self.bound_j = max(point.bound_j, 0.0)
        rounds = ROUNDS if self.limits.rounds is None else self.limits.rounds
        mixture = mix(offers_of(table), point.prices, _DEAR * ceiling_j(dual) + 1e-9, self.clock, rounds)
        if mixture is None:
            return Stop.ERROR, "HiGHS has no optimum of the relaxation to offer"
        self.bound_j = max(mixture.bound_j, self.bound_j)
        if table.allocation != "units":  # prices alone prove the bound of continuous shares only
            self.certificate = Certificate(Leaf(mixture.rates.prices), mixture.bound_j)
        self._round(mixture)
        if self.best is None:
            return Stop.FINISHED, "users that are undecided have no option without a server, and repair found no plan"
        return (Stop.TIME if self.clock.left_s <= 0 else Stop.FINISHED), ""

    def _round(self, mixture: Mixture) -> None:
        table, offers = mixture.offers.table, mixture.offers
        torn, chosen = mixture.torn, mixture.favourite
        free = free_options(table)
        stays = np.where(torn & (free >= 0), free, offers.row[chosen])
        self.detail |= {"lp_j": mixture.value_j, "undecided": float(torn.sum()),
                        "partly_on": float(mixture.partly_on.sum())}  # fmt: skip
        self._offer(_settled(mixture, torn, free))
        situation = Situation(table)
        if self.best is None:  # somebody who is torn needs a server
            score = np.where(np.isfinite(situation.fair_j), situation.fair_j, np.inf)
            usable = situation.best_of_each(score)
            if (usable < 0).any():
                return
            start = np.where(situation.usable[stays], stays, usable)
            fitting = repair(situation, start, score, rng=self.rng, clock=self.clock)
            if fitting is None:
                return
            stays = fitting
            self._offer(situation.decision(stays))
        elif mixture.lacking <= 1e-9:
            self._promise(mixture, torn, free)
        self._put_back(situation, stays, np.flatnonzero(torn))

    def _promise(self, mixture: Mixture, torn: Bools, free: Ints) -> None:
        """What P32 says that the plan costs at most."""
        table, partly = mixture.offers.table, mixture.partly_on
        spread = free_cost(table) - _least_cost(table)
        idle = float(((1 - mixture.on) * table.static_j)[partly].sum())
        self.detail["promised_j"] = mixture.value_j + float(spread[torn].sum()) + idle
        if (free >= 0).all():
            most = max(float(spread.max(initial=0.0)), float(table.static_j.max(initial=0.0)))
            count = (2 + int(np.isfinite(table.stock_room).any(axis=0).sum())) * table.n_servers
            self.detail["promised_before_j"] = mixture.value_j + count * most

    def _put_back(self, situation: Situation, chosen: Ints, torn: Ints) -> None:
        """Options for undecided users that still fit, those who gain most first."""
        now, now_j = chosen, situation.cost(chosen)
        gain = free_cost(situation.table) - _least_cost(situation.table)
        for user in torn[np.argsort(-np.nan_to_num(gain[torn], posinf=0.0), kind="stable")]:
            for option in situation.rows_of(np.array([user])):
                trial = now.copy()
                trial[user] = option
                cost = situation.cost(trial)
                if cost < now_j:
                    now, now_j = trial, cost
        if now_j < self.best_j:
            self._offer(situation.decision(now))

    def _offer(self, decision: Decision | None) -> None:
        assert self.pruned is not None
        cost = math.inf if decision is None else decision_cost(self.pruned, decision)
        if decision is not None and cost < self.best_j:
            self.best, self.best_j = decision, cost
            self.clock.found(self.pruned, decision)
            self.clock.report(cost, self.bound_j)


def free_options(table: OptionTable) -> Ints:
    """[n_users] the cheapest option that takes nothing of any server; −1 for users without one."""
    found = np.full(table.n_users, -1, dtype=np.int64)
    cost = np.where(table.is_local, table.cost_j(), np.inf)
    order = np.lexsort((cost, table.user))
    first = order[np.searchsorted(table.user[order], np.arange(table.n_users))]
    good = np.isfinite(cost[first])
    found[good] = first[good]
    return found


def free_cost(table: OptionTable) -> Floats:
    """[n_users] J of that option; inf for users without one."""
    free = free_options(table)
    return np.where(free >= 0, table.cost_j()[free], np.inf)


def _least_cost(table: OptionTable) -> Floats:
    """[n_users] J of the cheapest option alone in the world."""
    least = np.full(table.n_users, np.inf)
    np.minimum.at(least, table.user, table.cost_j())
    return least


def _settled(mixture: Mixture, torn: Bools, free: Ints) -> Decision | None:
    """The vertex with undecided users at their free options; None where one has none, or it does not fit."""
    table, offers = mixture.offers.table, mixture.offers
    if (free[torn] < 0).any():
        return None
    chosen = np.where(torn, free, offers.row[mixture.favourite])
    kept = np.flatnonzero(~torn)
    beta, phi = np.zeros(table.n_users), np.zeros(table.n_users)
    if table.allocation == "units":  # the pieces of the vertex fit; those of the allocation may be better
        amount = offers.columns(mixture.favourite[kept]).amount
        beta[kept], phi[kept] = amount[0], amount[1]
        held = Decision(chosen, beta, phi)
        shares = allocate_any(table, chosen)
        other = Decision(chosen, shares.uplink_share, shares.compute_share)
        return min(held, other, key=lambda decision: decision_cost(table, decision))
    shares = allocate_any(table, chosen)
    return Decision(chosen, shares.uplink_share, shares.compute_share) if shares.feasible.all() else None
