"""Every set of paths and every association: the oracle of the tests."""

from __future__ import annotations

import itertools
import math

import numpy as np

from instances.columns import Ints
from instances.systems.uav import LOCAL, Mission, MissionPlan
from instances.systems.uav_costs import price_mission
from solvers.answer import Limits
from solvers.uav.plans import settle
from solvers.uav.registry import FlightAnswer, Kind, flight_method

MOST_DIGITS = 6.5
"""Decimal logarithm of the number of plans."""


@flight_method
class FlightBruteForce:
    """All there is."""

    name = "uav_brute_force"
    title = "every plan"
    kind: Kind = "exact"
    guarantee = "optimal"
    reference = "– (the oracle of the tests)"

    def supports(self, mission: Mission) -> str | None:
        """Tiny missions."""
        digits = mission.n_craft * mission.n_slots * math.log10(mission.n_points)
        digits += mission.task_mbit.size * math.log10(mission.n_craft + 1)
        return None if digits <= MOST_DIGITS else f"about 10^{digits:.0f} plans are too many"

    def solve(self, mission: Mission, *, limits: Limits, rng: np.random.Generator) -> FlightAnswer:
        """The cheapest of all."""
        costs = price_mission(mission)
        best: tuple[MissionPlan, float] | None = None
        each = list(itertools.product(range(mission.n_points), repeat=mission.n_slots))
        for paths in itertools.product(each, repeat=mission.n_craft):
            point = np.array(paths, dtype=np.int64).reshape(mission.n_craft, mission.n_slots)
            if any(len(set(column)) < mission.n_craft for column in point.T.tolist()):
                continue
            for server in _associations(mission):
                found = settle(mission, costs, point, server)
                if found is not None and (best is None or found[1] < best[1]):
                    best = found
        return FlightAnswer(None, bound=math.inf) if best is None else FlightAnswer(*best, best[1])


def _associations(mission: Mission) -> list[Ints]:
    """[T, N] every one that keeps to the channels."""
    slots = [np.array(row) for row in itertools.product(range(LOCAL, mission.n_craft), repeat=mission.n_users)
             if all(row.count(u) <= mission.channels for u in range(mission.n_craft))]  # fmt: skip
    return [np.array(rows) for rows in itertools.product(slots, repeat=mission.n_slots)]
