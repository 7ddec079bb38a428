"""How a worker comes by its users: a recipe is small or holds them itself, and gives the same table every time.

What a dead worker held is made again from its recipe, elsewhere.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from instances.expand import expand
from instances.generate import generate_part
from instances.instance import Instance
from instances.options import OptionTable
from instances.parquet_file import load_parquet_part

__all__ = ["Generated", "Given", "Recipe", "Stored", "generated", "given", "ranges", "stored"]


class Recipe(Protocol):
    """Makes the options of the users ``first`` … ``last`` − 1, who are numbered from 0 in their table."""

    @property
    def first(self) -> int:
        """First user."""

    @property
    def last(self) -> int:
        """One past the last user."""

    def table(self) -> OptionTable:
        """Their options, with all servers."""


@dataclasses.dataclass(frozen=True)
class Generated:
    """Users that `instances.generate.generate_part` draws; ``whole`` are its arguments but for the range."""

    first: int
    last: int
    whole: Mapping[str, Any]

    def table(self) -> OptionTable:
        """Their options, with all servers."""
        return expand(generate_part(**self.whole, first=self.first, last=self.last))


@dataclasses.dataclass(frozen=True)
class Stored:
    """Users in a Parquet file that every worker can read under the same path."""

    first: int
    last: int
    path: str

    def table(self) -> OptionTable:
        """Their options, with all servers."""
        return expand(load_parquet_part(self.path, self.first, self.last))


@dataclasses.dataclass(frozen=True, eq=False)
class Given:
    """Users sent along as an instance of their own; they stay with the scheduler too, in case a worker dies."""

    first: int
    last: int
    instance: Instance

    def table(self) -> OptionTable:
        """Their options, with all servers."""
        return expand(self.instance)


def ranges(users: int, shards: int) -> list[tuple[int, int]]:
    """Ranges of about equal size, none of them empty."""
    edges = np.linspace(0, users, max(1, min(shards, users)) + 1).astype(np.int64).tolist()
    return list(itertools.pairwise(edges))


def generated(kind: str, *, users: int, servers: int, seed: int, shards: int, **options: Any) -> list[Recipe]:
    """Recipes for all users of a generated instance; no machine ever holds more than a shard of it."""
    whole = {"kind": kind, "users": users, "servers": servers, "seed": seed, **options}
    return [Generated(first, last, whole) for first, last in ranges(users, shards)]


def stored(path: str | os.PathLike[str], *, users: int, shards: int) -> list[Recipe]:
    """Recipes for all users of a Parquet file on a file system that all workers see."""
    return [Stored(first, last, os.path.abspath(path)) for first, last in ranges(users, shards)]


def given(instance: Instance, *, shards: int) -> list[Recipe]:
    """Recipes for all users of an instance in memory."""
    start = np.searchsorted(instance.links.user, np.arange(instance.n_users + 1))
    recipes: list[Recipe] = []
    for first, last in ranges(instance.n_users, shards):
        links = instance.links.take(np.arange(start[first], start[last]))
        budget = instance.device_budget_j
        part = instance.replace(
            users=instance.users.take(np.arange(first, last)),
            links=links.replace(user=links.user - first),
            device_budget_j=None if budget is None else budget[first:last],
            accuracy_floor=None if instance.accuracy_floor is None else instance.accuracy_floor[first:last],
        )
        recipes.append(Given(first, last, part))
    return recipes
