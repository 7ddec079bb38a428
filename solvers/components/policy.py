"""A learned policy: perceptrons trained on optimal divisions (extra ``learn``).

Inputs are the 21 of CEDOT; one network of two hidden layers of 128 ReLU gives the offload bits, another the shares of
the task. (The papers' network has both heads on one trunk, which scikit-learn cannot state.) A policy guarantees
nothing: it may miss deadlines, and how far it is from the optimum is measured by `solvers.components.regret`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from instances.columns import Floats, Ints
from instances.component_costs import price_components
from instances.component_family import INPUTS, MOST_COMPONENTS, inputs_of
from instances.components import ComponentTask, Division
from instances.errors import InputError
from solvers.answer import Limits
from solvers.components.dynamic import best_places, best_sizes
from solvers.components.registry import ComponentAnswer, Decides, Kind

__all__ = ["Policy", "round_shares", "train_policy"]

HIDDEN = (128, 128)
_MOST_EPOCHS = 300


@dataclasses.dataclass(frozen=True, eq=False)
class Policy:
    """A trained policy; a `ComponentMethod`, but made by `train_policy`, so not in the registry.

    Args:
        decides: places for the task's own division, or sizes as well.
        mean, scale: [21] of the inputs it was trained on.
        bits: scikit-learn classifier of the offload bits. shares: regressor of the sizes, or None.
    """

    decides: Decides
    mean: Floats
    scale: Floats
    bits: Any
    shares: Any | None
    name: str = "policy"
    title: str = "perceptron trained on optimal divisions"
    kind: Kind = "learned"
    guarantee: str | None = None
    reference: str = "after Ali et al., IEEE Access 2019 (EEDOS) and Sensors 2021 (CEDOT)"

    def supports(self, task: ComponentTask) -> str | None:
        """Tasks of at most six components."""
        return None if len(task) <= MOST_COMPONENTS else f"it was trained on {MOST_COMPONENTS} components at most"

    def solve(self, task: ComponentTask, *, limits: Limits, rng: np.random.Generator) -> ComponentAnswer:
        """What the networks say, whether or not it meets the deadlines."""
        return ComponentAnswer(self.decide([task])[0])

    def decide(self, tasks: Sequence[ComponentTask]) -> list[Division]:
        """Divisions of many tasks at once."""
        inputs = (np.array([inputs_of(t) for t in tasks]).reshape(-1, INPUTS) - self.mean) / self.scale
        bits = np.asarray(self.bits.predict(inputs)).astype(bool)
        if self.shares is None:
            return [Division(t.steps, b[: len(t)]) for t, b in zip(tasks, bits, strict=True)]
        shares = np.asarray(self.shares.predict(inputs))
        return [
            Division(round_shares(s[: len(t)], t.resolution), b[: len(t)])
            for t, s, b in zip(tasks, shares, bits, strict=True)
        ]


def train_policy(tasks: Sequence[ComponentTask], decides: Decides, rng: np.random.Generator) -> Policy:
    """Train on the optimal divisions of these tasks, which the two-state programmes label.

    Raises:
        InputError: scikit-learn is not installed, or no task has a division in time.
    """
    networks, one_thread = _networks()
    labels = [best_places(price_components(t), t.steps) if decides == "places" else best_sizes(price_components(t))
              for t in tasks]  # fmt: skip
    solved = [(t, a.division) for t, a in zip(tasks, labels, strict=True) if a.division is not None]
    if not solved:
        raise InputError("tasks", "none of them can be divided in time", "there is nothing to learn from")
    inputs = np.array([inputs_of(t) for t, _ in solved])
    bits, shares = np.zeros((2, len(solved), MOST_COMPONENTS))
    for row, (task, division) in enumerate(solved):
        bits[row, : len(task)] = division.remote
        shares[row, : len(task)] = division.steps / task.resolution
    mean, scale = inputs.mean(axis=0), np.where(inputs.std(axis=0) > 0, inputs.std(axis=0), 1.0)
    scaled = (inputs - mean) / scale
    settings = {"hidden_layer_sizes": HIDDEN, "activation": "relu", "early_stopping": len(solved) >= 100,
                "max_iter": _MOST_EPOCHS, "n_iter_no_change": 15}  # fmt: skip
    seeds = rng.integers(2**31 - 1, size=2).tolist()
    with one_thread(limits=1):  # matrices this small only lose by being shared out
        classifier = networks.MLPClassifier(**settings, random_state=seeds[0]).fit(scaled, bits.astype(int))
        regressor = None
        if decides != "places":
            regressor = networks.MLPRegressor(**settings, random_state=seeds[1]).fit(scaled, shares)
    return Policy(decides, mean, scale, classifier, regressor)


def round_shares(shares: Floats, steps: int) -> Ints:
    """[n] whole steps, one or more each, that add up to ``steps`` and are near the shares [n].

    Raises:
        InputError: there are fewer steps than components.
    """
    if steps < len(shares):
        raise InputError("steps", f"are {steps} for {len(shares)} components", "each component has one at least")
    wanted = np.maximum(shares, 0.0)
    wanted = wanted * steps / wanted.sum() if wanted.any() else np.full(len(shares), steps / len(shares))
    rounded = np.maximum(np.floor(wanted), 1.0)
    while rounded.sum() < steps:
        rounded[int(np.argmax(wanted - rounded))] += 1
    while rounded.sum() > steps:
        rounded[int(np.argmin(np.where(rounded > 1, wanted - rounded, np.inf)))] -= 1
    return np.asarray(rounded, dtype=np.int64)


def _networks() -> tuple[Any, Any]:
    try:
        from sklearn import neural_network
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise InputError("policy", "scikit-learn is not installed", str(error),
                         "pip install 'edgecut[learn]'") from error  # fmt: skip
    return neural_network, threadpool_limits
