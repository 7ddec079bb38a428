"""Cuts that bound the cost and the crowd of a server by prices, and where to put the first of them."""

from __future__ import annotations

import dataclasses

import numpy as np

from formulations.parts.prices import PricedOptions, best_prices
from formulations.parts.rows import make_rows, power_of_two
from formulations.program import LARGEST, SMALLEST, Rows
from instances.columns import Floats, Ints
from instances.options import OptionTable

__all__ = ["Crowd", "crowds", "deadline_cuts", "energy_cuts", "has_energy", "prices_for", "relax_into_range",
           "starting_prices"]  # fmt: skip


ROUNDS = 10
"""Of the search for starting prices."""


@dataclasses.dataclass(frozen=True, eq=False)
class Crowd:
    """Options that share a server.

    Args:
        server: which.
        rows: their rows in the table.
        options: their figures.
        on, excess: columns of y_s and Θ_s; option o is column o.
        n_columns: of the program.
        unit: J of one unit of Θ_s.
    """

    server: int
    rows: Ints
    options: PricedOptions
    on: int
    excess: int
    n_columns: int
    unit: float


def has_energy(crowd: Crowd) -> bool:
    """Whether shares matter for the cost at all; where not, only deadlines and stocks limit a server."""
    return bool((crowd.options.clock_w > 0).any() or ((crowd.options.send_w > 0) & (crowd.options.air > 0)).any())


def crowds(table: OptionTable, unit: float) -> list[Crowd]:
    """One a server that any option uses."""
    n, s_all = len(table), table.n_servers
    rows_of = [np.flatnonzero(table.server == s) for s in range(s_all)]
    return [
        Crowd(s, rows, PricedOptions.of(table, rows), n + s, n + s_all + s, n + 2 * s_all, unit)
        for s, rows in enumerate(rows_of)
        if len(rows)
    ]


def energy_cuts(crowd: Crowd, uplink: Floats, compute: Floats) -> Rows:
    """Θ_s + (μ + ν)/unit y_s ≥ Σ_o v_o(μ, ν)/unit x_o for each pair of prices: the server's energy beyond ``least``.

    Weak duality: the chosen options' shares sum to at most y_s, so their energy is at least Σ v_o x_o − (μ + ν) y_s.
    """
    excess, _, _ = crowd.options.at(np.asarray(uplink)[:, None], np.asarray(compute)[:, None])
    price = (np.asarray(uplink) + np.asarray(compute)) / crowd.unit
    return _cuts(crowd, excess / crowd.unit, price, 1.0)


def deadline_cuts(crowd: Crowd, angle: Floats) -> Rows:
    """y_s ≥ Σ_o u_o x_o, with u_o the least cos² β + sin² φ that meets the deadline of o at the fastest clock."""
    angle = np.asarray(angle, dtype=float)
    return _cuts(crowd, crowd.options.least_use(angle[:, None]), np.ones(len(angle)), 0.0)


def _cuts(crowd: Crowd, need: Floats, room: Floats, excess: float) -> Rows:
    """excess Θ_s + room y_s − Σ need x ≥ 0."""
    need, room, scale = relax_into_range(need, room)
    k, n = need.shape
    row = np.concatenate([np.repeat(np.arange(k), n), np.arange(k), np.arange(k)])
    column = np.concatenate([np.tile(crowd.rows, k), np.full(k, crowd.on), np.full(k, crowd.excess)])
    value = np.concatenate([-need.ravel(), room, excess * scale])
    return make_rows(row, column, value, 0.0, np.inf, (k, crowd.n_columns))


def relax_into_range(need: Floats, room: Floats) -> tuple[Floats, Floats, Floats]:
    """Coefficients of need x ≤ room y + 1 Θ within the range of a `Program`, relaxing only.

    Rows that are out of range are scaled; then needs below the range are dropped (below 1e-7 of the largest, but for
    the most extreme rows) and the coefficients of y and Θ are raised to its lower end.

    Returns:
        need [k, n], room [k] and the coefficient of Θ [k].
    """
    top = np.maximum(need.max(axis=1, initial=0.0), room)
    low = np.minimum(np.where(need > 0, need, np.inf).min(axis=1, initial=np.inf), room)
    stretch = (top > LARGEST) | (low < SMALLEST)
    wanted = np.clip(1e3 / np.maximum(top, 1e-12), 2 * SMALLEST, 0.5 * LARGEST)
    scale = np.where(stretch, power_of_two(wanted), 1.0)
    # A price beyond any range makes no cut: a smaller coefficient of y would claim too much.
    need = np.where((room * scale <= LARGEST)[:, None], np.minimum(need * scale[:, None], LARGEST), 0.0)
    return np.where(need >= SMALLEST, need, 0.0), np.clip(room * scale, SMALLEST, LARGEST), scale


def starting_prices(table: OptionTable, members: list[Crowd]) -> dict[int, Floats]:
    """[rounds, 2] prices by server, the last the best: where the first cuts belong (none without energy).

    Frank and Wolfe's method on the convex relaxation: all users choose at the prices of the average choice so far, and
    the average moves on. No more than a start; `refine` does the rest.
    """
    members = [crowd for crowd in members if has_energy(crowd)]
    if not members:
        return {}
    cost = table.cost_j()
    priced, unit = cost.copy(), members[0].unit
    prices = {c.server: np.full((1, 2), 0.3 * unit) for c in members}
    average = np.zeros(len(table))
    for t in range(ROUNDS):
        for c in members:
            priced[c.rows] = cost[c.rows] + c.options.at(*prices[c.server][-1])[0]
        average += (_choices(table, priced, 0.02 * unit) - average) / (t + 1)
        for c in members:
            found = prices_for(c, average[c.rows], 1.0, prices[c.server][-1])
            prices[c.server] = np.vstack([prices[c.server], found])
    return {s: found[1:] for s, found in prices.items()}


def _choices(table: OptionTable, priced: Floats, softness: float) -> Floats:
    """[options] part of its user that each option gets: a soft minimum of the priced cost."""
    least = np.full(table.n_users, np.inf)
    np.minimum.at(least, table.user, priced)
    weight = np.exp(-(priced - least[table.user]) / softness)
    total = np.bincount(table.user, weights=weight, minlength=table.n_users)
    return np.asarray(weight / total[table.user])


def prices_for(crowd: Crowd, amount: Floats, room: float, start: Floats) -> tuple[float, float]:
    """Best prices for amounts of the crowd's options."""
    used = np.flatnonzero(amount > 1e-9)
    if not len(used):
        return float(start[0]), float(start[1])
    return best_prices(crowd.options.take(used), amount[used], room, start, crowd.unit)
