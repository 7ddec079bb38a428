"""Random numbers of an instance: one independent stream for each aspect of it, one row for each user."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from instances.columns import Floats, Ints

__all__ = ["ASPECTS", "Draws"]

ASPECTS = (
    "places",
    "networks",
    "devices",
    "radios",
    "shadowing",
    "fading",
    "deadlines",
    "sites",
    "servers",
    "links",
    "weights",
    "budgets",
    "families",
)
"""Streams in the order in which they are spawned. Append only: another order changes every instance."""


class Draws:
    """Streams spawned from one seed.

    Each aspect can be drawn once, as a matrix whose rows are filled one after the other: more rows leave the
    first ones as they were, and no aspect notices how much another one used.
    """

    def __init__(self, seed: int, users: int) -> None:
        children = np.random.SeedSequence(seed).spawn(len(ASPECTS))
        self._left = {aspect: np.random.default_rng(child) for aspect, child in zip(ASPECTS, children, strict=True)}
        self._users = users

    def uniform(self, aspect: str, columns: int = 1, rows: int | None = None) -> Floats:
        """[rows, columns] numbers in [0, 1); a row a user unless told otherwise."""
        return self._left.pop(aspect).random((self._users if rows is None else rows, columns))

    def normal(self, aspect: str, columns: int = 1, rows: int | None = None) -> Floats:
        """[rows, columns] standard normal numbers; a row a user unless told otherwise."""
        return self._left.pop(aspect).standard_normal((self._users if rows is None else rows, columns))

    def pick(self, aspect: str, weights: NDArray[np.float64], rows: int | None = None) -> Ints:
        """[rows] index of a class, drawn with these weights; a row a user unless told otherwise."""
        edges = np.cumsum(weights / weights.sum())
        place = np.searchsorted(edges, self.uniform(aspect, 1, rows)[:, 0], side="right")
        return np.minimum(place, len(weights) - 1).astype(np.int64)
