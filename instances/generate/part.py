"""A range of the users of a generated instance, drawn without drawing the others: the same to the last bit.

Uniform numbers before the range are skipped by jumping; normal numbers take an unknown number of draws each, so they
are drawn and thrown away (some 10 ns each), a block at a time.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from instances.columns import Floats
from instances.errors import InputError
from instances.generate.draws import Draws
from instances.generate.plant import Request
from instances.generate.registry import request_of
from instances.instance import Instance

__all__ = ["generate_part"]

MOST = 10**10
_BLOCK = 1 << 18


def generate_part(kind: str, *, users: int, servers: int, seed: int, first: int, last: int, **options: Any) -> Instance:
    """Users ``first`` … ``last`` − 1, with their links and all servers, of what `generate` would draw.

    Args:
        kind, servers, seed, options: as for `generate`.
        users: of the whole instance, up to 10¹⁰; only the part has to fit into memory.
        first, last: the range, 0 ≤ first < last ≤ users.

    Raises:
        InputError: as `generate`, an empty or impossible range, or budgets that depend on the other users.
    """
    if not 0 <= first < last <= users:
        raise InputError(
            "part", f"is users {first} to {last} of {users}", "that is no range of them", "0 ≤ first < last"
        )
    recipe, request, settings = request_of(kind, users, servers, seed, options, most_users=MOST)
    if settings.energy_part is not None:
        raise InputError("energy_part", "is given for a part of the users", "it is of what all of them would take",
                         "leave it out, or generate the whole")  # fmt: skip
    part = _Part(last - first, servers, f"{request.name}-from-{first}", request.provenance, everybody=users)
    instance = recipe.make(part, settings, _LateDraws(seed, first, last - first))
    names = np.char.add("u", np.arange(first, last).astype(np.str_))
    return instance.replace(users=instance.users.replace(name=names))


@dataclasses.dataclass(frozen=True)
class _Part(Request):
    """Some of the users of a request; servers are sized for ``everybody``."""

    everybody: int = 0

    @property
    def crowd(self) -> float:
        """Users per server, at least 1."""
        return max(self.everybody / self.servers, 1.0)


class _LateDraws(Draws):
    """The draws of users from ``first`` on; those of other things are whole."""

    def __init__(self, seed: int, first: int, users: int) -> None:
        super().__init__(seed, users)
        self._first = first

    def uniform(self, aspect: str, columns: int = 1, rows: int | None = None) -> Floats:
        """[rows, columns] numbers in [0, 1); a row a user unless told otherwise."""
        if rows is None:
            stream = self._left[aspect].bit_generator
            assert isinstance(stream, np.random.PCG64)  # what default_rng makes; a number takes one step of it
            stream.advance(self._first * columns)
        return super().uniform(aspect, columns, rows)

    def normal(self, aspect: str, columns: int = 1, rows: int | None = None) -> Floats:
        """[rows, columns] standard normal numbers; a row a user unless told otherwise."""
        if rows is None:
            left = self._first
            while left > 0:
                self._left[aspect].standard_normal((min(left, _BLOCK), columns))
                left -= _BLOCK
        return super().normal(aspect, columns, rows)
