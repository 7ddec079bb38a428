"""``python -m solvers.systems.mad2rl.train``: play drawn slots, learn what ways are worth, write the weights.

About a minute on one core. Seeds start at 30,000, which no experiment uses; of the networks on the way the one is kept
that pays most on slots drawn apart for that.
"""

from __future__ import annotations

import time

import numpy as np

from instances.systems.mad2rl import Slot, draw_slot
from solvers.learned.network import Network, write_network
from solvers.learned.perceptron import Perceptron
from solvers.learned.q_learning import Shape, Training, best_of_course, course, play_out
from solvers.systems.mad2rl.game import FEATURES, SlotGame
from solvers.systems.mad2rl.in_turn import WEIGHTS
from solvers.systems.mad2rl.ways import Ways

__all__ = ["SHAPE", "TRAINING", "lesson", "train"]

SEED, FIRST_JUDGED, JUDGED, EVERY = 30_000, 31_000, 40, 80
CLIENTS, HELPERS = (3, 8), (3, 8)
"""From, and up to but not including."""
TRAINING = Training(episodes=800, discount=1.0, rate=5e-4, every=2, memory=5000, lag=300, first=0.5, hidden=(32, 32))
SHAPE = Shape(actions=72, features=len(FEATURES), guess=FEATURES.index("pays now"))


def lesson(rng: np.random.Generator) -> Slot:
    """A slot without queues, of three to seven clients and service vehicles."""
    mix = ("in turn", "random")[int(rng.integers(2))]
    return draw_slot(int(rng.integers(*CLIENTS)), int(rng.integers(*HELPERS)), rng, mix=mix)


def train(rng: np.random.Generator, training: Training = TRAINING) -> Network:
    """The network that pays most on slots drawn apart."""
    slots = [lesson(np.random.default_rng(FIRST_JUDGED + k)) for k in range(JUDGED)]
    listed = [(slot, Ways.of(slot, hull=True)) for slot in slots]

    def judge(network: Perceptron) -> float:
        return sum(play_out(SlotGame(*each), network) for each in listed)

    networks = course(lambda draws: SlotGame(lesson(draws)), SHAPE, rng, training)
    return Network.of(FEATURES, best_of_course(networks, judge, EVERY))


def main() -> None:
    """Train and write."""
    begin = time.process_time()
    network = train(np.random.default_rng(SEED))
    made: dict[str, object] = {
        "by": "python -m solvers.systems.mad2rl.train", "seed": SEED, "slots": TRAINING.episodes,
        "judged_on_seeds": [FIRST_JUDGED, FIRST_JUDGED + JUDGED - 1],
    }  # fmt: skip
    write_network(network, WEIGHTS, made)
    print(f"wrote {WEIGHTS} after {time.process_time() - begin:.0f} s of one core")


if __name__ == "__main__":
    main()
