"""The least largest latency by enumeration, from the instance's own option table and nothing else."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np
from scipy.optimize import minimize_scalar

from instances.instance import Instance
from instances.options import OptionTable

__all__ = ["least_largest"]

PENALISED = 10.0
"""s; tiny instances are worth less than this, and plans that miss a deadline by 10 ms more."""


def least_largest(instance: Instance, table: OptionTable) -> float:
    """Least max w T over all options and shares; inf where nothing is feasible. Two users a server at most if shares
    are continuous."""
    start, best = table.start, math.inf
    for rows in itertools.product(*(range(a, b) for a, b in itertools.pairwise(start.tolist()))):
        at = {s: [o for o in rows if table.server[o] == s] for s in {int(table.server[o]) for o in rows}}
        values = [_server(table, s, options) for s, options in at.items()]
        best = min(best, max(values))
    return best


def _server(table: OptionTable, server: int, options: list[int]) -> float:
    rows = np.array(options)
    if server < 0:
        return float(_worth(table, rows, np.ones(len(rows)), np.ones(len(rows))))
    if table.server_mb[rows].sum() > table.memory_mb[server] * (1 + 1e-12):
        return math.inf
    if table.allocation == "units":
        pieces = (int(table.blocks[server]), int(table.units[server]))
        splits = [np.array(list(_splits(p, len(rows)))) / p for p in pieces]
        return min(_worth(table, rows, b, u) for b in splits[0] for u in splits[1])
    if len(rows) == 1:
        return _worth(table, rows, np.ones(1), np.ones(1))
    assert len(rows) == 2

    def inner(b: float) -> float:
        return _least(lambda u: _worth(table, rows, np.array([b, 1 - b]), np.array([u, 1 - u]), penalty=1e3))

    best = _least(inner)
    return best if best < PENALISED else math.inf


def _least(value: Callable[[float], float]) -> float:
    """Least of a convex function on (0, 1)."""
    return float(minimize_scalar(value, bounds=(1e-9, 1 - 1e-9), method="bounded", options={"xatol": 1e-10}).fun)


def _splits(pieces: int, users: int) -> Iterator[tuple[int, ...]]:
    for cut in itertools.combinations_with_replacement(range(pieces + 1), users - 1):
        yield tuple(b - a for a, b in itertools.pairwise((0, *cut, pieces)))


def _worth(table: OptionTable, rows: np.ndarray, beta: np.ndarray, phi: np.ndarray, penalty: float = math.inf) -> float:
    """max w T, and ``penalty`` for every second of the latest user behind its deadline."""
    user = table.user[rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        air = np.where(table.uplink_s[rows] > 0, table.uplink_s[rows] / beta, 0.0)
        run = np.where(table.server_s[rows] > 0, table.server_s[rows] / phi, 0.0)
    latency = table.device_s[rows] / table.clock_max[user] + air + run + table.fixed_s[rows]
    late = float((latency - table.deadline_s[user] * (1 + 1e-12)).max())
    return float((table.weight[user] * latency).max()) + (penalty * late if late > 0 else 0.0)
