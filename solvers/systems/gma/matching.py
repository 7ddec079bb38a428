"""Matching of triples: at least half of the LP's weight, by fractional local ratio (docs/theory.md, P37)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import scipy.sparse as sp

from formulations.program import Program, Rows
from instances.columns import Floats
from solvers.answer import Limits
from solvers.highs import solve_program

__all__ = ["match_triples"]

NOTHING = 1e-9


def match_triples(nodes: Sequence[tuple[Hashable, Hashable, Hashable]], weight: Floats) -> list[int]:
    """Triples without a common node, of at least half the weight of the LP over them.

    Args:
        nodes: the three nodes of each triple, of three kinds. weight: [triples] above 0.
    """
    fractional = _vertex(nodes, weight)
    conflicts = [{k for k, other in enumerate(nodes) if set(other) & set(mine)} for mine in nodes]
    left = {k for k in range(len(nodes)) if fractional[k] > NOTHING}
    order: list[int] = []
    while left:  # of a vertex, some triple's neighbourhood holds at most 2
        first = min(left, key=lambda k: sum(fractional[j] for j in conflicts[k] & left))
        order.append(first)
        left.remove(first)
    rest, stack = weight.astype(float).copy(), []
    for place, k in enumerate(order):
        if rest[k] <= 0:
            continue
        stack.append(k)
        paid = rest[k]
        for j in order[place:]:
            if j in conflicts[k]:
                rest[j] -= paid
    chosen: list[int] = []
    for k in reversed(stack):
        if not conflicts[k] & set(chosen):
            chosen.append(k)
    return chosen


def _vertex(nodes: Sequence[tuple[Hashable, Hashable, Hashable]], weight: Floats) -> Floats:
    """[triples] a vertex of max w x, Σ x ≤ 1 at every node."""
    if not nodes:
        return np.zeros(0)
    number = {node: r for r, node in enumerate(dict.fromkeys(node for triple in nodes for node in triple))}
    rows = np.array([[number[node] for node in triple] for triple in nodes])
    k = np.repeat(np.arange(len(nodes)), 3)
    matrix = sp.csr_matrix((np.ones(3 * len(nodes)), (rows.reshape(-1), k)), shape=(len(number), len(nodes)))
    n = len(nodes)
    limits = Rows(matrix, np.full(len(number), -np.inf), np.ones(len(number)))
    program = Program(-weight, np.zeros(n), np.full(n, np.inf), np.zeros(n, dtype=bool), limits)
    outcome = solve_program(program, Limits(gap=0.0))
    assert outcome.values is not None  # 0 is feasible and nodes bound every variable
    return outcome.values
