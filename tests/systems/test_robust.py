"""Chance-constrained deadlines: the enclosing tables, the convex shares, and what random times do to plans."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from formulations.robust_fixed import allocate_robust
from instances.errors import InputError
from instances.plan import Plan
from instances.systems.check_robust import evaluate
from instances.systems.robust import RobustProblem, chebyshev_factor
from instances.systems.robust_options import RobustOptions, hardened
from solvers.allocation import allocate
from solvers.systems import SYSTEM_METHODS
from solvers.systems.robust import lower_bound
from tests.builders import tiny_instance

Draw = Callable[[np.random.Generator, float, float, int], np.ndarray]
DRAWS: dict[str, Draw] = {
    "normal": lambda rng, mean, sd, n: rng.normal(mean, sd, n),
    "gamma": lambda rng, mean, sd, n: rng.gamma((mean / sd) ** 2, sd**2 / mean, n),
    "lognormal": lambda rng, mean, sd, n: rng.lognormal(
        np.log(mean) - 0.5 * np.log1p((sd / mean) ** 2), np.sqrt(np.log1p((sd / mean) ** 2)), n
    ),
    "uniform": lambda rng, mean, sd, n: rng.uniform(mean - np.sqrt(3) * sd, mean + np.sqrt(3) * sd, n),
    "rare": lambda rng, mean, sd, n: np.where(rng.random(n) < 0.1, mean + 3 * sd, mean - sd / 3),
}


def drawn(seed: int, **changes: float) -> RobustProblem:
    instance = tiny_instance(seed, 2, 1 + seed % 2, 2, "continuous", tightness=0.1, memory_limits=False)
    return RobustProblem(instance, **{"risk": 0.1, **changes})


def value(problem: RobustProblem, plan: Plan | None) -> float:
    if plan is None:
        return np.inf
    report = evaluate(problem, plan)
    assert not report.violations, report.violations
    return report.energy_j


def test_p31_the_optimum_lies_between_the_hardened_tables() -> None:
    apart = 0
    for seed in range(2, 9):
        problem = drawn(seed)
        best = value(problem, SYSTEM_METHODS["robust_enumeration"].solve(problem))
        low = lower_bound(problem)
        assert low <= best * (1 + 1e-5)
        got = {name: value(problem, SYSTEM_METHODS[name].solve(problem))
               for name in ("robust", "robust_hardened", "robust_alternating")}  # fmt: skip
        assert min(got.values()) >= best * (1 - 1e-5), (seed, got)
        assert got["robust"] <= got["robust_hardened"] * (1 + 1e-9)
        apart += bool(low < best * (1 - 1e-4) < np.inf)
    assert apart >= 1


def test_p31_with_one_uncertain_side_the_hardened_table_is_the_problem() -> None:
    compared = 0
    for seed in range(6):
        problem = drawn(seed, **({"server_cv": 0.0} if seed % 2 else {"device_cv": 0.0}))
        best = value(problem, SYSTEM_METHODS["robust_enumeration"].solve(problem))
        got = value(problem, SYSTEM_METHODS["robust_hardened"].solve(problem))
        if np.isfinite(best):
            compared += 1
            assert got == pytest.approx(best, rel=2e-5), seed
    assert compared >= 4


def test_p31_convex_shares_are_those_of_the_joint_problem_where_nothing_is_uncertain() -> None:
    for seed in range(6):
        options = RobustOptions.of(drawn(seed, device_cv=0.0, server_cv=0.0))
        table = options.table
        rng = np.random.default_rng(seed)
        for _ in range(3):
            chosen = np.array([rng.integers(a, b) for a, b in zip(table.start[:-1], table.start[1:], strict=True)])
            shares, referee = allocate_robust(options, chosen), allocate(table, chosen)
            if shares is None:
                assert not np.isfinite(referee.objective_j)
                continue
            cost = table.cost_j(np.where(shares[0] > 0, shares[0] * (1 + 1e-6), 1.0),
                                np.where(shares[1] > 0, shares[1] * (1 + 1e-6), 1.0), chosen).sum()  # fmt: skip
            static = table.static_j[np.unique(table.server[chosen][table.server[chosen] >= 0])].sum()
            assert cost + static == pytest.approx(referee.objective_j, rel=1e-4)


@pytest.mark.parametrize("name", DRAWS)
def test_p31_deadlines_are_missed_no_more_often_than_asked(name: str) -> None:
    rng, n, seen = np.random.default_rng(31), 20_000, 0
    for seed in range(6):
        problem = drawn(seed, device_cv=0.3, server_cv=0.3, risk=0.1)
        plan = SYSTEM_METHODS["robust_hardened"].solve(problem)
        if plan is None:
            continue
        report = evaluate(problem, plan)
        options = RobustOptions.of(problem)
        for i in range(2):
            row = next(o for o in range(len(options.table)) if options.table.user[o] == i
                       and options.table.server[o] == plan.server[i]
                       and (options.table.on_device(o) == plan.cuts[plan.cut[i]].on_device).all())  # fmt: skip
            parts = [(options.table.device_s[row] / plan.clock[i], options.device_sd_s[row] / plan.clock[i])]
            if plan.compute_share[i] > 0:
                parts.append((options.table.server_s[row] / plan.compute_share[i],
                              options.server_sd_s[row] / plan.compute_share[i]))  # fmt: skip
            rest = report.mean_s[i] - sum(mean for mean, _ in parts)
            assert report.deviation_s[i] == pytest.approx(np.sqrt(sum(sd**2 for _, sd in parts)))
            total = rest + sum(DRAWS[name](rng, mean, sd, n) for mean, sd in parts if sd > 0)
            seen += 1
            late = float((total > problem.instance.users.deadline_s[i] * (1 + 1e-9)).mean())
            assert late <= problem.risk + 4 * np.sqrt(problem.risk / n)
    assert seen >= 6


def test_p31_the_bound_of_chebyshev_is_attained() -> None:
    """Two points with the same mean and deviation: a deadline one part in a thousand shorter is missed too often."""
    for risk in (0.02, 0.1, 0.5):
        k, mean, sd = chebyshev_factor(risk), 1.0, 0.2
        points, chance = np.array([mean + k * sd, mean - sd / k]), np.array([risk, 1 - risk])
        assert points @ chance == pytest.approx(mean)
        assert np.sqrt((points - mean) ** 2 @ chance) == pytest.approx(sd)
        assert chance[points > (mean + k * sd) * (1 + 1e-12)].sum() == 0
        nearly = 0.999 * k
        wider = 1 / (1 + nearly**2)
        assert wider > risk  # P(T ≥ mean + nearly · sd) of the two points for it


def test_hardened_tables_grow_with_the_factor() -> None:
    options = RobustOptions.of(drawn(3))
    small, large = hardened(options, 0.5), hardened(options, 2.0)
    assert len(large) <= len(small) <= len(options.table)
    assert large.device_s.sum() > 0 and (hardened(options, 0.0).device_s == options.table.device_s).all()


def test_a_plan_that_keeps_the_mean_only_is_named() -> None:
    found = 0
    for seed in range(10):
        problem = drawn(seed, device_cv=0.3, server_cv=0.3)
        loose = RobustProblem(problem.instance, device_cv=0.0, server_cv=0.0)
        plan = SYSTEM_METHODS["robust_hardened"].solve(loose)
        if plan is not None:
            report = evaluate(problem, plan)
            found += any("may be missed" in v for v in report.violations)
            assert not evaluate(loose, plan).violations
    assert found >= 5


def test_bad_problems_are_refused() -> None:
    instance = drawn(0).instance
    for change in ({"risk": 0.0}, {"risk": 1.0}, {"device_cv": -0.1}, {"server_cv": float("nan")}):
        with pytest.raises(InputError):
            RobustProblem(instance, **change)
    with pytest.raises(InputError):
        RobustProblem(instance.replace(allocation="units"))
    many = RobustProblem(tiny_instance(0, 6, 2, 4, "continuous", tightness=0.0, memory_limits=False))
    with pytest.raises(InputError, match="choices"):
        SYSTEM_METHODS["robust_enumeration"].solve(many)
