"""Routes through a hierarchy: the optimal policy, the best one that does not look at the input, and a learned one."""

from __future__ import annotations

import itertools

import numpy as np

from instances.columns import Floats, Ints
from instances.systems.check_hierarchy import check_route
from instances.systems.hierarchy import EXIT, GO_ON, UP, Hierarchy

__all__ = ["best_fixed_route", "best_route", "learn_route"]


def best_route(problem: Hierarchy) -> tuple[Ints, float]:
    """Optimal policy [B + 1, K, C] and its expected cost: backward induction, exact (Bellman)."""
    done, tiers, _ = problem.shape
    may = problem.allowed()
    value, action = np.zeros(problem.shape), np.zeros(problem.shape, dtype=np.int64)
    for b in range(done - 1, -1, -1):
        for k in range(tiers - 1, -1, -1):
            cost = _ahead(problem, value, b, k)
            cost = np.where(may[b, k], cost, np.inf)
            action[b, k] = cost.argmin(axis=1)
            value[b, k] = cost.min(axis=1)
    return action, float(problem.begin @ value[0, 0])


def _ahead(problem: Hierarchy, value: Floats, b: int, k: int) -> Floats:
    """[C, 3] cost of each action and of what follows it; inf where that does not exist."""
    done, tiers, levels = problem.shape
    cost = np.full((levels, 3), np.inf)
    if b < done - 1:
        cost[:, GO_ON] = problem.run_cost[k, b] + problem.moves[b] @ value[b + 1, k]
    cost[:, EXIT] = problem.error_cost * (1 - problem.accuracy[b])
    if k < tiers - 1:
        cost[:, UP] = problem.up_cost[k, b] + value[b, k + 1]
    return cost


def best_fixed_route(problem: Hierarchy) -> tuple[Ints, float]:
    """Best policy that does the same for every input: all ways to hand upwards and to leave, looked at."""
    done, tiers, levels = problem.shape
    best: tuple[Ints, float] | None = None
    for leave in np.flatnonzero(problem.exits).tolist():
        for ups in itertools.combinations_with_replacement(range(leave + 2), tiers - 1):
            action = np.full((done, tiers, levels), GO_ON)
            for k, at in enumerate(ups):
                if at <= leave:  # leave + 1: never
                    action[at, k] = UP
            top = sum(at <= leave for at in ups)
            action[leave, top] = EXIT
            report = check_route(problem, action)
            if report.valid and (best is None or report.cost < best[1]):
                best = action, report.cost
    assert best is not None  # all up to the top, run, leave at the end: the record asks for that
    return best


def learn_route(problem: Hierarchy, rng: np.random.Generator, *, episodes: int = 20_000, curious: float = 0.2) -> Ints:
    """Policy [B + 1, K, C] by Q-learning from simulated requests (Watkins and Dayan, 1992); steps visits^−0.6.

    Tabular: the states are few. Stands in for the deep Q-learning of PEMWN 2021; promises nothing.
    """
    may = problem.allowed()
    q, visits = np.zeros(may.shape), np.zeros(may.shape)
    for _ in range(episodes):
        b, k, c = 0, 0, int(rng.choice(len(problem.begin), p=problem.begin))
        while True:
            choices = np.flatnonzero(may[b, k, c])
            if rng.random() < curious:
                a = int(rng.choice(choices))
            else:
                a = int(choices[q[b, k, c, choices].argmin()])
            after = (b, k, c)
            if a == GO_ON:
                cost, after = problem.run_cost[k, b], (b + 1, k, int(rng.choice(len(q[b, k]), p=problem.moves[b, c])))
            elif a == UP:
                cost, after = problem.up_cost[k, b], (b, k + 1, c)
            else:
                cost = problem.error_cost * float(rng.random() >= problem.accuracy[b, c])
            ahead = 0.0 if a == EXIT else float(q[after][may[after]].min())
            visits[b, k, c, a] += 1
            q[b, k, c, a] += (cost + ahead - q[b, k, c, a]) / visits[b, k, c, a] ** 0.6
            if a == EXIT:
                break
            b, k, c = after
    unseen = may & (visits == 0)
    return np.asarray(np.where(may, np.where(unseen, np.inf, q), np.inf).argmin(axis=-1))
