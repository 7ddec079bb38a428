"""Methods for the problem records of `instances.systems`: one package a system."""

from solvers.systems import iao, robust
from solvers.systems.registry import SYSTEM_METHODS, SystemMethod, system_method

__all__ = ["SYSTEM_METHODS", "SystemMethod", "iao", "robust", "system_method"]
