"""What errors of predicted layer times and energies cost: fronts chosen by predictions, worth what is true."""

from __future__ import annotations

from typing import Any

import numpy as np

from instances.request import Request
from results.experiment import experiment
from solvers.split.front import pareto_front
from solvers.split.front_regret import front_regret, with_errors

NETWORKS = ("alexnet", "efficientnet_b0", "mobilenet_v2", "mobilenet_v3_large", "squeezenet1_1")
ERRORS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
DEVICE, SERVER, RADIO, SEEDS = "glasses", "edge_gpu", "wifi", 100


def cases(quick: bool) -> list[dict[str, Any]]:
    """Networks × median errors; each case draws many predictions."""
    networks, errors = (NETWORKS[:1], ERRORS[::3]) if quick else (NETWORKS, ERRORS)
    return [{"network": n, "median_error": e, "seeds": 10 if quick else SEEDS} for n in networks for e in errors]


@experiment("front_regret", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Means and 95th percentiles over the seeds."""
    true = Request.from_catalog(case["network"], DEVICE, SERVER, RADIO, server_weight=0.0)
    front = pareto_front(true)
    found = [front_regret(with_errors(true, case["median_error"], np.random.default_rng(seed)), true, front)
             for seed in range(case["seeds"])]  # fmt: skip
    row: dict[str, Any] = {"true_points": len(front)}
    for name in ("hypervolume_loss", "worst_excess", "fastest_excess", "frugal_excess"):
        values = np.array([getattr(regret, name) for regret in found])
        row[f"{name}_mean"], row[f"{name}_p95"] = float(values.mean()), float(np.quantile(values, 0.95))
    return row
