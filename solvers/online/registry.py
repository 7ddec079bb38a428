"""The registry of online policies: one `@policy` line each."""

from __future__ import annotations

from typing import Literal, Protocol, TypeVar

import numpy as np

from instances.errors import InputError, nearest
from solvers.online.desk import Rule
from solvers.online.market import Market

__all__ = ["POLICIES", "Kind", "Policy", "get_policy", "policy"]

Kind = Literal["online", "learned"]


class Policy(Protocol):
    """What every policy declares. ``guarantee``: a formula, or None; ``reference``: where the idea comes from."""

    name: str
    title: str
    kind: Kind
    guarantee: str | None
    reference: str

    def begin(self, market: Market, rng: np.random.Generator) -> Rule:
        """The policy at the start of a sequence; what it draws, it draws from ``rng``."""


POLICIES: dict[str, Policy] = {}
_Class = TypeVar("_Class", bound=type)


def policy(cls: _Class) -> _Class:
    """Class decorator that registers a policy, made without arguments, under its ``name``."""
    instance = cls()
    if instance.name in POLICIES:
        raise ValueError(f"policy '{instance.name}' is registered twice")
    POLICIES[instance.name] = instance
    return cls


def get_policy(name: str) -> Policy:
    """Policy by name.

    Raises:
        InputError: no such policy; names the nearest.
    """
    if name not in POLICIES:
        raise InputError("policy", f"'{name}' is not known", fix=nearest(name, POLICIES))
    return POLICIES[name]
