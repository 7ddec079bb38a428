"""The dual function of users who are spread over a cluster: prices go out, sums over users come back.

Those are two whole numbers for each resource of each server, and one for the value.

Sums are exact (`solvers.prices.sums`), so the order in which workers add them does not matter, nor do the number of
shards and workers and the deaths among them: every point is that of one machine, to the last bit.
"""

from __future__ import annotations

import dataclasses
import itertools
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.errors import InputError
from instances.options import PER_OPTION, PER_USER, DeviceLimit, OptionTable
from solvers.cluster import tasks
from solvers.cluster.recipes import Recipe
from solvers.prices.dual import Point, bound_of, from_below
from solvers.prices.favoured import Favoured
from solvers.prices.shard import Choice
from solvers.prices.sums import add_sums, as_float, as_shares

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["ClusterDual"]

_WARM = 2
_BRANCHES = 8
"""Sums that one task of the tree adds."""


@dataclasses.dataclass(frozen=True, eq=False)
class _Far(Point):
    """A point whose λ lie on the workers; ``sent``: its prices there."""

    sent: Future
    states: list[Future]


class ClusterDual:
    """The dual function of all users of some recipes; a `solvers.prices.dual.Crowd` and `Population`.

    ``table`` has the servers, and neither users nor options. ``n_evaluated``: options that can ever be cheapest.
    Between evaluations a worker holds some 130 B for each of these; nothing of that comes here unless a point is asked
    what everybody chooses.

    Args:
        client: of the cluster.
        recipes: of the shards, in the order of users, without gaps.
        room: as for `solvers.prices.dual.Dual`.

    Raises:
        InputError: the recipes leave out users.
    """

    def __init__(self, client: Client, recipes: Sequence[Recipe], room: float = 1.0) -> None:
        _require_all(recipes)
        self.room = room
        self._client, self._name, self._count = client, f"edgecut-{uuid.uuid4().hex}", itertools.count()
        self._first = np.array([*(recipe.first for recipe in recipes), recipes[-1].last])
        self._homes = _homes(client, len(recipes))
        self._recipes = [
            client.submit(tasks.same, recipe, key=f"{self._name}-recipe-{k}") for k, recipe in enumerate(recipes)
        ]
        self._options: list[Future] | None = self._make_options()
        self._shards = self._map(tasks.make_shard, self._options)
        facts: list[tasks.Facts] = client.gather(self._map(tasks.inspect, self._options, self._shards))
        self._row = np.cumsum([0, *(f.options for f in facts)])
        self.n_evaluated = sum(f.evaluated for f in facts)
        self.table = facts[0].servers
        self.stuck: Ints = np.concatenate([f.stuck + a for f, a in zip(facts, self._first[:-1], strict=True)])
        self.cheapest_j = as_float(sum(f.cheapest for f in facts))
        self.binds: Bools = as_shares(np.sum([f.held for f in facts], axis=0)) > 1
        self._states: list[Future] | list[None] = [None] * len(recipes)

    @property
    def n_users(self) -> int:
        """Number of users."""
        return int(self._first[-1])

    @property
    def n_servers(self) -> int:
        """Number of servers."""
        return self.table.n_servers

    @property
    def n_options(self) -> int:
        """Number of options in all shards together."""
        return int(self._row[-1])

    def at(self, prices: Floats, *, steps: int = _WARM) -> Point:
        """Value and slopes at prices [kinds, n_servers]; as `solvers.prices.dual.Dual.at`, to the last bit."""
        self._options = None  # samples are drawn before; plans come after, and then they are made again
        prices = from_below(prices, self.cheapest_j / max(self.n_users, 1))
        sent = self._submit(tasks.same, prices)
        states = self._map(tasks.evaluate, self._shards, self._states, [sent] * len(self._shards), steps=steps)
        sums = self._map(tasks.sums_of, states)
        while len(sums) > 1:
            groups = [sums[k : k + _BRANCHES] for k in range(0, len(sums), _BRANCHES)]
            sums = self._map(add_sums, groups)
        total = sums[0].result()
        self._states = states
        bound = bound_of(total, prices, self.table.static_j, self.room)
        asked = as_shares(total.asked) / self.room
        return _Far(prices, bound, asked, lambda: self._choice(sent, states), sent, states)

    def part(self, users: Bools) -> OptionTable:
        """Table of some users alone ([n_users] mask), numbered afresh; servers stay."""
        self._options = self._options or self._make_options()
        masks = [users[a:b] for a, b in itertools.pairwise(self._first)]
        return _join(self._client.gather(self._map(tasks.sample, self._options, masks)))

    def favoured(self, point: Point) -> Favoured:
        """The few options of each user that the prices of a point favour, brought here."""
        assert isinstance(point, _Far)
        sent = [point.sent] * len(self._shards)
        found: list[Favoured] = self._client.gather(
            self._map(tasks.favour, self._make_options(), self._shards, point.states, sent)
        )
        rows = [f.rows + a for f, a in zip(found, self._row[:-1], strict=True)]
        return Favoured(
            np.concatenate(rows), _join([f.table for f in found]), np.concatenate([f.value_j for f in found])
        )

    def _choice(self, sent: Future, states: list[Future]) -> Choice:
        found: list[Choice] = self._client.gather(
            self._map(tasks.choose, self._shards, states, [sent] * len(self._shards))
        )
        chosen = [np.where(c.chosen < 0, -1, c.chosen + a) for c, a in zip(found, self._row[:-1], strict=True)]
        beta, phi, value = (np.concatenate([getattr(c, name) for c in found]) for name in ("beta", "phi", "value_j"))
        return Choice(np.concatenate(chosen), beta, phi, value)

    def _make_options(self) -> list[Future]:
        """Options of every shard; always under the same names, so that they are made only if they are not there."""
        return [
            self._client.submit(
                tasks.make_options, recipe, key=f"{self._name}-options-{k}", workers=[home], allow_other_workers=True
            )
            for k, (recipe, home) in enumerate(zip(self._recipes, self._homes, strict=True))
        ]

    def _submit(self, task: Any, *arguments: Any) -> Future:
        return self._client.submit(task, *arguments, key=f"{self._name}-{task.__name__}-{next(self._count)}")

    def _map(self, task: Any, *columns: Any, **fixed: Any) -> list[Future]:
        """A task for every shard, named so that it is never taken for another one."""
        keys = [f"{self._name}-{task.__name__}-{next(self._count)}" for _ in columns[0]]
        futures: list[Future] = self._client.map(task, *columns, key=keys, **fixed)
        return futures


