"""What is asked of a split, and the additive costs that follow from it."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.columns import Floats
from instances.errors import InputError
from instances.request import Request

__all__ = ["Goal", "LinearCosts"]


@dataclasses.dataclass(frozen=True)
class Goal:
    """What is minimised: ``per_j`` · energy + ``per_s`` · latency, or, with ``longest``, the longest stage (s).

    Raises:
        InputError: a negative weight, no weight at all, or weights beside ``longest``.
    """

    per_j: float = 0.0
    per_s: float = 0.0
    longest: bool = False

    def __post_init__(self) -> None:
        for name in ("per_j", "per_s"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InputError(f"goal.{name}", f"is {getattr(self, name)}", fix="give 0 or more")
        if self.longest == bool(self.per_j or self.per_s):
            raise InputError("goal", f"is {self}", "it is either a weighted sum or the longest stage",
                             "use Goal.latency(), Goal.energy(), Goal.mixed(ω) or Goal.stage()")  # fmt: skip

    @classmethod
    def latency(cls) -> Goal:
        """Least latency, s."""
        return cls(per_s=1.0)

    @classmethod
    def energy(cls) -> Goal:
        """Least energy, J."""
        return cls(per_j=1.0)

    @classmethod
    def mixed(cls, second_w: float) -> Goal:
        """Least energy + ω · latency, J; ``second_w`` ω is what a second counts as, W."""
        return cls(per_j=1.0, per_s=second_w)

    @classmethod
    def stage(cls) -> Goal:
        """Shortest longest stage, s: most requests a second."""
        return cls(longest=True)

    @property
    def name(self) -> str:
        """`latency`, `energy`, `stage`, or `mixed`."""
        if self.longest:
            return "stage"
        if self.per_j == 0:
            return "latency"
        return "energy" if self.per_s == 0 else "mixed"

    @property
    def unit(self) -> str:
        """Unit of the value when a weight is 1."""
        return "s" if self.longest or self.per_j == 0 else "J"

    def value(self, latency_s: float, energy_j: float, stage_s: float) -> float:
        """What a placement with these figures is worth."""
        if self.longest:
            return stage_s
        # 0 · inf would be NaN.
        return sum(w * x for w, x in ((self.per_j, energy_j), (self.per_s, latency_s)) if w)


@dataclasses.dataclass(frozen=True, eq=False)
class LinearCosts:
    """A weighted sum of energy and latency as costs that simply add up; inf: impossible.

    ``run`` [m, n] of each layer on each machine; ``send`` [m, m] of a Mbit; ``hop`` [m, m] of each tensor sent;
    ``opening`` [m] of a machine in use. What is sent, and which machines are in use, is as in `Request` (its `route`).
    Where ``send`` is inf there is no link; under ``one_way`` this includes links back, but not for the result: those
    are ``back`` [m, m], per Mbit.
    """

    request: Request
    run: Floats
    send: Floats
    back: Floats
    hop: Floats
    opening: Floats

    @classmethod
    def of(cls, request: Request, goal: Goal) -> LinearCosts:
        """Raises InputError for the longest stage, which is no sum."""
        if goal.longest:
            raise InputError("goal", "the longest stage is no sum of costs")
        run = _weigh(goal, request.energy_j, request.time_s)
        back = _weigh(goal, request.send_j_per_mbit, request.send_s_per_mbit)
        m = request.n_machines
        forbidden = np.tril(np.ones((m, m), dtype=bool), -1) & request.one_way
        return cls(
            request=request,
            run=run,
            send=np.where(forbidden, np.inf, back),
            back=back,
            hop=goal.per_s * request.hop_s,
            opening=goal.per_j * request.opening_j + goal.per_s * request.opening_s,
        )

    def parcel(self, a: int, b: int, mbit: float, *, result: bool = False) -> float:
        """Cost of sending one tensor (or the result) over the link from a to b."""
        rate = float(self.back[a, b] if result else self.send[a, b])
        return math.inf if math.isinf(rate) else rate * mbit + float(self.hop[a, b])


def _weigh(goal: Goal, joules: Floats, seconds: Floats) -> Floats:
    """Weighted sum; inf wherever the time is, whatever its weight."""
    possible = np.isfinite(seconds)
    return np.where(possible, goal.per_j * joules + goal.per_s * np.where(possible, seconds, 0.0), np.inf)
