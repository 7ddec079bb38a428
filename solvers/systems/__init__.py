"""Methods for the problem records of `instances.systems`: one package a system."""

from solvers.systems import batching, droo, gma, hoda, iao, mad2rl, robust
from solvers.systems.registry import SYSTEM_METHODS, SystemMethod, system_method

__all__ = ["SYSTEM_METHODS", "SystemMethod", "batching", "droo", "gma", "hoda", "iao", "mad2rl", "robust",
           "system_method"]  # fmt: skip
