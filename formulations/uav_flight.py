"""Flying servers as paths in a graph over (slot, point), with tasks that ride on them.

Columns: y_utgh ∈ {0, 1}, vehicle u hops from g (where it was in slot t − 1) to h in slot t; a_uitg ∈ {0, 1}, it serves
user i in slot t over g; s_uitgk ∈ [0, 1], how far the task's part moves from the cheapest one to the k-th (which takes
less of the battery). With z_utg = Σ_h y_uthg and costs of `instances.systems.uav_costs`, c the cheapest over g:

    min Σ_ti local + Σ (c − local) a + Σ (c_k − c) s + weight (Σ hop y + hovering)
    s.t. y a path from the start;  Σ_ug a ≤ 1 a task (= 1 where the user alone is late; local then counts 0);
         a_uitg ≤ z_utg;  Σ_i a_uitg ≤ K z_utg;  Σ_k s ≤ a;  Σ_u z_utg ≤ 1;  hops, hovering and computing ≤ battery.

Exact: docs/theory.md, P34.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from formulations.parts.rows import keep_in_range, make_rows, stack_rows
from formulations.program import Program, Rows
from instances.columns import Bools, Floats, Ints
from instances.systems.uav import LOCAL, Mission, MissionPlan
from instances.systems.uav_costs import MissionCosts, price_mission

__all__ = ["Flight", "build_flight"]


@dataclasses.dataclass(frozen=True, eq=False)
class Flight:
    """The program, and what its columns are, in this order: hops [arcs, 4] = (u, t, g, h); services [services, 4] =
    (u, t, i, g); shifts [shifts, 2] = (service, k)."""

    mission: Mission
    costs: MissionCosts
    program: Program
    hops: Ints
    services: Ints
    shifts: Ints

    def decode(self, values: Floats) -> MissionPlan:
        """The plan that a whole solution stands for."""
        mission, n = self.mission, len(self.hops)
        point = np.zeros((mission.n_craft, mission.n_slots), dtype=np.int64)
        u, t, _, h = self.hops[values[:n] > 0.5].T
        point[u, t] = h
        server = np.full((mission.n_slots, mission.n_users), LOCAL)
        part = np.zeros(server.shape)
        parts = self.costs.part[tuple(self.services[:, [1, 2, 3]].T)]
        best = np.argmin(self.costs.cost[tuple(self.services[:, [1, 2, 3]].T)], axis=1)
        sent = parts[np.arange(len(parts)), best]
        service, k = self.shifts.T
        shift = np.clip(values[n + len(self.services) :], 0.0, 1.0)
        np.add.at(sent, service, shift * (parts[service, k] - parts[service, best[service]]))
        taken = values[n : n + len(self.services)] > 0.5
        u, t, i, _ = self.services[taken].T
        server[t, i], part[t, i] = u, np.clip(sent[taken], 0.0, 1.0)
        return MissionPlan(point, np.where(part > 0, server, LOCAL), part)


def build_flight(mission: Mission, *, integer: bool = True) -> Flight:
    """Program of a mission; ``integer`` False for the LP relaxation."""
    costs = price_mission(mission)
    hops, services = _hops(mission, costs), _services(mission, costs)
    _, t, i, g = services.T
    cost = costs.cost[t, i, g]
    best = np.argmin(cost, axis=1)
    shifts = np.argwhere(np.isfinite(cost) & (np.arange(3)[None, :] > best[:, None]))
    n, m = len(hops), len(services)
    own = np.where(np.isfinite(costs.local), costs.local, 0.0)
    cheapest = cost[np.arange(m), best]
    j, k = shifts.T
    columns = n + m + len(shifts)
    objective = np.concatenate([
        costs.craft_weight * costs.hop_j[hops[:, 2], hops[:, 3]],
        cheapest - own[t, i],
        cost[j, k] - cheapest[j],
    ])  # fmt: skip
    rows = [
        _paths(mission, hops, columns),
        _one_vehicle(mission, costs, services, n, columns),
        _where_it_is(mission, hops, services, columns),
        make_rows(np.concatenate([j, np.arange(m)]), np.concatenate([n + m + np.arange(len(j)), n + np.arange(m)]),
                  np.concatenate([np.ones(len(j)), -np.ones(m)]), -np.inf, 0.0, (m, columns)),
        _batteries(mission, costs, hops, services, shifts, best, columns),
    ]  # fmt: skip
    if mission.n_craft > 1:
        spot = hops[:, 1] * mission.n_points + hops[:, 3]
        rows.append(make_rows(spot, np.arange(n), 1.0, -np.inf, 1.0, (mission.n_slots * mission.n_points, columns)))
    hovering = costs.craft_weight * costs.hover_j * mission.n_slots * mission.n_craft
    whole: Bools = np.arange(columns) < n + m
    program = Program(cost=objective, lower=np.zeros(columns), upper=np.ones(columns), integer=whole & integer,
                      rows=stack_rows(rows), offset=float(own.sum()) + hovering)  # fmt: skip
    return Flight(mission, costs, program, hops, services, shifts)


def _hops(mission: Mission, costs: MissionCosts) -> Ints:
    """[arcs, 4] every hop within reach that a path from the start can contain."""
    near = np.isfinite(costs.hop_j)
    found = []
    for u, first in enumerate(mission.start.tolist()):
        here = np.arange(mission.n_points) == first
        for t in range(mission.n_slots):
            g, h = np.nonzero(near & here[:, None])
            found.append(np.column_stack([np.full(len(g), u), np.full(len(g), t), g, h]))
            here = near[here].any(axis=0)
    return np.concatenate(found) if found else np.zeros((0, 4), dtype=np.int64)


def _services(mission: Mission, costs: MissionCosts) -> Ints:
    """[services, 4] = (u, t, i, g) that cost less than the user alone, or are needed."""
    t, i, g = np.nonzero(costs.cost.min(axis=-1) < costs.local[:, :, None])
    each = np.column_stack([t, i, g])
    return np.concatenate([np.column_stack([np.full(len(t), u), each]) for u in range(mission.n_craft)]
                          or [np.zeros((0, 4), dtype=np.int64)])  # fmt: skip


def _paths(mission: Mission, hops: Ints, columns: int) -> Rows:
    """Each vehicle leaves its start once; what arrives at a point in slot t leaves it for slot t + 1."""
    n, points, slots = len(hops), mission.n_points, mission.n_slots
    u, t, g, h = hops.T
    first = np.flatnonzero(t == 0)
    start = make_rows(u[first], first, 1.0, 1.0, 1.0, (mission.n_craft, columns))
    arrive, leave = np.flatnonzero(t < slots - 1), np.flatnonzero(t > 0)
    node = np.concatenate(
        [(u * slots + t)[arrive] * points + h[arrive], (u * slots + t - 1)[leave] * points + g[leave]]
    )
    sign = np.concatenate([np.ones(len(arrive)), -np.ones(len(leave))])
    which, row = np.unique(node, return_inverse=True)
    flow = make_rows(row.reshape(-1), np.arange(n)[np.concatenate([arrive, leave])], sign, 0.0, 0.0,
                     (len(which), columns))  # fmt: skip
    return stack_rows([start, flow])


def _one_vehicle(mission: Mission, costs: MissionCosts, services: Ints, first: int, columns: int) -> Rows:
    """At most one service a task; exactly one where the user alone is late."""
    shape = mission.n_slots * mission.n_users
    task = services[:, 1] * mission.n_users + services[:, 2]
    needed = ~np.isfinite(costs.local.reshape(-1))
    return make_rows(task, first + np.arange(len(services)), 1.0, np.where(needed, 1.0, -np.inf), 1.0,
                     (shape, columns))  # fmt: skip


def _where_it_is(mission: Mission, hops: Ints, services: Ints, columns: int) -> Rows:
    """a ≤ z for every service, and Σ a ≤ K z where more users than channels can be there."""
    n, m, points, slots = len(hops), len(services), mission.n_points, mission.n_slots
    node = (hops[:, 0] * slots + hops[:, 1]) * points + hops[:, 3]
    order = np.argsort(node, kind="stable")
    where = (services[:, 0] * slots + services[:, 1]) * points + services[:, 3]
    low, high = np.searchsorted(node[order], where), np.searchsorted(node[order], where, side="right")
    inward = _between(order, low, high)
    row = np.repeat(np.arange(m), high - low)
    each = make_rows(np.concatenate([np.arange(m), row]), np.concatenate([n + np.arange(m), inward]),
                     np.concatenate([np.ones(m), -np.ones(len(inward))]), -np.inf, 0.0, (m, columns))  # fmt: skip
    spots, at = np.unique(where, return_inverse=True)
    first, last = np.searchsorted(node[order], spots), np.searchsorted(node[order], spots, side="right")
    inward = _between(order, first, last)
    row = np.repeat(np.arange(len(spots)), last - first)
    together = make_rows(np.concatenate([at.reshape(-1), row]), np.concatenate([n + np.arange(m), inward]),
                         np.concatenate([np.ones(m), np.full(len(inward), -float(mission.channels))]), -np.inf, 0.0,
                         (len(spots), columns))  # fmt: skip
    return stack_rows([each, together])


def _between(order: Ints, low: Any, high: Any) -> Ints:
    """The parts low … high − 1 of ``order``, one behind the other."""
    count = high - low
    return np.asarray(order[np.repeat(low - np.cumsum(count) + count, count) + np.arange(int(count.sum()))])


def _batteries(mission: Mission, costs: MissionCosts, hops: Ints, services: Ints, shifts: Ints, best: Ints,
               columns: int) -> Rows:  # fmt: skip
    """Hops, computing and its shifts, as parts of what hovering leaves of the battery."""
    left = mission.battery_j - mission.n_slots * costs.hover_j
    used = costs.craft_j[tuple(services[:, [1, 2, 3]].T)]
    j, k = shifts.T
    joules = np.concatenate([costs.hop_j[hops[:, 2], hops[:, 3]], used[np.arange(len(used)), best],
                             used[j, k] - used[j, best[j]]])  # fmt: skip
    who = np.concatenate([hops[:, 0], services[:, 0], services[j, 0]])
    # Without any battery left only what takes nothing is possible: any positive divisor will do.
    size = np.where(left > 0, left, 1.0)
    raw = make_rows(who, np.arange(columns), joules / size[who], -np.inf, left / size, (mission.n_craft, columns))
    return keep_in_range(raw)
