"""Flights of those who see only the slot at hand: greedily, or by a perceptron that has learned what pays later."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from instances.errors import InputError
from instances.systems.uav import Mission
from solvers.answer import Limits
from solvers.learned.network import Network, read_network
from solvers.uav.game import FEATURES, FlightGame
from solvers.uav.registry import FlightAnswer, Kind, flight_method

__all__ = ["WEIGHTS", "Learned", "Myopic"]

WEIGHTS = Path(__file__).parents[1] / "learned" / "flights.json"


class _InTurn:
    """What both share: any mission, no promise, a hop at a time."""

    guarantee: str | None = None

    def supports(self, mission: Mission) -> str | None:
        """Every mission."""
        return None

    def choose(self, game: FlightGame) -> int:
        """The point that the next vehicle goes to."""
        raise NotImplementedError

    def solve(self, mission: Mission, *, limits: Limits, rng: np.random.Generator) -> FlightAnswer:
        """Plan without a bound; none where a task that must be served is out of reach, or a battery too small."""
        game = FlightGame(mission)
        while not game.done:
            game.take(self.choose(game))
        plan = game.plan()
        return FlightAnswer(None) if plan is None else FlightAnswer(plan, game.cost)


@flight_method
class Myopic(_InTurn):
    """Each vehicle in turn goes where it costs least now."""

    name = "uav_myopic"
    title = "each vehicle where this slot costs least"
    kind: Kind = "online"
    reference = "recurring baseline"

    def choose(self, game: FlightGame) -> int:
        """The hop that pays most in this slot."""
        return int(np.argmax(np.where(game.see()[1], game.pays(), -np.inf)))


@flight_method
class Learned(_InTurn):
    """A deep Q-network trained on drawn missions (``python -m solvers.uav.train``); only NumPy is needed to run it."""

    name = "uav_learned"
    title = "deep Q-network, a hop at a time"
    kind: Kind = "learned"
    reference = "multi-UAV offloading by deep reinforcement learning, IEEE Access 2022; after Mnih et al., Nature 2015"

    def __init__(self, network: Network | None = None) -> None:
        self._given = network

    def choose(self, game: FlightGame) -> int:
        """The hop of highest value."""
        features, fits = game.see()
        network = self._given or _network()
        return int(np.argmax(np.where(fits, network.value(features), -np.inf)))


@functools.cache
def _network() -> Network:
    network = read_network(WEIGHTS)
    if network.features != FEATURES:
        raise InputError(str(WEIGHTS), "was trained on other features", fix="python -m solvers.uav.train")
    return network
