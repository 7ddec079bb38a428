"""Deep Q-learning at the desk: a perceptron scores every action of a request from what is seen of both.

It stands in for the schedulers that papers learn; how it is trained: `solvers.learned.q_learning`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from instances.arrivals import Arrivals
from instances.columns import Bools, Floats
from instances.errors import InputError
from solvers.learned.perceptron import Perceptron
from solvers.learned.q_learning import Shape, Training, best_action, learn_by_playing
from solvers.online.desk import Desk, Rule, View
from solvers.online.features import feature_count, see
from solvers.online.market import Market
from solvers.online.registry import Kind

__all__ = ["LearnedPolicy", "Training", "train_policy"]


class _Scored:
    def __init__(self, network: Perceptron) -> None:
        self.network = network

    def choose(self, view: View) -> int:
        return best_action(self.network, see(view), view.fits)


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


class _DeskGame:
    """A sequence of requests as a game: an action pays what it saves over action 0, in ``scale``."""

    def __init__(self, desk: Desk, scale: float) -> None:
        self.desk, self.scale = desk, scale

    @property
    def done(self) -> bool:
        return self.desk.done

    def see(self) -> tuple[Floats, Bools]:
        view = self.desk.view()
        return see(view), view.fits

    def take(self, action: int) -> float:
        view = self.desk.view()
        return (float(view.cost[0]) * view.inferences - self.desk.take(action)) / self.scale


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
    alone = np.abs(market.cost[:, 0])
    scale = float(np.median(alone[alone > 0])) if (alone > 0).any() else 1.0
    network = learn_by_playing(lambda draws: _DeskGame(Desk(market, draw(draws)), scale),
                               Shape(market.n_actions, feature_count(market)), rng, training or Training())  # fmt: skip
    return LearnedPolicy(network, market, name, title)
