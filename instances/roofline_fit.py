"""A machine's speed from measured layer times: the three numbers of a roofline that fit them best.

The model of a layer's time is that of the instances (`instances.physics.layer_time_s`), so a fitted machine can stand
wherever a machine of the catalogue can. One roofline cannot fit every kernel; the errors that remain are reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from instances.columns import Floats
from instances.dnn import Dnn
from instances.errors import InputError
from instances.physics import layer_time_s
from instances.timing import Timing

__all__ = ["SHORTEST_S", "Roofline", "fit_roofline"]

SHORTEST_S = 1e-6
"""Times below this are not told apart: a clock reading takes as long."""

_STARTS_GFLOPS, _STARTS_GB_S, _START_LAUNCH_S = (5.0, 50.0, 500.0), (2.0, 20.0), 1e-5
_SPEEDS = (np.log(1e-3), np.log(1e7))
_LAUNCHES = (np.log(1e-8), np.log(1e-1))


@dataclass(frozen=True)
class Roofline:
    """Sustained GFLOP/s, GB/s and seconds of overhead a layer, as in `instances.catalog.DeviceModel`."""

    gflops: float
    memory_gb_s: float
    launch_s: float

    def predict(self, network: Dnn) -> Floats:
        """[n_layers] time of each layer, s."""
        return layer_time_s(network.gflop, network.traffic_mb, self.gflops, self.memory_gb_s, self.launch_s)


def fit_roofline(measured: Sequence[tuple[Dnn, Timing]]) -> Roofline:
    """The roofline whose relative errors, weighted by each layer's part of its network's time, are least.

    Errors are taken as logarithms of ratios, with a loss that grows only linearly for the far ones (soft L1), so that a
    kernel which one roofline cannot describe does not spoil the others. Several starts; deterministic.

    Raises:
        InputError: nothing was measured, or the times are those of other networks.
    """
    from scipy.optimize import least_squares

    if not measured:
        raise InputError("fit", "no network was measured", "a machine's speed comes from times", "measure one")
    for network, timing in measured:
        timing.check_network(network)

    def errors(logs: Any) -> Floats:
        machine = Roofline(*np.exp(logs))
        return np.concatenate([_weighted_errors(machine.predict(n), t) for n, t in measured])

    lower, upper = zip(_SPEEDS, _SPEEDS, _LAUNCHES, strict=True)
    starts = [np.log([g, b, _START_LAUNCH_S]) for g in _STARTS_GFLOPS for b in _STARTS_GB_S]
    fits = [least_squares(errors, start, loss="soft_l1", f_scale=0.1, bounds=(lower, upper)) for start in starts]
    best = min(fits, key=lambda fit: float(fit.cost))
    return Roofline(*(float(value) for value in np.exp(best.x)))


def _weighted_errors(predicted: Floats, timing: Timing) -> Floats:
    measured = np.maximum(timing.layer_s, SHORTEST_S)
    return np.asarray(np.sqrt(measured / measured.sum()) * np.log(predicted / measured))
