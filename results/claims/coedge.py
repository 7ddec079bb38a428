"""CoEdge: rows of feature maps shared among boards so that energy is least in time. Boards and links are ours."""

from __future__ import annotations

import numpy as np

from instances.rows import RowProblem, catalogue_device
from instances.spatial import GEOMETRIES, spatial_network
from results.claims.registry import Finding, claim
from solvers.rows import divide_network

BOARDS = ("raspberry_pi_3b", "raspberry_pi_3b", "raspberry_pi_4", "jetson_tx2_cpu")
RATE_MBPS = 100.0
PATIENCE = 1.5
"""Deadline over the latency of rows in proportion to speed."""


def savings() -> dict[str, float]:
    """Part of the energy of rows in proportion to speed that the rounded LP saves, by network."""
    saved = {}
    for name in GEOMETRIES:
        devices = tuple(catalogue_device(model, rate_mbps=RATE_MBPS) for model in BOARDS)
        problem = RowProblem(spatial_network(name), devices, goal="energy")
        even = divide_network(problem, "proportional").report
        assert even is not None
        timed = problem.replace(deadline_s=PATIENCE * even.latency_s)
        saved[name] = 1 - divide_network(timed, "coedge").value / even.energy_j
    return saved


@claim(
    "coedge.energy_saving",
    system="CoEdge",
    says="sharing rows for energy within a deadline saves 25.5 to 66.9 % of it on four CNNs",
    source="Zeng et al., CoEdge, arXiv:2012.03257, abstract",
    evidence="abstract; method unverified, boards and links own",
    published="25.5–66.9 %",
    measures="mean saving of `coedge` over rows in proportion to speed (the MoDNN idea), within 1.5 times "
    "their latency, on four networks and four boards on 100 Mbit/s",
    tolerance="a saving on every network, as a trend: boards, links and baselines are ours",
    slow=True,
)
def energy_saving() -> Finding:
    """Mean saving, %; the reason gives its range."""
    saved = savings()
    least, most = 100 * min(saved.values()), 100 * max(saved.values())
    why = f"from {least:.0f} to {most:.0f} % on {len(saved)} networks; boards, links and the baseline are ours"
    return Finding(100 * float(np.mean(list(saved.values()))), "%", "trend" if least > 0 else "not reproducible", why)
