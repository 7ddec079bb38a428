"""Neurosurgeon's layer-time predictors: cuts chosen by predicted times, judged by measured ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from results.claims.registry import Finding, claim
from results.experiment import rows_of

NEAR = 0.985
"""Part of the best achievable speed that the paper reports for its choices."""


def _rows(predictor: str) -> list[dict[str, Any]]:
    return [row for row in rows_of("predictors") if row["predictor"] == predictor]


@claim(
    "neurosurgeon.predictors",
    system="Neurosurgeon",
    says="a regression a layer type predicts well enough for the cut to be near the best one's latency",
    source="Kang et al., ASPLOS 2017, section on layer performance prediction",
    evidence="unverified",
    published="98.5 % of the best cut's speed",
    measures="mean speed, as a part of the best cut's, of cuts by linear regressions a kernel, networks held out",
    tolerance="at least 98.5 %",
)
def choices_by_regression() -> Finding:
    """Mean of best latency over chosen latency, %."""
    speed = float(np.mean([1 / (1 + regret) for row in _rows("linear") for regret in row["regret"]]))
    inside = float(np.mean([at for row in _rows("linear") for at in row["best_inside"]]))
    if speed >= NEAR:
        why = f"the best cut lies inside the network in {100 * inside:.1f} % of the choices only, which makes most easy"
        return Finding(100 * speed, "%", "reproduced", why)
    return Finding(
        100 * speed, "%", "trend", "choices are near the best, not as near as reported; other networks, machine"
    )


@claim(
    "neurosurgeon.flop_alone",
    system="Neurosurgeon",
    says="FLOP alone do not predict a layer's time: its type and configuration have to be known",
    source="Kang et al., ASPLOS 2017, section on layer performance prediction",
    evidence="unverified",
    published="–",
    measures="median network error of a line in FLOP over that of a linear regression a kernel, networks held out",
    tolerance="more than 1",
)
def flop_alone() -> Finding:
    """Ratio of the two errors."""
    errors = {
        name: float(np.median([abs(row["predicted_s"] / row["measured_s"] - 1) for row in _rows(name)]))
        for name in ("flop", "linear")
    }
    ratio = errors["flop"] / errors["linear"]
    if ratio > 1:
        return Finding(ratio, "times", "reproduced")
    return Finding(ratio, "times", "not reproducible", "a line in FLOP predicts no worse on this machine")
