"""Randomised rounding of the relaxation with scaled capacities."""

from __future__ import annotations

import math

import numpy as np

from instances.columns import Floats, Ints
from instances.options import OptionTable
from solvers.admission.chernoff import rounding_ratio
from solvers.admission.columns import why_not_admission
from solvers.admission.frame import Admitted, run
from solvers.admission.greedy import by_density
from solvers.admission.packing import Packing, drop_excess, fill
from solvers.admission.relaxation import relax
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.registry import Kind, method

__all__ = ["TRIALS", "AdmissionRounding", "draw"]

TRIALS = 40
"""Independent trials at the scale of the guarantee: all of them miss it with a chance of 2⁻⁴⁰ at most."""


def draw(packing: Packing, chance: Floats, rng: np.random.Generator) -> Ints:
    """[n_users] for each user, independently, a column with its ``chance`` [columns], or none (−1)."""
    start = packing.start
    before = np.concatenate([[0.0], np.cumsum(chance)])
    point = before[start[:-1]] + rng.random(packing.n_users)
    column = np.searchsorted(before, point, side="right") - 1
    inside = (column < start[1:]) & (point < before[start[1:]])
    return np.where(inside, column, -1)


@method
class AdmissionRounding:
    """Every user takes a column with 1 − ε times its part in the relaxation's optimum, all users independently; what
    does not fit is left out, and what still fits is added. The best of forty trials (and forty without scaling)."""

    name = "admission_rounding"
    title = "randomised rounding of the admission LP"
    kind: Kind = "approximation"
    guarantee = (
        "admits ≥ (1−ε)(1−δ) of the most but for a chance of 2⁻⁴⁰, if every column is a small part of each budget"
    )
    reference = "docs/theory.md P25b; Raghavan and Thompson, Combinatorica 1987; after Xu et al., IEEE TPDS 2021"

    def supports(self, table: OptionTable) -> str | None:
        """J-A only."""
        return why_not_admission(table)

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """One LP, then trials."""
        return run(table, clock, lambda admitted: _search(admitted, limits, rng))


def _search(admitted: Admitted, limits: Limits, rng: np.random.Generator) -> None:
    packing = admitted.packing
    relaxation = relax(packing, limits)
    if relaxation is None:
        admitted.stop = Stop.TIME if limits.time_s is not None else Stop.ERROR
        return
    admitted.bound(relaxation.bound)
    ratio, scale = rounding_ratio(packing, relaxation)
    order, most = by_density(packing), -math.inf
    for chance in (1 - scale, 1.0):
        for _ in range(TRIALS):
            if admitted.out_of_time:
                admitted.stop = Stop.TIME
                return
            kept = drop_excess(packing, draw(packing, chance * relaxation.x, rng))
            if packing.value(kept) > most:  # filling up is the slow part
                most = packing.value(kept)
                admitted.offer(fill(packing, kept, order))
    admitted.ratio = ratio
