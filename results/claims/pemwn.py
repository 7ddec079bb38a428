"""PEMWN 2021: at each layer go on, leave, or hand upwards, over three tiers."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.clouds import Clouds
from instances.generate import generate
from instances.instance import Instance
from results.claims.registry import Finding, claim
from solvers import Limits, solve

SEEDS = range(4)


def without_exits(instance: Instance) -> Instance:
    """The same with every layer running for every request."""
    sure = tuple(dataclasses.replace(n, run_probability=np.ones(n.n_layers)) for n in instance.networks)
    return instance.replace(networks=sure)


def without_cloud(instance: Instance) -> Instance:
    """The same on two tiers."""
    return instance.replace(clouds=Clouds.none(), server_cloud=np.zeros(0, dtype=np.int64))


@claim(
    "pemwn.tiers_and_exits",
    system="PEMWN 2021",
    says="choosing between going on, leaving early and handing upwards uses fewer resources at the same accuracy",
    source="Dynamic hierarchical DNN offloading, PEMWN 2021",
    evidence="abstract, no figures",
    published="–",
    measures="least energy with exits and three tiers, less than with neither, mean over 4 generated instances "
    "of 6 users",
    tolerance="above 0 in every instance",
    slow=True,
)
def tiers_and_exits() -> Finding:
    """Mean saving, %."""
    saved = []
    for seed in SEEDS:
        instance = generate("mixed", users=6, servers=2, seed=seed, networks=["alexnet", "squeezenet1_1"])
        both, neither = (solve(i, "branch", limits=Limits(gap=1e-4, nodes=2000))
                         for i in (instance, without_cloud(without_exits(instance))))  # fmt: skip
        if both.valid and neither.valid:
            saved.append(100 * (1 - both.objective_j / neither.objective_j))
    mean = float(np.mean(saved)) if saved else 0.0
    if saved and min(saved) > 0:
        return Finding(
            mean, "%", "trend", "their learned policy has no published figures; this is the exact static one"
        )
    return Finding(mean, "%", "not reproducible", "no saving, or no plan without exits")
