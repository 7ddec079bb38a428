"""Arithmetic that errs on one side: every result is certainly below (or above) the exact one.

IEEE 754 rounds +, −, ×, / and √ to the nearest number, so the exact result lies between the neighbours of the computed
one (docs/theory.md, P13). The neighbour is taken after every single operation. Long sums of non-negative numbers are
made in one go and then lowered by more than their rounding can be.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from instances.columns import Floats

__all__ = ["add_down", "add_up", "below", "div_down", "div_up", "down", "mul_down", "mul_up", "obeys_ieee", "pick_down",
           "sqrt_down", "sub_down", "sub_up", "sum_down", "sum_up", "up"]  # fmt: skip


def down(computed: ArrayLike) -> Floats:
    """The next number below."""
    return np.asarray(np.nextafter(computed, -np.inf))


def up(computed: ArrayLike) -> Floats:
    """The next number above."""
    return np.asarray(np.nextafter(computed, np.inf))


def below(computed: ArrayLike) -> Floats:
    """The next number below, but never below 0: for quantities that are known not to be negative."""
    return np.asarray(np.maximum(np.nextafter(computed, -np.inf), 0.0))


def add_down(first: Any, *rest: Any) -> Floats:
    """At most first + …, added from left to right."""
    total = first
    for term in rest:
        total = down(total + term)
    return np.asarray(total)


def add_up(first: Any, *rest: Any) -> Floats:
    """At least first + …, added from left to right."""
    total = first
    for term in rest:
        total = up(total + term)
    return np.asarray(total)


def sub_down(a: Any, b: Any) -> Floats:
    """At most a − b."""
    return down(a - b)


def sub_up(a: Any, b: Any) -> Floats:
    """At least a − b."""
    return up(a - b)


def mul_down(a: Any, b: Any) -> Floats:
    """At most a · b."""
    return down(a * b)


def mul_up(a: Any, b: Any) -> Floats:
    """At least a · b."""
    return up(a * b)


def div_down(a: Any, b: Any) -> Floats:
    """At most a / b."""
    return down(a / b)


def div_up(a: Any, b: Any) -> Floats:
    """At least a / b."""
    return up(a / b)


def sqrt_down(a: Any) -> Floats:
    """At most √a, a ≥ 0; never below 0."""
    return below(np.sqrt(a))


def sum_down(values: ArrayLike) -> float:
    """At most the sum of the values; `math.fsum` rounds once."""
    return _neighbour(math.fsum(np.asarray(values, dtype=float).ravel()), -math.inf)


def sum_up(values: ArrayLike) -> float:
    """At least the sum of the values."""
    return _neighbour(math.fsum(np.asarray(values, dtype=float).ravel()), math.inf)


def _neighbour(total: float, towards: float) -> float:
    return math.nextafter(total, towards) if math.isfinite(total) else total


def pick_down(chosen: Any, amount: Floats) -> Floats:
    """[rows] at most Σ of the amounts [columns], ≥ 0, that each row of ``chosen`` [rows, columns] picks.

    In whatever order n numbers ≥ 0 are added, the computed sum is at most 1 + n 2⁻⁵² times the exact one.
    """
    computed = np.asarray(chosen, dtype=float) @ amount
    return below(computed * (1.0 - len(amount) * 2.0**-52))


def obeys_ieee() -> bool:
    """Whether this process rounds to nearest and keeps subnormal numbers, as all of the above takes for granted."""
    one, half, least = np.ones(1), np.full(1, 2.0**-53), np.full(1, 5e-324)
    nearest = (one + half == 1.0) & (one + half * (1 + 2.0**-52) > 1.0) & (-one - half == -1.0)
    gradual = (least + least > least) & (np.full(1, 2.0**-1022) * 0.5 > 0)
    return bool((nearest & gradual).all())
