"""Deadlines that hold with a probability: hardened options, convex shares, the alternating scheme, enumeration."""

from solvers.systems.robust.methods import alternate, enumerate_options, harden, lower_bound, polish

__all__ = ["alternate", "enumerate_options", "harden", "lower_bound", "polish"]
