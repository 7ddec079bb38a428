"""Methods for the problem records of `instances.systems`: one package a system."""

from solvers.systems import gma, iao, robust
from solvers.systems.registry import SYSTEM_METHODS, SystemMethod, system_method

__all__ = ["SYSTEM_METHODS", "SystemMethod", "gma", "iao", "robust", "system_method"]
