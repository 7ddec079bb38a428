"""Results with the certificate of a small tree."""

from __future__ import annotations

from typing import Any

import numpy as np

from instances.certificate import Certificate, Leaf, Node, ServerSplit, UserSplit
from instances.certify import certify
from instances.expand import expand
from instances.instance import Instance
from solvers import Limits, Result, solve
from solvers.answer import Answer, Stop
from solvers.prices import Dual
from solvers.prices.ascent import climb, first_prices
from tests.builders import tiny_instance

__all__ = ["CASES", "Document", "certified_result"]

Document = dict[str, Any]

CASES = (("units", 3), ("continuous", 8))
"""Allocation rule and seed of the instances that tests take."""


def good_prices(instance: Instance) -> np.ndarray:
    dual = Dual(expand(instance))
    return climb(dual, first_prices(dual), 30).prices


def tree_of(instance: Instance) -> Node:
    """Servers and users split, good prices in every leaf, each a little different."""
    prices, table = good_prices(instance), expand(instance)
    factors = iter(1 + 0.01 * np.arange(20))

    def leaf() -> Leaf:
        return Leaf(prices * next(factors))

    def options(user: int, count: int) -> tuple[tuple[int, int], ...]:
        rows = np.flatnonzero(table.user == user)[:count]
        return tuple((int(table.server[o]), int(table.cut[o])) for o in rows)

    return ServerSplit(
        0, UserSplit(0, options(0, 2), leaf(), UserSplit(1, options(1, 1), leaf(), leaf())),
        ServerSplit(1, leaf(), UserSplit(2, options(2, 3), leaf(), leaf())),
    )  # fmt: skip


def certified_result(allocation: str, seed: int) -> Result:
    """A result with the plan of brute force and the certificate of a tree."""
    instance = tiny_instance(seed, users=3, servers=2, layers=3, allocation=allocation, tightness=0.3)
    best = solve(instance, "brute_force")
    root = tree_of(instance)
    proof = certify(instance, Certificate(root, 0.0))
    answer = Answer(None, Stop.FINISHED, proof.bound_j, best.objective_j, certificate=Certificate(root, proof.bound_j))
    return Result.checked(instance, answer, best.plan, method="prices", limits=Limits(gap=1e-4))
