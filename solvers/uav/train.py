"""``python -m solvers.uav.train``: play drawn flights, learn what hops are worth, write the weights.

About a minute on one core. Seeds start at 10,000, which no experiment uses; of the networks on the way the one is kept
that pays most on flights drawn apart for that.
"""

from __future__ import annotations

import time

import numpy as np

from instances.systems.uav import Mission
from instances.systems.uav_costs import price_mission
from instances.systems.uav_family import FLIGHTS
from solvers.learned.network import Network, write_network
from solvers.learned.perceptron import Perceptron
from solvers.learned.q_learning import Shape, Training, best_of_course, course, play_out
from solvers.uav.game import FEATURES, FlightGame
from solvers.uav.in_turn import WEIGHTS

__all__ = ["SHAPE", "TRAINING", "lesson", "train"]

SEED, FIRST_JUDGED, JUDGED, EVERY = 10_000, 11_000, 24, 40
TRAINING = Training(episodes=400, discount=0.9, rate=5e-4, every=2, lag=400, first=0.5, hidden=(32, 32))
SHAPE = Shape(actions=36, features=len(FEATURES), guess=FEATURES.index("pays now and soon"))


def lesson(rng: np.random.Generator) -> Mission:
    """A flight over either ground."""
    names = sorted(FLIGHTS)
    return FLIGHTS[names[int(rng.integers(len(names)))]](rng)


def train(rng: np.random.Generator, training: Training = TRAINING) -> Network:
    """The network that pays most on flights drawn apart."""
    flights = [lesson(np.random.default_rng(FIRST_JUDGED + k)) for k in range(JUDGED)]
    priced = [(mission, price_mission(mission)) for mission in flights]

    def judge(network: Perceptron) -> float:
        return sum(play_out(FlightGame(*flight), network) for flight in priced)

    networks = course(lambda draws: FlightGame(lesson(draws)), SHAPE, rng, training)
    return Network.of(FEATURES, best_of_course(networks, judge, EVERY))


def main() -> None:
    """Train and write."""
    begin = time.process_time()
    network = train(np.random.default_rng(SEED))
    made: dict[str, object] = {
        "by": "python -m solvers.uav.train", "families": sorted(FLIGHTS), "seed": SEED, "flights": TRAINING.episodes,
        "judged_on_seeds": [FIRST_JUDGED, FIRST_JUDGED + JUDGED - 1],
    }  # fmt: skip
    write_network(network, WEIGHTS, made)
    print(f"wrote {WEIGHTS} after {time.process_time() - begin:.0f} s of one core")


if __name__ == "__main__":
    main()
