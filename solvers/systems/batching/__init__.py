"""Batching on one GPU: optimal grouping with common cuts (J-DOB's plans), IP-SSA, all plans of tiny cases."""

from solvers.systems.batching.enumeration import enumerate_groups
from solvers.systems.batching.grouping import all_local, group_optimally, one_group
from solvers.systems.batching.streams import independent_cuts

__all__ = ["all_local", "enumerate_groups", "group_optimally", "independent_cuts", "one_group"]
