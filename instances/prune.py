"""Exact removal of options that no best plan needs."""

from __future__ import annotations

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.options import LOCAL, OptionTable
from instances.stocks import layers, stocks_bind

__all__ = ["memory_binds", "prune"]

CELLS = 40
"""Cells a side of the grid on which continuous shares are compared."""

MOST_CELLS = 2e8
"""Options × cells that are compared at most; beyond (some 10 s), only the comparison with running locally is made."""


def prune(table: OptionTable) -> OptionTable:
    """Table without options that are never better than another option of the same user. The optimum stays.

    Rule 1. A remote option that costs no less at whole shares than the user's best local option goes: the local one
    takes no resource, and the cost of an option falls as its shares grow. Of the local options the best one stays.

    Rule 2. On a cell [β₁, β₂] × [φ₁, φ₂] of shares, option o costs at least cost_o(β₂, φ₂) and option o' at most
    cost_o'(β₁, φ₁). In every cell the *champion* is the first of the options with least upper bound among those of
    the same user and server that take no more of any stock (memory, energy) than o (all of them, where it cannot bind:
    when the largest amounts of all users fit together). o goes if in every cell in which it is feasible its lower
    bound is above the champion's upper bound, or equals it and o is not the champion.

    Proof. Take a plan that uses a removed o with shares in some cell. The champion of that cell for o is feasible at
    the same shares, costs no more and takes no more of any stock, so the plan with it is feasible and no dearer. The
    champion stays: in that very cell its lower bound is at most its upper bound, which is the least of all that may
    beat it, and it is itself the first to reach it (champions of a smaller set that are champions of a larger one are
    the same). One exchange a user is thus enough; no chain of exchanges, so no circle. ∎

    Under units allocation the grid points (b/P, m/M) take the place of cells, both bounds being the cost there; if
    they are too many, cells serve too (whole pieces are shares). Below the smallest share of the grid no option of
    the group is feasible. Every user that had options keeps one. Works in chunks of one user and server.
    """
    table = table.take(_below_local(table))
    keep = np.ones(len(table), dtype=bool)
    groups = _groups(table)
    if sum(float(last - first) for first, last in groups) * CELLS**2 > MOST_CELLS:
        return table
    binds, stock = stocks_bind(table), table.stock
    local = _local_cost(table)
    for first, last in groups:
        rows = np.arange(first, last)
        taken = np.where(binds[table.server[first]], stock[rows], 0.0)
        keep[rows] = _needed(table, rows, taken, float(local[table.user[first]]))
    return table.take(keep)


def _local_cost(table: OptionTable) -> Floats:
    """[users] least J of running locally; inf where that is no option."""
    cost = np.full(table.n_users, np.inf)
    rows = np.flatnonzero(table.is_local)
    np.minimum.at(cost, table.user[rows], table.cost_j(rows=rows))
    return cost


def _below_local(table: OptionTable) -> Bools:
    cost, local = table.cost_j(), _local_cost(table)[table.user]
    best = np.flatnonzero(table.is_local & (cost == local))
    keep = ~table.is_local & (cost < local)
    keep[best[np.unique(table.user[best], return_index=True)[1]]] = True
    return np.asarray(keep)


def _groups(table: OptionTable) -> list[tuple[int, int]]:
    """Row ranges of equal user and (remote) server with more than one option."""
    change = np.flatnonzero((np.diff(table.user) != 0) | (np.diff(table.server) != 0)) + 1
    edges = np.concatenate([[0], change, [len(table)]])
    big = np.flatnonzero(np.diff(edges) > 1)
    return [(int(edges[k]), int(edges[k + 1])) for k in big if table.server[edges[k]] != LOCAL]


def memory_binds(table: OptionTable) -> Bools:
    """[servers] bool: whether weights can overfill a server at all (if every user brought its largest there)."""
    return np.asarray(stocks_bind(table)[:, 0])


def _needed(table: OptionTable, rows: Ints, taken: Floats, local: float) -> Bools:
    """Which options of one user and server are not beaten everywhere; ``taken`` [rows, stocks]."""
    lower, upper = _bounds(table, rows)
    lower, upper = lower.reshape(len(rows), -1), upper.reshape(len(rows), -1)
    needed = np.zeros(len(rows), dtype=bool)
    nobody = np.full(lower.shape[1], local), np.full(lower.shape[1], -1)
    settled: list[tuple[Floats, Ints]] = []
    ranked = 0
    for layer in layers(taken):
        best, champion = _first_best([settled[k] for k in layer.below] or [nobody])
        rank = ranked + np.arange(len(layer.rows))  # who comes first among equals
        ranked += len(layer.rows)
        which = np.argmin(upper[layer.rows], axis=0)
        least = upper[layer.rows[which], np.arange(len(best))]
        better = least < best
        best, champion = np.where(better, least, best), np.where(better, rank[which], champion)
        low = lower[layer.rows]
        beats = (low < best) | ((low == best) & np.isfinite(low) & (champion == rank[:, None]))
        needed[layer.rows] = beats.any(axis=1)
        settled.append((best, champion))
    return needed


def _first_best(found: list[tuple[Floats, Ints]]) -> tuple[Floats, Ints]:
    """In each cell the least of several costs and its champion; the first champion among equals."""
    best, champion = found[0]
    for cost, who in found[1:]:
        better = (cost < best) | ((cost == best) & (who < champion))
        best, champion = np.where(better, cost, best), np.where(better, who, champion)
    return best, champion


def _bounds(table: OptionTable, rows: Ints) -> tuple[Floats, Floats]:
    """[options, cells, cells] least and greatest cost in each cell of shares."""
    server = int(table.server[rows[0]])
    blocks, units = int(table.blocks[server]), int(table.units[server])
    with np.errstate(invalid="ignore"):  # no share, no transmit power: 0 · inf, thrown out as infeasible
        if table.allocation == "units" and blocks * units <= 4 * CELLS**2:
            cost = _on_grid(table, rows, np.arange(blocks + 1) / blocks, np.arange(units + 1) / units)
            return cost, cost
        cost = _on_grid(table, rows, *_edges(table, rows))
    return cost[:, 1:, 1:], cost[:, :-1, :-1]


def _on_grid(table: OptionTable, rows: Ints, beta: Floats, phi: Floats) -> Floats:
    cost = table.cost_j(beta[:, None, None], phi[:, None], rows)
    return np.moveaxis(cost, -1, 0)


def _edges(table: OptionTable, rows: Ints) -> tuple[Floats, Floats]:
    """Shares from the least that any of the options can live with up to 1, in equal ratios; 0 in front.

    The first cell starts at 0, where only options without need of the resource are feasible.
    """
    slack = np.maximum(table.slack_s[rows], 1e-300)
    air, run = table.uplink_s[rows] / slack, table.server_s[rows] / slack
    edges = []
    for need in (air, run):
        least = float(np.clip(need.min() * (1 - 1e-9), 1e-9, 0.5))
        edges.append(np.concatenate([[0.0], np.geomspace(least, 1.0, CELLS)]))
    return edges[0], edges[1]
