"""The price method: a bound from prices of uplink, compute and memory, and a plan that follows them."""

from solvers.prices.dual import Dual, Point
from solvers.prices.method import Prices

__all__ = ["Dual", "Point", "Prices"]
