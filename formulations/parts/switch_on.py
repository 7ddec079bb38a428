"""Static energy: a server that serves anybody is on (y_s = 1) and costs its idle energy."""

from __future__ import annotations

import numpy as np

from formulations.parts.rows import make_rows
from formulations.program import Rows
from instances.columns import Floats, Ints
from instances.options import LOCAL, OptionTable

__all__ = ["least_on", "switch_on"]


def least_on(table: OptionTable) -> Floats:
    """[servers] lower bound of y_s: 1 where being on is free, so that the column is a constant there."""
    return np.where(table.static_j > 0, 0.0, 1.0)


def switch_on(table: OptionTable, user: Ints, server: Ints, on: int, n_columns: int) -> Rows:
    """y_s ≥ Σ_{columns of i on s} x for every user i and server s with idle energy.

    The sum over a user's columns makes this the strong form: at most one of them is chosen. Columns are
    ``0 … len(user)−1`` and y_s is column ``on + s``.
    """
    charged = np.zeros(table.n_servers + 1, dtype=bool)
    charged[:-1] = table.static_j > 0
    k = np.flatnonzero((server != LOCAL) & charged[server])
    pairs, row = np.unique(user[k] * max(table.n_servers, 1) + server[k], return_inverse=True)
    n = len(pairs)
    column = np.concatenate([k, on + pairs % max(table.n_servers, 1)])
    value = np.concatenate([-np.ones(len(k)), np.ones(n)])
    return make_rows(np.concatenate([row.reshape(-1), np.arange(n)]), column, value, 0.0, np.inf, (n, n_columns))
