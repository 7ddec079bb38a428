"""The exact optimum of a slot: what every set of clients costs at every target, then the best partition (P27c, d)."""

from __future__ import annotations

import itertools
import math

import numpy as np

from instances.columns import Floats, Ints
from instances.errors import InputError
from instances.systems.mad2rl import ROADSIDE, Slot, SlotPlan
from solvers.systems.mad2rl.cuts import CutList, hull_cuts, list_cuts, own_s
from solvers.systems.mad2rl.split import gamma, split_costs, with_best_split
from solvers.systems.registry import system_method

__all__ = ["MOST_CLIENTS", "solve_slot"]

MOST_CLIENTS = 12
"""The partition takes 3^N steps a target."""

Picks = dict[int, int]
"""Client → cut."""
Way = tuple[float, float, Picks]
"""Fixed seconds, work left, cuts."""
Hulls = list[tuple[CutList, Floats] | None]


@system_method("mad2rl_subsets", system="MAD2RL", kind="exact", guarantee="optimal", reference="docs/theory.md P27")
def solve_slot(slot: Slot) -> SlotPlan:
    """An optimal plan.

    Raises:
        InputError: more than 12 clients.
    """
    n = slot.n_clients
    if n > MOST_CLIENTS:
        raise InputError("slot", f"has {n} clients", f"the exact method lists all sets of up to {MOST_CLIENTS}")
    sets = [[i for i in range(n) if mask >> i & 1] for mask in range(1 << n)]
    tables = [_alone(slot, sets), _roadside(slot, sets)]
    tables += [_helper(slot, sets, target) for target in range(1, slot.n_targets)]
    owner = _partition([np.array([cost for cost, _ in table]) for table in tables], n)
    cut, target = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for place, mask in enumerate(owner):
        for client, chosen in tables[place][mask][1].items():
            cut[client], target[client] = chosen, place - 1
    return with_best_split(slot, cut, target)


def _alone(slot: Slot, sets: list[list[int]]) -> list[tuple[float, Picks]]:
    last = [len(slot.chains[k].gflop) for k in slot.kind]
    own = [slot.weight * own_s(slot, i) for i in range(slot.n_clients)]
    return [(math.fsum(own[i] for i in some), {i: last[i] for i in some}) for some in sets]


def _helper(slot: Slot, sets: list[list[int]], target: int) -> list[tuple[float, Picks]]:
    """With n clients at a service vehicle a GFLOP left costs V (n + 1)/(2F) + Q, whoever leaves it."""
    speed, queue = slot.helper_gflops[target - 1], slot.helper_queue_gflop[target - 1]
    lists = [list_cuts(slot, i, target) for i in range(slot.n_clients)]
    found: list[tuple[float, Picks]] = []
    for some in sets:
        price, cost = slot.weight * (len(some) + 1) / (2 * speed) + queue, 0.0
        picks: Picks = {}
        for i in some:
            if not len(lists[i].cut):
                cost = math.inf
                break
            costs = slot.weight * lists[i].fixed_s + price * lists[i].left_gflop
            best = int(np.argmin(costs))
            cost, picks[i] = cost + float(costs[best]), int(lists[i].cut[best])
        found.append((cost, picks))
    return found


def _roadside(slot: Slot, sets: list[list[int]]) -> list[tuple[float, Picks]]:
    """The least cost is concave in the work of each type, so one price a type finds the best cuts (P27d)."""
    lists = [list_cuts(slot, i, ROADSIDE) for i in range(slot.n_clients)]
    hulls = [hull_cuts(cuts) if len(cuts.cut) else None for cuts in lists]
    found: list[tuple[float, Picks]] = []
    for some in sets:
        if any(hulls[i] is None for i in some):
            found.append((math.inf, {}))
            continue
        ways = [_ways([i for i in some if slot.kind[i] == k], hulls) for k in range(len(slot.chains))]
        choices = list(itertools.product(*ways))
        work = np.array([[w[1] for w in choice] for choice in choices])
        fixed = np.array([sum(w[0] for w in choice) for choice in choices])
        count = np.array([float(len(w[2])) for w in (way[0] for way in ways)])
        costs = slot.weight * fixed + work @ slot.roadside_queue_gflop
        costs += split_costs(slot, gamma(slot.weight, work, count))
        best = int(np.argmin(costs))
        found.append((float(costs[best]), {i: c for w in choices[best] for i, c in w[2].items()}))
    return found


def _ways(members: list[int], hulls: Hulls) -> list[Way]:
    """What one type's clients choose between any two prices at which one of them changes."""
    found = {i: hull for i in members if (hull := hulls[i]) is not None}
    prices = sorted({float(p) for _, starts in found.values() for p in starts}) or [0.0]
    ways: list[Way] = []
    for price in prices:
        fixed, left, picks = 0.0, 0.0, dict[int, int]()
        for i in members:
            cuts, starts = found[i]
            k = int(np.searchsorted(starts, price, side="right")) - 1
            fixed, left = fixed + float(cuts.fixed_s[k]), left + float(cuts.left_gflop[k])
            picks[i] = int(cuts.cut[k])
        ways.append((fixed, left, picks))
    return ways


def _partition(costs: list[Floats], n: int) -> list[int]:
    """Set of clients (as bits) of every target in a partition of least cost."""
    full = (1 << n) - 1
    best = [costs[0]]
    for cost in costs[1:]:
        last, now = best[-1], np.empty(1 << n)
        for mask in range(1 << n):
            subs = _subsets(mask)
            now[mask] = (last[mask ^ subs] + cost[subs]).min()
        best.append(now)
    owner, mask = [0] * len(costs), full
    for place in range(len(costs) - 1, 0, -1):
        subs = _subsets(mask)
        owner[place] = int(subs[np.argmin(best[place - 1][mask ^ subs] + costs[place][subs])])
        mask ^= owner[place]
    owner[0] = mask
    return owner


def _subsets(mask: int) -> Ints:
    """All subsets of a set given as bits."""
    found = np.zeros(1, dtype=np.int64)
    for bit in range(mask.bit_length()):
        if mask >> bit & 1:
            found = np.concatenate([found, found | (1 << bit)])
    return found
