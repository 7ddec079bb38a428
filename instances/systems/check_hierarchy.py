"""The checker of route policies: chances pushed forward from the start, cost added up on the way."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.columns import Ints
from instances.systems.hierarchy import Hierarchy

__all__ = ["RouteReport", "check_route"]


@dataclasses.dataclass(frozen=True)
class RouteReport:
    """Expected ``cost``, of which ``resources`` and the ``accuracy`` of the answer; the rules that are broken."""

    cost: float
    resources: float
    accuracy: float
    broken: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether no rule is broken."""
        return not self.broken


def check_route(problem: Hierarchy, action: Ints) -> RouteReport:
    """Figures of a policy, ``action`` [B + 1, K, C]: 0 go on, 1 leave, 2 hand upwards; states out of reach do not
    count."""
    blocks, tiers, levels = len(problem.exits) - 1, len(problem.room), len(problem.begin)
    if np.shape(action) != (blocks + 1, tiers, levels):
        return RouteReport(math.inf, math.inf, 0.0, (f"the policy has shape {np.shape(action)}",))
    chance = {(0, 0, c): float(problem.begin[c]) for c in range(levels)}
    spent, right, broken = [], [], []
    for b in range(blocks + 1):
        for k in range(tiers):
            for c in range(levels):
                p = chance.get((b, k, c), 0.0)
                if p == 0.0:
                    continue
                what = int(action[b, k, c])
                if what == 0 and b < blocks and b < int(problem.room[k]):
                    spent.append(p * float(problem.run_cost[k, b]))
                    for after in range(levels):
                        key = (b + 1, k, after)
                        chance[key] = chance.get(key, 0.0) + p * float(problem.moves[b, c, after])
                elif what == 1 and bool(problem.exits[b]):
                    right.append(p * float(problem.accuracy[b, c]))
                elif what == 2 and k < tiers - 1:
                    spent.append(p * float(problem.up_cost[k, b]))
                    key = (b, k + 1, c)
                    chance[key] = chance.get(key, 0.0) + p
                else:
                    broken.append(f"after {b} blocks on tier {k} at level {c}: action {what} cannot be taken")
    resources, accuracy = math.fsum(spent), math.fsum(right)
    return RouteReport(resources + problem.error_cost * (1 - accuracy), resources, accuracy, tuple(broken))
