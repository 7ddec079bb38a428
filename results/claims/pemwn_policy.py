"""PEMWN 2021's policy: at each block go on, leave or hand upwards, by how sure the request is; against the optimum."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np

from instances.systems.check_hierarchy import RouteReport, check_route
from instances.systems.hierarchy import catalogue_hierarchy
from results.claims.registry import Finding, claim
from solvers.online.route import best_fixed_route, best_route, learn_route

SOURCE = "Dynamic hierarchical DNN offloading, PEMWN 2021"
NETWORKS, DELAY_W, SURE = ("alexnet", "resnet18", "mobilenet_v2"), (2.0, 5.0, 10.0), (0.3, 0.6)
SETTING = (
    "3 networks on device, edge and cloud, a second counting as 2, 5 or 10 wrong answers, a block lifting confidence "
    "with chance 0.3 or 0.6"
)


@dataclasses.dataclass(frozen=True)
class Routes:
    """Reports of the optimal policy, of the best one that does not look at the input, and of the learned one."""

    optimal: RouteReport
    fixed: RouteReport
    learned: RouteReport


@cache
def routes() -> tuple[Routes, ...]:
    """All settings."""
    found = []
    for name in NETWORKS:
        for weight in DELAY_W:
            for sure in SURE:
                problem = catalogue_hierarchy(name, delay_w=weight, sure=sure)
                policies = (best_route(problem)[0], best_fixed_route(problem)[0],
                            learn_route(problem, np.random.default_rng(0)))  # fmt: skip
                found.append(Routes(*(check_route(problem, action) for action in policies)))
    return tuple(found)


@claim(
    "pemwn.by_input",
    system="PEMWN 2021",
    says="deciding at run time where to go on, leave or hand upwards spends less than a fixed route",
    source=SOURCE,
    evidence="abstract, no figures",
    published="–",
    measures=f"expected cost of the optimal policy, less than that of the best fixed route, mean; {SETTING}",
    tolerance="above 0 in most settings is a trend",
    slow=True,
)
def by_input() -> Finding:
    """Mean saving, %."""
    saved = np.array([100 * (1 - r.optimal.cost / r.fixed.cost) for r in routes()])
    why = (
        f"0 to {saved.max():.1f} %, more than nothing in {int((saved > 1e-6).sum())} of {len(saved)} settings; how "
        "confidence develops is assumed"
    )
    return Finding(float(saved.mean()), "%", "trend" if (saved > 1e-6).mean() > 0.5 else "not reproducible", why)


@claim(
    "pemwn.q_learning",
    system="PEMWN 2021",
    says="Q-learning finds such a policy",
    source=SOURCE,
    evidence="abstract, no figures",
    published="–",
    measures=f"expected cost of a policy learned from 20,000 requests above the optimum by dynamic programming, mean; "
    f"{SETTING}",
    tolerance="at most 5 % is a trend",
    slow=True,
)
def q_learning() -> Finding:
    """Mean regret, %."""
    over = np.array([100 * (r.learned.cost / r.optimal.cost - 1) for r in routes()])
    better = int(sum(r.learned.cost < r.fixed.cost * (1 - 1e-9) for r in routes()))
    why = (
        f"up to {over.max():.1f} %, below the best fixed route in {better} of {len(over)} settings; tabular, where the "
        "paper's is deep"
    )
    return Finding(float(over.mean()), "%", "trend" if over.mean() <= 5 else "not reproducible", why)
