"""The registry of claims: what papers report, what we measure about it, and the verdict.

A claim is a function that measures; one file a system, one `@claim` line each. Whatever stands in
``results/claims.csv`` came out of such a function: `python -m results.claims` writes it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Literal

from instances.errors import InputError
from instances.registry import Registry

__all__ = ["CLAIMS", "Claim", "Finding", "Verdict", "claim", "within"]

Verdict = Literal["reproduced", "trend", "not reproducible"]
"""``reproduced``: our figure meets the published one within the tolerance. ``trend``: the direction or order does,
on our own numbers. ``not reproducible``: neither, or the paper's numbers cannot be had; ``why`` says which."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """What was measured: a value in ``unit``, the verdict, and why where it is not plain."""

    value: float
    unit: str
    verdict: Verdict
    why: str = ""

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise InputError("Finding.value", f"is {self.value}", "a finding is a number")
        if self.verdict != "reproduced" and not self.why:
            raise InputError("Finding.why", "is empty", f"'{self.verdict}' needs a reason")


@dataclasses.dataclass(frozen=True)
class Claim:
    """One published statement.

    Args:
        name: unique, ``system.what``.
        system: as in docs/catalogue.md.
        says: the statement, in our words.
        source: paper with figure, table or section.
        evidence: how we know it: full text, abstract, code, unverified, own (see docs/catalogue.md).
        published: the published figure with its unit; "–" where it is a statement without a figure.
        measures: what our function measures.
        tolerance: when that counts as reproduced.
        measure: the function.
        slow: takes more than a few seconds; tests leave it to the nightly run.
    """

    name: str
    system: str
    says: str
    source: str
    evidence: str
    published: str
    measures: str
    tolerance: str
    measure: Callable[[], Finding]
    slow: bool = False


CLAIMS = Registry[Claim]("claim")


def claim(
    name: str,
    *,
    system: str,
    says: str,
    source: str,
    evidence: str,
    published: str,
    measures: str,
    tolerance: str,
    slow: bool = False,
) -> Callable[[Callable[[], Finding]], Callable[[], Finding]]:
    """Decorator that registers a measuring function; arguments as in `Claim`."""

    def register(measure: Callable[[], Finding]) -> Callable[[], Finding]:
        made = Claim(name, system, says, source, evidence, published, measures, tolerance, measure, slow)
        CLAIMS.add(name, made)
        return measure

    return register


def within(value: float, published: float, part: float) -> bool:
    """Whether a value lies within a part of the published one: |value − published| ≤ part · |published|."""
    return abs(value - published) <= part * abs(published)
