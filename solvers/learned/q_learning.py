"""Deep Q-learning for any game of decisions in turn: a perceptron scores every action from what is seen of both.

After Mnih et al., Nature 2015: replay, a target network that lags behind, ε-greedy exploration; Double Q targets (van
Hasselt et al., AAAI 2016); actions that are not allowed are masked. All learned policies of this package that act step
by step are trained here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.errors import InputError
from solvers.learned.perceptron import Adam, Perceptron

__all__ = ["Game", "Shape", "Training", "best_action", "best_of_course", "course", "learn_by_playing", "play_out"]


@dataclasses.dataclass(frozen=True)
class Training:
    """How to train.

    ``episodes`` games; ``discount`` of a decision ahead; ``rate`` of Adam; ``batch`` transitions a step; ``every``
    decisions between two steps; ``memory`` transitions kept; ``lag`` decisions between copies to the target; ``first``
    and ``last`` ε, reached after ``explore`` of the games; ``hidden`` layers.
    """

    episodes: int = 40
    discount: float = 0.97
    rate: float = 1e-3
    batch: int = 32
    every: int = 1
    memory: int = 20_000
    lag: int = 200
    first: float = 1.0
    last: float = 0.05
    explore: float = 0.6
    hidden: tuple[int, ...] = (48, 48)

    def __post_init__(self) -> None:
        if min(self.episodes, self.batch, self.every) < 1 or self.memory < self.batch or not 0 <= self.discount <= 1:
            raise InputError("Training", f"is {self}", "episodes, batch and every are 1 or more, memory holds a batch, "
                             "the discount is 1 or less")  # fmt: skip
        if not all(0 <= part <= 1 for part in (self.first, self.last, self.explore)):
            raise InputError("Training", f"is {self}", "first, last and explore are parts of one")


@dataclasses.dataclass(frozen=True)
class Shape:
    """Most ``actions`` of a decision, and ``features`` of each; ``guess``: the feature whose number is a first guess
    at an action's value, from which learning starts (None: from nothing)."""

    actions: int
    features: int
    guess: int | None = None


class Game(Protocol):
    """One episode: decisions one after the other until it is done."""

    @property
    def done(self) -> bool:
        """Whether nothing is left to decide."""

    def see(self) -> tuple[Floats, Bools]:
        """Of the decision at hand: [actions, features] of every action, and [actions] whether it is allowed."""

    def take(self, action: int) -> float:
        """Decide; what that pays."""


class _Replay:
    """Transitions: features of the action taken, reward, features and mask of what came next, whether it ended."""

    def __init__(self, size: int, shape: Shape) -> None:
        self.seen = np.zeros((size, shape.features), dtype=np.float32)
        self.reward = np.zeros(size)
        self.then = np.zeros((size, shape.actions, shape.features), dtype=np.float32)
        self.fits = np.zeros((size, shape.actions), dtype=bool)
        self.end = np.zeros(size, dtype=bool)
        self.count = 0

    def keep(self, seen: Floats, reward: float, then: tuple[Floats, Bools] | None) -> None:
        k = self.count % len(self.reward)
        self.seen[k], self.reward[k], self.end[k] = seen, reward, then is None
        if then is not None:
            features, fits = then
            self.then[k, : len(fits)], self.fits[k], self.fits[k, : len(fits)] = features, False, fits
        self.count += 1

    def draw(self, rng: np.random.Generator, batch: int) -> Ints:
        return rng.integers(min(self.count, len(self.reward)), size=batch)


def best_action(network: Perceptron, features: Floats, fits: Bools) -> int:
    """The allowed action of highest value; features [actions, features], fits [actions]."""
    return int(np.argmax(np.where(fits, network.value(features), -np.inf)))


def play_out(game: Game, network: Perceptron) -> float:
    """Play a game to its end by the values of a network; what it paid."""
    paid = 0.0
    while not game.done:
        paid += game.take(best_action(network, *game.see()))
    return paid


def learn_by_playing(
    begin: Callable[[np.random.Generator], Game], shape: Shape, rng: np.random.Generator, training: Training
) -> Perceptron:
    """A network of the values of actions, after the last game; arguments as in `course`."""
    return list(course(begin, shape, rng, training))[-1]


def course(
    begin: Callable[[np.random.Generator], Game], shape: Shape, rng: np.random.Generator, training: Training
) -> Iterator[Perceptron]:
    """The network after every game.

    Args:
        begin: a game from a generator. shape: of all its decisions.
        rng: everything is drawn from it. training: how.
    """
    network = Perceptron.draw(rng, shape.features, training.hidden)
    if shape.guess is not None:
        network = network.passing(shape.guess)
    target, adam, replay = network, Adam(network, training.rate), _Replay(training.memory, shape)
    steps = 0
    for episode in range(training.episodes):
        game = begin(rng)
        part = episode / max(training.explore * training.episodes, 1e-9)
        curious = max(training.last, training.first + (training.last - training.first) * part)
        view = None if game.done else game.see()
        while view is not None:
            features, fits = view
            if rng.random() < curious:
                action = int(rng.choice(np.flatnonzero(fits)))
            else:
                action = best_action(network, features, fits)
            reward = game.take(action)
            view = None if game.done else game.see()
            replay.keep(features[action], reward, view)
            steps += 1
            if replay.count >= 8 * training.batch and steps % training.every == 0:
                network = _improve(network, target, adam, replay, training, rng)
            if steps % training.lag == 0:
                target = network
        yield network


def best_of_course(networks: Iterable[Perceptron], judge: Callable[[Perceptron], float], every: int) -> Perceptron:
    """Of every ``every``-th network the one that ``judge`` gives most, the first of equals; the last one counts too."""
    best, most, network = None, -np.inf, None
    for k, network in enumerate(networks, start=1):
        if k % every == 0 and (worth := judge(network)) > most:
            best, most = network, worth
    if network is None:
        raise InputError("networks", "are none", "there is nothing to choose from")
    return network if best is None or (k % every and judge(network) > most) else best


def _improve(network: Perceptron, target: Perceptron, adam: Adam, replay: _Replay, training: Training,
             rng: np.random.Generator) -> Perceptron:  # fmt: skip
    """One step on a batch; errors beyond 1 count linearly (Huber)."""
    k = replay.draw(rng, training.batch)
    then, fits = replay.then[k].astype(np.float64), replay.fits[k]
    favoured = np.where(fits, network.value(then), -np.inf).argmax(axis=1)
    ahead = np.where(replay.end[k], 0.0, target.value(then)[np.arange(len(k)), favoured])
    seen = replay.seen[k].astype(np.float64)
    error = network.value(seen) - (replay.reward[k] + training.discount * ahead)
    return adam.move(network, network.gradient(seen, np.clip(error, -1.0, 1.0) / len(k)))
