"""The registry of component methods: one `@component_method` line each."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal, Protocol, TypeVar

import numpy as np

from instances.components import ComponentTask, Division
from instances.errors import InputError, nearest
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


COMPONENT_METHODS: dict[str, ComponentMethod] = {}
_Class = TypeVar("_Class", bound=type)


def component_method(cls: _Class) -> _Class:
    """Class decorator that registers a method under its ``name``."""
    instance = cls()
    if instance.name in COMPONENT_METHODS:
        raise ValueError(f"component method '{instance.name}' is registered twice")
    COMPONENT_METHODS[instance.name] = instance
    return cls


def get_component_method(name: str) -> ComponentMethod:
    """Method by name.

    Raises:
        InputError: no such method; names the nearest.
    """
    if name not in COMPONENT_METHODS:
        raise InputError("component method", f"'{name}' is not known", fix=nearest(name, COMPONENT_METHODS))
    return COMPONENT_METHODS[name]
