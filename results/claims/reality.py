"""The model of latency itself: device, upload and server one after the other, held against really split runs."""

from __future__ import annotations

import numpy as np

from results.claims.registry import Finding, claim
from results.experiment import rows_of

GOAL = 0.10


@claim(
    "reality.latency",
    system="Layer model",
    says="device layers + megabits over the rate + server layers is the latency of a split network",
    source="the latency model that the field shares; docs/networks.md",
    evidence="own",
    published="–",
    measures="median relative error of predicted latency over networks, cuts and rates run split over two processes, "
    "processor time counted where they compute",
    tolerance="10 %",
)
def latency() -> Finding:
    """Median error of the committed split runs, %."""
    rows = rows_of("reality")
    told = np.concatenate([row["predicted_total_s"] for row in rows])
    found = np.concatenate([row["measured_quiet_s"] for row in rows])
    error = float(np.median(np.abs(told / found - 1)))
    if error <= GOAL:
        return Finding(100 * error, "%", "reproduced")
    return Finding(100 * error, "%", "not reproducible", "docs/networks.md names the stage that is to blame")
