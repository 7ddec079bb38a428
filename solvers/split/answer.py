"""What a splitter hands back, before any of it is checked."""

from __future__ import annotations

import dataclasses
import math

from instances.columns import Ints
from solvers.answer import Stop

__all__ = ["SplitAnswer"]


@dataclasses.dataclass(frozen=True, eq=False)
class SplitAnswer:
    """Best placement found and what is claimed of it.

    Args:
        placement: [n_layers] machine of each layer, or None.
        value: what the goal is claimed to be there; inf without.
        bound: claimed lower bound on the goal; −inf without.
        stop: why the splitter stopped; INFEASIBLE claims that there is no placement.
        message: an explanation in the user's words.
        detail: further figures of the splitter's own.
    """

    placement: Ints | None
    value: float = math.inf
    bound: float = -math.inf
    stop: Stop = Stop.FINISHED
    message: str = ""
    detail: dict[str, float] = dataclasses.field(default_factory=dict)

    @classmethod
    def infeasible(cls, message: str) -> SplitAnswer:
        """No placement is possible."""
        return cls(None, bound=math.inf, stop=Stop.INFEASIBLE, message=message)

    @classmethod
    def optimal(cls, placement: Ints, value: float, **detail: float) -> SplitAnswer:
        """A placement that is claimed to be best; infeasible when its value is inf."""
        if math.isinf(value):
            return cls.infeasible("no placement is possible: every one uses a machine, link or limit that forbids it")
        return cls(placement, value, value, detail=detail)
