"""A cut for every user first, then a knapsack of users: admission with energy limits of devices."""

from __future__ import annotations

import dataclasses

import numpy as np

from formulations.program import Decision
from instances.columns import Floats, Ints
from instances.options import LOCAL, OptionTable
from instances.stocks import stocks_bind
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.heuristics.incumbent import Incumbent, Outcome, run
from solvers.heuristics.situation import Situation
from solvers.registry import Kind, method

__all__ = ["Eedpo"]


@dataclasses.dataclass(frozen=True, eq=False)
class _Item:
    """A user who would come to a server: its option, and the (blocks, units) of which none is more than needed."""

    option: int
    value: float
    pieces: Ints  # [n, 2]


@method
class Eedpo:
    """Whoever its device can serve within deadline and budget stays there. Servers are then filled one by one.

    At a server every user left has one cut: the one that takes least of it (part of its blocks plus part of its units)
    within deadline and the device's energy. A dynamic programme over blocks and units packs the most weight.
    Optimal where one server is all there is and every user has one useful cut; else what the first choice costs shows
    in the gap to `exact`.
    """

    name = "eedpo"
    title = "a cut a user, then a knapsack of users for each server"
    kind: Kind = "heuristic"
    guarantee = None
    reference = "after EEDPO, Wireless Communications and Mobile Computing 2023, 3835297; the steps in detail are ours"

    def supports(self, table: OptionTable) -> str | None:
        """J-A with whole pieces, where memory and energy of servers cannot run out."""
        if not table.is_rejection.any():
            return "it chooses who is served (J-A), here everybody is"
        if table.allocation != "units":
            return f"its knapsack counts whole pieces, this instance has {table.allocation} shares"
        if stocks_bind(table).any():
            return "memory or energy of a server can run out, which its knapsack does not count"
        return None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """One knapsack a server, those with most pieces first."""
        return run(table, clock, _search, all_options=True)


def _search(situation: Situation, incumbent: Incumbent) -> Outcome:
    table = situation.table
    free = np.where(table.is_local & ~table.is_rejection & np.isfinite(table.cost_j()), table.device_s, np.inf)
    chosen = situation.best_of_each(free)
    beta, phi = np.zeros(table.n_users), np.zeros(table.n_users)
    for server in np.argsort(-(table.blocks * table.units), kind="stable").tolist():
        if incumbent.out_of_time:
            break
        items = [item for user in np.flatnonzero(chosen < 0) if (item := _item(table, int(user), server)) is not None]
        for item, (blocks, units) in _pack(items, int(table.blocks[server]), int(table.units[server])):
            user = int(table.user[item.option])
            chosen[user] = item.option
            beta[user], phi[user] = blocks / table.blocks[server], units / table.units[server]
    incumbent.offer_decision(Decision(situation.reject(chosen), beta, phi))
    return (Stop.TIME if incumbent.out_of_time else Stop.FINISHED), ""


def _item(table: OptionTable, user: int, server: int) -> _Item | None:
    rows = np.arange(table.start[user], table.start[user + 1])
    rows = rows[(table.server[rows] == server) & (server != LOCAL)]
    if not len(rows):
        return None
    n_blocks, n_units = int(table.blocks[server]), int(table.units[server])
    blocks, units = (part.reshape(-1, 1) for part in np.mgrid[0 : n_blocks + 1, 0 : n_units + 1])
    with np.errstate(invalid="ignore", divide="ignore"):  # no share, no transmit power: 0 · inf, late anyhow
        fits = np.isfinite(table.cost_j(blocks / n_blocks, units / n_units, rows))
    if not fits.any():
        return None
    taken = np.where(fits, blocks / n_blocks + units / n_units, np.inf)
    best = int(taken.min(axis=0).argmin())
    pairs = np.column_stack([blocks[fits[:, best], 0], units[fits[:, best], 0]])
    # Pairs come by blocks, then units: those with fewer units than all before them are of use.
    before = np.minimum.accumulate(np.append(n_units + 1, pairs[:-1, 1]))
    weight = float(table.fixed_j[table.start[user] : table.start[user + 1]].max())  # of the rejection
    return _Item(int(rows[best]), weight, pairs[pairs[:, 1] < before])


def _pack(items: list[_Item], n_blocks: int, n_units: int) -> list[tuple[_Item, Ints]]:
    """The items of most weight that fit, and the pieces of each."""
    best = np.zeros((n_blocks + 1, n_units + 1))
    choices: list[Ints] = []
    for item in items:
        following, choice = best.copy(), np.full(best.shape, -1, dtype=np.int64)
        for k, (b, m) in enumerate(item.pieces.tolist()):
            trial: Floats = best[: n_blocks + 1 - b, : n_units + 1 - m] + item.value
            better = trial > following[b:, m:]
            following[b:, m:][better], choice[b:, m:][better] = trial[better], k
        best = following
        choices.append(choice)
    b, m, packed = n_blocks, n_units, []
    for item, choice in zip(reversed(items), reversed(choices), strict=True):
        if choice[b, m] >= 0:
            pieces = item.pieces[choice[b, m]]
            packed.append((item, pieces))
            b, m = b - int(pieces[0]), m - int(pieces[1])
    return packed
