"""Approximations that round a vertex of the linear relaxation over columns."""

from solvers.vertex import ptas, rounding

__all__ = ["ptas", "rounding"]
