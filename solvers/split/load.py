"""DADS: least latency while requests are rare, the longest stage once they come faster than that lets them through."""

from __future__ import annotations

import dataclasses
import math

from instances.errors import InputError
from instances.request import Request
from instances.request_costs import Goal
from solvers.split.result import SplitResult
from solvers.split.solve import split

__all__ = ["Dads", "dads"]


@dataclasses.dataclass(frozen=True, eq=False)
class Dads:
    """``load``: light or heavy; ``result``: the split; ``rate``: requests a second that it lets through; ``keeps_up``:
    whether that is as many as arrive (if not, fewer must be sent)."""

    load: str
    result: SplitResult
    rate: float
    keeps_up: bool


def dads(request: Request, arrivals: float, *, light: str = "min_cut", heavy: str = "dsh") -> Dads:
    """Split for ``arrivals`` requests a second.

    Light load while the longest stage of the split of least latency takes less than the time between two requests,
    1/arrivals; heavy load, the shortest longest stage, from there on. After Hu et al., INFOCOM 2019.

    Raises:
        InputError: a rate that is not positive, or a request that the splitters cannot take or cannot place.
    """
    if not 0 < arrivals < math.inf:
        raise InputError("arrivals", f"is {arrivals}", fix="give more than 0 requests a second")
    result, load = split(request, light, Goal.latency()), "light"
    if not _rate(result) > arrivals:
        result, load = split(request, heavy, Goal.stage()), "heavy"
    rate = _rate(result)
    return Dads(load, result, rate, rate >= arrivals)


def _rate(result: SplitResult) -> float:
    if result.report is None:
        raise InputError("request", "cannot be placed", result.message)
    return result.report.throughput
