"""SPINN: exits, cut and coding of what is sent, chosen together."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.accuracy import with_accuracy
from instances.build import Variant
from instances.exits import Exit, boundary_at, with_exits
from instances.expand import expand
from instances.instance import Instance
from instances.tariff import Tariff
from results.claims.registry import Finding, claim
from results.single_user import latency_s, one_user
from solvers import solve

SOURCE = "Laskaridis et al., MobiCom 2020, doi:10.1145/3372224.3419194"
LEAVES = (0.3, 0.2, 0.2)
"""Part of the requests that leave at each of three exits [assumed]; with their answers, accuracy is as before."""
RATES_MBPS = (5.0, 10.0, 20.0, 50.0)
SLACK = 1.05
"""Deadline over the latency of doing everything at the server."""


def instance_at(mbps: float) -> Instance:
    """ResNet-50 with exits and 8-bit features on a fast phone, as late at most as with everything at the server."""
    whole = with_accuracy("resnet50")
    places = [boundary_at(whole, part) for part in (0.25, 0.5, 0.75)]
    right = float(whole.accuracy or 0.0)
    exits = [Exit(place, part, right) for place, part in zip(places, LEAVES, strict=True)]
    early = with_exits(whole, exits)
    variants = [Variant("exits", whole, right, runs=early),
                Variant("exits, 8 bits", whole, right, runs=early, upload_factor=0.25),
                Variant("8 bits", whole, right, upload_factor=0.25)]  # fmt: skip
    free = one_user(whole, "phone_flagship", "edge_gpu", mbps=mbps, variants=variants)
    plain = expand(free.replace(variants=free.variants.take(np.zeros(0, dtype=np.int64))))
    everything = int(np.argmax(plain.server_s))
    deadline = SLACK * float(latency_s(plain, mbps)[everything])
    tariff = Tariff(per_j=0.0, per_server_s=np.ones(1), per_mbit=np.zeros(1), rent=np.zeros(1), currency="s")
    users = free.users.replace(deadline_s=np.array([deadline]))
    return dataclasses.replace(free, users=users, problem="J-C", tariff=tariff, accuracy_floor=np.array([right - 0.01]))


@claim(
    "spinn.server_cost",
    system="SPINN",
    says="up to 6.8 times less server cost than running everything there, with no loss of accuracy",
    source=SOURCE,
    evidence="abstract",
    published="6.8 times",
    measures="largest ratio, over 4 rates, of server seconds with everything there to those of the cheapest exit, cut "
    "and bit width that is no later (5 %) and no less accurate (1 point)",
    tolerance="above 1; the figure itself depends on devices and exits",
)
def server_cost() -> Finding:
    """Largest ratio of server seconds over the rates at which some work stays at the server."""
    ratios = []
    for mbps in RATES_MBPS:
        instance = instance_at(mbps)
        most = float(expand(instance, feasible_only=False).server_s.max())
        got = solve(instance, "exact")
        if got.valid and got.objective_j > 0:
            ratios.append(most / got.objective_j)
    value = max(ratios, default=0.0)
    if value > 1:
        why = f"exit rates assumed, machines the catalogue's; a server works at {len(ratios)} of {len(RATES_MBPS)}"
        return Finding(value, "times", "trend", why)
    return Finding(value, "times", "not reproducible", "no rate at which part of the work stays at the server")
