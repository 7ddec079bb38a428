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
    """What every policy declares."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def title(self) -> str:
        """What it does, in a few words."""

    @property
    def kind(self) -> Kind:
        """Whether it was trained."""

    @property
    def guarantee(self) -> str | None:
        """A formula, or None."""

    @property
    def reference(self) -> str:
        """Where the idea comes from."""

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
