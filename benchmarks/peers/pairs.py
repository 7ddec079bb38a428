"""J-E with continuous shares as rotated cones, stated for pairs (user, server) instead of options.

With one option a user, sums over a pair's options stand for the chosen one. In units that bring every figure near 1
(a, c: the pair's largest a', c; S: its largest slack; l: the user's largest device time; D: the deadline):

    air  τ = S t_a,   share (a/S) b:     t_a b ≥ r²,    r = Σ √(a'_o/a) x_o
    run  σ = S t_c,   share (c/S) f:     t_c f ≥ r²,    r = Σ √(c_o/c) x_o
    device time l d,  u = m z:           u d ≥ m²,      m = Σ (l_o/l) x_o
    clock energy (e/l) l k:              k m ≥ u²       (k ≥ m z²)
    deadline                             (l/D) d + Σ (S/D)(t_a + t_c) + Σ (t_o/D) x_o ≤ 1 − x_local

Exact at whole x; fractional x are bounded less well than by the perspective form of `benchmarks.peers.cones`, which
needs its cones for every option. Device energy is in proportion to device time for all options of a user, as one
device runs them all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pyscipopt import quicksum

from benchmarks.peers.cones import capacities, choices
from instances.columns import Floats, Ints
from instances.options import OptionTable

__all__ = ["state_pairs"]


def state_pairs(model: Any, table: OptionTable, scale: float) -> list[Any]:
    """State the problem in an empty model; returns x [options]. The objective is J times ``scale``."""
    x, y = choices(model, table, scale)
    air: list[list[Any]] = [[] for _ in y]
    run: list[list[Any]] = [[] for _ in y]
    start = table.start
    for i in range(table.n_users):
        rows = np.arange(start[i], start[i + 1])
        remote = rows[~table.is_local[rows]]
        if not len(remote):
            continue
        deadline = float(table.deadline_s[i])
        late = [float(table.fixed_s[o]) / deadline * x[o] for o in remote]
        late += _clock(model, table, i, remote[table.device_s[remote] > 0], x, scale)
        for s in np.unique(table.server[remote]):
            mine = remote[table.server[remote] == s]
            price = float(table.weight[i] * table.tx_w[mine].max()) * scale
            late += _resource(model, table, mine, table.uplink_s[mine], price, x, air[s])
            late += _resource(model, table, mine, table.server_s[mine], 0.0, x, run[s])
        model.addCons(quicksum(late) <= quicksum(x[o] for o in remote))
    capacities(model, table, x, y, air, run)
    return x


def _resource(model: Any, table: OptionTable, mine: Ints, work: Floats, price: float, x: list[Any], taken: list[Any]
              ) -> list[Any]:  # fmt: skip
    """Time and share of one resource for a pair; the part of the deadline that it takes."""
    busy = work > 0
    if not busy.any():
        return []
    if len(set(table.tx_w[mine].tolist())) > 1:
        raise ValueError("options of one user and server send with different power: use the perspective form")
    mine, work = mine[busy], work[busy]
    most, slack = float(work.max()), float(table.slack_s[mine].max())
    root = np.sqrt(work / most)
    time = model.addVar(lb=0.0, ub=1.0, obj=price * slack)
    share = model.addVar(lb=0.0, ub=max(slack / most, 1.0))
    amount = model.addVar(lb=0.0, ub=1.0)
    model.addCons(amount == quicksum(float(v) * x[o] for v, o in zip(root, mine, strict=True)))
    least = [float(min(w / slack, 1.0)) for w in work]
    model.addCons(time >= quicksum(v * x[o] for v, o in zip(least, mine, strict=True)))
    _cone(model, time, share, amount, quicksum(x[o] for o in mine), min(least))
    taken.append(most / slack * share)
    return [slack / float(table.deadline_s[table.user[mine[0]]]) * time]


def _clock(model: Any, table: OptionTable, i: int, mine: Ints, x: list[Any], scale: float) -> list[Any]:
    """Device time, clock and energy of a user; the part of the deadline that they take."""
    if not len(mine):
        return []
    ratio = table.device_j[mine] / table.device_s[mine]
    if np.ptp(ratio) > 1e-9 * float(ratio.max()):
        raise ValueError("device energy is not in proportion to device time: use the perspective form")
    most = float(table.device_s[mine].max())
    slowest, fastest = float(table.clock_min[i]), float(table.clock_max[i])
    part = [float(v) for v in table.device_s[mine] / most]
    lasting = model.addVar(lb=0.0, ub=1.0 / slowest)
    clock = model.addVar(lb=0.0, ub=fastest)
    square = model.addVar(lb=0.0, ub=fastest**2, obj=float(table.weight[i] * ratio[0]) * most * scale)
    amount = model.addVar(lb=0.0, ub=1.0)
    model.addCons(amount == quicksum(v * x[o] for v, o in zip(part, mine, strict=True)))
    model.addCons(lasting >= amount / fastest)
    model.addCons(square >= slowest**2 * amount)
    model.addCons(square * amount >= clock * clock)
    _cone(model, lasting, clock, amount, quicksum(x[o] for o in mine), min(part) / fastest)
    return [most / float(table.deadline_s[i]) * lasting]


def _cone(model: Any, time: Any, speed: Any, amount: Any, chosen: Any, shortest: float) -> None:
    """time · speed ≥ amount², and the same where an option of the pair is chosen, as in `benchmarks.peers.cones`."""
    model.addCons(time * speed >= amount * amount)
    off = model.addVar(lb=min(shortest, 1.0), ub=None)
    model.addCons(off == time + 1 - chosen)
    model.addCons(amount * amount * off**-1.0 <= speed)
