"""A small perceptron as plain numbers: read from JSON, run by NumPy."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np

from instances.columns import Floats
from instances.errors import InputError
from instances.json_text import read_json
from solvers.learned.perceptron import Perceptron

__all__ = ["Network", "read_network", "write_network"]

_FORMAT = "edgecut perceptron 1"


@dataclasses.dataclass(frozen=True, eq=False)
class Network:
    """ReLU layers and one output: log odds where it was trained to tell, a value where it was trained to act.

    Args:
        features: names of the inputs, in order.
        mean, scale: [features] of the inputs in training.
        weights: [inputs, outputs] of each layer. offsets: [outputs] of each.
    """

    features: tuple[str, ...]
    mean: Floats
    scale: Floats
    weights: tuple[Floats, ...]
    offsets: tuple[Floats, ...]

    def __post_init__(self) -> None:
        if any(offset.ndim != 1 for offset in self.offsets):
            raise InputError("network", "has offsets that are no lists", "a layer has one for each of its outputs")
        sizes = [len(self.features), *(len(offset) for offset in self.offsets)]
        shapes = [weight.shape for weight in self.weights]
        if not shapes or shapes != list(itertools.pairwise(sizes)) or sizes[-1] != 1:
            raise InputError("network", f"has layers of shape {shapes}", f"inputs and offsets say {sizes}")
        if self.mean.shape != (sizes[0],) or self.scale.shape != (sizes[0],) or not (self.scale > 0).all():
            raise InputError("network", "has a mean or scale that does not fit its inputs")

    @classmethod
    def of(cls, features: tuple[str, ...], layers: Perceptron) -> Network:
        """Layers trained on inputs as they are."""
        n = len(features)
        return cls(features, np.zeros(n), np.ones(n), layers.weights, layers.biases)

    def value(self, inputs: Floats) -> Floats:
        """[…] outputs for inputs […, features]."""
        return Perceptron(self.weights, self.offsets).value((inputs - self.mean) / self.scale)


def write_network(network: Network, path: Path, made: dict[str, object]) -> None:
    """Write as JSON, five digits a number; ``made``: how it was trained."""
    figures = {
        "format": _FORMAT, "made": made, "features": list(network.features),
        "mean": _rounded(network.mean), "scale": _rounded(network.scale),
        "weights": [[_rounded(row) for row in weight] for weight in network.weights],
        "offsets": [_rounded(offset) for offset in network.offsets],
    }  # fmt: skip
    path.write_text(json.dumps(figures, separators=(",", ":")).replace('"weights"', '\n"weights"') + "\n")


def read_network(path: Path) -> Network:
    """Read what `write_network` wrote.

    Raises:
        InputError: not such a file, or its layers do not fit together.
    """
    data = read_json(path)
    try:
        if data["format"] != _FORMAT:
            raise InputError(str(path), f"has the format '{data['format']}'", f"'{_FORMAT}' is read")
        weights = tuple(np.array(weight, dtype=float) for weight in data["weights"])
        offsets = tuple(np.array(offset, dtype=float) for offset in data["offsets"])
        mean, scale = np.array(data["mean"], dtype=float), np.array(data["scale"], dtype=float)
        features = tuple(str(name) for name in data["features"])
    except InputError:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(str(path), "is no perceptron", f"{type(error).__name__}: {error}") from error
    return Network(features, mean, scale, weights, offsets)


def _rounded(values: Floats) -> list[float]:
    return [float(f"{value:.5g}") for value in values]
