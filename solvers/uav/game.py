"""A flight as a game: slot by slot and vehicle by vehicle, a hop is chosen knowing nothing of the slots ahead.

As in the public code UAV-DDPG a player sees batteries, where vehicles and users are, tasks and who is in sight, and is
paid what it does to delay and energy. Whom vehicles serve and how much of each task they take follows from where they
are (`solvers.uav.plans`), so a player is left with the flight.
"""

from __future__ import annotations

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.systems.uav import LOCAL, Mission, MissionPlan
from instances.systems.uav_costs import MissionCosts, price_mission
from solvers.uav.plans import associate_slot, lower_parts

__all__ = ["FEATURES", "FlightGame"]

USUAL_MBIT = 3.0
"""A task whose cost at its user is the unit of all that a player sees and is paid."""

FEATURES = (
    "slots left, of 20", "part of the slots left", "part of the battery over hovering left", "vehicles after this one",
    "open tasks a free channel",
    "it stays", "pays now", "paid of late", "paid of late over staying", "pays now and soon", "pays now over staying",
    "hop", "usual tasks in sight", "usual tasks out of sight", "usual tasks of all",
    "usual tasks that others are far from", "nearest other vehicle", "off the middle",
)  # fmt: skip
"""Of the moment (first five), then of a hop; money in units, distances in diagonals of the grid."""

LATE, SOON = 6, 2
"""Slots looked back upon (this one included), and slots ahead in which a point is guessed to pay the same."""


class FlightGame:
    """The state of one flight; every vehicle always may stay, so a flight always ends.

    ``point`` [U, T], ``server`` [T, N], ``part`` [T, N]: the plan so far. ``cost``: of the slots that are over.

    Args:
        mission: looked at slot by slot. costs: of the mission, if known already.
    """

    def __init__(self, mission: Mission, costs: MissionCosts | None = None) -> None:
        self.mission, self.costs = mission, costs or price_mission(mission)
        craft = mission.craft
        self.unit = USUAL_MBIT * craft.gcycle_per_mbit * (
            craft.kappa * (craft.user_ghz * 1e9) ** 2 * 1e9 + mission.delay_w / craft.user_ghz
        )  # fmt: skip
        self.slot, self.vehicle = 0, 0
        self.here = mission.start.copy()
        self.spent_j = np.zeros(mission.n_craft)
        self.point = np.zeros((mission.n_craft, mission.n_slots), dtype=np.int64)
        self.server = np.full(mission.task_mbit.shape, LOCAL)
        self.part = np.zeros(mission.task_mbit.shape)
        self.cost = 0.0
        self._usual = [_saved(price_mission(_usual_mission(mission, blocked))) for blocked in (False, True)]
        self._apart = np.linalg.norm(mission.grid_m[:, None, :] - mission.grid_m[None, :, :], axis=-1)
        self._across = max(float(self._apart.max()), 1e-9)
        middle = (mission.grid_m.min(axis=0) + mission.grid_m.max(axis=0)) / 2
        self._off_middle = np.linalg.norm(mission.grid_m - middle, axis=1) / self._across
        self._seen: list[Floats] = []
        self._begin_slot()

    @property
    def done(self) -> bool:
        """Whether all slots are over."""
        return self.slot >= self.mission.n_slots

    def _begin_slot(self) -> None:
        self.vehicle, self._earned = 0, 0.0
        if self.done or not self.mission.n_craft:
            self.slot = self.mission.n_slots
            return
        self._open = _saved(self.costs, self.slot)  # [N, G] what serving each task saves; 0 once somebody does
        self._seen = [*self._seen, self._open][-LATE:]
        seats = self.mission.channels * self.mission.n_craft
        self._most = float(np.sort(self._open.max(axis=1))[::-1][:seats].sum()) / self.mission.n_craft

    def _room_j(self, u: int) -> float:
        """What a vehicle may spend in this slot beyond hovering in all slots left."""
        left = (self.mission.n_slots - self.slot) * self.costs.hover_j
        return float(self.mission.battery_j[u] - self.spent_j[u] - left)

    def pays(self) -> Floats:
        """[G] what going to each point pays in this slot, in units: tasks not yet taken, less the flight."""
        return np.asarray((_best(self._open, self.mission.channels) - self._hop()) / self.unit)

    def _paid_of_late(self, others: Ints) -> Floats:
        """[G] mean over the slots seen of what each point would have paid beyond what the other vehicles' points do."""
        seen = np.array(self._seen)  # [slots, N, G]
        beyond = np.maximum(seen - seen[:, :, others].max(axis=2, initial=0.0)[:, :, None], 0.0)
        return np.asarray(np.mean([_best(saved, self.mission.channels) for saved in beyond], axis=0) / self.unit)

    def _hop(self) -> Floats:
        hop = self.costs.hop_j[self.here[self.vehicle]]
        return np.asarray(self.costs.craft_weight * np.where(np.isfinite(hop), hop, 0.0))

    def _allowed(self) -> Bools:
        """[G] points in reach and within the battery at which no vehicle is."""
        u = self.vehicle
        fits = self.costs.hop_j[self.here[u]] <= max(self._room_j(u), 0.0)
        fits[np.delete(self.here, u)] = False
        fits[self.here[u]] = True
        return np.asarray(fits)

    def see(self) -> tuple[Floats, Bools]:
        """[G, features] as named in `FEATURES`, and the hops that are allowed."""
        mission, u, t = self.mission, self.vehicle, self.slot
        pays, stay = self.pays(), int(self.here[u])
        left = mission.n_slots - t
        hovering = mission.n_slots * self.costs.hover_j
        open_tasks = int((self._open > 0).any(axis=1).sum())
        moment = (
            left / 20, left / mission.n_slots,
            self._room_j(u) / max(float(mission.battery_j[u]) - hovering, 1.0),
            mission.n_craft - u - 1, min(open_tasks / (mission.channels * (mission.n_craft - u)), 4.0),
        )  # fmt: skip
        others = np.delete(self.here, u)
        near = self._apart[:, others].min(axis=1) / self._across if len(others) else np.ones(mission.n_points)
        usual = [saved[t] / self.unit for saved in self._usual]
        both = (usual[0] + usual[1]) / 2
        covered = both[:, others].max(axis=1, initial=0.0)
        late = self._paid_of_late(others)
        hop = np.column_stack([
            np.arange(mission.n_points) == stay, pays, late, late - late[stay], pays + min(left - 1, SOON) * late,
            pays - pays[stay], self._hop() / self.unit,
            *(_best(saved, mission.channels) for saved in usual),
            both.mean(axis=0), np.maximum(both - covered[:, None], 0.0).mean(axis=0), near, self._off_middle,
        ])  # fmt: skip
        return np.concatenate([np.tile(moment, (mission.n_points, 1)), hop], axis=1), self._allowed()

    def take(self, action: int) -> float:
        """Hop to a point; what that pays, in units. The last vehicle is paid what serving together adds or takes.

        A vehicle's part of what the slot could save if every point were near is taken off: no flight changes it, and
        what is left says how well a hop was chosen rather than how much there was to do.
        """
        u, hop = self.vehicle, float(self._hop()[action])
        self.spent_j[u] += self.costs.hop_j[self.here[u], action]
        self.here[u] = self.point[u, self.slot] = action
        gain = self._open[:, action]
        chosen = np.argsort(-gain, kind="stable")[: self.mission.channels]
        earned, most = float(gain[chosen].sum()), self._most
        self._open = self._open.copy()
        self._open[chosen] = 0.0
        self.vehicle += 1
        self.cost += hop
        if self.vehicle == self.mission.n_craft:
            earned = self._serve() - self._earned
        self._earned += earned
        if self.vehicle == self.mission.n_craft:
            self.slot += 1
            self._begin_slot()
        return (earned - most - hop) / self.unit

    def _serve(self) -> float:
        """Settle the slot: who serves whom and how much of it; what that saves over all tasks at their users."""
        mission, costs, t = self.mission, self.costs, self.slot
        server = associate_slot(mission, costs, self.here, t)
        own, saved = _own(costs, t), 0.0
        for u in range(mission.n_craft):
            i = np.flatnonzero(server == u)
            at = (t, i, int(self.here[u]))
            found = lower_parts(costs.part[at], costs.cost[at], costs.craft_j[at], self._room_j(u))
            self.spent_j[u] += costs.hover_j
            if found is None:
                continue
            part, cost = found
            self.part[t, i] = part
            self.server[t, i] = np.where(part > 0, u, LOCAL)
            self.spent_j[u] += self._used_j(i, part)
            saved += float(own[i].sum()) - cost
        self.cost += float(costs.local[t].sum()) if np.isfinite(costs.local[t]).all() else float(own.sum())
        self.cost += mission.n_craft * costs.craft_weight * costs.hover_j - saved
        return saved

    def _used_j(self, users: Ints, part: Floats) -> float:
        craft = self.mission.craft
        gcycle = self.mission.task_mbit[self.slot, users] * craft.gcycle_per_mbit
        return float((part * craft.kappa * (craft.craft_ghz * 1e9) ** 2 * gcycle * 1e9).sum())

    def plan(self) -> MissionPlan | None:
        """The plan flown, or None where a task that had to be served was not, or a battery is too small to hover."""
        alone = ~np.isfinite(self.costs.local) & (self.server == LOCAL)
        flat = self.spent_j > self.mission.battery_j * (1 + 1e-12)
        return None if alone.any() or flat.any() else MissionPlan(self.point, self.server, self.part)


