"""Capacity of servers: what the chosen columns take fits, and nothing is taken from a server that is off."""

from __future__ import annotations

import numpy as np

from formulations.parts.rows import keep_in_range, make_rows
from formulations.program import LARGEST, Rows
from instances.columns import Floats, Ints
from instances.options import LOCAL, OptionTable
from instances.prune import memory_binds

__all__ = ["limit_memory", "limit_pieces", "memory_taken", "piece_size"]


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


def memory_taken(table: OptionTable, option: Ints) -> Floats:
    """[columns] part of its server's memory that each option fills; 0 where memory cannot bind."""
    server = table.server[option]
    binds = memory_binds(table)
    if not len(binds):
        return np.zeros(len(option))
    counted = (server != LOCAL) & binds[server]
    return np.where(counted, table.server_mb[option] / table.memory_mb[server], 0.0)


def limit_memory(table: OptionTable, option: Ints, on: int, n_columns: int) -> Rows:
    """Σ_k part_k x_k ≤ y_s for every server whose memory can bind; column k stands for ``option[k]``.

    Parts below about 1e-8 count as 0: under the feasibility tolerance of every solver.
    """
    part = memory_taken(table, option)
    servers = np.flatnonzero(memory_binds(table))
    place = np.full(table.n_servers + 1, -1)
    place[servers] = np.arange(len(servers))
    k = np.flatnonzero(part > 0)
    row = np.concatenate([place[table.server[option[k]]], np.arange(len(servers))])
    column = np.concatenate([k, on + servers])
    value = np.concatenate([part[k], -np.ones(len(servers))])
    return keep_in_range(make_rows(row, column, value, -np.inf, 0.0, (len(servers), n_columns)))
