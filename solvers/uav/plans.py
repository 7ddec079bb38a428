"""From paths to plans: who serves whom in each slot, and how much of each task, within the batteries."""

from __future__ import annotations

import itertools
import math

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.systems.uav import LOCAL, Mission, MissionPlan
from instances.systems.uav_costs import MissionCosts

__all__ = ["associate", "associate_slot", "best_path", "flying_j", "free_points", "lower_parts", "price_hops",
           "settle", "without_a_server"]  # fmt: skip


def without_a_server(mission: Mission, costs: MissionCosts) -> bool:
    """Whether some task is late at its user and late at every vehicle wherever it is."""
    reached = np.isfinite(costs.cost.min(axis=(2, 3))) if mission.n_craft else np.zeros(costs.local.shape, dtype=bool)
    return bool((~np.isfinite(costs.local) & ~reached).any())


def flying_j(mission: Mission, costs: MissionCosts, point: Ints) -> Floats:
    """[U] J of hops and hovering of paths [U, T]; inf where a hop is too far."""
    path = np.column_stack([mission.start, point])
    return np.asarray(costs.hop_j[path[:, :-1], path[:, 1:]].sum(axis=1) + mission.n_slots * costs.hover_j)


def best_path(start: int, hop: Floats, node: Floats) -> tuple[Ints, float]:
    """Cheapest path [T] from a point: hops cost [G, G], being at a point in a slot [T, G]; and what it costs."""
    slots, points = node.shape
    value = np.where(np.arange(points) == start, 0.0, np.inf)
    came = np.zeros((slots, points), dtype=np.int64)
    for t in range(slots):
        ways = value[:, None] + hop
        came[t] = ways.argmin(axis=0)
        value = ways[came[t], np.arange(points)] + node[t]
    path = np.zeros(slots, dtype=np.int64)
    path[-1] = int(value.argmin())
    for t in range(slots - 1, 0, -1):
        path[t - 1] = came[t, path[t]]
    return path, float(value.min())


def associate(mission: Mission, costs: MissionCosts, point: Ints) -> Ints:
    """[T, N] who serves whom at least cost slot by slot, batteries aside; tasks that must be served come first."""
    return np.array([associate_slot(mission, costs, point[:, t], t) for t in range(mission.n_slots)])


def associate_slot(mission: Mission, costs: MissionCosts, here: Ints, t: int) -> Ints:
    """[N] who serves whom at least cost in slot t, vehicles being at points ``here`` [U]."""
    from scipy.optimize import linear_sum_assignment  # slow to load, and few commands need it

    server, who = np.full(mission.n_users, LOCAL), np.repeat(np.arange(mission.n_craft), mission.channels)
    best, known = costs.cost[t].min(axis=-1), np.isfinite(costs.local[t])
    far = 10 * (1 + best[np.isfinite(best)].max(initial=0.0) + costs.local[t, known].max(initial=0.0)) * mission.n_users
    served = best[:, here[who]]
    own = np.where(known, costs.local[t], far)[:, None]
    alone = np.where(np.eye(mission.n_users, dtype=bool), own, 2 * far)
    table = np.concatenate([np.where(np.isfinite(served), served, 2 * far), alone], axis=1)
    user, column = linear_sum_assignment(table)
    for i, k in zip(user.tolist(), column.tolist(), strict=True):
        if k < len(who) and served[i, k] < costs.local[t, i]:
            server[i] = who[k]
    return server


def settle(mission: Mission, costs: MissionCosts, point: Ints, server: Ints) -> tuple[MissionPlan, float] | None:
    """Plan of least cost with these paths [U, T] and servers [T, N], and its cost; None if none keeps the rules.

    Parts are the cheapest ones; where a battery does not suffice they are lowered where a joule costs least: the costs
    of parts are convex, so that is the optimum (docs/theory.md, P34).
    """
    if len(server) and bool((~np.isfinite(costs.local) & (server == LOCAL)).any()):
        return None
    flown = flying_j(mission, costs, point)
    if not np.isfinite(flown).all():
        return None
    part, total = np.zeros(server.shape), float(costs.local[server == LOCAL].sum())
    for u in range(mission.n_craft):
        t, i = np.nonzero(server == u)
        g = point[u, t]
        found = lower_parts(costs.part[t, i, g], costs.cost[t, i, g], costs.craft_j[t, i, g],
                             float(mission.battery_j[u] - flown[u]))  # fmt: skip
        if found is None:
            return None
        part[t, i] = found[0]
        total += found[1]
    served = np.where(part > 0, server, LOCAL)
    return MissionPlan(point, served, part), total + costs.craft_weight * float(flown.sum())


def lower_parts(part: Floats, cost: Floats, joules: Floats, room_j: float) -> tuple[Floats, float] | None:
    """[tasks] parts and their cost when a vehicle's tasks [tasks, 3] may take ``room_j``; None: they cannot."""
    if room_j < 0 or not np.isfinite(cost).any(axis=1).all():
        return None
    at = cost.argmin(axis=1)  # the first one that is left is the cheapest
    row = np.arange(len(part))
    chosen, total, used = part[row, at].copy(), float(cost[row, at].sum()), float(joules[row, at].sum())
    steps = []
    for k in range(len(part)):
        left = [j for j in range(int(at[k]), 3) if math.isfinite(cost[k, j])]
        for a, b in itertools.pairwise(left):
            saved, more = joules[k, a] - joules[k, b], cost[k, b] - cost[k, a]
            if saved > 0:
                steps.append((more / saved, k, saved, more, part[k, b] - part[k, a]))
    for _, k, saved, more, change in sorted(steps):
        if used <= room_j:
            break
        taken = min(1.0, (used - room_j) / saved)
        chosen[k] += taken * change
        total += taken * more
        used -= taken * saved
    return (np.clip(chosen, 0.0, 1.0), total) if used <= room_j * (1 + 1e-12) else None


def free_points(mission: Mission, point: Ints, u: int) -> Bools:
    """[T, G] where vehicle u meets none of the others."""
    free = np.ones((mission.n_slots, mission.n_points), dtype=bool)
    for v in range(mission.n_craft):
        if v != u:
            free[np.arange(mission.n_slots), point[v]] = False
    return free


def price_hops(hop_j: Floats, price: float) -> Floats:
    """[G, G] cost of hops at a price of a joule; those out of reach stay so at a price of 0."""
    near = np.isfinite(hop_j)
    return np.where(near, price * np.where(near, hop_j, 0.0), np.inf)
