"""Predicted layer times: regressions from a layer's kind and size to its time, fitted to measured networks.

Neurosurgeon (Kang et al., ASPLOS 2017, doi 10.1145/3037697.3037698) fits one regression a layer type, linear or
logarithmic in what configures the layer, and picks the cut by what it predicts. Here, from poor to rich:

* ``flop``: a speed and an overhead, as models that know only FLOP have it;
* ``roofline``: one roofline for all layers, what instances use (`instances.roofline_fit`);
* ``linear``: for each kernel, time is linear in FLOP and bytes moved;
* ``quadratic``: for each kernel, the logarithm of time is quadratic in the logarithms of its sizes.

Every fit makes relative errors small, since layers differ ten-thousandfold. Sizes beyond those fitted are held at the
nearest one seen; a kernel never seen is predicted by the roofline, and a slice, which is a view, takes no time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from instances.columns import Bools, Floats
from instances.dnn import NETWORK_INPUT, Dnn
from instances.errors import InputError, nearest
from instances.roofline_fit import SHORTEST_S, fit_roofline
from instances.timing import Timing

__all__ = ["PREDICTORS", "Predictor", "fit_predictor", "kernels_of", "sizes_of"]

Measured = Sequence[tuple[Dnn, Timing]]

_FLOAT_BYTES = 4.0
_LARGEST_WINDOW = 49.5
"""Products a value of a depthwise convolution: at most those of a window of 7 × 7."""
_LEAST = 1e-7
"""Sizes are taken as at least this, so that they have logarithms (GFLOP, MB)."""
_RIDGE = 1.0
_FEWEST_QUADRATIC = 60
"""With fewer layers than this the logarithm of time is fitted linearly: a quadratic has up to 28 coefficients."""


class Predictor(Protocol):
    """Something that predicts layer times."""

    def predict(self, network: Dnn) -> Floats:
        """[n_layers] predicted time of each layer, s."""


def fit_predictor(name: str, measured: Measured) -> Predictor:
    """Fit the predictor of that name to measured networks.

    Raises:
        InputError: no such predictor, nothing measured, or times of other networks.
    """
    if name not in PREDICTORS:
        raise InputError("predictor", f"'{name}' is not known", fix=nearest(name, PREDICTORS))
    if not measured:
        raise InputError("predictor", "no network was measured", "it is fitted to times", "measure one")
    for network, timing in measured:
        timing.check_network(network)
    return PREDICTORS[name](measured)


def kernels_of(network: Dnn) -> tuple[str, ...]:
    """The kernel of each layer: its kind, with depthwise convolutions apart and the simplest kinds together.

    A convolution of few products a value, whose input is far larger than those products would read if every output
    channel looked at every input channel, is depthwise.
    """
    together = {
        "add": "pointwise",
        "multiply": "pointwise",
        "activation": "pointwise",
        "concat": "copy",
        "move": "copy",
    }
    depthwise = _is_depthwise(network)
    return tuple("depthwise" if deep else together.get(kind, kind)
                 for kind, deep in zip(network.kind, depthwise, strict=True))  # fmt: skip


def sizes_of(network: Dnn) -> Floats:
    """[n_layers, 6] GFLOP, MB read, MB written, MB of weights, products for each value written, uses of each weight."""
    read, written = _read_mb(network), network.output_mbit / 8.0
    products = _divided(network.gflop * 1e9 / 2, written * 1e6 / _FLOAT_BYTES)
    uses = _divided(network.gflop * 1e9 / 2, network.weight_mb * 1e6 / _FLOAT_BYTES)
    return np.column_stack([network.gflop, read, written, network.weight_mb, products, uses])


def _divided(above: Floats, below: Floats) -> Floats:
    """The ratio; 0 where nothing is divided by."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def _read_mb(network: Dnn) -> Floats:
    """[n_layers] MB that each layer reads; an image sent as bytes is read as floats."""
    entry = _FLOAT_BYTES * network.input_mbit / 8.0
    return np.array([sum(entry if p == NETWORK_INPUT else network.output_mbit[p] / 8.0 for p in reads)
                     for reads in network.predecessors])  # fmt: skip


def _is_depthwise(network: Dnn) -> Bools:
    gflop, read, _, _, products, uses = sizes_of(network).T
    # A weight is used once a place of the output, so products × places is how often one channel looks at inputs:
    # k²/(groups × stride²) times as many as there are.
    looks = _divided(products * uses, read * 1e6 / _FLOAT_BYTES)
    return np.asarray((np.array(network.kind) == "conv") & (gflop > 0) & (products <= _LARGEST_WINDOW) & (looks < 0.5))


@dataclass(frozen=True)
class _Line:
    """Time linear in FLOP and, where ``with_traffic``, bytes moved; coefficients are not negative."""

    weights: Floats
    with_traffic: bool

    def times(self, network: Dnn, layers: Bools) -> Floats:
        """Predicted times of some layers, s."""
        return np.asarray(_linear_terms(network, layers, self.with_traffic) @ self.weights)


