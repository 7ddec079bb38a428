"""Trees of certificates at random, and what they prove."""

from __future__ import annotations

import numpy as np

from instances.certificate import Certificate, Leaf, Node, ServerSplit, UserSplit
from instances.certify import certify
from instances.instance import Instance
from instances.options import OptionTable

__all__ = ["prove", "random_prices", "random_tree"]


def prove(instance: Instance, root: Node) -> float:
    return certify(instance, Certificate(root, 0.0)).bound_j


def random_prices(n_servers: int, rng: np.random.Generator) -> np.ndarray:
    """Of about the size that matters in tiny instances, or of any size; some are zero."""
    wide = 10 ** rng.uniform(-4, 2, (3, n_servers))
    prices = wide if rng.random() < 0.3 else 10 ** rng.uniform(-2, -0.3, (3, n_servers))
    return prices * rng.choice([0.0, 1.0], prices.shape, p=[0.2, 0.8])


def random_tree(
    table: OptionTable, rng: np.random.Generator, depth: int, settled: frozenset[int] = frozenset()
) -> Node:
    """Splits by servers and by users, at random, with random prices."""
    free = [s for s in range(table.n_servers) if s not in settled]
    if depth == 0 or rng.random() < 0.2:
        return Leaf(random_prices(table.n_servers, rng))
    if free and rng.random() < 0.5:
        s = int(rng.choice(free))
        parts = [random_tree(table, rng, depth - 1, settled | {s}) for _ in range(2)]
        return ServerSplit(s, *parts)
    user = int(rng.integers(table.n_users))
    rows = np.flatnonzero(table.user == user)
    chosen = rng.choice(rows, int(rng.integers(1, len(rows) + 1)), replace=False)
    options = tuple((int(table.server[o]), int(table.cut[o])) for o in chosen)
    return UserSplit(user, options, *(random_tree(table, rng, depth - 1, settled) for _ in range(2)))
