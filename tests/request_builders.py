"""Small random requests that every test of splitters may use; all of it follows from the generator."""

from __future__ import annotations

import numpy as np

from instances.dnn import Dnn
from instances.request import Request
from tests.builders import tiny_network

__all__ = ["chain_network", "tiny_request"]


def chain_network(
    gflop: list[float], output_mbit: list[float], input_mbit: float = 1.0, result_mbit: float = 0.0
) -> Dnn:
    """A chain of layers with these numbers and a MB of weights each."""
    n = len(gflop)
    return Dnn(
        name=f"chain{n}",
        layers=tuple(f"layer{j}" for j in range(n)),
        kind=("conv",) * n,
        gflop=np.array(gflop),
        weight_mb=np.ones(n),
        output_mbit=np.array(output_mbit),
        predecessors=tuple((j - 1,) for j in range(n)),
        input_mbit=input_mbit,
        result_mbit=result_mbit,
    )


def tiny_request(
    rng: np.random.Generator,
    layers: int = 6,
    machines: int = 2,
    *,
    one_way: bool = True,
    route: str = "direct",
    chain: bool = False,
    sinks: bool = False,
    limits: bool = False,
    gaps: bool = False,
) -> Request:
    """Random request.

    Args:
        chain: a chain instead of a random graph. sinks: leave several last layers.
        limits: a deadline and memories that may bind. gaps: some layers cannot run on some machines.
    """
    net = tiny_network(rng, layers)
    if chain:
        net = chain_network(net.gflop.tolist(), net.output_mbit.tolist(), net.input_mbit, net.result_mbit)
    if sinks and layers > 2:
        reads = [*net.predecessors[:-1], (int(rng.integers(-1, layers - 2)),)]
        net = Dnn(net.name, net.layers, net.kind, net.gflop, net.weight_mb, net.output_mbit, tuple(reads),
                  net.input_mbit, net.result_mbit)  # fmt: skip
    speed = np.cumprod(rng.uniform(1.0, 4.0, machines))[:, None]
    time_s = net.gflop / speed * rng.uniform(0.5, 2.0, (machines, layers))
    if gaps:
        time_s = np.where(rng.random(time_s.shape) < 0.1, np.inf, time_s)
    off = ~np.eye(machines, dtype=bool)
    send = off * rng.uniform(0.02, 0.6, (machines, machines))
    if limits:
        worst = float(np.where(np.isfinite(time_s), time_s, 0.0).sum(axis=1).min())
    return Request(
        network=net,
        machines=tuple(f"m{k}" for k in range(machines)),
        time_s=time_s,
        energy_j=net.gflop * rng.uniform(0.1, 2.0, (machines, 1)),
        memory_mb=rng.uniform(0.3, 1.5, machines) * net.total_weight_mb if limits else np.full(machines, np.inf),
        send_s_per_mbit=send,
        send_j_per_mbit=off * rng.uniform(0.0, 1.0, (machines, machines)),
        hop_s=off * rng.uniform(0.0, 0.05, (machines, machines)),
        opening_s=np.array([0.0, *rng.uniform(0.0, 0.3, machines - 1)]),
        opening_j=np.array([0.0, *rng.uniform(0.0, 0.3, machines - 1)]),
        deadline_s=worst * rng.uniform(0.8, 3.0) if limits else np.inf,
        one_way=one_way,
        route=route,
    )
