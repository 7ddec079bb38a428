"""No prices whatsoever give a bound above the optimum: random ones of every size, against enumeration."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from instances.expand import expand
from instances.instance import Instance
from instances.options import OptionTable
from solvers import METHODS, Limits
from solvers.answer import Clock
from solvers.prices import Dual
from tests.builders import tiny_admission, tiny_instance

SHAPES = ((2, 2, 2), (3, 2, 2), (2, 1, 3), (3, 1, 2))
"""Users, servers, layers."""
WIDE = ((3, 2, 3), (4, 2, 2), (3, 1, 4), (2, 3, 3))
CHUNK, CHUNKS, NIGHTS = 100, 6, 20
STEPS = (0, 1, 12)
"""Of Newton's method for λ, each time from where it was last: λ far from the best, near it, and the best."""


def _optimum(table: OptionTable) -> float:
    limits = Limits()
    rng, clock = np.random.default_rng(0), Clock(limits)
    return METHODS["brute_force"].solve(table, limits=limits, rng=rng, clock=clock).objective_j


def _prices(table: OptionTable, rng: np.random.Generator, scale: float) -> np.ndarray:
    """[kinds, n_servers]: near ``scale``, far below or far above it, and 0."""
    spread = rng.choice([0.5, 3.0, 15.0])
    prices = scale * 10 ** rng.uniform(-spread, spread, (2 + len(table.stocks), table.n_servers))
    prices = np.where(rng.random(prices.shape) < 0.15, 0.0, prices)
    return np.where(rng.random(prices.shape) < 0.02, 1e30, prices)


def _compare(seeds: range, shapes: tuple[tuple[int, int, int], ...], allocation: str,
             build: Callable[..., Instance] = tiny_instance) -> None:  # fmt: skip
    solved = close = 0
    for seed in seeds:
        users, servers, layers = shapes[seed % len(shapes)]
        table = expand(build(seed, users=users, servers=servers, layers=layers, allocation=allocation))
        if (np.diff(table.start) == 0).any():
            continue
        optimum = _optimum(table)
        if not math.isfinite(optimum):
            continue
        rng, dual = np.random.default_rng(seed), Dual(table)
        best = -math.inf
        for steps in STEPS:
            for scale in (optimum / users, 1.0):
                prices = _prices(table, rng, scale)
                bound = dual.at(prices, steps=steps).bound_j
                assert bound <= optimum * (1 + 1e-9), f"seed {seed}, {steps} steps, prices {prices.tolist()}"
                best = max(best, bound)
        # Free resources: everybody alone in the world, still a bound and rarely a bad one.
        free = dual.at(np.zeros((2 + len(table.stocks), table.n_servers)), steps=12).bound_j
        assert (0 if build is tiny_instance else -1e-9) < free <= optimum * (1 + 1e-9)
        solved += 1
        close += max(best, free) >= 0.9 * optimum
    # Some of the bounds come close: a wrong term would push them over.
    assert solved >= 0.85 * len(seeds) and close >= 0.05 * solved


@pytest.mark.parametrize("allocation", ["continuous", "units"])
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_random_prices_bound_above_the_optimum(chunk: int, allocation: str) -> None:
    """At least 2 × 510 solved instances with static energy, some with short memory; 7 lists of prices for each."""
    _compare(range(CHUNK * chunk, CHUNK * (chunk + 1)), SHAPES, allocation)


@pytest.mark.parametrize("allocation", ["continuous", "units"])
def test_no_random_prices_bound_above_the_optimum_of_admission(allocation: str) -> None:
    """Servers with energy budgets: four prices a server."""
    _compare(range(100), SHAPES, allocation, tiny_admission)


@pytest.mark.nightly
@pytest.mark.parametrize("allocation", ["continuous", "units"])
@pytest.mark.parametrize("chunk", range(CHUNKS, CHUNKS + NIGHTS))
def test_no_random_prices_do_so_on_many_more(chunk: int, allocation: str) -> None:
    """2 × 2,000 larger instances."""
    _compare(range(CHUNK * chunk, CHUNK * (chunk + 1)), WIDE, allocation)
