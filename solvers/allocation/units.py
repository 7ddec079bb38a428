"""Good whole blocks and units for given options: round the continuous shares, then exchange single pieces.

A state gives every user b blocks and m units. A move gives a user one block and/or one unit more or less; it is
paired with the opposite move of another user of the same server, or made alone where pieces are free. Every server
makes its best move in each round until none has one left. Missed deadlines cost more than any energy, so the same
moves first repair and then improve. For tiny servers `units_exact` gives the optimum.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances import physics
from instances.columns import Bools, Floats, Ints
from instances.options import OptionTable
from solvers.allocation.continuous import allocate
from solvers.allocation.demand import Demand, demand_of, rows_by_server
from solvers.allocation.feasible import least_shares, load_sums
from solvers.allocation.result import Allocation, finish_allocation
from solvers.allocation.units_exact import price_pieces

__all__ = ["allocate_any", "allocate_units"]

_MOVES = np.array([(b, m) for b in (-1, 0, 1) for m in (-1, 0, 1) if (b, m) != (0, 0)])
_MOST_ROUNDS = 2000


@dataclasses.dataclass(eq=False)
class _Board:
    """Users that need shares, sorted by server: their server's place ``seg``, its pieces, and what they hold."""

    demand: Demand
    rows: Ints
    seg: Ints
    start: Ints
    pieces: Ints  # [2, n_servers]
    held: Ints  # [2, n]
    least: Ints  # [2, n] 1 where there is work
    dear: Floats  # [n_servers] J that outweighs all energy there

    def cost(self, users: Ints, held: Ints) -> Floats:
        """[len(users), k] J at pieces [2, len(users), k]; a missed deadline costs its server's ``dear`` and more."""
        seg = self.seg[users]
        share = held / self.pieces[:, seg][:, :, None]
        rows = self.rows[users]
        energy = price_pieces(self.demand, rows, share[0], share[1])
        late = ~np.isfinite(energy)
        if late.any():
            energy = np.where(late, self.dear[seg][:, None] * (1 + self._lateness(rows, share)), energy)
        allowed = (held >= self.least[:, users][:, :, None]).all(axis=0)
        return np.where(allowed, energy, np.inf)

    def _lateness(self, rows: Ints, share: Floats) -> Floats:
        """Time missing at the fastest clock, in parts of the slack."""
        work = np.stack([self.demand.uplink_s[rows], self.demand.server_s[rows]])[:, :, None]
        used = np.divide(work, share, out=np.zeros(share.shape), where=(share > 0) & (work > 0)).sum(axis=0)
        slack = self.demand.slack_s[rows][:, None]
        late = np.maximum(used / np.where(slack > 0, slack, 1.0) - 1, 0.0)
        return np.asarray(late if self.demand.device_limit is None else late + self._overspent(rows, share))

    def _overspent(self, rows: Ints, share: Floats) -> Floats:
        """Energy that devices spend beyond their limit, in parts of it (0 where the deadline fails anyhow)."""
        limit = self.demand.device_limit
        assert limit is not None  # the caller looked
        d, limit = self.demand, limit.take((rows, None))
        air = physics.over_share(d.uplink_s[rows, None], share[0])
        left = d.budget_s[rows, None] - air - physics.over_share(d.server_s[rows, None], share[1])
        clock = physics.clock_for(d.device_s[rows, None], left, d.clock_min[rows, None])
        timely = (left >= 0) & (clock <= d.clock_max[rows, None])
        spent = limit.device_j * np.where(timely, clock, 0.0) ** 2 + limit.tx_w * np.where(timely, air, 0.0)
        return np.asarray(np.maximum(spent / np.maximum(limit.room_j, 1e-300) - 1, 0.0))


def allocate_any(table: OptionTable, chosen: Ints) -> Allocation:
    """Shares under the table's own allocation rule: exact for continuous, heuristic for units."""
    return allocate_units(table, chosen) if table.allocation == "units" else allocate(table, chosen)


