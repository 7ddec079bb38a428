"""AoDNN: the cut chosen for latency and device energy at once, from predictions."""

from __future__ import annotations

import statistics

import numpy as np

from instances.request import Request
from results.claims.registry import Finding, claim
from solvers.split.front import pareto_front
from solvers.split.front_regret import front_regret, with_errors

NETWORKS = ("alexnet", "efficientnet_b0", "mobilenet_v2", "mobilenet_v3_large", "resnet50", "squeezenet1_1")
ERROR, SEEDS = 0.1, 20


@claim(
    "aodnn.predicted_front",
    system="AoDNN",
    says="predicted latency and energy are good enough to choose the cut by",
    source="AoDNN, INFOCOM 2022, abstract",
    evidence="abstract",
    published="–",
    measures="mean hypervolume that fronts chosen with a median error of 10 % in every layer's time and energy lack",
    tolerance="no figure; 5 % or less counts as the trend",
)
def predicted_front() -> Finding:
    """Mean hypervolume loss over networks, radios and seeds, %."""
    losses = []
    for name in NETWORKS:
        for radio in ("wifi", "lte", "nr_5g"):
            true = Request.from_catalog(name, "glasses", "edge_gpu", radio, server_weight=0.0)
            front = pareto_front(true)
            for seed in range(SEEDS):
                predicted = with_errors(true, ERROR, np.random.default_rng(seed))
                losses.append(front_regret(predicted, true, front).hypervolume_loss)
    value = 100 * statistics.fmean(losses)
    why = f"no figures found; errors are synthetic; the worst of {len(losses)} cases lacks {100 * max(losses):.2g} %"
    return Finding(value, "%", "trend" if value <= 5 else "not reproducible", why)
