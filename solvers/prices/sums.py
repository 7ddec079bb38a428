"""Sums over users that do not depend on the order of adding, nor on who adds: they are made in whole numbers.

Energies are added exactly, as multiples of the smallest number that a float can hold; shares as multiples of 2⁻⁶⁴. So
any split of the users over threads, processes and machines gives the same bits.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from instances.columns import Floats, Ints

__all__ = ["Sums", "add_sums", "as_float", "as_shares", "exact_total", "share_total"]

_UNIT = 1126
"""Totals are in units of 2^−1126: every float is a whole number of them, however its 53 bits are cut in two."""
_HIGH, _LOW = 27, 26
_MOST = 1 << 25
"""Numbers added at a time: 2^25 · 2^27 < 2^53, so that sums of whole numbers kept as floats are exact."""
_HALF = 2.0**32
_CROWD = 1 << 20
"""Shares added at a time: 2^20 · 2^32 < 2^53."""


def exact_total(values: Floats) -> int:
    """Sum of finite numbers, in units of 2^−1126, without any rounding."""
    total = 0
    for start in range(0, len(values), _MOST):
        mantissa, exponent = np.frexp(values[start : start + _MOST])
        scaled = np.ldexp(mantissa, _HIGH)
        high = np.floor(scaled)
        low = np.ldexp(scaled - high, _LOW)
        least = int(exponent.min())
        place = exponent - least
        for k, (upper, lower) in enumerate(zip(np.bincount(place, high), np.bincount(place, low), strict=True)):
            total += ((int(upper) << _LOW) + int(lower)) << (least + k + _UNIT - _HIGH - _LOW)
    return total


def as_float(total: int) -> float:
    """The float nearest to an exact total."""
    return total / (1 << _UNIT)


def share_total(server: Ints, share: Floats, n_servers: int) -> Ints:
    """[2, n_servers] sums of shares (0 to 1 each) by server, in units of 2⁻³² and 2⁻⁶⁴; what is left is dropped.

    Good for 2³⁰ users at least.
    """
    total = np.zeros((2, n_servers), dtype=np.int64)
    for start in range(0, len(server), _CROWD):
        part = slice(start, start + _CROWD)
        scaled = share[part] * _HALF
        high = np.floor(scaled)
        low = np.floor((scaled - high) * _HALF)
        for k, numbers in enumerate((high, low)):
            total[k] += np.bincount(server[part], numbers, n_servers).astype(np.int64)
    return total


def as_shares(total: Ints) -> Floats:
    """Floats from sums of shares [..., 2, n_servers]."""
    return np.asarray((total[..., 0, :] + total[..., 1, :] / _HALF) / _HALF)


@dataclasses.dataclass(frozen=True, eq=False)
class Sums:
    """What the dual function needs of some users at some prices.

    ``unserved``: how many have no option; ``total``: exact sum of what the others' cheapest options cost;
    ``asked`` [kinds, 2, n_servers]: shares of uplink, compute and stocks that those ask for.
    """

    unserved: int
    total: int
    asked: Ints

    @property
    def value_j(self) -> float:
        """What everybody's cheapest options cost, J; inf when somebody has none."""
        return math.inf if self.unserved else as_float(self.total)


def add_sums(sums: Sequence[Sums]) -> Sums:
    """Of all users together; the order does not matter."""
    return Sums(
        sum(s.unserved for s in sums),
        sum(s.total for s in sums),
        np.sum([s.asked for s in sums], axis=0, dtype=np.int64),
    )
