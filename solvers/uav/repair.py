"""Plans that keep all rules: one vehicle's best path among the others', again and again until nothing improves."""

from __future__ import annotations

import math

import numpy as np

from instances.columns import Floats, Ints
from instances.systems.uav import Mission, MissionPlan
from instances.systems.uav_costs import MissionCosts
from solvers.uav.plans import associate, best_path, flying_j, free_points, price_hops, settle

__all__ = ["fly_in_turn", "gain_at"]

PASSES = 6
HALVINGS = 12


def gain_at(costs: MissionCosts, open_tasks: Floats, channels: int, battery_price: float = 0.0) -> Floats:
    """[T, G] what the best ``channels`` tasks add to the cost (≤ 0) of being at a point.

    Args:
        open_tasks: [T, N] what a task costs when the vehicle leaves it alone.
        battery_price: cost of a joule of the battery.
    """
    with np.errstate(invalid="ignore"):
        priced = (costs.cost + battery_price * costs.craft_j).min(axis=-1) - open_tasks[:, :, None]
    gain = np.minimum(np.where(np.isnan(priced), 0.0, priced), 0.0)
    if channels >= gain.shape[1]:
        return np.asarray(gain.sum(axis=1))
    return np.asarray(np.partition(gain, channels - 1, axis=1)[:, :channels].sum(axis=1))


def fly_in_turn(mission: Mission, costs: MissionCosts, point: Ints | None = None) -> tuple[MissionPlan, float] | None:
    """A local optimum from given paths [U, T] (None: vehicles join one by one), its cost; None where none was found."""
    point = _join(mission, costs) if point is None else _apart(mission, costs, point)
    if point is None:
        return None
    best = settle(mission, costs, point, associate(mission, costs, point))
    for _ in range(PASSES):
        before = math.inf if best is None else best[1]
        for u in range(mission.n_craft):
            moved = point.copy()
            path = _replan(mission, costs, point, u)
            if path is None:
                continue
            moved[u] = path
            found = settle(mission, costs, moved, associate(mission, costs, moved))
            if found is not None and (best is None or found[1] < best[1]):
                best, point = found, moved
        if best is None or best[1] >= before - 1e-9 * abs(before):
            break
    return best


def _penalty(costs: MissionCosts) -> float:
    """What leaving a task to a user that is late counts as in a path: more than anything it could save."""
    known = costs.cost[np.isfinite(costs.cost)]
    return 10 * (1 + float(known.max(initial=0.0)) + float(costs.local[np.isfinite(costs.local)].max(initial=0.0)))


def _join(mission: Mission, costs: MissionCosts) -> Ints | None:
    """Paths of vehicles that choose one after the other, each what the earlier ones leave."""
    stay = np.repeat(mission.start[:, None], mission.n_slots, axis=1)
    apart = len(set(mission.start.tolist())) == mission.n_craft
    point = stay if apart else _apart(mission, costs, stay)
    if point is None:
        return None
    for u in range(mission.n_craft):
        path = _replan(mission, costs, point, u)
        if path is not None:
            point = point.copy()
            point[u] = path
    return point


def _apart(mission: Mission, costs: MissionCosts, point: Ints) -> Ints | None:
    """Paths near the given ones that meet nowhere and can be flown; None where a vehicle finds no way."""
    kept: list[Ints] = []
    for u in range(mission.n_craft):
        node = np.ones((mission.n_slots, mission.n_points))
        node[np.arange(mission.n_slots), point[u]] = 0.0
        for other in kept:
            node[np.arange(mission.n_slots), other] = np.inf
        path, value = best_path(int(mission.start[u]), np.where(np.isfinite(costs.hop_j), 0.0, np.inf), node)
        if not math.isfinite(value):
            return None
        kept.append(path)
    return np.array(kept).reshape(mission.n_craft, mission.n_slots)


def _replan(mission: Mission, costs: MissionCosts, point: Ints, u: int) -> Ints | None:
    """Best path of one vehicle when the others keep theirs, its battery kept by a price; None: there is none."""
    others = np.delete(np.arange(mission.n_craft), u)
    rest = mission.replace(start=mission.start[others], battery_j=mission.battery_j[others])
    server = associate(rest, costs, point[others])
    open_tasks = np.where(np.isfinite(costs.local), costs.local, _penalty(costs))
    t, i = np.nonzero(server >= 0)
    open_tasks[t, i] = costs.cost[t, i, point[others[server[t, i]], t]].min(axis=-1)
    blocked = np.where(free_points(mission, point, u), 0.0, np.inf)

    def path_at(price: float) -> tuple[Ints, float]:
        node = gain_at(costs, open_tasks, mission.channels, price) + blocked
        return best_path(int(mission.start[u]), price_hops(costs.hop_j, costs.craft_weight + price), node)

    def fits(path: Ints) -> bool:
        alone = mission.replace(start=mission.start[[u]], battery_j=mission.battery_j[[u]])
        return bool(flying_j(alone, costs, path[None, :])[0] <= mission.battery_j[u])

    path, value = path_at(0.0)
    if not math.isfinite(value):
        return None
    if fits(path):
        return path
    low, high = 0.0, max(costs.craft_weight, 1e-9)
    while not fits(path_at(high)[0]):
        low, high = high, 10 * high
        if high > 1e12:
            return None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if fits(path_at(middle)[0]) else (middle, high)
    return path_at(high)[0]
