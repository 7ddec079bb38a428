"""Uncertain layer times: deadlines that hold with a probability, of which only means and variances are known.

After Nan, Han, Zhou and Niu, TMC 2026, arXiv:2503.21476. Theirs is one edge server whose clock is fixed; here servers
share their compute, and the time of a share scales with it. The constants of the paper are not public to us.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats
from instances.errors import InputError
from instances.instance import Instance

__all__ = ["RobustProblem", "chebyshev_factor"]


def chebyshev_factor(risk: float) -> float:
    """k(ε) = √((1 − ε)/ε): mean + k · deviation is not exceeded with probability 1 − ε, whatever the distribution."""
    return float(np.sqrt((1 - risk) / risk))


@dataclasses.dataclass(frozen=True, eq=False)
class RobustProblem:
    """An instance of J-E whose layer times are means of independent random numbers.

    Args:
        instance: continuous shares, one way to run each network.
        device_cv, server_cv: standard deviation of a layer's time over its mean, on devices and on servers.
        risk: ε, the largest probability with which a deadline may be missed.

    Raises:
        InputError: another problem, or numbers out of range.
    """

    instance: Instance
    device_cv: float = 0.2
    server_cv: float = 0.1
    risk: float = 0.05

    def __post_init__(self) -> None:
        if self.instance.problem != "J-E" or self.instance.allocation != "continuous" or not self.instance.is_plain:
            raise InputError("instance", "is not J-E with continuous shares and one way to run each network",
                             "chance constraints are stated for that")  # fmt: skip
        for name in ("device_cv", "server_cv"):
            if not 0 <= getattr(self, name) < 10:
                raise InputError(name, f"is {getattr(self, name)}", "a part of the mean, zero or more")
        if not 0 < self.risk < 1:
            raise InputError("risk", f"is {self.risk}", "a probability between 0 and 1")

    @property
    def factor(self) -> float:
        """k(ε)."""
        return chebyshev_factor(self.risk)

    def deviation_of(self, layer_s: Floats, cv: float) -> Floats:
        """[n] deviation of the sum of independent layers, s; ``layer_s`` [n, layers], 0 for layers not run there."""
        return np.asarray(cv * np.sqrt(np.square(layer_s).sum(axis=-1)))
