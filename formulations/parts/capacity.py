"""Capacity of servers: what the chosen columns take fits, and nothing is taken from a server that is off."""

from __future__ import annotations

import numpy as np

from formulations.parts.rows import keep_in_range, make_rows, stack_rows
from formulations.program import LARGEST, Rows
from instances.columns import Bools, Floats, Ints
from instances.options import LOCAL, OptionTable
from instances.stocks import stocks_bind

__all__ = ["limit_pieces", "limit_stocks", "piece_size", "stock_taken"]


def piece_size(pieces: Ints) -> Floats:
    """[servers] factor on a row that counts pieces: 1, or the power of two that brings their number below 1e4."""
    excess = np.maximum(np.asarray(pieces, dtype=float) / LARGEST, 1.0)
    return np.asarray(2.0 ** -np.ceil(np.log2(excess)))


def limit_pieces(server: Ints, taken: Ints, pieces: Ints, on: int, n_columns: int) -> Rows:
    """Σ_k taken_k x_k ≤ pieces_s y_s for every server, over the columns ``0 … len(server)−1``.

    Whole numbers of blocks or units, so that no row carries a rounded share. y_s is column ``on + s``.
    """
    n_servers, size = len(pieces), piece_size(pieces)
    k = np.flatnonzero((server != LOCAL) & (taken > 0))
    row = np.concatenate([server[k], np.arange(n_servers)])
    column = np.concatenate([k, on + np.arange(n_servers)])
    value = np.concatenate([taken[k] * size[server[k]], -np.asarray(pieces) * size])
    return make_rows(row, column, value, -np.inf, 0.0, (n_servers, n_columns))


def stock_taken(table: OptionTable, option: Ints) -> Floats:
    """[columns, stocks] part of its server's memory and energy that each option takes; 0 where it cannot run out."""
    binds = stocks_bind(table)
    if not len(binds):
        return np.zeros((len(option), binds.shape[1]))
    return np.where(binds[table.server[option]], table.stock_part[option], 0.0)


def limit_stocks(table: OptionTable, option: Ints, on: int, n_columns: int) -> Rows:
    """Σ_k part_k x_k ≤ y_s for every stock that can run out; column k stands for ``option[k]``.

    Parts below about 1e-8 count as 0: under the feasibility tolerance of every solver.
    """
    part, binds = stock_taken(table, option), stocks_bind(table)
    return stack_rows(
        [_limit(table.server[option], part[:, k], binds[:, k], on, n_columns) for k in range(len(binds.T))]
    )


def _limit(server: Ints, part: Floats, binds: Bools, on: int, n_columns: int) -> Rows:
    """The rows of one stock; ``binds`` [servers] says which servers have one."""
    servers = np.flatnonzero(binds)
    place = np.full(len(binds) + 1, -1)
    place[servers] = np.arange(len(servers))
    k = np.flatnonzero(part > 0)
    row = np.concatenate([place[server[k]], np.arange(len(servers))])
    column = np.concatenate([k, on + servers])
    value = np.concatenate([part[k], -np.ones(len(servers))])
    return keep_in_range(make_rows(row, column, value, -np.inf, 0.0, (len(servers), n_columns)))
