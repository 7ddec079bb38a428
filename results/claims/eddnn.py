"""eDDNN: pieces of data and model over end devices, against one cut. Devices, links and the exact solver are ours."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np

from instances.check_rows import RowReport
from instances.rows import RowDevice, RowProblem, catalogue_device
from instances.spatial import GEOMETRIES, spatial_network
from results.claims.registry import Finding, claim, within
from solvers.rows import divide_network

SOURCE = "Huang et al., IEEE IoT-J 2021, doi:10.1109/JIOT.2021.3112715, abstract"
EVIDENCE = "abstract; devices and links own"
SETTING = "four networks, three phones on 100 Mbit/s and a server of 64 GFLOP/s on 5, 20 or 100 Mbit/s"
PHONES = ("phone", "phone", "phone")
SERVER_MBPS = (5.0, 20.0, 100.0)
SERVER_GFLOPS, SERVER_J_PER_GFLOP = 64.0, 0.312
"""A fifth of the catalogue's eight-core server: the share of one of five users."""


@dataclasses.dataclass(frozen=True)
class Pair:
    """One setting: the reports of the best single cut and of the best pieces, both for latency."""

    problem: RowProblem
    cut: RowReport
    pieces: RowReport

    def source_j(self, report: RowReport) -> float:
        """Energy of the phone that asks: computing, and receiving over its link."""
        phone = self.problem.devices[0]
        return phone.active_w * report.gflop[0] / phone.gflops + phone.j_per_mbit * report.received_mbit[0]


@cache
def pairs() -> tuple[Pair, ...]:
    """All networks and server links."""
    made = []
    for rate in SERVER_MBPS:
        server = RowDevice("server", SERVER_GFLOPS, SERVER_J_PER_GFLOP * SERVER_GFLOPS, rate, 0.03)
        devices = (*(catalogue_device(model, rate_mbps=100.0) for model in PHONES), server)
        for name in GEOMETRIES:
            problem = RowProblem(spatial_network(name), devices, goal="latency")
            cut, pieces = (divide_network(problem, method).report for method in ("single_cut", "pieces"))
            assert cut is not None and pieces is not None
            made.append(Pair(problem, cut, pieces))
    return tuple(made)


@claim(
    "eddnn.latency",
    system="eDDNN",
    says="pieces of data and model are done 2.98 times sooner than with one cut",
    source=SOURCE,
    evidence=EVIDENCE,
    published="2.98 ×",
    measures=f"mean latency of the best single cut over that of the best pieces; {SETTING}",
    tolerance="10 %; more than 1 is a trend",
    slow=True,
)
def latency() -> Finding:
    """Mean ratio; the reason gives its range."""
    ratios = np.array([p.cut.latency_s / p.pieces.latency_s for p in pairs()])
    mean = float(ratios.mean())
    if within(mean, 2.98, 0.1):
        return Finding(mean, "×", "reproduced")
    why = (
        f"from {ratios.min():.2f} to {ratios.max():.2f}: pieces never take longer, and help where the server is slow "
        "to reach or shared; the paper's devices and links cannot be had"
    )
    return Finding(mean, "×", "trend" if mean > 1 else "not reproducible", why)


@claim(
    "eddnn.mobile_energy",
    system="eDDNN",
    says="pieces take 1.8 times less energy of the mobile device than one cut",
    source=SOURCE,
    evidence=EVIDENCE,
    published="1.8 ×",
    measures="energy of the asking phone with the best single cuts for latency over that with the best pieces, sums "
    f"of all; {SETTING}",
    tolerance="10 %; more than 1 is a trend",
    slow=True,
)
def mobile_energy() -> Finding:
    """Ratio of sums."""
    ratio = sum(p.source_j(p.cut) for p in pairs()) / sum(p.source_j(p.pieces) for p in pairs())
    if within(ratio, 1.8, 0.1):
        return Finding(ratio, "×", "reproduced")
    less = sum(p.source_j(p.pieces) < 0.999 * p.source_j(p.cut) for p in pairs())
    more = sum(p.source_j(p.pieces) > 1.001 * p.source_j(p.cut) for p in pairs())
    why = (
        f"of {len(pairs())} settings the phone saves in {less} and spends more in {more}: where one cut leaves "
        "everything to the server, sharing the work for latency's sake costs the phone energy"
    )
    return Finding(ratio, "×", "trend" if ratio > 1 else "not reproducible", why)


@claim(
    "eddnn.server_load",
    system="eDDNN",
    says="pieces put 2.57 times less work on the edge server than one cut",
    source=SOURCE,
    evidence=EVIDENCE,
    published="2.57 ×",
    measures="GFLOP on the server with the best single cuts for latency over those with the best pieces, sums of all; "
    f"{SETTING}",
    tolerance="10 %; more than 1 is a trend",
    slow=True,
)
def server_load() -> Finding:
    """Ratio of sums."""
    ratio = sum(p.cut.gflop[-1] for p in pairs()) / sum(p.pieces.gflop[-1] for p in pairs())
    if within(ratio, 2.57, 0.1):
        return Finding(ratio, "×", "reproduced")
    why = "phones take a part of what one cut would send to the server; devices and links are ours"
    return Finding(ratio, "×", "trend" if ratio > 1 else "not reproducible", why)
