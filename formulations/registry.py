"""The registry of formulations: one file and one `@formulation` line each."""

from __future__ import annotations

from typing import Any, Literal, Protocol, TypeVar

from formulations.program import Model
from instances.errors import InputError, nearest
from instances.options import OptionTable

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


FORMULATIONS: dict[str, Formulation] = {}
_Class = TypeVar("_Class", bound=type)


def formulation(cls: _Class) -> _Class:
    """Class decorator that registers a formulation under its ``name``."""
    instance = cls()
    if instance.name in FORMULATIONS:
        raise ValueError(f"formulation '{instance.name}' is registered twice")
    FORMULATIONS[instance.name] = instance
    return cls


def get_formulation(name: str) -> Formulation:
    """Formulation by name.

    Raises:
        InputError: no such formulation; names the nearest.
    """
    if name not in FORMULATIONS:
        raise InputError("formulation", f"'{name}' is not known", fix=nearest(name, FORMULATIONS))
    return FORMULATIONS[name]
