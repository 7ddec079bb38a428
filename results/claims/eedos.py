"""EEDOS: offload vectors by enumeration, and a classifier that imitates them. The task's numbers are ours."""

from __future__ import annotations

import numpy as np

from instances.component_family import draw_task
from instances.components import WEIGHTINGS
from results.claims.registry import Finding, claim
from solvers.components import solve_components
from solvers.components.regret import try_policy

SOURCE = "Ali et al., IEEE Access 2019 (EEDOS); figures from the abstract of its follow-up"
TASKS = 60


@claim(
    "eedos.enumeration",
    system="EEDOS",
    says="the best of the 64 offload vectors of six components needs all 64 to be evaluated",
    source="Ali et al., IEEE Access 2019",
    evidence="abstract; cost formula own",
    published="64 evaluations",
    measures="evaluations of a component's cost that the two-state programme needs, if it finds the cost of the best "
    "of the 64 vectors (384 such evaluations) on 60 drawn tasks",
    tolerance="same least cost to 1e-9 on every task",
)
def enumeration() -> Finding:
    """4n, provided that enumeration never finds less."""
    rng = np.random.default_rng(20)
    for weighting in WEIGHTINGS:
        for _ in range(TASKS // len(WEIGHTINGS)):
            task = draw_task(rng, weighting=weighting)
            fast, all_of_them = (solve_components(task, name).cost for name in ("offloading", "offloading_enumeration"))
            if not abs(fast - all_of_them) <= 1e-9 * all_of_them:
                return Finding(4 * len(task), "evaluations", "not reproducible", "the programme misses the best vector")
    return Finding(4 * len(task), "evaluations", "trend",
                   "enumeration does find the optimum, but is not needed for it: 24 evaluations do")  # fmt: skip


@claim(
    "eedos.accuracy",
    system="EEDOS",
    says="a classifier imitates the enumerated offload decisions with more than 89 % accuracy",
    source=SOURCE,
    evidence="abstract; constants not public",
    published="> 89 %",
    measures="offload bits as in the optimal vector, mean of the three weightings, 3,000 training tasks of our family",
    tolerance="89 % or more, as a trend: the data are ours",
    slow=True,
)
def accuracy() -> Finding:
    """Accuracy of bits, %; the reason names what it hides."""
    regrets = [try_policy(w, "places", seed=1, training=3000, testing=1000) for w in WEIGHTINGS]
    bits = 100 * float(np.mean([r.bit for r in regrets]))
    why = (f"our data; whole vectors {100 * np.mean([r.vector for r in regrets]):.0f} %, in time "
           f"{100 * np.mean([r.feasible for r in regrets]):.0f} %, energy regret "
           f"{100 * np.mean([r.energy for r in regrets]):.1f} %")  # fmt: skip
    return Finding(bits, "%", "trend" if bits >= 89 else "not reproducible", why)
