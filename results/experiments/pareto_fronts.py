"""Fronts of latency and device energy of one request: single cuts, and any number of switches."""

from __future__ import annotations

from typing import Any

from instances.request import Request
from results.experiment import experiment
from solvers.split.front import front_of_cuts, front_of_switching

PAIRS = (("alexnet", "glasses"), ("efficientnet_b0", "glasses"), ("mobilenet_v3_small", "phone_flagship"),
         ("mobilenet_v3_large", "phone_flagship"))  # fmt: skip
RADIOS = ("wifi", "lte", "nr_5g")
SERVER, ROUND_TRIP_S = "edge_gpu", 0.002


def cases(quick: bool) -> list[dict[str, Any]]:
    """Networks and their devices × radios × cuts or switches."""
    pairs = PAIRS[:1] if quick else PAIRS
    return [{"network": n, "device": d, "radio": r, "placements": p}
            for n, d in pairs for r in RADIOS for p in ("cuts", "switches")]  # fmt: skip


@experiment("pareto_fronts", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Every point of one front, with the layers that run at the server."""
    cuts = case["placements"] == "cuts"
    request = Request.from_catalog(case["network"], case["device"], SERVER, case["radio"], server_weight=0.0,
                                   one_way=cuts, round_trip_s=ROUND_TRIP_S)  # fmt: skip
    front = front_of_cuts(request) if cuts else front_of_switching(request)
    return {
        "latency_s": front.latency_s.tolist(),
        "energy_j": front.energy_j.tolist(),
        "remote_layers": front.placements.sum(axis=1).tolist(),
        "supported": front.supported.tolist(),
        "knee": [k == front.knee for k in range(len(front))],
    }
