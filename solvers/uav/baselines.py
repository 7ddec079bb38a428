"""What flights are compared with: nobody is served, everybody is, vehicles that hover or follow the nearest user."""

from __future__ import annotations

import math

import numpy as np

from instances.columns import Ints
from instances.systems.uav import LOCAL, Mission, MissionPlan
from instances.systems.uav_costs import MissionCosts, price_mission
from solvers.answer import Limits
from solvers.uav.plans import associate, best_path, flying_j, price_hops, settle
from solvers.uav.registry import FlightAnswer, Kind, flight_method

__all__ = ["paths_towards"]

PRICES_M = tuple(10.0**k for k in range(-7, 4))
"""Metres off the way that a joule is worth."""
FOR_FLYING = 0.9
"""Part of what hovering leaves of the battery that may be flown; the rest computes."""


def paths_towards(mission: Mission, costs: MissionCosts, wanted: Ints) -> Ints | None:
    """Paths [U, T] that are near points [U, T] that vehicles would like, none meeting another; the first come first.

    Joules get dearer until most of what hovering leaves of the battery is enough. None where one is shut in.
    """
    apart = np.linalg.norm(mission.grid_m[:, None, :] - mission.grid_m[None, :, :], axis=-1)
    kept: list[Ints] = []
    for u in range(mission.n_craft):
        alone = mission.replace(start=mission.start[[u]], battery_j=mission.battery_j[[u]])
        node = apart[wanted[u]]
        for other in kept:
            node[np.arange(mission.n_slots), other] = np.inf
        hovering_j = mission.n_slots * costs.hover_j
        room_j = hovering_j + FOR_FLYING * (mission.battery_j[u] - hovering_j)
        for price in PRICES_M:
            path, value = best_path(int(mission.start[u]), price_hops(costs.hop_j, price), node)
            if not math.isfinite(value):
                return None
            if flying_j(alone, costs, path[None, :])[0] <= room_j:
                break
        kept.append(path)
    return np.array(kept, dtype=np.int64).reshape(mission.n_craft, mission.n_slots)


def _hovering(mission: Mission, costs: MissionCosts) -> Ints | None:
    """Paths to the points nearest the middle, where vehicles stay."""
    middle = (mission.grid_m.min(axis=0) + mission.grid_m.max(axis=0)) / 2
    order = np.argsort(np.linalg.norm(mission.grid_m - middle, axis=1), kind="stable")[: mission.n_craft]
    return paths_towards(mission, costs, np.repeat(order[:, None], mission.n_slots, axis=1))


class _Baseline:
    """What the baselines share: they run on every mission, fly first and serve then, and promise nothing."""

    kind: Kind = "heuristic"
    guarantee: str | None = None

    def supports(self, mission: Mission) -> str | None:
        """Every mission."""
        return None

    def solve(self, mission: Mission, *, limits: Limits, rng: np.random.Generator) -> FlightAnswer:
        """Plan without a bound; none where a vehicle is shut in or, with nobody to serve it, a user is late."""
        costs = price_mission(mission)
        point = self.fly(mission, costs)
        return FlightAnswer(None) if point is None else self.serve(mission, costs, point)

    def fly(self, mission: Mission, costs: MissionCosts) -> Ints | None:
        """Paths [U, T]; to the middle, to stay, if a baseline does not say otherwise."""
        return _hovering(mission, costs)

    def serve(self, mission: Mission, costs: MissionCosts, point: Ints) -> FlightAnswer:
        """Whom vehicles on these paths serve; the best if a baseline does not say otherwise."""
        return _settled(mission, costs, point, associate(mission, costs, point))


def _settled(mission: Mission, costs: MissionCosts, point: Ints, server: Ints) -> FlightAnswer:
    found = settle(mission, costs, point, server)
    return FlightAnswer(None) if found is None else FlightAnswer(*found)


@flight_method
class HoverMiddle(_Baseline):
    """Vehicles fly to the middle and stay; whom they serve is best."""

    name = "uav_hover"
    title = "hover in the middle"
    reference = "recurring baseline"


@flight_method
class NearestUser(_Baseline):
    """Each vehicle flies to the user with a task that is nearest to it and that no other one flies to."""

    name = "uav_nearest"
    title = "to the nearest user"
    reference = "tried and dropped in the public code UAV-DDPG"

    def fly(self, mission: Mission, costs: MissionCosts) -> Ints | None:
        """To the users, slot by slot."""
        wanted = np.zeros((mission.n_craft, mission.n_slots), dtype=np.int64)
        here = mission.grid_m[mission.start]
        for t in range(mission.n_slots):
            open_users = mission.task_mbit[t] > 0
            for u in range(mission.n_craft):
                target = here[u]
                if open_users.any():
                    away = np.linalg.norm(mission.place_m[t] - here[u], axis=1)
                    i = int(np.where(open_users, away, np.inf).argmin())
                    open_users[i] = False
                    target = mission.place_m[t, i]
                near = np.linalg.norm(mission.grid_m - target, axis=1)
                wanted[u, t] = int(near.argmin())
            here = mission.grid_m[wanted[:, t]]
        return paths_towards(mission, costs, wanted)


@flight_method
class LocalOnly(_Baseline):
    """Vehicles stay where they are and serve nobody."""

    name = "uav_local"
    title = "everything at the users"
    reference = "baseline of the public code UAV-DDPG"

    def fly(self, mission: Mission, costs: MissionCosts) -> Ints | None:
        """Nowhere."""
        return paths_towards(mission, costs, np.repeat(mission.start[:, None], mission.n_slots, axis=1))

    def serve(self, mission: Mission, costs: MissionCosts, point: Ints) -> FlightAnswer:
        """Nobody."""
        return _settled(mission, costs, point, np.full(mission.task_mbit.shape, LOCAL))


@flight_method
class EdgeOnly(_Baseline):
    """Vehicles hover in the middle and do the whole tasks of as many users as they have channels, in turn."""

    name = "uav_edge"
    title = "whole tasks at the vehicles"
    reference = "baseline of the public code UAV-DDPG"

    def serve(self, mission: Mission, costs: MissionCosts, point: Ints) -> FlightAnswer:
        """Users in turn; the plan's cost is left to the checker."""
        server = np.full(mission.task_mbit.shape, LOCAL)
        seats = np.repeat(np.arange(mission.n_craft), mission.channels)[: mission.n_users]
        for t in range(mission.n_slots):
            users = (t * len(seats) + np.arange(len(seats))) % max(mission.n_users, 1)
            server[t, users] = seats
        server[mission.task_mbit == 0] = LOCAL
        return FlightAnswer(MissionPlan(point, server, (server != LOCAL).astype(np.float64)))
