"""The reality check: split runs over a rate-limited socket beside the model's prediction, and what the difference is.

Runs what has no row yet (`results/runs/reality.jsonl`; needs the extra `profile`, under three minutes on a quiet
machine); on a machine of your own delete that file first. Latency is compared twice: by wall time, and with processor
time in place of wall time where a process computes, which is what a machine without other work would show.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.measure import store
from results.experiment import rows_of, run_experiment

STAGES = ("device_s", "upload_s", "server_s")


def errors(row: dict[str, Any], measured: str) -> np.ndarray:
    """Predicted over measured latency less 1, for each cut and rate of a network."""
    return np.asarray(np.array(row["predicted_total_s"]) / np.array(row[measured]) - 1)


def blame(row: dict[str, Any]) -> dict[str, float]:
    """What each stage adds to measured less predicted latency, as a part of the measured; means over cuts and rates.

    ``pack_s`` and ``return_s`` (the result's way back beyond an empty round trip) are in no formula of the model.
    """
    total = np.array(row["measured_quiet_s"])
    parts = {s: np.array(row[f"measured_{s}"]) - np.array(row[f"predicted_{s}"]) for s in STAGES}
    parts["pack_s"] = np.array(row["measured_pack_s"])
    parts["return_s"] = np.array(row["measured_return_s"]) - np.array(row["predicted_round_trip_s"])
    return {name: float((part / total).mean()) for name, part in parts.items()}


def main() -> None:
    """Run what is missing, print and store."""
    run_experiment("reality")
    rows = rows_of("reality")
    quiet = np.abs(np.concatenate([errors(row, "measured_quiet_s") for row in rows]))
    wall = np.abs(np.concatenate([errors(row, "measured_total_s") for row in rows]))
    store("reality", {
        "measured_on": sorted({f"{row['processor']}, {row['runtime']}, {row['threads']} thread" for row in rows}),
        "runs": len(quiet),
        "median_error": float(np.median(quiet)),
        "p90_error": float(np.quantile(quiet, 0.9)),
        "worst_error": float(quiet.max()),
        "median_error_by_wall_time": float(np.median(wall)),
        "networks": {
            row["network"]: {
                "median_error": float(np.median(np.abs(errors(row, "measured_quiet_s")))),
                "median_error_by_wall_time": float(np.median(np.abs(errors(row, "measured_total_s")))),
                "cuts": list(dict.fromkeys(row["last_layer"])),
                "measured_less_predicted_by_stage": blame(row),
            }
            for row in rows
        },
    })  # fmt: skip


if __name__ == "__main__":
    main()
