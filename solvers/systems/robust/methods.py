"""Plans for chance-constrained deadlines, and the bound below them (docs/theory.md, P31)."""

from __future__ import annotations

import itertools
import math

import numpy as np

from formulations.robust_fixed import allocate_robust
from instances.columns import Bools, Floats, Ints
from instances.errors import InputError
from instances.plan import Plan
from instances.systems.check_robust import evaluate
from instances.systems.robust import RobustProblem
from instances.systems.robust_options import RobustOptions, hardened
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.matching import rows_in
from solvers.registry import get_method
from solvers.systems.registry import system_method

__all__ = ["alternate", "enumerate_options", "harden", "lower_bound", "polish"]

_SYSTEM = "Robust partitioning"
_PAPER = "after Nan et al., TMC 2026, arXiv:2503.21476; docs/theory.md P31"
MOST_CHOICES = 2_000
MOST_TURNS = 30
LIMITS = Limits(gap=1e-6, nodes=20_000)


@system_method("robust_hardened", system=_SYSTEM, kind="heuristic", guarantee="keeps every chance constraint",
               reference="docs/theory.md P31")  # fmt: skip
def harden(problem: RobustProblem) -> Plan | None:
    """The optimum of the hardened table, clocks lowered to what the chance constraints ask."""
    options = RobustOptions.of(problem)
    answer, rows = _hardened(options, options.factor)
    if answer.decision is None:
        return None
    return _plan(options, rows, answer.decision.uplink_share, answer.decision.compute_share)


@system_method("robust", system=_SYSTEM, kind="heuristic", guarantee="bound of the relaxation beside it",
               reference="docs/theory.md P31")  # fmt: skip
def polish(problem: RobustProblem) -> Plan | None:
    """Options of the hardened table and of the relaxed one, convex shares for either; the better plan."""
    options = RobustOptions.of(problem)
    plans = [harden(problem)]
    for factor in (options.factor, options.factor / math.sqrt(2)):
        answer, rows = _hardened(options, factor)
        if answer.decision is not None:
            plans.append(_settle(options, rows))
    return _best(problem, plans)


@system_method("robust_alternating", system=_SYSTEM, kind="heuristic", reference=_PAPER)
def alternate(problem: RobustProblem) -> Plan | None:
    """Best cuts for the shares at hand, convex shares for the cuts, in turn, from equal shares on."""
    options = RobustOptions.of(problem)
    table = options.table
    plan, best_j = None, math.inf
    crowd = max(table.n_users, 1)
    beta = phi = np.full((table.n_users, table.n_servers + 1), 1 / crowd)  # at every server; the last: no server
    for _ in range(MOST_TURNS):
        chosen = _cheapest(options, beta[table.user, table.server], phi[table.user, table.server])
        tried = None if (chosen < 0).any() else _settle(options, chosen)
        if tried is None:
            break
        cost = evaluate(problem, tried).energy_j
        if not cost < best_j * (1 - 1e-9):
            break
        plan, best_j = tried, cost
        own = np.arange(table.n_users)
        beta, phi = beta.copy(), phi.copy()
        beta[own, tried.server], phi[own, tried.server] = tried.uplink_share, tried.compute_share
    return plan


@system_method("robust_enumeration", system=_SYSTEM, kind="exact", guarantee="optimal within 1e-5",
               reference="docs/theory.md P31")  # fmt: skip
def enumerate_options(problem: RobustProblem) -> Plan | None:
    """Every choice of options with its convex shares.

    Raises:
        InputError: more than 2,000 choices.
    """
    options = RobustOptions.of(problem)
    start = options.table.start
    count = math.prod(int(k) for k in np.diff(start))
    if count > MOST_CHOICES:
        raise InputError("problem", f"has {count} choices", "each is a convex problem", f"at most {MOST_CHOICES}")
    choices = itertools.product(*(range(a, b) for a, b in itertools.pairwise(start.tolist())))
    return _best(problem, [_settle(options, np.array(chosen)) for chosen in choices])


