"""The register of generators. A generator is one file with one decorated function, imported in one line."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Mapping
from typing import Any

from instances.errors import InputError
from instances.generate.draws import Draws
from instances.generate.plant import Request
from instances.generate.settings import Settings
from instances.instance import Instance
from instances.registry import Registry

__all__ = ["GENERATORS", "Generator", "generate", "generator"]

VERSION = "1"
"""Version of the recipes: the same version, options and seed give the same instance."""

LARGEST, LARGEST_SEED = 10**7, 2**53


@dataclasses.dataclass(frozen=True)
class Generator:
    """A registered recipe: its name, its options and the function ``make(request, settings, draws)``."""

    kind: str
    settings: type[Settings]
    make: Callable[[Request, Any, Draws], Instance]


GENERATORS = Registry[Generator]("generator")
"""Every generator by its name."""

_Make = Callable[[Request, Any, Draws], Instance]


def generator(kind: str, settings: type[Settings] = Settings) -> Callable[[_Make], _Make]:
    """Decorator: register a recipe under ``kind`` with the class of its options."""

    def register(make: _Make) -> _Make:
        GENERATORS.add(kind, Generator(kind, settings, make))
        return make

    return register


def generate(kind: str, *, users: int, servers: int, seed: int, **options: Any) -> Instance:
    """Draw an instance; equal arguments give equal instances.

    Args:
        kind: a name in `GENERATORS`.
        users, servers: how many.
        seed: whole number ≥ 0. Each aspect (places, networks, devices, channels, deadlines, …) draws from its
        own
            stream, so more users or another option leave the other users and aspects as they were.
        options: see the generator's settings class, and `Settings` for those that all share.

    Raises:
        InputError: an unknown generator or option (with the nearest name) or a value out of range.
    """
    recipe, request, settings = request_of(kind, users, servers, seed, options)
    return recipe.make(request, settings, Draws(seed, users))


def request_of(
    kind: str, users: int, servers: int, seed: int, options: Mapping[str, Any], *, most_users: int = LARGEST
) -> tuple[Generator, Request, Settings]:
    """The recipe, and what it is asked for, checked; see `generate`."""
    recipe = GENERATORS.find(kind)
    users, servers = _whole(users, "users", most_users, least=1), _whole(servers, "servers", LARGEST, least=1)
    seed = _whole(seed, "seed", LARGEST_SEED)
    settings = recipe.settings.read(options, kind)
    parameters = {"users": users, "servers": servers, **settings.to_json()}
    origin = {"generator": kind, "version": VERSION, "seed": seed, "parameters": parameters}
    return recipe, Request(users, servers, f"{kind}-{users}x{servers}-{seed}", origin), settings


def _whole(value: Any, where: str, most: int, least: int = 0) -> int:
    fix = f"a whole number from {least} to {most}"
    try:
        whole = operator.index(value)
    except TypeError:
        raise InputError(where, f"{value!r} is not a whole number", fix=fix) from None
    if isinstance(value, bool) or not least <= whole <= most:
        raise InputError(where, f"is {value!r}", "it is out of range", fix=fix)
    return whole
