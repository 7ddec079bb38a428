"""Wireless-powered offloading: rates of policies over the exact optimum, frame by frame."""

from __future__ import annotations

from typing import Any

import numpy as np

from instances.systems.check_droo import evaluate
from instances.systems.droo import draw_frames
from results.experiment import experiment
from solvers.systems.droo import Learner, all_local, all_offload, branch, coordinate_descent, relax_and_round

METHODS = {"descent": coordinate_descent, "relaxation": relax_and_round, "local": all_local, "offload": all_offload}


def cases(quick: bool) -> list[dict[str, Any]]:
    """Seeds; a case trains one policy and tests all on the same frames."""
    seeds, train, test = (range(1, 3), 100, 5) if quick else (range(1, 9), 1500, 60)
    return [{"devices": 10, "seed": s, "train": train, "test": test} for s in seeds]


@experiment("droo_policy", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Mean over the test frames of rate over optimal rate, by method."""
    rng = np.random.default_rng(case["seed"])
    learner = Learner(case["devices"], rng)
    for frame in draw_frames(case["devices"], case["train"], rng):
        learner.learn(frame)
    frames = draw_frames(case["devices"], case["test"], rng)
    best = np.array([evaluate(f, branch(f)).value for f in frames])
    row = {"learned": float(np.mean([evaluate(f, learner.decide(f)).value for f in frames] / best))}
    for name, method in METHODS.items():
        row[name] = float(np.mean([evaluate(f, method(f)).value for f in frames] / best))
    return row
