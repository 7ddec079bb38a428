"""Learned methods. What was learned is committed as numbers in JSON; training is a script of its own."""

from solvers.learned import imitation

__all__ = ["imitation"]
