"""The registry of splitters: one file and one `@splitter` line each."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from instances.registry import Registry
from instances.request import Request
from instances.request_costs import Goal
from solvers.answer import Limits
from solvers.registry import Kind
from solvers.split.answer import SplitAnswer

__all__ = ["SPLITTERS", "Splitter", "get_splitter", "splitter", "supporting"]


class Splitter(Protocol):
    """What every splitter declares. ``guarantee``: a formula, or None. ``reference``: the paper it comes from."""

    name: str
    title: str
    kind: Kind
    guarantee: str | None
    reference: str

    def supports(self, request: Request, goal: Goal) -> str | None:
        """None when it can split this request for this goal, else the reason why not."""

    def split(self, request: Request, goal: Goal, *, limits: Limits, rng: np.random.Generator) -> SplitAnswer:
        """Best placement (and bound) within the limits."""


SPLITTERS = Registry[Splitter]("splitter")

splitter = SPLITTERS.add_made
"""Class decorator that registers a splitter under its ``name``."""
get_splitter = SPLITTERS.find
"""Splitter by name. Raises InputError for an unknown one; names the nearest."""


def supporting(request: Request, goal: Goal) -> list[str]:
    """Names of the splitters that can split this request for this goal."""
    return [name for name, known in SPLITTERS.items() if known.supports(request, goal) is None]
