"""The registry of formulations of one request: one file and one `@split_formulation` line each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol

from formulations.program import Program
from formulations.registry import Relation
from instances.columns import Floats, Ints
from instances.registry import Registry
from instances.request import Request
from instances.request_costs import Goal

__all__ = ["SPLIT_FORMULATIONS", "SplitFormulation", "SplitModel", "split_formulation"]


@dataclasses.dataclass(frozen=True, eq=False)
class SplitModel:
    """A program and what its values mean: ``decode`` turns them into [n] the machine of each layer."""

    program: Program
    decode: Callable[[Floats], Ints]


class SplitFormulation(Protocol):
    """What every formulation of one request declares; ``relation`` is to the request with all its limits."""

    name: str
    title: str
    solved_as: str
    relation: Relation
    reference: str

    def supports(self, request: Request, goal: Goal) -> str | None:
        """None when it states this, else the reason why not."""

    def build(self, request: Request, goal: Goal) -> SplitModel:
        """Array form."""

    def to_pyomo(self, request: Request, goal: Goal) -> Any:
        """The readable statement: a Pyomo ConcreteModel with the same matrix."""


SPLIT_FORMULATIONS = Registry[SplitFormulation]("formulation")

split_formulation = SPLIT_FORMULATIONS.add_made
"""Class decorator that registers a formulation under its ``name``."""
