"""The registry of flight methods: one `@flight_method` line each."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal, Protocol

import numpy as np

from instances.registry import Registry
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


FLIGHT_METHODS = Registry[FlightMethod]("flight method")

flight_method = FLIGHT_METHODS.add_made
"""Class decorator that registers a method under its ``name``."""
get_flight_method = FLIGHT_METHODS.find
"""Method by name. Raises InputError for an unknown one; names the nearest."""
