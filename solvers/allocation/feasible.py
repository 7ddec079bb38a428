"""When shares exist at all, and the least shares that do, in closed form.

Theorem. Let S_i = B_i − l_i/z_max > 0 for the users of one server. Shares that meet every deadline exist if and only if
the largest eigenvalue κ of [[A, G], [G, C]] is at most 1, with A = Σ a'_i/S_i, G = Σ √(a'_i c_i)/S_i, C = Σ c_i/S_i.

Proof. The reachable pairs (Σβ, Σφ) form a convex set that is closed upwards, so (1, 1) belongs to it unless some
prices μ, ν ≥ 0, μ + ν = 1, make the least μΣβ + νΣφ exceed 1. At given prices each user splits its slack on its own:
the least of μa'/x + νc/y subject to x + y = S is (√(μa') + √(νc))²/S. Summed, that is m'Mm for the vector
m = (√μ, √ν) of length 1 and the matrix M above; its maximum over nonnegative m is κ, as the leading eigenvector of a
nonnegative matrix is nonnegative (Perron). At that vector the split x : y = √(μa') : √(νc) gives
β = (a' + √(a'c)·n/m)/S and φ = (c + √(a'c)·m/n)/S, whose sums are both κ (or A and C ≤ κ when G = 0). ∎

The three sums add up over users, so a heuristic can test a move in O(1): subtract one row's terms, add another's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from instances.columns import Floats, Ints
from instances.options import OptionTable
from solvers.allocation.demand import Demand, demand_of

__all__ = ["LOAD_TOLERANCE", "least_shares", "load_of", "load_sums", "load_terms", "option_terms", "server_load"]

LOAD_TOLERANCE = 1e-12
"""A load up to 1 plus this counts as feasible: rounding alone moves a load of exactly 1."""


def load_terms(uplink_s: ArrayLike, server_s: ArrayLike, slack_s: ArrayLike) -> Floats:
    """[n, 3] terms a'/S, √(a'c)/S, c/S; inf where there is work but no slack, 0 where there is no work."""
    air, run, slack = np.broadcast_arrays(
        np.asarray(uplink_s, float), np.asarray(server_s, float), np.asarray(slack_s, float)
    )
    work = np.stack([air, np.sqrt(air * run), run], axis=-1)
    positive = (slack > 0)[..., None]
    terms = np.where(work > 0, np.inf, 0.0)
    np.divide(work, slack[..., None], out=terms, where=positive & (work > 0))
    return terms


def option_terms(table: OptionTable) -> Floats:
    """[n_options, 3] load terms of every option on its server (0 for local options)."""
    terms = load_terms(table.uplink_s, table.server_s, table.slack_s)
    terms[table.is_local] = 0.0
    return terms


def load_sums(demand: Demand, n_servers: int) -> Floats:
    """[n_servers, 3] sums A, G, C of the users of each server."""
    remote = demand.server >= 0
    terms = load_terms(demand.uplink_s[remote], demand.server_s[remote], demand.slack_s[remote])
    at = demand.server[remote]
    return np.stack([np.bincount(at, terms[:, k], n_servers) for k in range(3)], axis=-1)


def load_of(sums: ArrayLike) -> Floats:
    """Largest eigenvalue κ of [[A, G], [G, C]] for sums [..., 3]; shares exist iff κ ≤ 1. inf without slack."""
    air, both, run = np.moveaxis(np.asarray(sums, dtype=float), -1, 0)
    finite = np.isfinite(air + both + run)
    air, both, run = (np.where(finite, part, 0.0) for part in (air, both, run))
    return np.where(finite, 0.5 * (air + run) + np.hypot(0.5 * (air - run), both), np.inf)


def server_load(table: OptionTable, chosen: Ints) -> Floats:
    """[n_servers] load κ of each server under ``chosen``; the server can meet every deadline iff κ ≤ 1."""
    return load_of(load_sums(demand_of(table, chosen), table.n_servers))


def least_shares(demand: Demand, sums: Floats) -> tuple[Floats, Floats]:
    """[n_users] shares β and φ that meet every deadline at the fastest clock and sum to at most κ on every server.

    Users without slack and local users get 0. Divide by κ for shares that sum to 1 and leave room in time.
    """
    air, both, run = np.moveaxis(sums, -1, 0)
    load = load_of(sums)
    ratio = _price_ratio(air, both, run, load)
    beta, phi = np.zeros(len(demand)), np.zeros(len(demand))
    at = np.flatnonzero(demand.needs_shares & (demand.slack_s > 0))
    server = demand.server[at]
    a, c, slack, tilt = demand.uplink_s[at], demand.server_s[at], demand.slack_s[at], ratio[server]
    mixed = np.sqrt(a * c)
    beta[at] = (a + mixed * tilt) / slack
    phi[at] = (c + mixed / tilt) / slack
    return beta, phi


def _price_ratio(air: Floats, both: Floats, run: Floats, load: Floats) -> Floats:
    """[n_servers] n/m = √(ν/μ) of the leading eigenvector; 1 where G = 0 or there is no finite load.

    κ − A and κ − C are computed as G²/(κ − C) and G²/(κ − A), the larger difference first: no cancellation.
    """
    usable = (both > 0) & np.isfinite(load)
    air, both, run = (np.where(usable, part, 1.0) for part in (air, both, run))
    half, span = 0.5 * (air - run), np.hypot(0.5 * (air - run), both)
    with np.errstate(over="ignore"):
        ratio = np.where(half >= 0, both / (half + span), (span - half) / both)
    return np.where(usable, ratio, 1.0)
