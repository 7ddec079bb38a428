"""Exact methods of the systems with models of their own, for the library."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from instances.library.entries import Entry
from instances.library.rules import Offer, sign
from instances.library.systems import get_system
from solvers import Limits
from solvers.online import Market, look_back, schedule_of
from solvers.systems.batching import group_optimally
from solvers.systems.droo import branch
from solvers.systems.hoda import enumerate_sets, solve_milp
from solvers.systems.iao.exact import bisect
from solvers.systems.mad2rl import solve_slot
from solvers.uav import solve_flight

__all__ = ["solve_system"]

LISTED_USERS = 20
"""Users of a cell up to which all sets are listed."""
_Found = tuple[str, Any, float | None, str]
"""Method, plan, bound (None: the plan's own value, as the method is exact), note."""


def solve_system(one: Entry, problem: Any, limit_s: float) -> Offer:
    """What the best method of an entry's system finds."""
    method, plan, bound, note = _SOLVERS[one.system](problem, limit_s)
    if bound is None:
        bound, _ = get_system(one.system).measure(problem, plan)
    return Offer(one.fingerprint, plan, None, bound, sign(method, 0), note)


def _cell(problem: Any, limit_s: float) -> _Found:
    if problem.n_users <= LISTED_USERS:
        return "hoda_enumeration", enumerate_sets(problem), None, ""
    return "hoda_milp", solve_milp(problem), None, ""


def _flight(problem: Any, limit_s: float) -> _Found:
    for method in ("uav_milp", "uav_decomposition"):
        found = solve_flight(problem, method, limits=Limits(gap=1e-6, time_s=limit_s))
        if found.plan is not None and math.isfinite(found.cost):
            return method, found.plan, found.bound, ""
    return method, None, -math.inf, ""


def _requests(problem: Any, limit_s: float) -> _Found:
    """Hindsight. Its bound is that of schedules made of the market's offers, which is no bound on all schedules."""
    market = Market.of(problem.instance)
    found = look_back(market, problem, Limits(gap=1e-4, time_s=limit_s))
    plan = None if found.episode is None else schedule_of(market, found.episode)
    note = f"schedules made of the offers of solvers.online.Market cost {found.bound:.9g} at least (HiGHS)"
    return "hindsight", plan, -math.inf, note


_SOLVERS: dict[str, Callable[[Any, float], _Found]] = {
    "batching": lambda problem, _: ("batching_groups", group_optimally(problem), None, ""),
    "droo": lambda problem, _: ("droo_branch", branch(problem), None, ""),
    "hoda": _cell,
    "iao": lambda problem, _: ("iao_bisection", bisect(problem), None, ""),
    "mad2rl": lambda problem, _: ("mad2rl_subsets", solve_slot(problem), None, ""),
    "online": _requests,
    "uav": _flight,
}
