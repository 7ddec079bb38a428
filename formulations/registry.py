"""The registry of formulations: one file and one `@formulation` line each."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from formulations.program import Model
from instances.options import OptionTable
from instances.registry import Registry

__all__ = ["FORMULATIONS", "Formulation", "formulation", "get_formulation"]

Relation = Literal["exact", "relaxation", "restriction"]


class Formulation(Protocol):
    """What every formulation declares.

    ``relation`` is to the problem under its own ``allocation`` rule ("any" for both): exact, relaxation (its optimum is
    a lower bound) or restriction. ``array``: whether `build` and `to_pyomo` exist; otherwise the formulation is stated
    in cvxpy.
    """

    name: str
    title: str
    problem: str
    allocation: str
    relation: Relation
    reference: str
    array: bool

    def build(self, table: OptionTable) -> Model:
        """Array form on these options."""

    def to_pyomo(self, table: OptionTable) -> Any:
        """The readable statement: a Pyomo ConcreteModel with the same matrix."""


FORMULATIONS = Registry[Formulation]("formulation")

formulation = FORMULATIONS.add_made
"""Class decorator that registers a formulation under its ``name``."""
get_formulation = FORMULATIONS.find
"""Formulation by name. Raises InputError for an unknown one; names the nearest."""
