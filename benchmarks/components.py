"""Component methods: the two-state programmes beside enumeration and the MILP, and what a learned policy loses.

Policies need the extra ``learn``. Intervals are 95 % ones of Student's t over seeds; each seed has tasks and a policy
of its own.
"""

from __future__ import annotations

import dataclasses
import statistics
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.measure import seconds, store
from instances.component_costs import ComponentCosts, price_components
from instances.component_family import draw_task, even_steps
from instances.components import WEIGHTINGS
from solvers.components import COMPONENT_METHODS
from solvers.components.dynamic import best_places, best_sizes
from solvers.components.enumeration import look_at_all
from solvers.components.registry import Decides
from solvers.components.regret import Regret, try_policy
from solvers.components.solve import TIGHT

SEEDS = (1, 2, 3, 4, 5)
TRAINING, TESTING = 3000, 1000
REPEATS = 7


def random_costs(n: int, steps: int, seed: int) -> ComponentCosts:
    """Figures of a task of any length, no deadlines."""
    rng = np.random.default_rng(seed)
    shape = (n, 2, 2)
    zero = np.zeros(shape)
    return ComponentCosts(rng.uniform(0, 1, shape), rng.uniform(0, 1, shape), zero, zero, np.full(shape, steps), steps)


def time_places() -> list[dict[str, Any]]:
    """Places for given sizes: median seconds of the programme and of 2ⁿ enumeration."""
    rows = []
    for n in (6, 10, 14, 18, 100, 1000):
        costs = random_costs(n, 2 * n, n)
        steps = even_steps(2 * n, n)
        row: dict[str, Any] = {"components": n, "programme_s": median(lambda c=costs, s=steps: best_places(c, s))}
        if n <= 18:
            row["enumeration_s"] = median(lambda c=costs, s=steps: look_at_all(c, s[None, :]))
            difference = best_places(costs, steps).cost - look_at_all(costs, steps[None, :]).cost
            row |= {"times": row["enumeration_s"] / row["programme_s"], "difference": difference}
        rows.append(row)
    return rows


def time_sizes() -> list[dict[str, Any]]:
    """Places and sizes of a drawn task of six components: median seconds of each exact method, and their costs."""
    rows = []
    for resolution in (12, 24, 60, 240):
        task = draw_task(np.random.default_rng(3), resolution=resolution)
        row: dict[str, Any] = {"resolution": resolution}
        row["programme_s"] = median(lambda t=task: best_sizes(price_components(t)))
        row["programme_cost"] = best_sizes(price_components(task)).cost
        for name in ("sizing_milp", "sizing_enumeration"):
            method = COMPONENT_METHODS[name]
            if method.supports(task) is None:
                rng = np.random.default_rng(0)
                row[f"{name}_s"] = median(lambda m=method, t=task, r=rng: m.solve(t, limits=TIGHT, rng=r), 3)
                row[f"{name}_cost"] = method.solve(task, limits=TIGHT, rng=rng).cost
        rows.append(row)
    return rows


def median(work: Any, repeats: int = REPEATS) -> float:
    """Seconds."""
    return statistics.median(seconds(work, repeats))


def interval(values: list[float]) -> dict[str, float]:
    """Mean and half width of its 95 % interval."""
    spread = statistics.stdev(values) / len(values) ** 0.5
    return {"mean": round(statistics.mean(values), 5),
            "plus_minus": round(float(stats.t.ppf(0.975, len(values) - 1)) * spread, 5)}  # fmt: skip


def learn(weighting: str, decides: Decides) -> dict[str, Any]:
    """A policy's figures over seeds."""
    regrets = [try_policy(weighting, decides, seed=s, training=TRAINING, testing=TESTING) for s in SEEDS]
    names = [f.name for f in dataclasses.fields(Regret) if f.name != "tasks"]
    figures = {name: interval([getattr(r, name) for r in regrets]) for name in names}
    return {"weighting": weighting, "decides": decides, **figures}


def main() -> None:
    """Measure, print and store."""
    decisions: tuple[Decides, ...] = ("places", "places and sizes")
    store("components", {
        "places": time_places(),
        "sizes": time_sizes(),
        "seeds": SEEDS, "training_tasks": TRAINING, "testing_tasks": TESTING,
        "policies": [learn(weighting, decides) for decides in decisions for weighting in WEIGHTINGS],
    })  # fmt: skip


if __name__ == "__main__":
    main()
