"""What errors of predicted layer times and energies cost: the front chosen by predictions, worth what is true."""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from instances.check_request import check_request
from instances.columns import Floats
from instances.errors import InputError
from instances.request import Request
from solvers.split.front import Front, pareto_front

__all__ = ["FrontRegret", "front_regret", "sigma_of", "with_errors"]

REFERENCE = 1.1
"""The reference point lies this factor beyond the true front's largest latency and energy."""


@dataclasses.dataclass(frozen=True, eq=False)
class FrontRegret:
    """Loss from choosing by predictions.

    ``hypervolume_loss``: part of the true front's hypervolume that the chosen points lack, 0 … 1. ``worst_excess``:
    over the points of the true front, the largest factor, less 1, by which the nearest chosen point exceeds one in its
    worse figure. ``fastest_excess``, ``frugal_excess``: what the point predicted to be fastest (most frugal) takes
    beyond the truly fastest (most frugal).
    """

    hypervolume_loss: float
    worst_excess: float
    fastest_excess: float
    frugal_excess: float
    true_points: int
    chosen_points: int


def front_regret(predicted: Request, true: Request, true_front: Front | None = None) -> FrontRegret:
    """Regret of the front that predicted costs give; both requests have the same network and machines, and no limits.

    Raises:
        InputError: the requests differ in network or number of machines, or a chosen placement is impossible in truth.
    """
    if predicted.network.fingerprint != true.network.fingerprint or predicted.n_machines != true.n_machines:
        raise InputError("predicted", "is a request of another network or other machines")
    best = pareto_front(true) if true_front is None else true_front
    reports = [check_request(true, placement) for placement in pareto_front(predicted).placements]
    if not all(report.valid for report in reports):
        raise InputError("predicted", "gives a placement that breaks a rule in truth", "limits bind", "lift them")
    latency, energy = (np.array([getattr(r, name) for r in reports]) for name in ("latency_s", "energy_j"))
    chosen = Front(true, *_sorted(latency, energy), np.zeros((len(reports), 0), dtype=np.int64))
    corner = REFERENCE * float(best.latency_s.max()), REFERENCE * float(best.energy_j.max())
    whole = best.hypervolume(*corner)
    ratio = np.maximum(latency / best.latency_s[:, None], energy / best.energy_j[:, None])
    return FrontRegret(
        hypervolume_loss=max(1 - chosen.hypervolume(*corner) / whole, 0.0),
        worst_excess=max(float(ratio.min(axis=1).max()) - 1, 0.0),
        fastest_excess=max(float(latency[0] / best.latency_s[0]) - 1, 0.0),
        frugal_excess=max(float(energy[-1] / best.energy_j[-1]) - 1, 0.0),
        true_points=len(best),
        chosen_points=len(reports),
    )


def with_errors(request: Request, median_error: float, rng: np.random.Generator) -> Request:
    """The request as predictors see it: every layer's time and energy times an independent log-normal factor.

    The factor's median is 1, and half of the factors are off by more than ``median_error``. Transfers are known.
    """
    sigma = sigma_of(median_error)
    factors = np.exp(sigma * rng.standard_normal((2, request.n_machines, request.n_layers)))
    return request.replace(time_s=request.time_s * factors[0], energy_j=request.energy_j * factors[1])


def sigma_of(median_error: float) -> float:
    """σ such that |e^{σZ} − 1| has this median for a standard normal Z.

    Raises:
        InputError: the error is not in 0 … 1.
    """
    if not 0 <= median_error < 1:
        raise InputError("median_error", f"is {median_error}", fix="give a part from 0 to less than 1")
    if median_error == 0:
        return 0.0
    high, low = np.log1p(median_error), np.log1p(-median_error)
    return float(brentq(lambda s: norm.cdf(high / s) - norm.cdf(low / s) - 0.5, median_error / 10, 10.0))


def _sorted(latency: Floats, energy: Floats) -> tuple[Floats, Floats]:
    order = np.lexsort((energy, latency))
    return latency[order], energy[order]
