"""Binary offloading on few sub-channels: exact by sets and by MILP, and the heuristic of Lyu and Tian."""

from solvers.systems.hoda.exact import enumerate_sets, solve_milp
from solvers.systems.hoda.heuristic import heuristic, nobody
from solvers.systems.hoda.terms import Terms, best_power_w, plan_of, set_value, terms_of

__all__ = [
    "Terms",
    "best_power_w",
    "enumerate_sets",
    "heuristic",
    "nobody",
    "plan_of",
    "set_value",
    "solve_milp",
    "terms_of",
]
