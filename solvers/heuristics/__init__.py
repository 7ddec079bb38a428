"""Baselines and heuristics: one file and one `@method` line each. None of them proves a bound."""

from solvers.heuristics import (
    all_local,
    all_remote,
    alternating,
    eedpo,
    greedy,
    local_search,
    nearest_idle,
    neurosurgeon,
    smallest_output,
)
from solvers.heuristics.local_search import quick_start

__all__ = ["all_local", "all_remote", "alternating", "eedpo", "greedy", "local_search", "nearest_idle",
           "neurosurgeon", "quick_start", "smallest_output"]  # fmt: skip
