"""IAO: whether its algorithm is optimal, and what wrong estimates of times cost."""

from __future__ import annotations

import itertools

import numpy as np

from instances.columns import Floats
from instances.systems.check_iao import evaluate
from instances.systems.iao import UnitsPlan, UnitsProblem
from instances.systems.iao_family import draw_units
from results.claims.registry import Finding, claim
from solvers.systems import SYSTEM_METHODS
from solvers.systems.iao import alternate, bisect

PROBLEMS = 300
ERROR = 0.2
"""Largest relative error of an estimated time."""


def problems(count: int) -> list[UnitsProblem]:
    """Three users, up to four cuts, up to eight units; the speed-up of units is linear in every other one."""
    made = []
    for seed, rng in enumerate(map(np.random.default_rng, np.random.SeedSequence(2007).spawn(count))):
        serial_part = 0.0 if seed % 2 else float(rng.uniform(0.0, 0.5))
        made.append(draw_units(rng, users=3, cuts=int(rng.integers(2, 5)), units=int(rng.integers(4, 9)),
                               serial_part=serial_part))  # fmt: skip
    return made


def optimum(problem: UnitsProblem) -> float:
    """Every division of the units, everybody's cuts one by one."""
    divisions = (u for u in itertools.product(range(problem.n_units + 1), repeat=problem.n_users)
                 if sum(u) == problem.n_units)  # fmt: skip
    return min(max(_best_cut(problem, i, f) for i, f in enumerate(units)) for units in divisions)


def _best_cut(problem: UnitsProblem, user: int, units: int) -> float:
    alone = UnitsProblem((problem.device_s[user],), (problem.uplink_s[user],), (problem.server_s[user],), problem.speed)
    plans = (UnitsPlan(np.array([c]), np.array([units])) for c in range(len(problem.device_s[user])))
    return min(evaluate(alone, plan).largest_s for plan in plans)


def losses(error: float) -> Floats:
    """[problems] latency of the plan made from wrong estimates over the optimum."""
    found = []
    for problem, seed in zip(problems(PROBLEMS), np.random.SeedSequence(9072).spawn(PROBLEMS), strict=True):
        rng = np.random.default_rng(seed)
        guess = problem.replace(**{
            name: tuple(c * rng.uniform(1 - error, 1 + error, len(c)) for c in getattr(problem, name))
            for name in ("device_s", "uplink_s", "server_s")
        })  # fmt: skip
        got, best = (evaluate(problem, plan).largest_s for plan in (alternate(guess), bisect(problem)))
        found.append(got / best)
    return np.array(found)


@claim(
    "iao.optimal",
    system="IAO",
    says="the alternating algorithm finds the optimum in polynomial time",
    source="Tang et al., IoT-J 2021, arXiv:2007.09072, abstract",
    evidence="abstract; procedure own",
    published="optimal",
    measures=f"largest relative excess of four methods over enumeration, {PROBLEMS} problems of 3 users",
    tolerance="below 1e-6; polynomial time is proven (docs/theory.md, P26)",
    slow=True,
)
def optimal() -> Finding:
    """Excess over the optimum, parts in a million."""
    methods = [entry.solve for entry in SYSTEM_METHODS.values() if entry.system == "IAO"]
    excess = max(
        evaluate(problem, method(problem)).largest_s / optimum(problem) - 1
        for problem in problems(PROBLEMS)
        for method in methods
    )
    good = excess < 1e-6
    why = "" if good else "some method lies above the optimum"
    return Finding(1e6 * max(excess, 0.0), "ppm", "reproduced" if good else "not reproducible", why)


@claim(
    "iao.estimation_error",
    system="IAO",
    says="when times are only estimated, the loss is bounded",
    source="Tang et al., IoT-J 2021, arXiv:2007.09072, abstract",
    evidence="abstract; bound own (docs/theory.md, P26d)",
    published="–",
    measures=f"mean loss of plans made from times that are wrong by up to {ERROR:.0%}, {PROBLEMS} problems",
    tolerance="no loss above the bound (1 + δ)/(1 − δ), as a trend: the paper's bound is not public to us",
)
def estimation_error() -> Finding:
    """Mean loss, %; the reason gives the worst and the bound."""
    loss, bound = losses(ERROR), (1 + ERROR) / (1 - ERROR)
    why = (
        f"worst {100 * (loss.max() - 1):.1f} %, proven at most {100 * (bound - 1):.0f} %; the paper's own bound unknown"
    )
    return Finding(100 * float(loss.mean() - 1), "%", "trend" if loss.max() <= bound else "not reproducible", why)
