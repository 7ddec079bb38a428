"""The registry of component methods: one `@component_method` line each."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal, Protocol

import numpy as np

from instances.components import ComponentTask, Division
from instances.registry import Registry
from solvers.answer import Limits

__all__ = ["COMPONENT_METHODS", "ComponentAnswer", "ComponentMethod", "component_method", "get_component_method"]

Kind = Literal["exact", "heuristic", "learned"]
Decides = Literal["places", "places and sizes"]


@dataclasses.dataclass(frozen=True, eq=False)
class ComponentAnswer:
    """What a method hands back: a division or None, what it claims to cost, and a lower bound (−inf: none; inf: no
    division is possible)."""

    division: Division | None
    cost: float = math.inf
    bound: float = -math.inf


class ComponentMethod(Protocol):
    """What every component method declares.

    ``decides``: places for the division that the task comes with (EEDOS), or sizes as well (CEDOT). ``kind`` and
    ``guarantee`` as for `solvers.registry.Method`.
    """

    name: str
    title: str
    kind: Kind
    decides: Decides
    guarantee: str | None
    reference: str

    def supports(self, task: ComponentTask) -> str | None:
        """None when the method can run on this task, else the reason why not."""

    def solve(self, task: ComponentTask, *, limits: Limits, rng: np.random.Generator) -> ComponentAnswer:
        """A division, and a bound if the method has one."""


COMPONENT_METHODS = Registry[ComponentMethod]("component method")

component_method = COMPONENT_METHODS.add_made
"""Class decorator that registers a method under its ``name``."""
get_component_method = COMPONENT_METHODS.find
"""Method by name. Raises InputError for an unknown one; names the nearest."""
