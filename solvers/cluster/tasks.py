"""What workers do: pure functions, so that anything lost can be made again from the same arguments, bit by bit.

λ of an evaluation is a result of its task and an argument of the next one: Dask keeps it where it was made, and when
that worker dies it replays the evaluations of the lost shard from the recipe on.
"""

from __future__ import annotations

import dataclasses
from typing import TypeVar

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.options import PER_OPTION, OptionTable
from solvers.cluster.recipes import Recipe
from solvers.prices.favoured import Favoured, favoured
from solvers.prices.shard import Choice, Shard
from solvers.prices.sums import Sums

__all__ = ["Facts", "Options", "State", "choose", "evaluate", "favour", "inspect", "make_options", "make_shard", "same",
           "sample", "sums_of"]  # fmt: skip

_Thing = TypeVar("_Thing")


@dataclasses.dataclass(frozen=True, eq=False)
class Options:
    """All options of a shard's users; knows its size, which Dask goes by when it places work and spills to disk."""

    table: OptionTable

    def __sizeof__(self) -> int:
        """Bytes of its columns."""
        return sum(int(getattr(self.table, name).nbytes) for name in PER_OPTION)


@dataclasses.dataclass(frozen=True, eq=False)
class State:
    """After an evaluation of a shard: λ of every option, and the sums over users."""

    force: Floats
    sums: Sums

    def __sizeof__(self) -> int:
        """Bytes of its arrays."""
        return int(self.force.nbytes + self.sums.asked.nbytes)


@dataclasses.dataclass(frozen=True, eq=False)
class Facts:
    """Of a shard: ``options`` in its table, how many of them are ``evaluated``; ``cheapest``, ``held`` as in `Shard`;
    ``stuck`` users, and the servers as a table without users."""

    options: int
    evaluated: int
    cheapest: int
    held: Ints
    stuck: Ints
    servers: OptionTable


def same(thing: _Thing) -> _Thing:
    """What was sent: a task of its own, so that it is sent once and can be sent again."""
    return thing


def make_options(recipe: Recipe) -> Options:
    """Options of the recipe's users."""
    return Options(recipe.table())


def make_shard(options: Options) -> Shard:
    """What evaluations need of them."""
    return Shard(options.table)


def inspect(options: Options, shard: Shard) -> Facts:
    """What the client needs to know about a shard."""
    nobody = options.table.part(np.zeros(shard.n_users, dtype=bool))
    return Facts(len(options.table), len(shard.work), shard.cheapest, shard.held, shard.stuck, nobody)


def sample(options: Options, users: Bools) -> OptionTable:
    """Options of some of the users alone."""
    return options.table.part(users)


def evaluate(shard: Shard, before: State | None, prices: Floats, steps: int) -> State:
    """One evaluation of the dual function, λ from the one before."""
    force = np.empty(len(shard.work))
    _, sums = shard.at(prices, shard.no_force() if before is None else before.force, steps, into=force)
    return State(force, sums)


def sums_of(state: State) -> Sums:
    """The small part of a state."""
    return state.sums


def choose(shard: Shard, state: State, prices: Floats) -> Choice:
    """What everybody chose in the evaluation that left this state."""
    return shard.at(prices, state.force, 0, into=np.empty(len(shard.work)))[0]


def favour(options: Options, shard: Shard, state: State, prices: Floats) -> Favoured:
    """The options that the prices favoured in the evaluation that left this state."""
    values = np.empty(len(shard.work))
    choice, _ = shard.at(prices, state.force, 0, into=np.empty(len(shard.work)), values=values)
    return favoured(options.table, shard, values, choice.chosen)
