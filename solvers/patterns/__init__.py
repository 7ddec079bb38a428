"""Patterns: all that one server does, as one column. Plans and bounds under `units` where servers are full."""

from solvers.patterns.descent import Descent
from solvers.patterns.generation import Generation
from solvers.patterns.windows import Windows

__all__ = ["Descent", "Generation", "Windows"]
