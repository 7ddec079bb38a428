"""One option a user: Σ_{o of i} x_o = 1."""

from __future__ import annotations

import numpy as np

from formulations.parts.rows import make_rows
from formulations.program import Rows
from instances.columns import Ints

__all__ = ["choose_one"]


def choose_one(user: Ints, n_users: int, n_columns: int) -> Rows:
    """One row a user over the columns ``0 … len(user)−1``; ``user`` says whose each is."""
    return make_rows(user, np.arange(len(user)), 1.0, 1.0, 1.0, (n_users, n_columns))
