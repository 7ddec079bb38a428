"""How long it takes to recompute the bound of a certificate, and its peak memory.

Each size runs in a process of its own, so that peaks do not add up. ``wall_s``: of `certify` alone; ``added_mib``:
the peak of the process beyond what making the instance took.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from typing import Any

import numpy as np

from benchmarks.measure import store
from instances.certificate import Certificate, Leaf, Node, ServerSplit
from instances.certify import certify
from instances.generate import generate

SIZES = (("campus", 100, 5, 1), ("campus", 100, 5, 32), ("metro", 100_000, 100, 1), ("metro", 1_000_000, 1_000, 1))
"""Generator, users, servers, leaves."""


def plain_prices(n_servers: int, users: int, factor: float) -> np.ndarray:
    """[3, n_servers] prices of the size that matters: some tenths of a joule for each user of a server."""
    prices = np.full((3, n_servers), 0.03 * factor * users / n_servers)
    prices[2] = 0.0
    return prices


def tree(servers: int, leaves: int, prices: np.ndarray, server: int = 0) -> Node:
    """All ways to switch the first servers on and off, with prices that differ."""
    if leaves == 1:
        return Leaf(prices)
    off, on = (tree(servers, leaves // 2, prices * factor, server + 1) for factor in (1.1, 0.95))
    return ServerSplit(server, off, on)


def peak_mib() -> float:
    """Of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(kind: str, users: int, servers: int, leaves: int, seed: int = 1) -> dict[str, Any]:
    """Figures of one certification."""
    instance = generate(kind, users=users, servers=servers, seed=seed)
    before = peak_mib()
    root = tree(servers, leaves, plain_prices(servers, users, 1.0))
    start = time.perf_counter()
    proof = certify(instance, Certificate(root, 0.0))
    return {
        "instance": f"{kind} {users} users x {servers} servers", "leaves": proof.leaves,
        "wall_s": round(time.perf_counter() - start, 3), "bound_j": proof.bound_j, "peak_mib": round(peak_mib()),
        "added_mib": round(peak_mib() - before),
    }  # fmt: skip


def main() -> None:
    """Measure, print and store."""
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        store("certify", {"runs": [pool.apply(measure, size) for size in SIZES]})


if __name__ == "__main__":
    main()
