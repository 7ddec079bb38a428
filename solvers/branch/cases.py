"""Cases of the search, and the record of how each was settled, from which the certificate is made."""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np

from instances.columns import Bools, Ints
from solvers.branch.offers import Offers
from solvers.branch.rates import Rates

__all__ = ["OFF", "ON", "OPEN", "Case", "Limit", "Record", "root_of"]

OFF, ON, OPEN = 0, 1, 2
Limit = tuple[Literal["blocks", "units"], int]
"""Kind of pieces, and how many of them at most."""


@dataclasses.dataclass(eq=False)
class Record:
    """How a case was settled.

    ``rates`` and ``bound_j``: the best that was proven for it directly. ``sieve``: the rates by which options were
    dropped before it was split. ``server`` or ``user`` (with ``among``, [k] rows of the table, or ``pieces``, blocks or
    units and how many at most): what it was split by, if it was; ``parts``: records of its two parts.
    """

    rates: Rates
    bound_j: float
    sieve: Rates | None = None
    server: int | None = None
    user: int | None = None
    among: Ints | None = None
    pieces: Limit | None = None
    parts: tuple[Record, Record] | None = None


@dataclasses.dataclass(eq=False)
class Case:
    """``state`` [n_servers]: OFF, ON or OPEN. ``live`` [offers]: what may be chosen. ``record``: rates and bound."""

    state: Ints
    live: Bools
    record: Record

    @property
    def bound_j(self) -> float:
        """What is proven for it."""
        return self.record.bound_j

    def part(self, state: Ints, live: Bools) -> Case:
        """A part of it: its rates prove at least as much there."""
        return Case(np.asarray(state), live, Record(self.record.rates, self.record.bound_j))


def root_of(offers: Offers, record: Record) -> Case:
    """Nothing settled, everything allowed."""
    state = np.full(offers.table.n_servers, OPEN)
    return Case(state, np.ones(len(offers.user), dtype=bool), Record(record.rates, record.bound_j))
