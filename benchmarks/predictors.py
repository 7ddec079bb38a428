"""Layer-time predictors on networks they have not seen: their error, and what it costs the choice of a cut.

Measures what has no row yet (`results/runs/layer_times.jsonl`; needs the extra `profile`, a few minutes); on a machine
of your own delete that file and `predictors.jsonl` first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.measure import store
from instances.predict import PREDICTORS
from results.experiment import rows_of, run_experiment
from results.experiments.predictors import RATES


def summary(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Errors and regrets of one predictor over all networks held out, as parts of 1."""
    whole = np.array([abs(row["predicted_s"] / row["measured_s"] - 1) for row in rows])
    regret = np.concatenate([row["regret"] for row in rows])
    return {
        "layer_error_median": float(np.median([row["layer_error_median"] for row in rows])),
        "layer_error_p90_median": float(np.median([row["layer_error_p90"] for row in rows])),
        "layer_error_weighted_median": float(np.median([row["layer_error_weighted"] for row in rows])),
        "network_error_median": float(np.median(whole)),
        "network_error_p90": float(np.quantile(whole, 0.9)),
        "network_error_worst": float(whole.max()),
        "choices_that_lose_nothing": float((regret <= 1e-9).mean()),
        "choices_whose_best_cut_is_inside": float(np.concatenate([row["best_inside"] for row in rows]).mean()),
        "regret_mean": float(regret.mean()),
        "regret_p90": float(np.quantile(regret, 0.9)),
        "regret_worst": float(regret.max()),
        "front_loss_median": float(np.median([row["front_loss"] for row in rows])),
        "front_loss_worst": float(max(row["front_loss"] for row in rows)),
    }


def main() -> None:
    """Measure what is missing, fit, print and store."""
    for experiment in ("layer_times", "predictors"):
        run_experiment(experiment)
    times, rows = rows_of("layer_times"), rows_of("predictors")
    store("predictors", {
        "measured_on": sorted({f"{row['processor']}, {row['runtime']}, {row['threads']} thread" for row in times}),
        "networks": len(times),
        "layers": sum(len(row["layer_s"]) for row in times),
        "sum_of_layers_over_whole": {row["network"]: sum(row["layer_s"]) / row["whole_s"][1] for row in times},
        "spread_of_whole": {row["network"]: (row["whole_s"][2] - row["whole_s"][0]) / row["whole_s"][1]
                            for row in times},
        "rates_mbps": list(RATES),
        "predictors": {p: summary([row for row in rows if row["predictor"] == p]) for p in PREDICTORS},
    })  # fmt: skip


if __name__ == "__main__":
    main()
