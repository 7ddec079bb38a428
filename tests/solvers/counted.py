"""Time counted in questions to the clock, not in seconds: after so many nothing is left. And instances to try it on."""

from __future__ import annotations

from functools import cache

import numpy as np

from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.options import OptionTable
from solvers import Limits, solve
from solvers.answer import Clock

__all__ = ["AMPLE", "HAIR", "Counted", "made", "spread_out"]

HAIR = 1e-9
AMPLE = 10**9
KINDS = {"campus": ("campus", 12, 3, 1.2), "road": ("roadside", 12, 4, 1.5), "light": ("roadside", 12, 5, 0.3)}


class Counted(Clock):
    """Has time for so many questions."""

    def __init__(self, questions: int = AMPLE) -> None:
        super().__init__(Limits())
        self.questions, self.asked = questions, 0

    @property
    def left_s(self) -> float:
        self.asked += 1
        return 1e6 if self.asked <= self.questions else 0.0

    @property
    def late(self) -> int:
        """Questions asked after the time was up."""
        return max(0, self.asked - self.questions)


@cache
def made(kind: str) -> tuple[Instance, OptionTable, float]:
    """An instance, its options, and the optimum by the program over columns; light: servers had better be off."""
    generator, users, servers, load = KINDS[kind]
    instance = generate(generator, users=users, servers=servers, seed=1, allocation="units", blocks=8, units=4,
                        load=load)  # fmt: skip
    return instance, expand(instance), solve(instance, "joint_units", limits=Limits(gap=HAIR)).objective_j


def spread_out(total: int, count: int) -> list[int]:
    """Numbers of questions from none to all, more of the few."""
    return sorted({0, 1, 2, *(int(x) for x in np.geomspace(3, max(4, total - 1), count))})
