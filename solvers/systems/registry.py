"""The registry of methods for published multi-user systems: one decorator a method."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from instances.registry import Registry

__all__ = ["SYSTEM_METHODS", "SystemMethod", "system_method"]

Function = TypeVar("Function", bound=Callable[..., Any])
Kind = Literal["exact", "approximation", "heuristic", "learned"]


@dataclasses.dataclass(frozen=True)
class SystemMethod:
    """A method: takes a problem record of ``instances.systems`` and returns its plan.

    Args:
        name: unique.
        system: as in docs/catalogue.md.
        kind: exact, approximation, heuristic or learned.
        guarantee: what is proven, or "–".
        reference: paper or proposition.
        solve: problem → plan.
    """

    name: str
    system: str
    kind: Kind
    guarantee: str
    reference: str
    solve: Callable[..., Any]


SYSTEM_METHODS = Registry[SystemMethod]("method")


def system_method(
    name: str, *, system: str, kind: Kind, guarantee: str = "–", reference: str
) -> Callable[[Function], Function]:
    """Decorator that registers a method; arguments as in `SystemMethod`."""

    def register(solve: Function) -> Function:
        SYSTEM_METHODS.add(name, SystemMethod(name, system, kind, guarantee, reference, solve))
        return solve

    return register