def _usual_mission(mission: Mission, blocked: bool) -> Mission:
    """The same users where they are, each with a usual task, all in sight or none."""
    shape = mission.task_mbit.shape
    return mission.replace(task_mbit=np.full(shape, USUAL_MBIT), blocked=np.full(shape, blocked),
                           deadline_s=np.full(shape, np.inf))  # fmt: skip


def _own(costs: MissionCosts, t: int) -> Floats:
    """[N] cost of tasks at their users; one that is late there counts as more than anything it could cost else."""
    own, known = costs.local[t], np.isfinite(costs.cost[t])
    late = 10 * (1 + costs.cost[t][known].max(initial=0.0) + own[np.isfinite(own)].max(initial=0.0))
    return np.asarray(np.where(np.isfinite(own), own, late))


def _saved(costs: MissionCosts, t: int | None = None) -> Floats:
    """[N, G] of slot t, or [T, N, G] of all: what serving a task from a point saves, 0 at least."""
    if t is None:
        return np.array([_saved(costs, s) for s in range(len(costs.local))])
    return np.asarray(np.maximum(_own(costs, t)[:, None] - costs.cost[t].min(axis=-1), 0.0))


def _best(saved: Floats, channels: int) -> Floats:
    """[G] sum of the largest ``channels`` savings [N, G]."""
    if channels >= len(saved):
        return np.asarray(saved.sum(axis=0))
    return np.asarray(np.partition(saved, -channels, axis=0)[-channels:].sum(axis=0))
