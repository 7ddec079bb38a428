"""The best that could have been done, had all requests been known: a MILP, its LP, and a bound recomputed from prices.

Columns x_ka ∈ {0, 1}, request k takes action a. min Σ m_k c_ka x_ka (m_k inferences) subject to Σ_a x_ka = 1 and, for
every resource r and slot t, Σ_{k there in t} Σ_a u_kar x_ka ≤ 1.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from formulations.parts.rows import keep_in_range, make_rows, stack_rows
from formulations.program import Program
from instances.arrivals import Arrivals
from instances.columns import Floats, Ints
from solvers.answer import Limits, relative_gap
from solvers.highs import solve_program
from solvers.online.desk import HAIR, Episode
from solvers.online.market import Market

__all__ = ["Hindsight", "bound_of_prices", "look_back"]


@dataclasses.dataclass(frozen=True, eq=False)
class Hindsight:
    """The offline problem's answer.

    Args:
        episode: the best schedule found, or None. cost: its cost; inf without.
        bound: lower bound that HiGHS claims. certified: lower bound recomputed from ``prices`` [slots, resources].
    """

    episode: Episode | None
    cost: float
    bound: float
    certified: float
    prices: Floats

    @property
    def gap(self) -> float:
        """(cost − bound)/|cost|."""
        return max(relative_gap(self.cost, self.bound), 0.0)


@dataclasses.dataclass(frozen=True, eq=False)
class _Columns:
    """[columns]: request and action; the rows of resources that can run out, as numbers slot · resources + r."""

    request: Ints
    action: Ints
    cost: Floats
    scarce: Ints


def look_back(market: Market, arrivals: Arrivals, limits: Limits | None = None, *, integer: bool = True) -> Hindsight:
    """Hindsight optimum within the limits; with ``integer`` False the bound of the LP alone."""
    limits = limits or Limits(gap=1e-4)
    columns, program = _state(market, arrivals, integer=False)
    relaxed = solve_program(program, limits)
    prices = np.zeros((arrivals.n_slots, market.n_resources))
    if relaxed.row_duals is not None:
        scale = _scales(program, len(arrivals))
        found = np.maximum(-relaxed.row_duals[len(arrivals) :], 0.0) * scale
        prices[np.divmod(columns.scarce, market.n_resources)] = found
    certified = bound_of_prices(market, arrivals, prices)
    if not integer:
        return Hindsight(None, math.inf, relaxed.bound, certified, prices)
    columns, program = _state(market, arrivals, integer=True)
    outcome = solve_program(program, limits)
    bound = max(outcome.bound, certified)
    if outcome.values is None:
        return Hindsight(None, math.inf, bound, certified, prices)
    actions = np.zeros(len(arrivals), dtype=np.int64)
    taken = outcome.values > 0.5
    actions[columns.request[taken]] = columns.action[taken]
    cost = float((market.cost[arrivals.user, actions] * arrivals.inferences).sum())
    return Hindsight(Episode(arrivals, actions, cost), cost, bound, certified, prices)


def bound_of_prices(market: Market, arrivals: Arrivals, prices: Floats) -> float:
    """Σ_k min_a (m_k c_ka + Σ_t∈stay Σ_r λ_tr u_kar) − Σ λ: below every schedule for any prices λ ≥ 0 [slots,
    resources] (docs/theory.md, P35)."""
    until = np.concatenate([np.zeros((1, market.n_resources)), np.cumsum(prices, axis=0)])
    paid = until[arrivals.end] - until[arrivals.slot]  # [n, resources] price of the whole stay
    value = market.cost[arrivals.user] * arrivals.inferences[:, None]
    value = value + np.einsum("kar,kr->ka", market.use[arrivals.user], paid)
    return math.fsum(value.min(axis=1).tolist()) - math.fsum(prices.ravel().tolist()) * (1 + HAIR)


def _state(market: Market, arrivals: Arrivals, *, integer: bool) -> tuple[_Columns, Program]:
    """The program; only offers that cost less than doing without, and only resources that can run out at all."""
    users, n, resources = arrivals.user, len(arrivals), market.n_resources
    cost = market.cost[users]
    useful = cost < cost[:, [0]]
    useful[:, 0] = True
    k, a = np.nonzero(useful)
    use = market.use[users[k], a]
    most = np.zeros((n, resources))
    np.maximum.at(most, k, use)
    entries: list[tuple[Ints, Ints, Floats]] = []
    scarce: list[int] = []
    for t in range(arrivals.n_slots):
        there = arrivals.present(t)
        for r in np.flatnonzero(most[there].sum(axis=0) > 1):
            which = np.flatnonzero(there[k] & (use[:, r] > 0))
            entries.append((np.full(len(which), len(scarce)), which, use[which, r]))
            scarce.append(t * resources + int(r))
    rows = [make_rows(k, np.arange(len(k)), 1.0, 1.0, 1.0, (n, len(k)))]
    if entries:
        row, column, value = (np.concatenate([e[j] for e in entries]) for j in range(3))
        shape = (len(scarce), len(k))
        rows.append(keep_in_range(make_rows(row, column, value, -np.inf, 1.0 + HAIR, shape)))
    value = cost[k, a] * arrivals.inferences[k]
    program = Program(cost=value, lower=np.zeros(len(k)), upper=np.ones(len(k)),
                      integer=np.full(len(k), integer), rows=stack_rows(rows))  # fmt: skip
    return _Columns(k, a, value, np.array(scarce, dtype=np.int64)), program


def _scales(program: Program, first: int) -> Floats:
    """What each row of a resource was multiplied by, from its right-hand side."""
    return np.asarray(program.rows.upper[first:] / (1.0 + HAIR))
