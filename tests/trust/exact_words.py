"""Short words for what is asked of `instances.verify` again and again."""

from __future__ import annotations

import copy
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

from instances import verify as exact
from tests.trust.hand_made import Document, certificate, given, plan, row, stay

__all__ = ["ENDS", "ONE", "ROOM", "SPLIT", "changed", "cost", "prices", "proven", "read", "still", "why"]

ROOM = Fraction(1, 10**9)
ONE = 1 << exact.BITS
SPLIT = [row("ann", "near", 2, 0.5, 0.25, 0.75), row("bob", "far", 1, 0.5, 0.125, 0.5), stay("cid", 1.25)]
"""Everyone otherwise: the shares are whole blocks and units."""
ENDS = [
    row("ann", "far", 0, 0.25, 0.5, 1.0),
    row("bob", "far", 3, 0.125, 0.5, 1.0),
    row("cid", "near", 0, 1.0, 1.0, 1.0),
]


def read(d: Document, folder: Path = exact.CATALOG) -> exact.Problem:
    return exact.Problem(copy.deepcopy(d), folder)


def cost(d: Document, *rows: Document) -> Any:
    return read(d).check(copy.deepcopy(plan(*rows)))


def why(d: Document, *rows: Document) -> str:
    """The rule that a plan breaks; empty where it breaks none."""
    try:
        cost(d, *rows)
    except exact.Wrong as error:
        assert error.args[1] == 4
        return str(error.args[0])
    return ""


def changed(d: Document, *path: Any, to: Any) -> Document:
    """A copy with one value in another's place, or a new one."""
    d = copy.deepcopy(d)
    place = d
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return d


def proven(d: Document, *nodes: Document, claim: float | None = None) -> float:
    bound = exact.Proof(read(d), certificate(claim, *copy.deepcopy(nodes))).bound
    return bound if bound == math.inf else bound / ONE


def prices(near: tuple[float, ...] = (0.0, 0.0, 0.0), far: tuple[float, ...] = (0.0, 0.0, 0.0)) -> Document:
    """Uplink, compute, memory and perhaps energy, of both servers."""
    return {"prices": [list(pair) for pair in zip(near, far, strict=True)]}


def still(problem: str = "J-E") -> Document:
    """Clocks that cannot be changed, and all the time there is: λ does nothing."""
    d = given(problem)
    for device in d["devices"]:
        device["clock_min"] = device["clock_max"] = 1.0
    for user in d["users"]:
        user["deadline_s"] = 2.0**40
    return d
