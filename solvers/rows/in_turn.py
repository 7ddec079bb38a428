"""Layouts chosen layer by layer: greedily, or by a perceptron that has learned what a layout brings later."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Literal

from instances.errors import InputError
from instances.rows import RowProblem
from solvers.answer import Limits
from solvers.learned.network import Network, read_network
from solvers.rows.game import FEATURES, PieceGame
from solvers.rows.pieces import no_deadline
from solvers.rows.registry import Kind, RowAnswer, row_method

__all__ = ["WEIGHTS", "PiecesGreedy", "PiecesLearned"]

WEIGHTS = Path(__file__).parents[1] / "learned" / "pieces.json"


class _InTurn:
    """What both share: layouts of `simple_plans`, which are among those of `pieces`."""

    decides: Literal["rows", "pieces"] = "pieces"
    guarantee: str | None = None

    def supports(self, problem: RowProblem) -> str | None:
        """Problems without a deadline."""
        return no_deadline(problem)

    def choose(self, game: PieceGame) -> int:
        """The next layer's layout."""
        raise NotImplementedError

    def solve(self, problem: RowProblem, *, limits: Limits) -> RowAnswer:
        """One layer after the other."""
        game = PieceGame(problem)
        while not game.done:
            game.take(self.choose(game))
        return RowAnswer(game.plan())


@row_method
class PiecesGreedy(_InTurn):
    """Each layer where it is cheapest now."""

    name = "pieces_greedy"
    title = "each layer in the layout that is cheapest now"
    kind: Kind = "heuristic"
    reference = "recurring baseline"

    def choose(self, game: PieceGame) -> int:
        """Least work and transfers now."""
        return int(game.now().argmin())


@row_method
class PiecesLearned(_InTurn):
    """A deep Q-network trained on drawn networks and devices (``python -m solvers.rows.train``)."""

    name = "pieces_learned"
    title = "deep Q-network, a layer at a time"
    kind: Kind = "learned"
    reference = "after Huang et al., IEEE IoT-J 2021, doi:10.1109/JIOT.2021.3112715 (eDDNN); Mnih et al., Nature 2015"

    def __init__(self, network: Network | None = None) -> None:
        self._given = network

    def choose(self, game: PieceGame) -> int:
        """The layout of highest value."""
        return int((self._given or _network()).value(game.see()[0]).argmax())


@functools.cache
def _network() -> Network:
    network = read_network(WEIGHTS)
    if network.features != FEATURES:
        raise InputError(str(WEIGHTS), "was trained on other features", fix="python -m solvers.rows.train")
    return network
