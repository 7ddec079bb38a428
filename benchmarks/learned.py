"""Policies learned by deep Q-learning beside simple ones, against certified or exact optima, intervals over seeds.

Runs what has no row yet (`results/runs/learned_flights.jsonl`, `learned_pieces.jsonl`, `road_rivals.jsonl`). Nothing
here is a time, so a busy machine changes no figure.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.measure import store
from results.experiment import rows_of, run_experiment
from results.metrics import interval

GROUPS = {
    "learned_flights": ("{family}", "missed"),
    "learned_pieces": ("{network}", "regret"),
    "road_rivals": ("{clients} ({helpers})", "regret"),
}
"""Experiment → what its rows are grouped by, and what is averaged."""
DRAWS_SEED = 0


def summary(rows: list[dict[str, Any]], figure: str) -> dict[str, Any]:
    """Of every method mean and 95 % interval, as parts of 1."""
    rng = np.random.default_rng(DRAWS_SEED)
    found: dict[str, Any] = {"cases": len(rows), "methods": {}}
    for k, name in enumerate(rows[0]["method"]):
        mean, low, high = interval([row[figure][k] for row in rows], rng)
        found["methods"][name] = {"mean": mean, "low": low, "high": high}
    return found


def main() -> None:
    """Measure what is missing, summarise, print and store."""
    groups: dict[str, Any] = {}
    for name, (by, figure) in GROUPS.items():
        run_experiment(name)
        rows = rows_of(name)
        labels = list(dict.fromkeys(by.format(**row) for row in rows))
        groups[name] = {label: summary([row for row in rows if by.format(**row) == label], figure) for label in labels}
    store("learned", {
        "interval": "95 % percentile bootstrap of the mean over cases, 10,000 draws",
        "machine_was": "busy; no figure is a time", "groups": groups,
    })  # fmt: skip


if __name__ == "__main__":
    main()
