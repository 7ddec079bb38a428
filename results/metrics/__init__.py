"""How results are measured: pure functions on plain values and arrays, with their conventions (docs/metrics.md)."""

from results.metrics.bootstrap import LEAST, Interval, interval, paired_interval, ratio_interval
from results.metrics.gap import primal_gap, relative_gap
from results.metrics.guarantee import Held, guarantee_verdict
from results.metrics.primal_integral import primal_integral
from results.metrics.profile import Profile, performance_profile
from results.metrics.times import par, shifted_geometric_mean, shifted_ratio

__all__ = [
    "LEAST",
    "Held",
    "Interval",
    "Profile",
    "guarantee_verdict",
    "interval",
    "paired_interval",
    "par",
    "performance_profile",
    "primal_gap",
    "primal_integral",
    "ratio_interval",
    "relative_gap",
    "shifted_geometric_mean",
    "shifted_ratio",
]
