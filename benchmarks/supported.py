"""What the `supported` cut rule loses against `efficient` cuts: optima of the same instances under both."""

from __future__ import annotations

import statistics

from benchmarks.measure import store
from instances.generate import generate
from solvers import Limits, solve

GAP = 1e-6
CASES = [(kind, seed) for kind in ("campus", "factory", "roadside") for seed in range(10)]


def main() -> None:
    """Measure, print and store."""
    losses, rows, impossible = [], [], 0
    for kind, seed in CASES:
        optimum = {}
        for rule in ("efficient", "supported"):
            instance = generate(kind, users=20, servers=3, seed=seed, cut_rule=rule)
            optimum[rule] = solve(instance, "exact", limits=Limits(gap=GAP, time_s=60)).objective_j
        loss = optimum["supported"] / optimum["efficient"] - 1
        finite = loss == loss and loss != float("inf")
        impossible += not finite
        losses += [loss] if finite else []
        rows.append({"generator": kind, "seed": seed, "loss": loss if finite else None})
    store("supported", {
        "instances": "20 users x 3 servers, continuous", "gap": GAP, "runs": rows, "without_a_plan": impossible,
        "median_loss": statistics.median(losses), "mean_loss": statistics.fmean(losses), "largest_loss": max(losses),
    })  # fmt: skip


if __name__ == "__main__":
    main()
