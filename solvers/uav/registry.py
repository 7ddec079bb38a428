"""The registry of flight methods: one `@flight_method` line each."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal, Protocol, TypeVar

import numpy as np

from instances.errors import InputError, nearest
from instances.systems.uav import Mission, MissionPlan
from solvers.answer import Limits

__all__ = ["FLIGHT_METHODS", "FlightAnswer", "FlightMethod", "flight_method", "get_flight_method"]

Kind = Literal["exact", "approximation", "heuristic", "online", "learned"]


@dataclasses.dataclass(frozen=True, eq=False)
class FlightAnswer:
    """What a method hands back: a plan or None, what it claims to cost, and a lower bound (−inf: none; inf: no plan
    is possible)."""

    plan: MissionPlan | None
    cost: float = math.inf
    bound: float = -math.inf


class FlightMethod(Protocol):
    """What every flight method declares; ``kind`` and ``guarantee`` as for `solvers.registry.Method`."""

    name: str
    title: str
    kind: Kind
    guarantee: str | None
    reference: str

    def supports(self, mission: Mission) -> str | None:
        """None when the method can run on this mission, else the reason why not."""

    def solve(self, mission: Mission, *, limits: Limits, rng: np.random.Generator) -> FlightAnswer:
        """A plan, and a bound if the method has one."""


FLIGHT_METHODS: dict[str, FlightMethod] = {}
_Class = TypeVar("_Class", bound=type)


def flight_method(cls: _Class) -> _Class:
    """Class decorator that registers a method under its ``name``."""
    instance = cls()
    if instance.name in FLIGHT_METHODS:
        raise ValueError(f"flight method '{instance.name}' is registered twice")
    FLIGHT_METHODS[instance.name] = instance
    return cls


def get_flight_method(name: str) -> FlightMethod:
    """Method by name.

    Raises:
        InputError: no such method; names the nearest.
    """
    if name not in FLIGHT_METHODS:
        raise InputError("flight method", f"'{name}' is not known", fix=nearest(name, FLIGHT_METHODS))
    return FLIGHT_METHODS[name]
