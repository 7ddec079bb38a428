"""How good a policy is: how often it agrees with the optimum, how often it is in time, and what its errors cost."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from instances.check_components import check_components
from instances.component_costs import price_components
from instances.component_family import draw_task
from instances.components import ComponentTask, Division
from instances.errors import InputError
from solvers.components.dynamic import best_places, best_sizes
from solvers.components.policy import train_policy
from solvers.components.registry import Decides

__all__ = ["Regret", "measure_regret", "try_policy"]


@dataclasses.dataclass(frozen=True)
class Regret:
    """Figures over tasks, each a part of 1.

    Args:
        bit: offload bits as in the optimal division. vector: divisions with all bits so.
        constant_bit: what ``bit`` would be of the best constant vector, which sees no input: bits that are nearly
            always 1 are guessed right by anybody.
        size: components of the optimal size. division: tasks with all sizes so (both 1 where sizes are given).
        feasible: divisions that meet every deadline.
        cost, energy, latency: over the feasible ones, what they sum to over the sum of the optimal divisions, minus 1.
            The optimum is one of cost: its energy alone can be above a policy's.
        worst_cost: 95th percentile of a task's cost over the optimal one, minus 1; feasible divisions only.
        tasks: how many.
    """

    bit: float
    constant_bit: float
    vector: float
    size: float
    division: float
    feasible: float
    cost: float
    energy: float
    latency: float
    worst_cost: float
    tasks: int


def measure_regret(tasks: Sequence[ComponentTask], divisions: Sequence[Division], decides: Decides) -> Regret:
    """Divisions held against the optimum of the same decisions, which the two-state programmes give.

    Raises:
        InputError: a task cannot be divided in time, or no division is feasible.
    """
    agreed, sized, remote, figures = [], [], [], []
    longest = max(len(t) for t in tasks)
    for task, division in zip(tasks, divisions, strict=True):
        costs = price_components(task)
        best = (best_places(costs, task.steps) if decides == "places" else best_sizes(costs)).division
        if best is None:
            raise InputError("tasks", "one cannot be divided in time", "there is no optimum to compare with")
        agreed.append(best.remote == division.remote)
        sized.append(best.steps == division.steps)
        remote.append(np.pad(best.remote.astype(float), (0, longest - len(task)), constant_values=np.nan))
        got, optimal = check_components(task, division), check_components(task, best)
        if got.valid:
            figures.append([(r.cost, r.energy_j, r.latency_s) for r in (got, optimal)])
    if not figures:
        raise InputError("divisions", "none of them is feasible", "there is nothing to compare")
    table = np.array(figures)  # [feasible, policy or optimum, cost, J or s]
    cost, energy, latency = table[:, 0].sum(axis=0) / table[:, 1].sum(axis=0) - 1
    often = np.nanmean(remote, axis=0)
    return Regret(
        bit=float(np.concatenate(agreed).mean()),
        constant_bit=float(np.nanmean(np.maximum(often, 1 - often))),
        vector=float(np.mean([a.all() for a in agreed])),
        size=float(np.concatenate(sized).mean()), division=float(np.mean([s.all() for s in sized])),
        feasible=len(table) / len(tasks), cost=float(cost), energy=float(energy), latency=float(latency),
        worst_cost=float(np.percentile(table[:, 0, 0] / table[:, 1, 0] - 1, 95)), tasks=len(tasks),
    )  # fmt: skip


def try_policy(weighting: str, decides: Decides, *, seed: int, training: int, testing: int) -> Regret:
    """Regret of a policy trained on ``training`` tasks of the family, on ``testing`` others of it.

    Raises:
        InputError: scikit-learn is not installed, or the weighting is unknown.
    """
    rng = np.random.default_rng(seed)
    policy = train_policy([draw_task(rng, weighting=weighting) for _ in range(training)], decides, rng)
    tasks = [draw_task(rng, weighting=weighting) for _ in range(testing)]
    return measure_regret(tasks, policy.decide(tasks), decides)
