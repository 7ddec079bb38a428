"""Servers that fly: where they hover in each slot and whom they serve. Importing this package registers all methods."""

from solvers.uav import baselines, brute_force, decomposition, in_turn, milp
from solvers.uav.registry import FLIGHT_METHODS, FlightAnswer, FlightMethod, flight_method, get_flight_method
from solvers.uav.solve import FlightResult, solve_flight

__all__ = [
    "FLIGHT_METHODS",
    "FlightAnswer",
    "FlightMethod",
    "FlightResult",
    "baselines",
    "brute_force",
    "decomposition",
    "flight_method",
    "get_flight_method",
    "in_turn",
    "milp",
    "solve_flight",
]
