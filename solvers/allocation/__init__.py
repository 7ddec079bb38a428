"""Shares for given options, the inner problem of every method: exact (continuous) or in whole pieces (units)."""

from solvers.allocation.continuous import allocate
from solvers.allocation.demand import Demand, demand_of
from solvers.allocation.feasible import (
    LOAD_TOLERANCE,
    least_shares,
    load_of,
    load_sums,
    load_terms,
    option_terms,
    server_load,
)
from solvers.allocation.result import Allocation
from solvers.allocation.units import allocate_any, allocate_units
from solvers.allocation.units_exact import allocate_units_exact

__all__ = [
    "LOAD_TOLERANCE",
    "Allocation",
    "Demand",
    "allocate",
    "allocate_any",
    "allocate_units",
    "allocate_units_exact",
    "demand_of",
    "least_shares",
    "load_of",
    "load_sums",
    "load_terms",
    "option_terms",
    "server_load",
]
