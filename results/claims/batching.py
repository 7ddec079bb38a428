"""J-DOB and IP-SSA: energy saved over local computing. Constants are not public, so only trends can be claimed."""

from __future__ import annotations

import numpy as np

from instances.systems.batching import draw_batching
from instances.systems.check_batching import evaluate
from results.claims.registry import Finding, claim
from solvers.systems.batching import all_local, group_optimally, independent_cuts

DEVICES, SEEDS = 5, (1, 2, 3)
CONSTANTS = "device, radio and GPU constants are not public; ours decide the amount"


def saved(deadline_s: tuple[float, float]) -> float:
    """Mean part of the energy of local computing that the best groups save, %."""
    parts = []
    for seed in SEEDS:
        problem = draw_batching(DEVICES, np.random.default_rng(seed), deadline_s=deadline_s)
        grouped, alone = (evaluate(problem, method(problem)).total_j for method in (group_optimally, all_local))
        parts.append(1 - grouped / alone)
    return float(100 * np.mean(parts))


def verdict(value: float, why: str = CONSTANTS) -> Finding:
    """A trend if anything is saved."""
    if value > 0:
        return Finding(value, "%", "trend", why)
    return Finding(value, "%", "not reproducible", f"nothing is saved; {why}")


@claim(
    "j_dob.equal_deadlines",
    system="J-DOB",
    says="up to 51.30 % less energy than local computing, equal deadlines",
    source="Xu, Zhou and Niu 2025, arXiv 2504.14611, abstract",
    evidence="abstract",
    published="51.30 %",
    measures="mean saving of the best groups, 5 phones with MobileNetV2, deadlines of 50 ms, 3 seeds",
    tolerance="a saving is a trend; the amount is not comparable",
)
def equal_deadlines() -> Finding:
    """Saving with equal deadlines, %."""
    return verdict(saved((0.05, 0.05)))


@claim(
    "j_dob.different_deadlines",
    system="J-DOB",
    says="up to 45.27 % less energy than local computing, different deadlines: less than with equal ones",
    source="Xu, Zhou and Niu 2025, arXiv 2504.14611, abstract",
    evidence="abstract",
    published="45.27 %",
    measures="mean saving of the best groups, 5 phones with MobileNetV2, deadlines of 35–65 ms, 3 seeds",
    tolerance="a saving that is smaller than with equal deadlines is a trend; the amount is not comparable",
)
def different_deadlines() -> Finding:
    """Saving with different deadlines of the same mean, %."""
    different, equal = saved((0.035, 0.065)), saved((0.05, 0.05))
    if different < equal:
        return verdict(different, f"against {equal:.1f} % with equal deadlines; {CONSTANTS}")
    return Finding(different, "%", "not reproducible", f"no less than the {equal:.1f} % with equal deadlines")


@claim(
    "ip_ssa.saved",
    system="IP-SSA and OG",
    says="up to 94.9 % less user energy than local computing",
    source="Shi et al. 2022, arXiv 2206.06304, abstract",
    evidence="abstract",
    published="94.9 %",
    measures="saving of device energy under IP-SSA, 10 phones with MobileNetV2, batches of constant time, 50 ms",
    tolerance="a saving is a trend; the amount is not comparable",
)
def ip_ssa_saved() -> Finding:
    """Device energy saved, %."""
    problem = draw_batching(10, np.random.default_rng(1), constant=True)
    ours, alone = (evaluate(problem, method(problem)).device_j.sum() for method in (independent_cuts, all_local))
    return verdict(float(100 * (1 - ours / alone)), f"{CONSTANTS}, and GPU energy is left out as in the paper")
