"""The registry of online policies: one `@policy` line each."""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np

from instances.registry import Registry
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


POLICIES = Registry[Policy]("policy")

policy = POLICIES.add_made
"""Class decorator that registers a policy, made without arguments, under its ``name``."""
get_policy = POLICIES.find
"""Policy by name. Raises InputError for an unknown one; names the nearest."""