def allocate_units(table: OptionTable, chosen: Ints) -> Allocation:
    """Blocks and units for given options; the bound is that of continuous shares, and so are the prices.

    A server marked infeasible may still have a feasible plan unless its bound is infinite; its shares are 0.

    Raises:
        InputError: ``chosen`` is not one option of each user.
    """
    relaxed = allocate(table, chosen)
    demand = demand_of(table, chosen)
    beta, phi = np.zeros(len(demand)), np.zeros(len(demand))
    feasible = relaxed.feasible.copy()
    rows, servers, seg = rows_by_server(demand, relaxed.feasible)
    if len(rows):
        board = _set_up(table, demand, relaxed, rows, servers, seg)
        whole = (board.held >= board.least).all(axis=0) & ~_overfull(board)[seg]
        _exchange(board, ~_overfull(board))
        energy = price_pieces(demand, rows, *(board.held / board.pieces[:, seg])[:, :, None])[:, 0]
        fits = np.isfinite(energy) & whole
        feasible[servers] = np.bincount(seg, ~fits, len(servers)) == 0
        good = feasible[servers][seg]
        shares = board.held / board.pieces[:, seg]
        beta[rows[good]], phi[rows[good]] = shares[0, good], shares[1, good]
    prices = relaxed.uplink_price, relaxed.compute_price
    result = finish_allocation(table, demand, (beta, phi), prices, feasible, np.zeros(table.n_servers))
    return dataclasses.replace(result, server_bound_j=relaxed.server_bound_j, bound_j=relaxed.bound_j)


def _set_up(table: OptionTable, demand: Demand, relaxed: Allocation, rows: Ints, servers: Ints,
            seg: Ints) -> _Board:  # fmt: skip
    """Pieces by largest remainder from the continuous shares, at least one each where there is work."""
    pieces = np.stack([table.blocks[servers], table.units[servers]])
    work = np.stack([demand.uplink_s[rows], demand.server_s[rows]]) > 0
    shares = np.stack([relaxed.uplink_share[rows], relaxed.compute_share[rows]])
    # Shares without energy behind them are arbitrary; those that deadlines force are the part to keep.
    forced = np.stack(least_shares(demand, load_sums(demand, table.n_servers)))[:, rows]
    start = np.searchsorted(seg, np.arange(len(servers))).astype(np.int64)
    held = np.stack([_round(np.maximum(s, f), w, seg, p) for s, f, w, p in
                     zip(shares, forced, work, pieces, strict=True)])  # fmt: skip
    most = demand.device_j[rows] * demand.clock_max[rows] ** 2
    most = most + demand.send_w[rows] * demand.uplink_s[rows] * pieces[0][seg]
    most = most + demand.floor_w[rows] * np.maximum(demand.budget_s[rows], 0.0)
    dear = np.asarray(10 * np.bincount(seg, most, len(servers)) + 1e-9, dtype=float)
    return _Board(demand, rows, seg, start, pieces, held, work.astype(np.int64), dear)


def _round(share: Floats, work: Bools, seg: Ints, pieces: Ints) -> Ints:
    """[n] whole pieces near ``share``, at least one where there is work; sums to at most ``pieces`` if that can be."""
    wish = np.where(work, share * pieces[seg], 0.0)
    held = np.where(work, np.maximum(np.floor(wish), 1), 0).astype(np.int64)
    # Hand out what is left, or take back what is too much, where the wish is furthest from what is held.
    for _ in range(int(pieces.max()) + 1):
        spare = pieces - np.bincount(seg, held, len(pieces)).astype(np.int64)
        short = np.where(work & (spare[seg] > 0), wish - held, -np.inf)
        excess = np.where((held > 1) & (spare[seg] < 0), held - wish, -np.inf)
        changed = False
        for gap, step in ((short, 1), (excess, -1)):
            at = _first_best(gap, seg, len(pieces))
            at = at[np.isfinite(gap[at])]
            held[at] += step
            changed |= bool(len(at))
        if not changed:
            break
    return held