@dataclass(frozen=True)
class _Surface:
    """The logarithm of time as a polynomial of standardised logarithms of sizes, within the range that was fitted."""

    mean: Floats
    scale: Floats
    low: Floats
    high: Floats
    weights: Floats
    quadratic: bool

    def times(self, network: Dnn, layers: Bools) -> Floats:
        """Predicted times of some layers, s."""
        held = np.clip(_logarithms(network, layers), self.low, self.high)
        return np.asarray(np.exp(_terms((held - self.mean) / self.scale, self.quadratic) @ self.weights))


@dataclass(frozen=True)
class _ByKernel:
    """One regression a kernel, and a roofline for kernels that have none."""

    groups: dict[str, _Line | _Surface]
    otherwise: Predictor

    def predict(self, network: Dnn) -> Floats:
        """[n_layers] predicted time of each layer, s."""
        times, kernels = self.otherwise.predict(network), np.array(kernels_of(network))
        for kernel, group in self.groups.items():
            here = kernels == kernel
            if here.any():
                times[here] = np.maximum(group.times(network, here), SHORTEST_S)
        times[kernels == "slice"] = SHORTEST_S
        return times


@dataclass(frozen=True)
class _AllAlike:
    """One line for every layer."""

    line: _Line

    def predict(self, network: Dnn) -> Floats:
        """[n_layers] predicted time of each layer, s."""
        return np.maximum(self.line.times(network, np.ones(network.n_layers, dtype=np.bool_)), SHORTEST_S)


def _fit_flop(measured: Measured) -> Predictor:
    everything = [(network, np.ones(network.n_layers, dtype=np.bool_), t) for network, t in measured]
    return _AllAlike(_fit_line(everything, with_traffic=False))


def _fit_linear(measured: Measured) -> Predictor:
    return _ByKernel({k: _fit_line(rows, with_traffic=True) for k, rows in _of_kernels(measured).items()},
                     fit_roofline(measured))  # fmt: skip


def _fit_quadratic(measured: Measured) -> Predictor:
    return _ByKernel({k: _fit_surface(rows) for k, rows in _of_kernels(measured).items()}, fit_roofline(measured))


PREDICTORS: dict[str, Callable[[Measured], Predictor]] = {
    "flop": _fit_flop,
    "roofline": fit_roofline,
    "linear": _fit_linear,
    "quadratic": _fit_quadratic,
}
"""Every predictor by its name, from poor to rich."""

_Rows = list[tuple[Dnn, Bools, Timing]]


def _of_kernels(measured: Measured) -> dict[str, _Rows]:
    """For each kernel the networks that have it, and which of their layers are of it."""
    found: dict[str, _Rows] = {}
    for network, timing in measured:
        kernels = np.array(kernels_of(network))
        for kernel in np.unique(kernels):
            found.setdefault(str(kernel), []).append((network, kernels == kernel, timing))
    return found


def _measured_s(rows: _Rows) -> Floats:
    return np.asarray(np.maximum(np.concatenate([timing.layer_s[layers] for _, layers, timing in rows]), SHORTEST_S))


def _fit_line(rows: _Rows, *, with_traffic: bool) -> _Line:
    """Least sum of squared relative errors with coefficients that are not negative."""
    from scipy.optimize import nnls

    terms = np.concatenate([_linear_terms(network, layers, with_traffic) for network, layers, _ in rows])
    weights, _ = nnls(terms / _measured_s(rows)[:, None], np.ones(len(terms)))
    return _Line(np.asarray(weights), with_traffic)


def _linear_terms(network: Dnn, layers: Bools, with_traffic: bool) -> Floats:
    columns = [network.gflop[layers], np.ones(int(layers.sum()))]
    return np.column_stack([*columns, network.traffic_mb[layers]] if with_traffic else columns)


def _fit_surface(rows: _Rows) -> _Surface:
    """Ridge regression of the logarithm of time; the constant is free."""
    features = np.concatenate([_logarithms(network, layers) for network, layers, _ in rows])
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 1e-9, scale, np.inf)  # a size that never changes tells nothing
    quadratic = len(features) >= _FEWEST_QUADRATIC
    terms = _terms((features - mean) / scale, quadratic)
    ridge = _RIDGE * np.diag([0.0] + [1.0] * (terms.shape[1] - 1))
    weights = np.linalg.solve(terms.T @ terms + ridge, terms.T @ np.log(_measured_s(rows)))
    return _Surface(
        mean, scale, features.min(axis=0), features.max(axis=0), np.asarray(weights, dtype=float), quadratic
    )


def _logarithms(network: Dnn, layers: Bools) -> Floats:
    return np.asarray(np.log(np.maximum(sizes_of(network)[layers], _LEAST)))


def _terms(features: Floats, quadratic: bool) -> Floats:
    """[n, terms] a constant, the features and, if quadratic, their products."""
    n, k = features.shape
    terms = [np.ones(n), *features.T]
    if quadratic:
        terms += [features[:, i] * features[:, j] for i in range(k) for j in range(i, k)]
    return np.column_stack(terms)