def lower_bound(problem: RobustProblem) -> float:
    """J that every plan which keeps the chance constraints costs at least; inf where there is none."""
    options = RobustOptions.of(problem)
    answer, _ = _hardened(options, options.factor / math.sqrt(2))
    return answer.bound_j


def _hardened(options: RobustOptions, factor: float) -> tuple[Answer, Ints]:
    """The exact optimum of a hardened table, and the options that it chooses."""
    table = hardened(options, factor)
    nobody = np.zeros(0, dtype=np.int64)
    if (np.diff(table.start) == 0).any():
        return Answer(None, Stop.INFEASIBLE, math.inf), nobody
    answer = get_method("exact").solve(table, limits=LIMITS, rng=np.random.default_rng(0), clock=Clock(LIMITS))
    if answer.decision is None:
        return answer, nobody
    part = table if answer.table is None else answer.table
    return answer, rows_in(options.table, part)[answer.decision.chosen]


def _clocks(options: RobustOptions, rows: Ints, beta: Floats, phi: Floats) -> Floats:
    """[rows] slowest clocks with which options keep their chance constraint at given shares; inf: none does."""
    table = options.table.take(rows)
    user, budget = table.user, table.budget_s
    with np.errstate(divide="ignore", invalid="ignore"):
        air = np.where(table.uplink_s > 0, table.uplink_s / beta, 0.0)
        run = np.where(table.server_s > 0, table.server_s / phi, 0.0)
        server_sd = np.where(options.server_sd_s[rows] > 0, options.server_sd_s[rows] / phi, 0.0)

    def in_time(clock: Floats) -> Bools:
        spread = np.hypot(options.device_sd_s[rows] / clock, server_sd)
        return np.asarray(table.device_s / clock + air + run + options.factor * spread <= budget)

    low, high = table.clock_min[user].copy(), table.clock_max[user].copy()
    late = ~in_time(high)
    easy = in_time(low)
    for _ in range(60):
        middle = 0.5 * (low + high)
        good = in_time(middle)
        low, high = np.where(good, low, middle), np.where(good, middle, high)
    return np.where(late, np.inf, np.where(easy, table.clock_min[user], high))


def _cheapest(options: RobustOptions, beta: Floats, phi: Floats) -> Ints:
    """[users] option of least energy at the shares that each option would have; −1: none is in time."""
    table = options.table
    clock = _clocks(options, np.arange(len(table)), beta, phi)
    with np.errstate(divide="ignore", invalid="ignore"):
        air = np.where(table.uplink_s > 0, table.uplink_s / beta, 0.0)
    late = ~np.isfinite(clock)
    cost = table.device_j * np.where(late, 1.0, clock) ** 2 + table.tx_w * air + table.fixed_j
    cost = np.where(late, np.inf, cost)
    start = table.start
    best = [int(a + np.argmin(cost[a:b])) if b > a else -1 for a, b in itertools.pairwise(start.tolist())]
    return np.array([o if o >= 0 and np.isfinite(cost[o]) else -1 for o in best], dtype=np.int64)


def _settle(options: RobustOptions, chosen: Ints) -> Plan | None:
    """The plan of a choice with its convex shares."""
    shares = allocate_robust(options, chosen)
    return None if shares is None else _plan(options, chosen, shares[0], shares[1])


def _plan(options: RobustOptions, chosen: Ints, beta: Floats, phi: Floats) -> Plan | None:
    """The plan with these shares and the slowest clocks; None where somebody is late."""
    clock = _clocks(options, chosen, beta, phi)
    if not np.isfinite(clock).all():
        return None
    return Plan.from_options(options.table, chosen, beta, phi).replace(clock=clock)


def _best(problem: RobustProblem, plans: list[Plan | None]) -> Plan | None:
    """The plan of least energy that breaks no rule."""
    valued = [(evaluate(problem, plan).energy_j, k) for k, plan in enumerate(plans) if plan is not None]
    valued = [pair for pair in valued if math.isfinite(pair[0])]
    return plans[min(valued)[1]] if valued else None