def _first_best(score: Floats, seg: Ints, n: int) -> Ints:
    """[n] row with the largest score of every server."""
    order = np.lexsort((-score, seg))
    return order[np.searchsorted(seg[order], np.arange(n))]


def _overfull(board: _Board) -> Bools:
    """[n_servers] whether more pieces are held than there are (more users with work than pieces)."""
    n = board.pieces.shape[1]
    held = np.stack([np.bincount(board.seg, h, n) for h in board.held])
    return np.asarray(np.any(held > board.pieces, axis=0), dtype=bool)


def _exchange(board: _Board, active: Bools) -> None:
    """Best single exchange on every active server, round after round, until none lowers the cost."""
    users = np.arange(len(board.rows))
    delta = np.zeros((len(users), len(_MOVES)))
    stale = active[board.seg]
    for _ in range(_MOST_ROUNDS):
        _refresh(board, delta, users[stale])
        gain, first, second, move = _best_moves(board, delta, active)
        tolerance = 1e-12 * np.abs(board.dear)
        active = active & (gain < -tolerance)
        if not active.any():
            return
        stale = np.zeros(len(users), dtype=bool)
        for s in np.flatnonzero(active):
            board.held[:, first[s]] += _MOVES[move[s]]
            stale[first[s]] = True
            if second[s] >= 0:
                board.held[:, second[s]] -= _MOVES[move[s]]
                stale[second[s]] = True


def _refresh(board: _Board, delta: Floats, users: Ints) -> None:
    """Change in J of every move of ``users``."""
    held = board.held[:, users][:, :, None]
    now = board.cost(users, held)
    delta[users] = board.cost(users, held + _MOVES.T[:, None, :]) - now


def _best_moves(board: _Board, delta: Floats, active: Bools) -> tuple[Floats, Ints, Ints, Ints]:
    """Per server: the best change in J, the user that makes the move, the one that makes its opposite (−1: none)."""
    n, seg = board.pieces.shape[1], board.seg
    spare = board.pieces - np.stack([np.bincount(seg, h, n) for h in board.held]).astype(np.int64)
    gain, move = np.zeros(n), np.zeros(n, dtype=np.int64)
    first, second = np.zeros(n, dtype=np.int64), np.full(n, -1)
    ranked = [_two_best(delta[:, k], seg, n) for k in range(len(_MOVES))]
    for k, step in enumerate(_MOVES):
        one = ranked[k]
        alone = (spare >= step[:, None]).all(axis=0)
        _keep_better((gain, first, second, move), delta[one[0], k], one[0], np.full(n, -1), k, alone & active)
        opposite = ranked[len(_MOVES) - 1 - k]
        for i, j in ((0, 0), (0, 1), (1, 0)):
            a, b = one[i], opposite[j]
            there = (a >= 0) & (b >= 0) & (a != b) & active
            total = delta[a, k] + delta[b, len(_MOVES) - 1 - k]
            _keep_better((gain, first, second, move), total, a, b, k, there)
    return gain, first, second, move


def _keep_better(best: tuple[Floats, Ints, Ints, Ints], gain: Floats, first: Ints, second: Ints, move: int,
                 where: Bools) -> None:  # fmt: skip
    better = where & np.isfinite(gain) & (gain < best[0])
    for column, value in zip(best, (gain, first, second, np.full(len(gain), move)), strict=True):
        column[better] = value[better]


def _two_best(score: Floats, seg: Ints, n: int) -> tuple[Ints, Ints]:
    """[n] rows with the least and second least score of every server; −1 where there is no second."""
    order = np.lexsort((score, seg))
    begin = np.searchsorted(seg[order], np.arange(n))
    end = np.searchsorted(seg[order], np.arange(n), side="right")
    second = np.where(end - begin > 1, order[np.minimum(begin + 1, len(order) - 1)], -1)
    return order[begin], second
