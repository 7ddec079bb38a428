"""Regret of online policies against hindsight, with confidence intervals over seeds.

Runs what has no row yet (`results/runs/online.jsonl`); each row is written when it is done, so it may be stopped and
called again. Nothing here is a time, so a busy machine changes no figure.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.measure import store
from results.experiment import rows_of, run_experiment
from results.experiments import online
from results.metrics import interval

DRAWS_SEED = 0


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """One setting: of every policy the mean of what it misses, its 95 % interval, and requests turned away."""
    rng = np.random.default_rng(DRAWS_SEED)
    found: dict[str, Any] = {
        "seeds": len(rows), "requests_mean": float(np.mean([r["requests"] for r in rows])), "unit": rows[0]["unit"],
        "hindsight_missed_mean": float(np.mean([r["hindsight_missed"] for r in rows])),
        "hindsight_gap_worst": max((r["hindsight"] - r["bound"]) / abs(r["hindsight"]) for r in rows),
        "certified_gap_worst": max((r["hindsight"] - r["certified"]) / abs(r["hindsight"]) for r in rows),
        "policies": {},
    }  # fmt: skip
    for name in rows[0]["policy"]:
        at = [r["policy"].index(name) for r in rows]
        missed = [r["missed"][k] for r, k in zip(rows, at, strict=True)]
        mean, low, high = interval(missed, rng)
        relative = [r["cost"][k] / r["hindsight"] - 1 for r, k in zip(rows, at, strict=True)]
        away = float(np.mean([r["turned_away"][k] / r["requests"] for r, k in zip(rows, at, strict=True)]))
        found["policies"][name] = {"missed": mean, "low": low, "high": high,
                                   "regret_median": float(np.median(relative)), "turned_away": away}  # fmt: skip
    return found


def main() -> None:
    """Measure what is missing, summarise, print and store."""
    run_experiment("online")
    rows = rows_of("online")
    store("online", {
        "sequences": f"Poisson, {online.RATE:g} requests a slot, {online.SLOTS} slots, mean stay {online.MEAN_STAY:g}",
        "training": f"{online.EPISODES} sequences (deep Q-network), {online.BID_SEQUENCES} (bid prices), other seeds",
        "interval": "95 % percentile bootstrap of the mean, 10,000 draws", "machine_was": "busy; no figure is a time",
        "settings": {s: summary([r for r in rows if r["setting"] == s]) for s in online.SETTINGS},
    })  # fmt: skip


if __name__ == "__main__":
    main()
