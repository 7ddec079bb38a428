"""How hard the loads of `instances.library.recipes` are: cost and users served at each level, for one size.

`python -m benchmarks.peers.loads [USERS ...]` prints, for every generator and with and without local execution, the
best plan of greedy and the price method at each level: its cost over that at the light level, and the part of
users that a server serves. A level without a plan is a fault of the table there.
"""

from __future__ import annotations

import itertools
import math
import sys

import numpy as np

from benchmarks.peers.family import CROWD, LEVELS, Place, build
from instances.expand import expand
from instances.options import LOCAL
from solvers import Limits, get_method
from solvers.answer import Clock

LIMITS = Limits(time_s=30.0)


def measure(place: Place) -> tuple[float, float]:
    """Cost (inf without a plan) and part of users served."""
    table, best, served = expand(build(place)), math.inf, math.nan
    if (np.diff(table.start) == 0).any():
        return best, served
    for name in ("greedy", "prices"):
        answer = get_method(name).solve(table, limits=LIMITS, rng=np.random.default_rng(1), clock=Clock(LIMITS))
        if answer.decision is not None and answer.objective_j < best:
            best, served = answer.objective_j, float((table.server[answer.decision.chosen] != LOCAL).mean())
    return best, served


def main(sizes: list[int], allocation: str = "units", seeds: tuple[int, ...] = (1, 2)) -> None:
    """Print a line a generator, size and seed."""
    for generator, local in itertools.product(CROWD, (True, False)):
        for users in sizes:
            for seed in seeds:
                found = [measure(Place(generator, users, level, local, allocation, seed)) for level in LEVELS]
                told = "  ".join(f"{level} {cost / found[0][0]:.2f} ({served:.0%} served)"
                                 for level, (cost, served) in zip(LEVELS, found, strict=True))  # fmt: skip
                print(f"{generator:9} {'local' if local else 'no local':9} {users:5} seed {seed}: {told}", flush=True)


if __name__ == "__main__":
    main([int(n) for n in sys.argv[1:]] or [60])
