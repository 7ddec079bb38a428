"""Flights as a MILP (`formulations.uav_flight`) handed to HiGHS."""

from __future__ import annotations

import math

import numpy as np

from formulations.uav_flight import build_flight
from instances.systems.uav import Mission
from solvers.answer import Limits
from solvers.highs import Status, solve_program
from solvers.uav.plans import without_a_server
from solvers.uav.registry import FlightAnswer, Kind, flight_method

MOST_COLUMNS = 200_000
"""Columns beyond which even the first relaxation takes minutes."""


@flight_method
class FlightMilp:
    """Paths, services and parts together."""

    name = "uav_milp"
    title = "MILP over the graph of slots and points"
    kind: Kind = "exact"
    guarantee = "gap ≤ limits.gap"
    reference = "docs/theory.md P34"

    def supports(self, mission: Mission) -> str | None:
        """Missions whose program is not too large."""
        hops = mission.n_craft * mission.n_slots * mission.n_points**2
        columns = hops + mission.n_craft * mission.task_mbit.size * mission.n_points
        return None if columns <= MOST_COLUMNS else f"up to {columns} columns are more than {MOST_COLUMNS}"

    def solve(self, mission: Mission, *, limits: Limits, rng: np.random.Generator) -> FlightAnswer:
        """A plan within the gap."""
        flight = build_flight(mission)
        if without_a_server(mission, flight.costs):
            return FlightAnswer(None, bound=math.inf)
        outcome = solve_program(flight.program, limits, seed=int(rng.integers(2**31 - 1)))
        if outcome.status is Status.INFEASIBLE:
            return FlightAnswer(None, bound=math.inf)
        if outcome.values is None:
            return FlightAnswer(None, bound=outcome.bound)
        return FlightAnswer(flight.decode(outcome.values), outcome.objective, outcome.bound)
