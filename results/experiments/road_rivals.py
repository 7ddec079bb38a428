"""A road: the genetic algorithm and learned policies beside the optimum of every slot (after MAD2RL's Fig. 8).

Sizes are those whose gains the paper states (clients and service vehicles as in `mad2rl_slots`), without queues. The
policy was trained and chosen on other seeds (`solvers.systems.mad2rl.train`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from instances.systems.mad2rl import Slot, SlotPlan, draw_slot, drive
from results.experiment import experiment
from solvers.systems.mad2rl import best_own, genetic, greedy, learned, myopic, simulate, solve_slot

METHODS = ("greedy", "best_own", "genetic", "myopic", "learned")
SIZES, SLOTS = ((3, 3), (7, 3), (5, 3), (5, 7)), 8


def cases(quick: bool) -> list[dict[str, Any]]:
    """Clients and service vehicles × mix of networks × seeds."""
    sizes, seeds = (SIZES[:1], [1]) if quick else (SIZES, [1, 2, 3])
    return [{"clients": n, "helpers": s, "mix": mix, "seed": seed, "slots": SLOTS}
            for n, s in sizes for mix in ("in turn", "random") for seed in seeds]  # fmt: skip


@experiment("road_rivals", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Mean over the slots of the clients' total completion time, s; ``regret`` over that of the optimum."""
    rng = np.random.default_rng(case["seed"])
    first = draw_slot(case["clients"], case["helpers"], rng, mix=case["mix"])
    slots = drive(first, case["slots"], rng, mix=case["mix"])
    draws = np.random.default_rng(case["seed"])

    def evolved(slot: Slot) -> SlotPlan:
        return genetic(slot, draws)

    ways = {"greedy": greedy, "best_own": best_own, "genetic": evolved, "myopic": myopic, "learned": learned}
    best = simulate(slots, solve_slot, queues=False).completion_s
    found = [simulate(slots, ways[name], queues=False).completion_s for name in METHODS]
    return {"exact_s": best, "method": list(METHODS), "completion_s": found, "regret": [t / best - 1 for t in found]}
