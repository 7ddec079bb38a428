"""Small random packings in whole pieces, and their optimum by dynamic programming over what is left of every row."""

from __future__ import annotations

import numpy as np

from solvers.admission.packing import Packing

__all__ = ["optimum", "random_packing", "whole_pieces"]


def whole_pieces(packing: Packing, pieces: int) -> np.ndarray:
    """[columns, resources] demands counted in pieces of which every row has as many."""
    taken = packing.demand * pieces
    assert np.allclose(taken, np.round(taken), atol=1e-9)
    return np.round(taken).astype(int)


def random_packing(
    rng: np.random.Generator, *, users: int, servers: int = 1, pieces: int = 6, most: int = 6, resources: int = 2,
    columns: int = 3, spread: float = 3.0,
) -> Packing:  # fmt: skip
    """Up to ``columns`` columns a user, each of 0 to ``most`` of the ``pieces`` of each row, but never of nothing."""
    count = rng.integers(1, columns + 1, users)
    user = np.repeat(np.arange(users), count)
    taken = rng.integers(0, most + 1, (len(user), resources))
    taken[np.arange(len(user)), rng.integers(resources, size=len(user))] += taken.sum(axis=1) == 0
    server = rng.integers(servers, size=len(user))
    order = np.lexsort((server, user))
    weight = np.where(rng.random(users) < 0.3, 1.0, rng.uniform(1.0, spread, users))
    return Packing(weight, user, server[order], taken[order] / pieces, servers)


def optimum(packing: Packing, pieces: int) -> float:
    """Most weight: best[v] for every vector v of pieces taken of each row, user after user."""
    taken, resources = whole_pieces(packing, pieces), packing.demand.shape[1]
    best = np.zeros((pieces + 1,) * (packing.n_servers * resources))
    start = packing.start
    for user in range(packing.n_users):
        before = best.copy()
        for k in range(start[user], start[user + 1]):
            into, out_of = [slice(None)] * best.ndim, [slice(None)] * best.ndim
            for r, amount in enumerate(taken[k].tolist()):
                axis = int(packing.server[k]) * resources + r
                into[axis], out_of[axis] = slice(amount, None), slice(None, pieces + 1 - amount)
            best[tuple(into)] = np.maximum(best[tuple(into)], before[tuple(out_of)] + packing.weight[user])
    return float(best[(-1,) * best.ndim])
