"""A road with clients and service vehicles: optimum of every slot beside greedy rules (the setting of MAD2RL's Fig. 8).

What the paper leaves open is a case here: which networks the clients run, and whether the queues of one slot are
carried to the next. The published learned policies are not run.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from instances.systems.mad2rl import draw_slot, drive
from results.experiment import experiment
from solvers.systems.mad2rl import best_own, greedy, simulate, solve_slot

METHODS = {"exact": solve_slot, "greedy": greedy, "best_own": best_own}
CLIENTS, HELPERS = 5, 3
"""Clients while service vehicles vary, and the other way round; ours."""
WEIGHT = 1000.0
"""V when queues are carried over, GFLOP²/s; ours. Without queues it does not matter."""


def cases(quick: bool) -> list[dict[str, Any]]:
    """Clients and service vehicles × mix of networks × queues × seeds."""
    sizes = [(n, HELPERS) for n in range(3, 8)] + [(CLIENTS, s) for s in range(4, 8)]
    seeds, slots = [1, 2], 30
    if quick:
        sizes, seeds, slots = [(3, 3), (4, 3), (5, 3), (5, 4)], [1], 3
    return [
        {"clients": n, "helpers": s, "mix": mix, "queues": queues, "seed": seed, "slots": slots}
        for n, s in sizes
        for mix in ("in turn", "random")
        for queues in (False, True)
        for seed in seeds
    ]


@experiment("mad2rl_slots", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Mean over the slots of the clients' total completion time, s, and of the backlog, GFLOP, by method."""
    rng = np.random.default_rng(case["seed"])
    first = draw_slot(case["clients"], case["helpers"], rng, mix=case["mix"], weight=WEIGHT)
    slots = drive(first, case["slots"], rng, mix=case["mix"])
    row = {}
    for name, method in METHODS.items():
        found = simulate(slots, method, queues=case["queues"])
        row[f"{name}_s"], row[f"{name}_backlog_gflop"] = found.completion_s, found.backlog_gflop
    return row
