"""Instances in which nobody can stay on its device: some have no plan, some just have one."""

from __future__ import annotations

import math

import numpy as np

from instances.certificate import Certificate, Node
from instances.certify import certify
from instances.certify_nothing import without_costs
from instances.check import check
from instances.expand import expand
from instances.instance import Instance
from instances.plan import Plan
from solvers import Limits, get_method, solve
from solvers.answer import Clock
from solvers.prices.ascent import climb, first_prices
from solvers.prices.dual import Dual
from solvers.prices.maximise import maximise
from tests.builders import tiny_instance

__all__ = ["attack", "denies", "exactly_enough", "has_plan", "remote"]


def remote(seed: int, allocation: str = "units", problem: str = "J-E", users: int = 4, narrow: float = 1.0) -> Instance:
    """Nobody can stay on its device; ``narrow``: part of the uplink that is there."""
    made = tiny_instance(seed, users=users, servers=2, allocation=allocation, problem=problem, memory_limits=False)
    devices, servers = made.devices, made.servers
    return made.replace(
        devices=devices.replace(memory_mb=np.full(len(devices), 0.6)),
        servers=servers.replace(bandwidth_mhz=servers.bandwidth_mhz * narrow),
    )


def denies(instance: Instance, root: Node, whole: bool = False) -> bool:
    """Whether a tree proves that there is no plan."""
    bound = certify(instance, Certificate(root, math.inf, whole, costless=True)).bound_j
    assert bound in (math.inf, -math.inf)
    return bound == math.inf


def attack(instance: Instance) -> np.ndarray:
    """Prices that climb the dual function of the problem without costs: what denies plans best."""
    dual = Dual(expand(without_costs(instance)))
    assert not len(dual.stuck)
    near = climb(dual, first_prices(dual), 20)
    best = maximise(dual, near.prices, rounds=6).point
    return max(near, best, key=lambda point: point.bound_j).prices


def has_plan(instance: Instance) -> bool:
    """By brute force; no reasons are looked for where there is none."""
    clock = Clock(Limits())
    answer = get_method("brute_force").solve(
        expand(instance), limits=Limits(), rng=np.random.default_rng(0), clock=clock
    )
    return answer.decision is not None


def exactly_enough(instance: Instance) -> tuple[Instance, Plan] | None:
    """Deadlines that a plan meets exactly, with servers full and clocks at their fastest; that plan."""
    found = solve(instance, "branch", limits=Limits(nodes=50)).plan
    if found is None:
        return None
    plan = found.replace(clock=instance.devices.clock_max[instance.users.device])
    if instance.allocation == "continuous":
        beta, phi = plan.uplink_share.copy(), plan.compute_share.copy()
        for share in (beta, phi):
            used = np.bincount(plan.server[plan.server >= 0], share[plan.server >= 0], instance.n_servers)
            share /= np.where(used > 0, used, 1.0)[plan.server]
        plan = plan.replace(uplink_share=beta, compute_share=phi)
    latency = check(instance, plan).latency_s
    return instance.replace(users=instance.users.replace(deadline_s=latency)), plan
