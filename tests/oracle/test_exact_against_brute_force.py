"""Every exact method against enumeration on hundreds of tiny instances."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
import pytest

from instances.expand import expand
from instances.instance import Instance
from solvers import METHODS, Limits, Result, Stop, Verdict, solve
from tests.builders import tiny_admission, tiny_instance

# `exact` is one of the others by another name; one chunk is enough for it.
EXACT = [name for name, entry in METHODS.items() if entry.kind == "exact" and name not in ("brute_force", "exact")]
CHUNK, CHUNKS, NIGHTLY = 25, 5, 40
"""Seeds at a time, and how many times in `make test` and in all."""
OTHERS = ("J-L", "J-C")
"""Problems beside J-E in which everybody is served; J-A and J-Q have instances of their own."""
SEEDS_OF = {"J-E": 20, "J-A": 20, "J-L": 10, "J-C": 10}
ALL_SEEDS_OF = {"J-E": 40, "J-A": 40}
GAP = 1e-6


def _seeds(chunk: int) -> range:
    return range(CHUNK * chunk, CHUNK * (chunk + 1))


def _instance(seed: int, allocation: str, problem: str = "J-E"):  # type: ignore[no-untyped-def]
    shape = ((2, 1, 4), (3, 2, 2), (3, 1, 3), (4, 2, 2), (2, 2, 3))[seed % 5]
    users, servers, layers = shape
    return tiny_instance(seed, users=users, servers=servers, layers=layers, allocation=allocation, problem=problem)


def _admission(seed: int, allocation: str, limited: str = "servers"):  # type: ignore[no-untyped-def]
    """J-A with energy limits of nobody, of servers, or of servers and devices."""
    users, servers, layers = ((2, 1, 4), (3, 2, 2), (3, 1, 3), (4, 2, 2), (4, 1, 3))[seed % 5]
    return tiny_admission(seed, users, servers, layers, allocation, budgets=limited != "nobody",
                          device_budgets=limited == "devices")  # fmt: skip


def _any(seed: int, allocation: str, problem: str) -> Instance:
    return _admission(seed, allocation) if problem == "J-A" else _instance(seed, allocation, problem)


@functools.cache
def _truth(seed: int, allocation: str, problem: str) -> Result:
    """The optimum of the instance that `_any` makes; several tests ask for the same."""
    return solve(_any(seed, allocation, problem), "brute_force")


def _compare(chunk: int, allocation: str, make: Callable[[int, str], Instance] = _instance) -> None:
    """Same optimum, same infeasibility, no bound above the optimum, on one chunk of seeds."""
    limits, feasible = Limits(gap=GAP), 0
    for seed in _seeds(chunk):
        instance = make(seed, allocation)
        truth = solve(instance, "brute_force")
        assert truth.verdict is not Verdict.WRONG, f"{allocation}, seed {seed}: {truth.message}"
        feasible += truth.valid
        for name in [*EXACT, *(["exact"] if chunk == 0 else [])]:
            table_reason = _reason(instance, name)
            if table_reason is not None:
                continue
            got = solve(instance, name, limits=limits, seed=seed)
            where = f"{name}, {instance.problem}, {allocation}, seed {seed}: {got.message}"
            if truth.verdict.infeasible:
                assert got.verdict.infeasible, where
                continue
            assert truth.valid and got.valid, where
            # HiGHS lets rows slip by 1e-6: it can prove little beyond that.
            assert got.gap <= 3 * GAP, f"{where} {got.verdict} {got.stop} gap {got.gap}"
            assert got.objective_j == pytest.approx(truth.objective_j, rel=3 * GAP, abs=1e-9), where
            assert got.bound_j <= truth.objective_j * (1 + GAP) + 1e-9, where
    assert feasible >= 0.8 * CHUNK


@pytest.mark.parametrize("allocation", ["units", "continuous"])
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_exact_methods_reach_the_brute_force_optimum(chunk: int, allocation: str) -> None:
    """2 × 125 instances."""
    _compare(chunk, allocation)


LIMITED = (("units", "nobody"), ("units", "servers"), ("units", "devices"), ("continuous", "nobody"),
           ("continuous", "servers"))  # fmt: skip
"""Allocation rule and whose energy is limited, for J-A."""


@pytest.mark.parametrize(("allocation", "limited"), LIMITED)
def test_exact_methods_reach_the_best_admission(allocation: str, limited: str) -> None:
    """5 × 25 instances of J-A."""
    _compare(0, allocation, lambda seed, rule: _admission(seed, rule, limited))


@pytest.mark.nightly
@pytest.mark.parametrize(("allocation", "limited"), LIMITED)
@pytest.mark.parametrize("chunk", range(1, 4))
def test_exact_methods_reach_the_best_admission_on_many_more(chunk: int, allocation: str, limited: str) -> None:
    """5 × 75 instances of J-A."""
    _compare(chunk, allocation, lambda seed, rule: _admission(seed, rule, limited))


@pytest.mark.parametrize("problem", OTHERS)
@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_exact_methods_reach_it_under_every_problem(allocation: str, problem: str) -> None:
    """50 instances a problem."""
    _compare(1, allocation, lambda seed, rule: _instance(seed, rule, problem))


@pytest.mark.nightly
@pytest.mark.parametrize("problem", OTHERS)
@pytest.mark.parametrize("allocation", ["units", "continuous"])
@pytest.mark.parametrize("chunk", range(2, 10))
def test_exact_methods_reach_it_under_every_problem_on_many_more(chunk: int, allocation: str, problem: str) -> None:
    """400 instances a problem."""
    _compare(chunk, allocation, lambda seed, rule: _instance(seed, rule, problem))


@pytest.mark.nightly
@pytest.mark.parametrize("allocation", ["units", "continuous"])
@pytest.mark.parametrize("chunk", range(CHUNKS, NIGHTLY))
def test_exact_methods_reach_it_on_many_more(chunk: int, allocation: str) -> None:
    """2 × 875 instances."""
    _compare(chunk, allocation)


def _reason(instance, name: str) -> str | None:  # type: ignore[no-untyped-def]
    from instances.expand import expand

    return METHODS[name].supports(expand(instance))


def _stay_above(seeds: range, allocation: str, problem: str) -> None:
    """No method without a proof beats the optimum, and every plan is valid."""
    feasible = 0
    for seed in seeds:
        instance, truth = _any(seed, allocation, problem), _truth(seed, allocation, problem)
        if truth.verdict.infeasible:
            continue
        feasible += 1
        for name, entry in METHODS.items():
            if entry.kind in ("exact", "bound") or _reason(instance, name) is not None:
                continue
            got = solve(instance, name, limits=Limits(rounds=20), seed=seed)
            assert got.verdict is not Verdict.WRONG, f"{name}, seed {seed}: {got.message}"
            if math.isfinite(got.objective_j):
                assert got.valid
                assert got.objective_j >= truth.objective_j * (1 - 1e-7), f"{name}, seed {seed}"
            elif problem == "J-A":
                pytest.fail(f"{name}, seed {seed}: no plan, though all may be turned away: {got.message}")
    assert feasible >= len(seeds) // 2


@pytest.mark.parametrize(("problem", "seeds"), SEEDS_OF.items())
@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_no_method_beats_the_optimum_and_every_plan_is_valid(allocation: str, problem: str, seeds: int) -> None:
    _stay_above(range(seeds), allocation, problem)


@pytest.mark.nightly
@pytest.mark.parametrize(("problem", "seeds"), ALL_SEEDS_OF.items())
@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_no_method_beats_the_optimum_on_many_more(allocation: str, problem: str, seeds: int) -> None:
    _stay_above(range(SEEDS_OF[problem], seeds), allocation, problem)


def _stay_below(seeds: range, allocation: str, problem: str) -> None:
    """No bound above the optimum."""
    bounds = [name for name, entry in METHODS.items() if entry.kind == "bound"]
    assert bounds
    for seed in seeds:
        instance, truth = _any(seed, allocation, problem), _truth(seed, allocation, problem)
        for name in bounds:
            if truth.verdict.infeasible or _reason(instance, name) is not None:
                continue
            got = solve(instance, name, seed=seed)
            assert got.bound_j <= truth.objective_j * (1 + 1e-7) + 1e-9, f"{name}, seed {seed}"


@pytest.mark.parametrize(("problem", "seeds"), SEEDS_OF.items())
@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_bounds_stay_below_the_optimum(allocation: str, problem: str, seeds: int) -> None:
    _stay_below(range(seeds), allocation, problem)


@pytest.mark.nightly
@pytest.mark.parametrize(("problem", "seeds"), ALL_SEEDS_OF.items())
@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_bounds_stay_below_the_optimum_on_many_more(allocation: str, problem: str, seeds: int) -> None:
    _stay_below(range(SEEDS_OF[problem], seeds), allocation, problem)


@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_prices_bound_admission(allocation: str) -> None:
    """40 instances, all energies 0, half of them with energy budgets of servers: a price of energy too."""
    valid, tight = 0, 0
    for seed in range(40):
        instance = tiny_admission(seed, 4, 2, 2, allocation, budgets=seed % 4 < 2,
                                  device_budgets=allocation == "units" and seed % 2 == 1)  # fmt: skip
        truth = solve(instance, "brute_force")
        got = solve(instance, "prices", seed=seed)
        assert got.verdict is not Verdict.WRONG, got.message
        assert got.bound_j <= truth.objective_j * (1 + 1e-9) + 1e-12, f"seed {seed}"
        assert got.valid, f"seed {seed}: {got.message}"
        valid += 1
        tight += got.objective_j == pytest.approx(truth.objective_j)
    assert valid == 40 and tight >= 26


@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_prices_say_infeasible_only_where_it_is(allocation: str) -> None:
    """60 instances with short deadlines: prices prove most of those infeasible that lack capacity, and no other."""
    proven = infeasible = 0
    for seed in range(60):
        instance = tiny_instance(seed, users=4, servers=1, layers=2, allocation=allocation, tightness=0.1)
        truth, got = solve(instance, "brute_force"), solve(instance, "prices")
        if (np.diff(expand(instance).start) == 0).any():
            continue
        infeasible += truth.verdict.infeasible
        proven += got.stop is Stop.INFEASIBLE
        if got.stop is Stop.INFEASIBLE:
            assert truth.verdict.infeasible, f"seed {seed}"
    assert 0 < proven <= infeasible
