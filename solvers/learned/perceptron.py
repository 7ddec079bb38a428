"""A small perceptron with its gradient by hand, and Adam: all that a Q-network needs."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from instances.columns import Floats

__all__ = ["Adam", "Perceptron"]


@dataclasses.dataclass(frozen=True, eq=False)
class Perceptron:
    """Rectified linear layers, one output: ``weights`` of [inputs, outputs] and ``biases`` [outputs] of each."""

    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]

    @classmethod
    def draw(cls, rng: np.random.Generator, inputs: int, hidden: tuple[int, ...] = (64, 64)) -> Perceptron:
        """He's initial weights (He et al., ICCV 2015)."""
        sizes = (inputs, *hidden, 1)
        pairs = list(itertools.pairwise(sizes))
        return cls(
            tuple(rng.normal(0.0, np.sqrt(2 / a), (a, b)) for a, b in pairs), tuple(np.zeros(b) for _, b in pairs)
        )

    def passing(self, k: int) -> Perceptron:
        """The same layers turned so that they say input k at first: two units a layer carry its two signs through.

        What the other units add to the output is small, and grows as they learn what is missing. Needs two units or
        more in every hidden layer.
        """
        weights, biases = [w.copy() for w in self.weights], [b.copy() for b in self.biases]
        last = len(weights) - 1
        for layer, w in enumerate(weights):
            if layer == last:
                w *= 0.1
                w[:2, 0] = (1.0, -1.0)
                continue
            w[:, :2] = 0.0
            if layer == 0:
                w[k, :2] = (1.0, -1.0)
            else:
                w[0, 0] = w[1, 1] = 1.0
        return Perceptron(tuple(weights), tuple(biases))

    @property
    def parameters(self) -> tuple[Floats, ...]:
        """Weights, then biases."""
        return (*self.weights, *self.biases)

    def with_parameters(self, parameters: tuple[Floats, ...]) -> Perceptron:
        """The same shape with other numbers."""
        n = len(self.weights)
        return Perceptron(tuple(parameters[:n]), tuple(parameters[n:]))

    def value(self, x: Floats) -> Floats:
        """[…] outputs for inputs […, inputs]."""
        return self._layers(x)[-1][..., 0]

    def _layers(self, x: Floats) -> list[Floats]:
        layers = [x]
        for k, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = layers[-1] @ w + b
            layers.append(z if k == len(self.weights) - 1 else np.maximum(z, 0.0))
        return layers

    def gradient(self, x: Floats, slope: Floats) -> tuple[Floats, ...]:
        """Gradient of Σ_n slope_n · value(x_n) by the parameters; x [n, inputs], slope [n]."""
        layers, back = self._layers(x), slope[:, None]
        weights, biases = [], []
        for k in range(len(self.weights) - 1, -1, -1):
            weights.append(layers[k].T @ back)
            biases.append(back.sum(axis=0))
            if k:
                back = (back @ self.weights[k].T) * (layers[k] > 0)
        return (*weights[::-1], *biases[::-1])


class Adam:
    """Kingma and Ba, ICLR 2015."""

    def __init__(self, network: Perceptron, rate: float) -> None:
        self.rate, self.step = rate, 0
        self.mean = [np.zeros_like(p) for p in network.parameters]
        self.square = [np.zeros_like(p) for p in network.parameters]

    def move(self, network: Perceptron, gradient: tuple[Floats, ...]) -> Perceptron:
        """The network one step down."""
        self.step += 1
        moved = []
        for k, (p, g) in enumerate(zip(network.parameters, gradient, strict=True)):
            self.mean[k] = 0.9 * self.mean[k] + 0.1 * g
            self.square[k] = 0.999 * self.square[k] + 0.001 * g**2
            m, s = self.mean[k] / (1 - 0.9**self.step), self.square[k] / (1 - 0.999**self.step)
            moved.append(p - self.rate * m / (np.sqrt(s) + 1e-8))
        return network.with_parameters(tuple(moved))
