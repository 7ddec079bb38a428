"""Clients of a slot choose in turn: greedily, or by a perceptron that has learned what those after them will need."""

from __future__ import annotations

import functools
from pathlib import Path

from instances.errors import InputError
from instances.systems.mad2rl import Slot, SlotPlan
from solvers.learned.network import Network, read_network
from solvers.systems.mad2rl.game import FEATURES, SlotGame
from solvers.systems.registry import system_method

__all__ = ["WEIGHTS", "learned", "myopic"]

WEIGHTS = Path(__file__).parents[2] / "learned" / "road.json"


@system_method("mad2rl_myopic", system="MAD2RL", kind="heuristic", reference="recurring baseline")
def myopic(slot: Slot) -> SlotPlan:
    """The longest task first, each client where the objective grows least."""
    game = SlotGame(slot)
    while not game.done:
        game.take(int(game.pays().argmax()))
    return game.plan()


@system_method("mad2rl_learned", system="MAD2RL", kind="learned", reference="after Liu et al., TMC 2024")
def learned(slot: Slot, network: Network | None = None) -> SlotPlan:
    """The same by a deep Q-network; the one of ``python -m solvers.systems.mad2rl.train`` when None is given."""
    network, game = network or _network(), SlotGame(slot)
    while not game.done:
        game.take(int(network.value(game.see()[0]).argmax()))
    return game.plan()


@functools.cache
def _network() -> Network:
    network = read_network(WEIGHTS)
    if network.features != FEATURES:
        raise InputError(str(WEIGHTS), "was trained on other features", fix="python -m solvers.systems.mad2rl.train")
    return network
