"""The alternating algorithm, bisection, the next unit to the slowest user, and the MILP (docs/theory.md, P26c)."""

from __future__ import annotations

import numpy as np

from formulations.iao_units import best_cuts, build_units
from instances.columns import Floats, Ints
from instances.errors import InputError
from instances.systems.iao import UnitsPlan, UnitsProblem
from solvers.answer import Limits
from solvers.highs import Status, solve_program
from solvers.systems.registry import system_method

__all__ = ["alternate", "bisect", "hand_out", "solve_milp"]

_SYSTEM = "IAO"
_PAPER = "after Tang et al., IoT-J 2021, arXiv:2007.09072; docs/theory.md P26"


def _least_units(latency: Floats, largest_s: float, *, strictly: bool = False) -> Ints:
    """[users] fewest units with which each is no later (or earlier) than this; one more than there are: never."""
    late = latency >= largest_s if strictly else latency > largest_s
    count: Ints = late.sum(axis=1)  # latency falls with units, so those that are late come first
    return count


def _plan(cut: Ints, units: Ints) -> UnitsPlan:
    return UnitsPlan(cut[np.arange(len(units)), units], units)


def _spread_evenly(latency: Floats) -> Ints:
    """Equal units, the first users one more where they do not divide."""
    n, units = latency.shape[0], latency.shape[1] - 1
    return np.asarray(units // n + (np.arange(n) < units % n))


@system_method("iao", system=_SYSTEM, kind="exact", guarantee="optimal", reference=_PAPER)
def alternate(problem: UnitsProblem) -> UnitsPlan:
    """Best cuts for the units at hand; then units move to the slowest user from those that stay faster without.

    From equal units on. The slowest user receives as many as it takes to be faster than it is, one by one from the
    user that is least late after giving; when they cannot be found the plan is optimal, and nothing moves.
    """
    latency, cut = best_cuts(problem)
    user = np.arange(problem.n_users)
    units = _spread_evenly(latency)
    while True:
        now = latency[user, units]
        slowest = int(now.argmax())
        wanted = int(_least_units(latency, now[slowest], strictly=True)[slowest])
        if wanted > problem.n_units:
            return _plan(cut, units)
        trial = units.copy()
        spare = problem.n_units - int(units.sum())
        while trial[slowest] < wanted:
            if spare > 0:
                spare -= 1
            else:
                after = np.where(trial > 0, latency[user, np.maximum(trial - 1, 0)], np.inf)
                after[slowest] = np.inf
                giver = int(after.argmin())
                if not after[giver] < now[slowest]:
                    return _plan(cut, units)
                trial[giver] -= 1
            trial[slowest] += 1
        units = trial


@system_method("iao_bisection", system=_SYSTEM, kind="exact", guarantee="optimal", reference="docs/theory.md P26")
def bisect(problem: UnitsProblem) -> UnitsPlan:
    """Bisection over the latencies that occur: the least that all users can keep with the units there are.

    Raises:
        InputError: there are fewer units than users who cannot do without.
    """
    latency, cut = best_cuts(problem)
    values = np.unique(latency[np.isfinite(latency)])
    low, high = 0, len(values) - 1
    if _least_units(latency, values[high]).sum() > problem.n_units:
        raise InputError("problem", "has fewer units than users who need one", "somebody is never served")
    while low < high:
        middle = (low + high) // 2
        if _least_units(latency, values[middle]).sum() <= problem.n_units:
            high = middle
        else:
            low = middle + 1
    return _plan(cut, _least_units(latency, values[low]))


@system_method("iao_greedy", system=_SYSTEM, kind="exact", guarantee="optimal", reference="docs/theory.md P26")
def hand_out(problem: UnitsProblem) -> UnitsPlan:
    """Unit by unit to the user that is slowest now, from none on."""
    latency, cut = best_cuts(problem)
    user = np.arange(problem.n_users)
    units = np.zeros(problem.n_users, dtype=np.int64)
    for _ in range(problem.n_units):
        units[int(latency[user, units].argmax())] += 1
    return _plan(cut, units)


@system_method("iao_milp", system=_SYSTEM, kind="exact", guarantee="optimal within 1e-6",
               reference="docs/theory.md P26")  # fmt: skip
def solve_milp(problem: UnitsProblem) -> UnitsPlan:
    """The formulation `formulations.iao_units`, by HiGHS.

    Raises:
        InputError: HiGHS finds no plan: somebody cannot be served.
    """
    latency, cut = best_cuts(problem)
    program, columns = build_units(latency, float(latency[np.isfinite(latency)].max()))
    outcome = solve_program(program, Limits(gap=0.0))
    if outcome.status is not Status.OPTIMAL or outcome.values is None:
        raise InputError("problem", f"HiGHS says {outcome.status.value}", "somebody is never served, most likely")
    units = np.zeros(problem.n_users, dtype=np.int64)
    for value, (i, f) in zip(outcome.values, columns, strict=False):
        if value > 0.5:
            units[i] = f
    return _plan(cut, units)
