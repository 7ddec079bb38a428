"""A client's cuts towards one target: time that no queue changes, and work that it leaves to the target."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats, Ints
from instances.systems.mad2rl import Slot

__all__ = ["CutList", "hull_cuts", "list_cuts", "own_s"]


@dataclasses.dataclass(frozen=True, eq=False)
class CutList:
    """Cuts that may be best, by increasing ``fixed_s`` and decreasing ``left_gflop``; empty when out of reach."""

    cut: Ints
    fixed_s: Floats
    left_gflop: Floats


def own_s(slot: Slot, client: int) -> float:
    """Completion time on the client alone."""
    return float(slot.chains[slot.kind[client]].before_gflop[-1] / slot.client_gflops[client])


def list_cuts(slot: Slot, client: int, target: int) -> CutList:
    """Cuts that no other beats in both time and work left (P27b); the cut after the last link is not one of them."""
    chain, rate = slot.chains[slot.kind[client]], slot.rate_mbps[client, target]
    if rate <= 0:
        return CutList(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    fixed = (chain.before_gflop / slot.client_gflops[client] + chain.output_mbit / rate)[:-1]
    left = chain.after_gflop[:-1]
    order = np.lexsort((left, fixed))
    kept: list[int] = []
    for cut in order:
        if not kept or left[cut] < left[kept[-1]]:
            kept.append(int(cut))
    rows = np.array(kept)
    return CutList(rows, fixed[rows], left[rows])


def hull_cuts(cuts: CutList) -> tuple[CutList, Floats]:
    """Cuts that are cheapest at some price of work left, and the prices from which each is (first one at 0 … last).

    Returned from the one best at price 0 (least time) to the one best at a high price (least work left); the price
    array has one entry a cut, the price at which it takes over.
    """
    chosen, prices = [0], [0.0]
    for k in range(1, len(cuts.cut)):
        while True:
            last = chosen[-1]
            price = (cuts.fixed_s[k] - cuts.fixed_s[last]) / (cuts.left_gflop[last] - cuts.left_gflop[k])
            if len(chosen) == 1 or price > prices[-1]:
                break
            chosen.pop()
            prices.pop()
        chosen.append(k)
        prices.append(float(price))
    rows = np.array(chosen)
    return CutList(cuts.cut[rows], cuts.fixed_s[rows], cuts.left_gflop[rows]), np.array(prices)
