"""Part of the checker: variants, and what servers pass on to their clouds.

Like `instances.check` it shares no code with what it checks.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.check_cuts import CutFacts
from instances.columns import Floats, Ints
from instances.instance import Instance
from instances.plan import Cut, Plan

__all__ = ["Beyond", "beyond_servers", "is_variant", "wrongly_passed_on"]


def is_variant(instance: Instance, cut: Cut) -> bool:
    """Whether the cut is of a network itself (−1), or of a variant that is there for its users."""
    if cut.variant == -1:
        return True
    return 0 <= cut.variant < len(instance.variants) and bool(instance.variants.network[cut.variant] == cut.network)


@dataclasses.dataclass(frozen=True)
class Beyond:
    """What users' servers pass on to their clouds, [users] each: ``latency_s`` that it adds, ``energy_j`` there (not
    weighted), ``expected_s`` of computing there and ``expected_mbit`` sent there."""

    latency_s: Floats
    energy_j: Floats
    expected_s: Floats
    expected_mbit: Floats


def beyond_servers(instance: Instance, plan: Plan, facts: CutFacts) -> Beyond:
    """What is passed on by the users' servers; nothing where they have no cloud."""
    cloud = _cloud_of(instance, plan)
    there, clouds = cloud >= 0, instance.clouds
    if not there.any():
        nothing = np.zeros(len(plan))
        return Beyond(nothing, nothing, nothing, nothing)
    cut, row = plan.cut, np.where(there, cloud, 0)
    speeds = (clouds.gflops[row], clouds.memory_gb_s[row], clouds.launch_s[row])
    moved = facts.lift_mbit[cut] + facts.result_mbit[cut] * facts.lift_reach[cut]
    latency_s = (facts.time_s(cut, *speeds, "cloud", expected=False) + moved / clouds.backhaul_mbps[row]
                 + clouds.round_trip_s[row] * facts.lift_reach[cut])  # fmt: skip
    energy_j = clouds.j_per_gflop[row] * facts.cloud_gflop[cut]
    expected_s = facts.time_s(cut, *speeds, "cloud", expected=True)
    return Beyond(*(np.where(there, amount, 0.0)
                     for amount in (latency_s, energy_j, expected_s, facts.expected_lift_mbit[cut])))  # fmt: skip


def wrongly_passed_on(instance: Instance, plan: Plan, facts: CutFacts) -> Floats:
    """[users] layers that are passed on without a cloud, that the device has too, or that are read by one nearer."""
    cloud = _cloud_of(instance, plan)
    nowhere = np.where(cloud < 0, facts.cloud_layers[plan.cut], 0)
    wrong = np.array(facts.overlap) + np.array(facts.returning)
    return np.asarray(nowhere + wrong[plan.cut], dtype=float)


def _cloud_of(instance: Instance, plan: Plan) -> Ints:
    """[users] the cloud behind each user's server; −1 without one."""
    return np.where(plan.server >= 0, np.append(instance.cloud_of, -1)[plan.server], -1)
