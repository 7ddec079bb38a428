"""Deep Q-learning at the desk: a perceptron scores every action of a request from what is seen of both.

After Mnih et al., Nature 2015: replay, a target network that lags behind, ε-greedy exploration; Double Q targets (van
Hasselt et al., AAAI 2016); actions that do not fit are masked. It stands in for the schedulers that papers learn.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from instances.arrivals import Arrivals
from instances.columns import Bools, Floats, Ints
from instances.errors import InputError
from solvers.online.desk import Desk, Rule, View
from solvers.online.features import feature_count, see
from solvers.online.market import Market
from solvers.online.network import Adam, Perceptron
from solvers.online.registry import Kind

__all__ = ["LearnedPolicy", "Training", "train_policy"]


@dataclasses.dataclass(frozen=True)
class Training:
    """How to train: ``episodes`` sequences; ``discount`` of a request ahead; ``rate`` of Adam; ``batch`` transitions a
    step; ``memory`` transitions kept; ``lag`` steps between copies to the target; ``first`` and ``last`` ε, reached
    after ``explore`` of the requests; ``hidden`` layers."""

    episodes: int = 40
    discount: float = 0.97
    rate: float = 1e-3
    batch: int = 32
    memory: int = 20_000
    lag: int = 200
    first: float = 1.0
    last: float = 0.05
    explore: float = 0.6
    hidden: tuple[int, ...] = (48, 48)

    def __post_init__(self) -> None:
        if self.episodes < 1 or self.batch < 1 or self.memory < self.batch or not 0 <= self.discount < 1:
            raise InputError("Training", f"is {self}", "episodes and batch are 1 or more, memory holds a batch, the "
                             "discount is below 1")  # fmt: skip


class _Scored:
    def __init__(self, network: Perceptron) -> None:
        self.network = network

    def choose(self, view: View) -> int:
        return int(np.argmax(np.where(view.fits, self.network.value(see(view)), -np.inf)))


@dataclasses.dataclass(frozen=True, eq=False)
class LearnedPolicy:
    """A trained network; promises nothing. ``market`` it was trained on."""

    network: Perceptron
    market: Market
    name: str = "online_learned"
    title: str = "deep Q-network"
    kind: Kind = "learned"
    guarantee: str | None = None
    reference: str = "after Mnih et al., Nature 2015"

    def begin(self, market: Market, rng: np.random.Generator) -> Rule:
        """The network at work.

        Raises:
            InputError: the market has other actions or servers than the one it was trained on.
        """
        if feature_count(market) != self.network.weights[0].shape[0] or market.n_actions != self.market.n_actions:
            raise InputError("market", "has other servers or offers than the policy was trained on")
        return _Scored(self.network)


class _Replay:
    """Transitions: features of the action taken, reward, features and mask of what came next, whether it ended."""

    def __init__(self, size: int, market: Market) -> None:
        actions, features = market.n_actions, feature_count(market)
        self.seen = np.zeros((size, features), dtype=np.float32)
        self.reward = np.zeros(size)
        self.then = np.zeros((size, actions, features), dtype=np.float32)
        self.fits = np.zeros((size, actions), dtype=bool)
        self.end = np.zeros(size, dtype=bool)
        self.count = 0

    def keep(self, seen: Floats, reward: float, then: Floats | None, fits: Bools | None) -> None:
        k = self.count % len(self.reward)
        self.seen[k], self.reward[k], self.end[k] = seen, reward, then is None
        if then is not None and fits is not None:
            self.then[k], self.fits[k] = then, fits
        self.count += 1

    def draw(self, rng: np.random.Generator, batch: int) -> Ints:
        return rng.integers(min(self.count, len(self.reward)), size=batch)


def train_policy(
    market: Market, draw: Callable[[np.random.Generator], Arrivals], rng: np.random.Generator,
    training: Training | None = None, *, name: str = "online_learned", title: str = "deep Q-network",
) -> LearnedPolicy:  # fmt: skip
    """Learn from sequences that ``draw`` makes.

    A reward is what an action saves over action 0 while the request stays, in the median cost of action 0: that
    shifts every policy's return on a sequence by the same amount.

    Args:
        market: the menus. draw: a sequence from a generator. rng: everything is drawn from it.
        training: how. name, title: of the policy.
    """
    training = training or Training()
    network = Perceptron.draw(rng, feature_count(market), training.hidden)
    target, adam, replay = network, Adam(network, training.rate), _Replay(training.memory, market)
    alone = np.abs(market.cost[:, 0])
    scale = float(np.median(alone[alone > 0])) if (alone > 0).any() else 1.0
    steps = 0
    for episode in range(training.episodes):
        desk = Desk(market, draw(rng))
        part = episode / max(training.explore * training.episodes, 1e-9)
        curious = max(training.last, training.first + (training.last - training.first) * part)
        view = None if desk.done else desk.view()
        features = None if view is None else see(view)
        while view is not None and features is not None:
            fits = view.fits
            if rng.random() < curious:
                action = int(rng.choice(np.flatnonzero(fits)))
            else:
                action = int(np.argmax(np.where(fits, network.value(features), -np.inf)))
            reward = (float(view.cost[0]) * view.inferences - desk.take(action)) / scale
            seen = features[action]
            view = None if desk.done else desk.view()
            features = None if view is None else see(view)
            replay.keep(seen, reward, features, None if view is None else view.fits)
            steps += 1
            if replay.count >= 8 * training.batch:
                network = _improve(network, target, adam, replay, training, rng)
            if steps % training.lag == 0:
                target = network
    return LearnedPolicy(network, market, name, title)


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
