"""JIDM 2020: edge or cloud for object recognition, a cut in between, or a small model that hands over to a big one."""

from __future__ import annotations

import numpy as np

from instances.accuracy import TOP1, with_accuracy
from instances.build import Cloud
from instances.cascade import cascade
from instances.catalog import servers as server_models
from instances.columns import Bools, Floats
from instances.dnn import Dnn
from instances.expand import expand
from results.claims.registry import Finding, claim
from results.single_user import inside, latency_s, one_user

SOURCE = "Magalhaes et al., JIDM 2020"
RATES_MBPS = np.geomspace(0.5, 200.0, 14)
ROUND_TRIPS_S = (0.005, 0.04)
DEVICES = ("raspberry_pi_3b", "raspberry_pi_4", "phone")
SERVERS = ("edge_gpu", "cloud_gpu")
CHEAP = 0.05
"""Part of the latency that a cut inside must save to be worth its trouble."""


def end_points_win(part: float = 0.0) -> Bools:
    """Whether running it all on one side is within a part of the best latency, in every case of the grid."""
    found = []
    for name in TOP1:
        for device in DEVICES:
            for server in SERVERS:
                table = expand(one_user(with_accuracy(name), device, server, round_trip_s=0.0))
                between, remote = inside(table), ~table.is_local
                for trip in ROUND_TRIPS_S:
                    took = latency_s(table, RATES_MBPS) + trip * remote
                    best, ends = took.min(axis=1), took[:, ~between].min(axis=1)
                    found.append(ends * (1 - part) <= best * (1 + 1e-12))
    return np.concatenate(found)


@claim(
    "jidm.end_points",
    system="JIDM 2020",
    says="the best cut is usually an end point: all on the device, or all remote",
    source=SOURCE,
    evidence="abstract",
    published="usually",
    measures="share of cases (19 image networks, 3 devices, 2 servers, 0.5 to 200 Mbit/s, round trips of 5 and 40 ms) "
    "in which no cut inside is faster",
    tolerance="at least 70 %",
)
def end_points() -> Finding:
    """Share of cases in which an end point is fastest, %."""
    share = 100 * float(end_points_win().mean())
    if share >= 70:
        return Finding(share, "%", "reproduced")
    if share > 50:
        return Finding(share, "%", "trend", "most cases, but not as clearly: other devices, rates and networks")
    return Finding(share, "%", "not reproducible", "cuts inside win in most cases of this grid")


@claim(
    "jidm.end_points_nearly",
    system="JIDM 2020",
    says="the best cut is usually an end point",
    source=SOURCE,
    evidence="abstract",
    published="usually",
    measures="share of the same cases in which a cut inside saves at most 5 % of the latency",
    tolerance="at least 70 %",
)
def end_points_nearly() -> Finding:
    """Share of cases in which an end point is within 5 % of the best, %."""
    share = 100 * float(end_points_win(CHEAP).mean())
    if share >= 70:
        return Finding(share, "%", "reproduced")
    return Finding(
        share, "%", "trend" if share > 50 else "not reproducible", "cuts inside save more than 5 % too often"
    )


def _cloud() -> Cloud:
    model = server_models()["cloud_gpu"]
    return Cloud("cloud", float(model.gflops), memory_gb_s=float(model.memory_gb_s), launch_s=float(model.launch_s),
                 backhaul_mbps=50.0, round_trip_s=0.04)  # fmt: skip


def _least(network: Dnn, *, small_first: bool) -> tuple[float, Floats]:
    """Least latency with a server beside the user and a cloud behind it, and Mbit sent to the cloud then."""
    table = expand(one_user(network, "raspberry_pi_3b", "edge_gpu_small", round_trip_s=0.005, cloud=_cloud()))
    took = latency_s(table, 20.0)
    ways = table.cut_sets[0]
    row = table.cut - int(table.cut_offset[0])
    passed = ways.passed_on[row]
    if small_first:  # all of the small model before the cloud, all of the big one in it
        split = np.array([name.startswith("big.") for name in network.layers])
        wanted = (passed == split).all(axis=1) & ~ways.on_device[row].any(axis=1)
    else:  # everything in the cloud
        wanted = passed.all(axis=1)
    best = int(np.argmin(np.where(wanted, took, np.inf)))
    return float(took[best]), ways.lift_mbit[row[best : best + 1]]


@claim(
    "jidm.hand_over",
    system="JIDM 2020",
    says="handing doubtful inputs over from a small model at the edge to a big one in the cloud costs little",
    source=SOURCE,
    evidence="abstract",
    published="small extra cost",
    measures="expected latency of the cascade (mobilenet_v3_small at the edge hands 30 % to resnet101 in the cloud) "
    "as part of that of the big model in the cloud for every input",
    tolerance="trend: below 100 %",
)
def hand_over() -> Finding:
    """Expected latency of the cascade over that of the big model alone, %."""
    big, small = with_accuracy("resnet101"), with_accuracy("mobilenet_v3_small")
    both = cascade(small, big, handed_over=0.3, accuracy=TOP1["resnet101"])
    in_cloud_s, all_mbit = _least(big, small_first=False)
    cascaded_s, mbit = _least(both, small_first=True)
    part, traffic = 100 * cascaded_s / in_cloud_s, 100 * float(mbit[0] / all_mbit[0])
    why = (
        f"the share handed over is assumed, so traffic to the cloud ({traffic:.0f} %) is too; accuracy was not measured"
    )
    if part < 100:
        return Finding(part, "%", "trend", why)
    return Finding(part, "%", "not reproducible", why)
