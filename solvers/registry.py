"""The registry of methods: one file and one `@method` line each."""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np

from instances.errors import InputError
from instances.options import OptionTable
from instances.registry import Registry
from solvers.answer import Answer, Clock, Limits

__all__ = ["METHODS", "Kind", "Method", "get_method", "method", "reason_against",
           "require_support"]  # fmt: skip

Kind = Literal["exact", "bound", "approximation", "heuristic", "online", "learned"]


class Method(Protocol):
    """What every method declares. ``guarantee``: a formula, or None. ``reference``: the paper it comes from."""

    name: str
    title: str
    kind: Kind
    guarantee: str | None
    reference: str

    def supports(self, table: OptionTable) -> str | None:
        """None when the method can run on these options, else the reason why not."""

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Best decision (and bound) within the limits; reports to ``clock``; KeyboardInterrupt keeps the best."""


METHODS = Registry[Method]("method")

method = METHODS.add_made
"""Class decorator that registers a method under its ``name``."""
get_method = METHODS.find
"""Method by name. Raises InputError for an unknown one; names the nearest."""


def reason_against(entry: Method, table: OptionTable) -> str | None:
    """None when a method can run on these options, else why not.

    Methods minimise sums over users unless they declare ``aggregates``.
    """
    if table.aggregate not in getattr(entry, "aggregates", ("sum",)):
        takers = [name for name, other in METHODS.items() if table.aggregate in getattr(other, "aggregates", ("sum",))]
        what = {"sum": "the sum over users", "max": "the largest latency of all users"}[table.aggregate]
        return f"it does not minimise {what}; {', '.join(takers)} can"
    return entry.supports(table)


def require_support(named: str | Method, table: OptionTable) -> Method:
    """Method by name (or as it is, if it is one), if it can run on these options.

    Raises:
        InputError: no such method, or why it cannot run.
    """
    chosen = get_method(named) if isinstance(named, str) else named
    reason = reason_against(chosen, table)
    if reason is not None:
        raise InputError(f"method '{chosen.name}'", "cannot run on this instance", reason)
    return chosen