def _require_all(recipes: Sequence[Recipe]) -> None:
    edges = [0, *(recipe.last for recipe in recipes)]
    if not recipes or [recipe.first for recipe in recipes] != edges[:-1]:
        raise InputError("recipes", "leave out or repeat users", "a bound needs all of them", "give ranges in order")


def _homes(client: Client, shards: int) -> list[str]:
    """Workers for the shards, as many to each as it has threads of all; Dask may choose others when they are gone."""
    threads: dict[str, int] = client.nthreads()
    workers = [worker for worker, count in sorted(threads.items()) for _ in range(count)]
    if not workers:
        raise InputError("cluster", "has no workers", "", "start some with `dask worker`")
    return [workers[k * len(workers) // shards] for k in range(shards)]


def _join(parts: Sequence[OptionTable]) -> OptionTable:
    """One table of the users of several, in order."""
    first = np.cumsum([0, *(part.n_users for part in parts)])[:-1]
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(p, name) for p in parts]) for name in (*PER_OPTION, *PER_USER)
    }
    columns["user"] = np.concatenate([part.user + a for part, a in zip(parts, first, strict=True)])
    limit = DeviceLimit.join([part.device_limit for part in parts], [len(part) for part in parts])
    return dataclasses.replace(parts[0], **columns, device_limit=limit)
