"""Predicted layer times of networks held out, and what their error costs the choice of a cut.

Each case holds out one network together with its relatives, fits a predictor to the measured times of the others
(`layer_times`), and lets it choose cuts. The device is eight times slower than the machine that was measured, the
server eight times faster; the chosen cut is then judged by the measured times.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from instances.catalog import devices, radios
from instances.columns import Floats
from instances.cuts import CutSet, enumerate_cuts
from instances.dnn import load_network
from instances.predict import PREDICTORS, fit_predictor
from instances.profile import TORCHVISION_MODELS
from instances.roofline_fit import SHORTEST_S
from results.experiment import experiment
from results.experiments import layer_times

__all__ = ["NAME", "front_loss", "relatives", "run"]

NAME = "predictors"
DEVICE, SERVER = 8.0, 1 / 8
"""Times of the two sides as multiples of the measured ones [assumed]: a phone's core, a server's eight cores."""
RATES = tuple(float(r) for r in np.round(np.logspace(0, 3, 25), 6))
"""Uplink, Mbit/s."""
FRONT_RATES = (1.0, 5.0, 20.0, 100.0, 500.0)
PHONE, RADIO = "phone", "wifi"
_FAMILIES = ("resnet", "squeezenet", "mobilenet")
_INCEPTIONS = ("googlenet", "inception_v3")


def cases(quick: bool) -> list[dict[str, Any]]:
    """Networks × predictors."""
    names = layer_times.QUICK if quick else sorted(TORCHVISION_MODELS)
    return [{"network": name, "predictor": predictor} for name in names for predictor in PREDICTORS]


def relatives(name: str) -> str:
    """What a network is held out with: the family that its name begins with, or itself."""
    if name in _INCEPTIONS:
        return "inception"
    return next((family for family in _FAMILIES if name.startswith(family)), name)


@experiment(NAME, cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Errors of the predicted times, and the regret of choices made by them, at every rate."""
    measured = layer_times.measured_networks()
    name = case["network"]
    others = [(load_network(n), t) for n, t in measured.items() if relatives(n) != relatives(name)]
    network, timing = load_network(name), measured[name]
    timing.check_network(network)
    true, told = timing.layer_s, fit_predictor(case["predictor"], others).predict(network)
    errors = np.abs(told / np.maximum(true, SHORTEST_S) - 1)
    cuts = enumerate_cuts(network)
    return {
        "layers": network.n_layers,
        "layer_error_median": float(np.median(errors)),
        "layer_error_p90": float(np.quantile(errors, 0.9)),
        "layer_error_weighted": float((errors * true).sum() / true.sum()),
        "measured_s": timing.sum_s,
        "whole_s": float(timing.whole_s[1]),
        "predicted_s": float(told.sum()),
        "rate_mbps": list(RATES),
        "regret": [_regret(cuts, true, told, rate) for rate in RATES],
        "best_inside": [_is_inside(cuts, true, rate) for rate in RATES],
        "front_loss": max(front_loss(cuts, true, told, rate) for rate in FRONT_RATES),
    }


def _regret(cuts: CutSet, true_s: Floats, told_s: Floats, rate_mbps: float) -> float:
    """How much slower than the best cut the one is that the predicted times choose, as a part of the best."""
    latency = _latency_s(cuts, true_s, rate_mbps)
    chosen = int(np.argmin(_latency_s(cuts, told_s, rate_mbps)))
    return float(latency[chosen] / latency.min() - 1)


def _is_inside(cuts: CutSet, layer_s: Floats, rate_mbps: float) -> bool:
    """Whether the best cut leaves work on both sides."""
    best = cuts.on_device[int(np.argmin(_latency_s(cuts, layer_s, rate_mbps)))]
    return bool(best.any() and not best.all())


def _latency_s(cuts: CutSet, layer_s: Floats, rate_mbps: float) -> Floats:
    """[cuts] device, upload and server, one after the other, s."""
    return np.asarray(_device_s(cuts, layer_s) + cuts.upload_mbit / rate_mbps + SERVER * (~cuts.on_device @ layer_s))


def _device_s(cuts: CutSet, layer_s: Floats) -> Floats:
    return np.asarray(DEVICE * (cuts.on_device @ layer_s))


def _energy_j(cuts: CutSet, layer_s: Floats, rate_mbps: float) -> Floats:
    """[cuts] energy of the device: computing at its active power, sending by the radio's measured model, J."""
    radio = radios()[RADIO]
    send = radio.tx_w * cuts.upload_mbit / rate_mbps + radio.tx_j_per_mbit * cuts.upload_mbit
    return np.asarray(devices()[PHONE].active_w * _device_s(cuts, layer_s) + send)


def front_loss(cuts: CutSet, true_s: Floats, told_s: Floats, rate_mbps: float) -> float:
    """How far the front of latency and energy that predicted times choose falls short of the true one.

    The least part by which both costs of the chosen cuts must shrink, so that each true optimum is matched by one of
    them (the multiplicative ε-indicator of Zitzler et al., IEEE TEC 2003, less 1).
    """
    true = np.column_stack([_latency_s(cuts, true_s, rate_mbps), _energy_j(cuts, true_s, rate_mbps)])
    told = np.column_stack([_latency_s(cuts, told_s, rate_mbps), _energy_j(cuts, told_s, rate_mbps)])
    best, chosen = true[_front(true)], true[_front(told)]
    ratio = (chosen[None, :, :] / best[:, None, :]).max(axis=2)
    return float(ratio.min(axis=1).max() - 1)


def _front(costs: Floats) -> list[int]:
    """Rows that no other row beats in both columns, the first of equals."""
    order = np.lexsort((costs[:, 1], costs[:, 0]))
    found, least = [], np.inf
    for row in order:
        if costs[row, 1] < least:
            found.append(int(row))
            least = costs[row, 1]
    return found
