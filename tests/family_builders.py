"""Small random instances with option families: layers that may not run, variants, clouds, accuracy floors."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.clouds import Clouds
from instances.dnn import Dnn
from instances.instance import Instance
from instances.variants import Variants
from tests.builders import in_problem, tiny_instance, tiny_network

__all__ = ["tiny_families"]


def tiny_families(
    seed: int,
    users: int = 3,
    servers: int = 2,
    layers: int = 3,
    allocation: str = "units",
    *,
    problem: str = "J-E",
    rule: str | None = None,
    floors: bool = True,
) -> Instance:
    """Random instance that mixes all families and that an oracle can enumerate.

    The first network has layers that run with some probability; each network has a variant with fewer bits and losses,
    the second one another that runs a third, smaller network. About two thirds of the servers have a cloud.

    Args:
        seed, users, servers, layers, allocation: as for `tiny_instance`.
        problem: as for `in_problem`, or J-Q, or J-A.
        rule: deadline rule; None: drawn.
        floors: whether about half of the users have an accuracy floor.
    """
    plain = tiny_instance(seed, users, servers, layers, allocation)
    rng = np.random.default_rng(np.random.SeedSequence([seed, users, servers, layers, 5]))
    small = tiny_network(rng, max(layers - 1, 1), "small")
    small = dataclasses.replace(small, gflop=small.gflop * 0.4, accuracy=0.6)
    networks = (conditional(plain.networks[0], rng), dataclasses.replace(plain.networks[1], accuracy=0.9), small)
    count = layers + 1
    variants = Variants(
        name=np.array(["8 bits", "4 bits", "small"]),
        network=np.array([0, 1, 1]),
        runs=np.array([0, 1, 2]),
        upload_factor=np.array([0.25, 0.125, 1.0]),
        input_factor=np.array([1.0, 0.5, 1.0]),
        accuracy=np.array([0.79, 0.88, 0.6]),
        loss=(rng.uniform(0.0, 0.1, count), rng.uniform(0.0, 0.3, count), np.zeros(0)),
    )
    clouds = Clouds(
        name=np.array(["near", "far"]),
        gflops=rng.uniform(500.0, 3000.0, 2),
        memory_gb_s=np.array([500.0, 900.0]),
        launch_s=np.array([1e-5, 1e-5]),
        j_per_gflop=rng.uniform(0.01, 0.1, 2),
        backhaul_mbps=np.array([400.0, np.inf]),
        round_trip_s=rng.uniform(0.001, 0.01, 2),
        per_s=rng.uniform(0.0, 20.0, 2),
        per_mbit=rng.uniform(0.0, 0.3, 2),
    )
    floor = np.where(rng.random(users) < 0.5, rng.choice([0.55, 0.7, 0.8], users), 0.0)
    mixed = plain.replace(
        networks=networks,
        variants=variants,
        clouds=clouds,
        server_cloud=rng.choice([-1, 0, 1], servers),
        accuracy_floor=floor if floors else None,
        deadline_rule=rule or ("expected", "worst")[seed % 2],
    )
    # `in_problem` has variants of its own for J-Q.
    return mixed.replace(problem=problem) if problem in ("J-Q", "J-A") else in_problem(mixed, problem, seed)


def conditional(net: Dnn, rng: np.random.Generator) -> Dnn:
    """The network with probabilities that fall along its arcs."""
    p = np.ones(net.n_layers)
    for layer, reads in enumerate(net.predecessors):
        above = min((p[r] for r in reads if r >= 0), default=1.0)
        p[layer] = above * (1.0 if rng.random() < 0.5 else float(rng.uniform(0.2, 0.9)))
    return dataclasses.replace(net, run_probability=p, accuracy=0.8)
