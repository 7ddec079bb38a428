"""The largest latency of all users (J-M): bisection over what can be in time. Importing this registers the method."""

from solvers.bottleneck.method import Bottleneck
from solvers.bottleneck.settle import settle

__all__ = ["Bottleneck", "settle"]
