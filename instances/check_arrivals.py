"""The checker of schedules: the plan of every slot, by the checker of plans, and what all of them add up to."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.arrivals import Arrivals, of_users
from instances.check import check
from instances.columns import Floats
from instances.plan import Plan

__all__ = ["Schedule", "ScheduleReport", "check_schedule"]

_REJECTED = -2


@dataclasses.dataclass(frozen=True, eq=False)
class Schedule:
    """``plan``: a row for each request, kept while it stays; server −2: it is turned away, at ``turned_away_cost``
    [n] a slot, in the problem's unit (under J-A the checker knows that cost itself)."""

    plan: Plan
    turned_away_cost: Floats


@dataclasses.dataclass(frozen=True)
class ScheduleReport:
    """``cost`` in the problem's unit, of all slots, without what servers cost for being on; requests turned away; the
    rules that are broken, one sentence each."""

    cost: float
    turned_away: int
    broken: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether no rule is broken."""
        return not self.broken


def check_schedule(arrivals: Arrivals, schedule: Schedule) -> ScheduleReport:
    """Every slot's plan recomputed from the instance alone."""
    plan, n = schedule.plan, len(arrivals)
    if len(plan) != n or len(schedule.turned_away_cost) != n:
        return ScheduleReport(math.inf, 0, (f"the schedule has {len(plan)} rows for {n} requests",))
    admission = arrivals.instance.problem == "J-A"
    away = plan.server == _REJECTED
    costs, broken = [], []
    for t in range(arrivals.n_slots):
        there = arrivals.present(t)
        if not admission:
            costs += [float(c) for c in schedule.turned_away_cost[there & away]]
        rows = np.flatnonzero(there & (admission | ~away))
        if not len(rows):
            continue
        mine = Plan(plan.server[rows], plan.cut[rows], plan.uplink_share[rows], plan.compute_share[rows],
                    plan.clock[rows], plan.cuts)  # fmt: skip
        report = check(of_users(arrivals.instance, arrivals.user[rows]), mine)
        broken += [f"slot {t}: {violation}" for violation in report.violations]
        costs += [float(c) for c in report.user_cost]
    return ScheduleReport(math.fsum(costs), int(away.sum()), tuple(broken))
