"""A policy that learns modes from its own best guesses, after Huang, Bi and Zhang, TMC 2020 (DROO). Extra `learn`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from instances.columns import Bools, Floats
from instances.errors import InputError
from instances.systems.droo import Frame, FramePlan, mean_gains
from solvers.systems.droo.times import best_times, plan_of

__all__ = ["Learner", "quantise"]

HIDDEN = (120, 80)
MEMORY, BATCH, EVERY, STEP = 1024, 128, 10, 0.01
"""Frames remembered, frames a training step, frames between two steps, learning rate: those of the paper's code."""


def quantise(wish: Floats, most: int) -> Bools:
    """[≤ most, N] modes that keep the order of the wishes in [0, 1]: whoever wishes more offloads no later.

    First the wishes rounded at a half; then thresholds at the wishes nearest to a half, one after another.
    """
    order = np.argsort(np.abs(wish - 0.5), kind="stable")[: most - 1]
    rows = [wish > 0.5]
    rows += [wish >= wish[k] if wish[k] <= 0.5 else wish > wish[k] for k in order]
    return np.unique(np.array(rows), axis=0)


class Learner:
    """A perceptron from channel gains to wishes, trained on the best of its own quantised guesses.

    Raises:
        InputError: scikit-learn is not installed.
    """

    def __init__(self, devices: int, rng: np.random.Generator) -> None:
        try:
            from sklearn.neural_network import MLPClassifier
        except ImportError as error:
            raise InputError("Learner", "needs scikit-learn", str(error), "pip install 'edgecut[learn]'") from error
        self._rng, self._scale = rng, mean_gains(devices)
        self._model: Any = MLPClassifier(HIDDEN, learning_rate_init=STEP, random_state=int(rng.integers(2**31)))
        self._inputs: list[Floats] = []
        self._labels: list[Bools] = []
        self._seen, self._trained, self._devices = 0, False, devices

    def wishes(self, frame: Frame) -> Floats:
        """[N] wish of each device to offload; random before the first training."""
        if not self._trained:
            return self._rng.uniform(size=self._devices)
        return np.asarray(self._model.predict_proba(self._input(frame)[None, :])[0], dtype=float)

    def decide(self, frame: Frame) -> FramePlan:
        """The best of N guesses."""
        guesses = quantise(self.wishes(frame), self._devices)
        return plan_of(frame, guesses[int(np.argmax(best_times(frame, ~guesses, guesses).value))])

    def learn(self, frame: Frame) -> FramePlan:
        """Decide, remember, and train every tenth frame."""
        plan = self.decide(frame)
        self._inputs.append(self._input(frame))
        self._labels.append(plan.offload)
        self._inputs, self._labels = self._inputs[-MEMORY:], self._labels[-MEMORY:]
        self._seen += 1
        if self._seen % EVERY == 0:
            rows = self._rng.integers(0, len(self._inputs), BATCH)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a batch in which a device always does the same is no fault
                self._model.partial_fit(
                    np.array(self._inputs)[rows],
                    np.array(self._labels, dtype=int)[rows],
                    classes=np.arange(self._devices),
                )
            self._trained = True
        return plan

    def _input(self, frame: Frame) -> Floats:
        return np.asarray(frame.gain / self._scale)
