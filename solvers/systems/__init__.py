"""Methods for the problem records of `instances.systems`: one package a system."""

from solvers.systems import batching, droo, hoda, mad2rl
from solvers.systems.registry import SYSTEM_METHODS, SystemMethod, system_method

__all__ = ["SYSTEM_METHODS", "SystemMethod", "batching", "droo", "hoda", "mad2rl", "system_method"]
