"""Configurations: sets of users that one server can hold together, and the best one at given profits."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.columns import Floats, Ints
from solvers.admission.greedy import densest_first
from solvers.admission.packing import Packing, drop_excess
from solvers.admission.relaxation import packing_program
from solvers.answer import Limits
from solvers.highs import solve_program

__all__ = ["MIP_GAP", "MIP_NODES", "Configuration", "Priced", "price_exactly", "price_quickly"]

MIP_NODES, MIP_GAP = 200, 1e-4
"""Branch-and-bound nodes and gap for one server's knapsack; its bound is used where it is not solved to the end."""


@dataclasses.dataclass(frozen=True)
class Configuration:
    """``server`` and ``columns`` of different users that it can hold together, sorted."""

    server: int
    columns: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Priced:
    """A configuration, its ``profit``, and ``most``: no configuration of the server has more profit."""

    configuration: Configuration
    profit: float
    most: float


def price_quickly(packing: Packing, columns: Ints, profit: Floats) -> Priced:
    """A configuration of one server by profit per part taken; ``most`` is not known (inf).

    Args:
        packing: of what.
        columns: those of the server.
        profit: [n_users] of having the user at the server.
    """
    part = _part(packing, columns, profit)
    found = densest_first(part)
    return Priced(_configuration(packing, columns, found), part.value(found), math.inf)


def price_exactly(packing: Packing, columns: Ints, profit: Floats, limits: Limits) -> Priced:
    """The configuration of most profit of one server: a multiple-choice knapsack with a row for each resource.

    Args:
        packing, columns, profit: as above.
        limits: of the MILP; its bound is ``most`` where they are reached.
    """
    columns = columns[profit[packing.user[columns]] > 0]
    if not len(columns):
        return Priced(Configuration(-1, ()), 0.0, 0.0)
    part = _part(packing, columns, profit)
    outcome, found = solve_program(packing_program(part, integer=True), limits), densest_first(part)
    if outcome.values is not None:
        picked, better = np.flatnonzero(outcome.values > 0.5), part.nobody
        better[part.user[picked]] = picked
        found = max(found, drop_excess(part, better), key=part.value)
    most = max(-outcome.bound, part.value(found))
    return Priced(_configuration(packing, columns, found), part.value(found), most)


def _configuration(packing: Packing, columns: Ints, found: Ints) -> Configuration:
    chosen = np.sort(columns[found[found >= 0]])
    return Configuration(int(packing.server[columns[0]]), tuple(chosen.tolist()))


def _part(packing: Packing, columns: Ints, profit: Floats) -> Packing:
    """The packing of some columns of one server, with profits for weights; users and servers numbered afresh."""
    users, user = np.unique(packing.user[columns], return_inverse=True)
    profit = np.maximum(profit[users], 0.0)
    return Packing(profit, user.reshape(-1), np.zeros(len(columns), dtype=np.int64), packing.demand[columns], 1)
