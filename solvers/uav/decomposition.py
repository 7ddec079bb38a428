"""Lagrangian decomposition: prices of tasks, points and batteries leave one shortest path a vehicle.

For any prices λ of tasks (≥ 0 where the user may do it alone), π ≥ 0 of points in slots and β ≥ 0 of joules, the sum
of the shortest paths less Σ λ, Σ π and Σ β · battery is a lower bound (docs/theory.md, P34). Prices climb by Polyak's
step towards the best plan known (Polyak, USSR Comput. Math. 1969); paths on the way are repaired into plans.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.columns import Floats, Ints
from instances.systems.uav import Mission, MissionPlan
from instances.systems.uav_costs import MissionCosts, price_mission
from solvers.answer import Clock, Limits, relative_gap
from solvers.uav.plans import best_path, price_hops, without_a_server
from solvers.uav.registry import FlightAnswer, Kind, flight_method
from solvers.uav.repair import fly_in_turn

__all__ = ["FlightPrices", "flight_bound"]

ROUNDS, REPAIR_EVERY, PATIENCE = 400, 20, 15


@dataclasses.dataclass(frozen=True, eq=False)
class FlightPrices:
    """``task`` [T, N], ``point`` [T, G], ``battery`` [U] cost of the whole battery left after hovering."""

    task: Floats
    point: Floats
    battery: Floats

    @classmethod
    def none(cls, mission: Mission) -> FlightPrices:
        """All 0."""
        return cls(np.zeros(mission.task_mbit.shape), np.zeros((mission.n_slots, mission.n_points)),
                   np.zeros(mission.n_craft))  # fmt: skip


@dataclasses.dataclass(frozen=True, eq=False)
class Priced:
    """Bound at some prices, the paths behind it [U, T], and how far each relaxed row is overdrawn there."""

    bound: float
    point: Ints
    over: FlightPrices


def flight_bound(mission: Mission, costs: MissionCosts, prices: FlightPrices) -> Priced:
    """Lower bound on the cost of every plan, valid for any prices of the right sign."""
    own = np.where(np.isfinite(costs.local), costs.local, 0.0)
    hovering = mission.n_slots * costs.hover_j
    left = mission.battery_j - hovering
    size = np.where(left > 0, left, 1.0)
    total = float(own.sum()) + costs.craft_weight * hovering * mission.n_craft
    total -= float(prices.task.sum() + prices.point.sum()) + float((prices.battery * left / size).sum())
    served, there, used = np.zeros(own.shape), np.zeros(prices.point.shape), np.zeros(mission.n_craft)
    point = np.zeros((mission.n_craft, mission.n_slots), dtype=np.int64)
    slot = np.arange(mission.n_slots)
    for u in range(mission.n_craft):
        price = float(prices.battery[u] / size[u])
        each = costs.cost + price * costs.craft_j  # [T, N, G, 3]
        which = each.argmin(axis=-1)
        gain = np.minimum(each.min(axis=-1) - own[:, :, None] + prices.task[:, :, None], 0.0)
        k = min(mission.channels, mission.n_users)
        node = (np.partition(gain, k - 1, axis=1)[:, :k] if k else gain).sum(axis=1) + prices.point
        hop = price_hops(costs.hop_j, costs.craft_weight + price)
        point[u], value = best_path(int(mission.start[u]), hop, node)
        total += value
        here = gain[slot, :, point[u]]  # [T, N]
        for t in slot.tolist():
            chosen = np.argsort(here[t], kind="stable")[:k]
            chosen = chosen[here[t, chosen] < 0]
            served[t, chosen] += 1
            g = point[u, t]
            used[u] += costs.craft_j[t, chosen, g, which[t, chosen, g]].sum()
        there[slot, point[u]] += 1
        path = np.append(mission.start[u], point[u])
        used[u] += costs.hop_j[path[:-1], path[1:]].sum()
    return Priced(total, point, FlightPrices(served - 1, there - 1, (used - left) / size))


def _step(mission: Mission, costs: MissionCosts, prices: FlightPrices, over: FlightPrices, by: float) -> FlightPrices:
    """Prices moved along what is overdrawn; those of rows that bind from one side stay ≥ 0."""
    task = prices.task + by * over.task
    free = ~np.isfinite(costs.local)
    return FlightPrices(np.where(free, task, np.maximum(task, 0.0)), np.maximum(prices.point + by * over.point, 0.0),
                        np.maximum(prices.battery + by * over.battery, 0.0))  # fmt: skip


def _length(prices: FlightPrices, over: FlightPrices, free: Floats) -> float:
    """Squared length of the step, without rows that have no price and room to spare."""
    total = 0.0
    for price, g, loose in ((prices.task, over.task, free), (prices.point, over.point, 0.0),
                            (prices.battery, over.battery, 0.0)):  # fmt: skip
        matters = (price > 0) | (g > 0) | (np.asarray(loose) > 0)
        total += float((g[matters] ** 2).sum())
    return total


@flight_method
class FlightDecomposition:
    """Prices and shortest paths, then plans."""

    name = "uav_decomposition"
    title = "prices of tasks, points and batteries; a shortest path a vehicle"
    kind: Kind = "approximation"
    guarantee = "bound ≤ optimum ≤ plan, gap certain for each mission"
    reference = "docs/theory.md P34; Geoffrion, Math. Program. Study 1974"

    def supports(self, mission: Mission) -> str | None:
        """Every mission."""
        return None

    def solve(self, mission: Mission, *, limits: Limits, rng: np.random.Generator) -> FlightAnswer:
        """Plan and bound; ``limits.rounds`` steps of the prices."""
        costs = price_mission(mission)
        if without_a_server(mission, costs):
            return FlightAnswer(None, bound=math.inf)
        clock, best = Clock(limits), fly_in_turn(mission, costs)
        prices, bound, scale, idle = FlightPrices.none(mission), -math.inf, 1.0, 0
        free = (~np.isfinite(costs.local)).astype(np.float64)
        for k in range(ROUNDS if limits.rounds is None else limits.rounds):
            found = flight_bound(mission, costs, prices)
            idle = 0 if found.bound > bound + 1e-9 * abs(bound) else idle + 1
            bound = max(bound, found.bound)
            if k % REPAIR_EVERY == 0:
                best = _better(best, fly_in_turn(mission, costs, found.point))
            cost = math.inf if best is None else best[1]
            length = _length(prices, found.over, free)
            if length == 0 or relative_gap(cost, bound) <= limits.gap or clock.left_s <= 0:
                break
            if idle >= PATIENCE:
                scale, idle = scale / 2, 0
            target = cost if math.isfinite(cost) else bound + 0.05 * abs(bound) + 1.0
            by = scale * max(target - found.bound, 1e-9 * abs(target)) / length
            prices = _step(mission, costs, prices, found.over, by)
        return FlightAnswer(None, bound=bound) if best is None else FlightAnswer(best[0], best[1], bound)


def _better(
    a: tuple[MissionPlan, float] | None, b: tuple[MissionPlan, float] | None
) -> tuple[MissionPlan, float] | None:
    if a is None or b is None:
        return b if a is None else a
    return a if a[1] <= b[1] else b
