"""``python -m solvers.rows.train``: divide drawn networks among drawn devices, learn what layouts are worth.

A minute or two on one core. Seeds start at 20,000, which no experiment uses; of the networks on the way the one is
kept that pays most on problems drawn apart for that.
"""

from __future__ import annotations

import functools
import time

import numpy as np

from instances.row_family import draw_devices, draw_spatial
from instances.rows import RowProblem
from instances.spatial import GEOMETRIES, SpatialNetwork, spatial_network
from solvers.learned.network import Network, write_network
from solvers.learned.perceptron import Perceptron
from solvers.learned.q_learning import Shape, Training, best_of_course, course, play_out
from solvers.rows.game import FEATURES, PieceGame, most_choices
from solvers.rows.in_turn import WEIGHTS

__all__ = ["SHAPE", "TRAINING", "lesson", "train"]

SEED, FIRST_JUDGED, JUDGED, EVERY = 20_000, 21_000, 40, 20
MOST_DEVICES, MADE_UP, ENERGY = 4, 0.4, 0.3
"""Most devices; chance of a network that is made up; chance that the goal is energy."""
TRAINING = Training(episodes=400, discount=1.0, rate=5e-4, every=2, lag=300, first=0.5, hidden=(32, 32))
SHAPE = Shape(most_choices(MOST_DEVICES), len(FEATURES), guess=FEATURES.index("pays if changed once"))

_catalogue = functools.cache(spatial_network)


def _network(rng: np.random.Generator) -> SpatialNetwork:
    if rng.random() < MADE_UP:
        return draw_spatial(rng, layers=int(rng.integers(4, 16)), side=int(rng.integers(16, 65)),
                            branch=bool(rng.random() < 0.5))  # fmt: skip
    return _catalogue(sorted(GEOMETRIES)[int(rng.integers(len(GEOMETRIES)))])


def lesson(rng: np.random.Generator) -> RowProblem:
    """A made-up or catalogue network among two to four devices, for either goal."""
    network, devices = _network(rng), draw_devices(rng, int(rng.integers(2, MOST_DEVICES + 1)))
    return RowProblem(network, devices, 0, "energy" if rng.random() < ENERGY else "latency")


def train(rng: np.random.Generator, training: Training = TRAINING) -> Network:
    """The network that pays most on problems drawn apart."""
    priced = [PieceGame(lesson(np.random.default_rng(FIRST_JUDGED + k))) for k in range(JUDGED)]

    def judge(network: Perceptron) -> float:
        return sum(play_out(game.again(), network) for game in priced)

    networks = course(lambda draws: PieceGame(lesson(draws)), SHAPE, rng, training)
    return Network.of(FEATURES, best_of_course(networks, judge, EVERY))


def main() -> None:
    """Train and write."""
    begin = time.process_time()
    network = train(np.random.default_rng(SEED))
    made: dict[str, object] = {
        "by": "python -m solvers.rows.train", "seed": SEED, "problems": TRAINING.episodes,
        "judged_on_seeds": [FIRST_JUDGED, FIRST_JUDGED + JUDGED - 1],
    }  # fmt: skip
    write_network(network, WEIGHTS, made)
    print(f"wrote {WEIGHTS} after {time.process_time() - begin:.0f} s of one core")


if __name__ == "__main__":
    main()
