"""Directed arithmetic against exact fractions."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from instances import outward
from instances.columns import Floats

N = 2000


def numbers(seed: int) -> np.ndarray:
    """[N] numbers ≥ 0 of all sizes, zeros, ones and powers of two among them."""
    rng = np.random.default_rng(seed)
    wide = rng.random(N) * 10.0 ** rng.integers(-90, 90, N)
    plain = rng.choice([0.0, 1.0, 0.5, 3.0, 2.0**-60, 1 + 2.0**-52], N)
    return np.where(rng.random(N) < 0.8, wide, plain)


PAIRS: dict[str, tuple[Callable[..., np.ndarray], Callable[..., np.ndarray], Callable[..., Fraction]]] = {
    "add": (outward.add_down, outward.add_up, operator.add),
    "sub": (outward.sub_down, outward.sub_up, operator.sub),
    "mul": (outward.mul_down, outward.mul_up, operator.mul),
    "div": (outward.div_down, outward.div_up, operator.truediv),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_exact_result_lies_between(name: str) -> None:
    down, up, exact = PAIRS[name]
    a, b = numbers(1), numbers(2)
    if name == "div":
        b = np.where(b > 0, b, 1.0)
    low, high = down(a, b), up(a, b)
    for x, y, lower, upper in zip(a, b, low, high, strict=True):
        true = exact(Fraction(x), Fraction(y))
        assert Fraction(lower) < true < Fraction(upper)
    assert np.all(high - low <= 2.1 * np.spacing(np.maximum(np.abs(low), np.abs(high))) + 1e-320)


def test_roots() -> None:
    a = numbers(3)
    for x, root in zip(a, outward.sqrt_down(a), strict=True):
        assert root >= 0 and Fraction(root) ** 2 <= Fraction(x)
        assert root >= np.sqrt(x) * (1 - 1e-15)


def test_sums_and_picks() -> None:
    rng = np.random.default_rng(4)
    for size in (0, 1, 2, 50, 700):
        values = numbers(size)[:size]
        true = sum((Fraction(v) for v in values), Fraction(0))
        assert Fraction(outward.sum_down(values)) <= true <= Fraction(outward.sum_up(values))
        chosen = rng.random((30, size)) < 0.5
        for row, lower in zip(chosen, outward.pick_down(chosen, values), strict=True):
            true = sum((Fraction(v) for v in values[row]), Fraction(0))
            assert Fraction(lower) <= true
            assert lower >= float(true) * (1 - 1e-12)


def test_infinite_sums_stay_infinite() -> None:
    assert outward.sum_down(np.array([1.0, np.inf])) == np.inf == outward.sum_up(np.array([np.inf]))


def test_overflow_is_no_lower_bound() -> None:
    with np.errstate(over="ignore"):
        assert outward.mul_down(np.array([1e200]), 1e200)[0] == np.finfo(float).max
        assert outward.mul_up(np.array([1e200]), 1e200)[0] == np.inf


def test_this_machine_obeys() -> None:
    assert outward.obeys_ieee()


@pytest.mark.parametrize("least", [5e-324, 2.0**-1022])
def test_a_machine_that_drops_small_numbers_does_not(least: float, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(shape: int, value: float) -> Floats:
        return np.array([0.0 if abs(value) <= least else value] * shape)

    monkeypatch.setattr(outward, "np", SimpleNamespace(full=full, ones=np.ones))
    assert not outward.obeys_ieee()


def test_a_machine_that_rounds_upwards_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(shape: int, value: float) -> Floats:
        return np.full(shape, 2.0**-52 if value == 2.0**-53 else value)  # what half of the last bit comes to

    monkeypatch.setattr(outward, "np", SimpleNamespace(full=full, ones=np.ones))
    assert not outward.obeys_ieee()
