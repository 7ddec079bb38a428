"""Whole pieces under `units`: every (option, blocks, units) that can matter, with at most what it costs.

Rounding costs down makes another problem, with the same choices, whose plans cost no more. In that problem the numbers
here are exact, so comparing them is too (docs/theory.md, P16).
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from instances.certify_bounds import Case, OfUsers, least_of, links_at, prices_at, values_of
from instances.certify_least import cost_down
from instances.certify_options import LOCAL, Options
from instances.columns import Bools, Floats, Ints
from instances.errors import TooMuchError
from instances.instance import Instance
from instances.outward import add_down, add_up, below, div_up, mul_down, mul_up, sub_down, sub_up

__all__ = ["Pieces", "Sieve", "join_pieces", "least_pieces", "list_pieces", "prices_of_pieces"]

CELLS = 1_000_000
"""(Option, blocks, units) that are worked off together, about."""
MOST_PIECES = 20_000_000
"""Of them that are kept at a time."""


@dataclasses.dataclass(frozen=True, eq=False)
class Pieces:
    """[n] columns of users ``first`` … ``last`` − 1, sorted by user.

    ``user``, ``server`` (−1: local), ``cut`` as for options; ``blocks``, ``units`` whole numbers; at most ``uplink``,
    ``compute``, ``memory``, ``energy`` of what the server has (parts) and ``cost``.
    """

    first: int
    last: int
    user: Ints
    server: Ints
    cut: Ints
    blocks: Ints
    units: Ints
    uplink: Floats
    compute: Floats
    memory: Floats
    energy: Floats
    cost: Floats

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: Ints) -> Pieces:
        """Some of them."""
        return Pieces(self.first, self.last, *(getattr(self, f.name)[rows] for f in dataclasses.fields(self)[2:]))


def prices_of_pieces(p: Pieces, case: Case) -> Floats:
    """[n] at most what each column costs at the case's prices, link included."""
    mu, nu, pi, sigma = prices_at(p.server, case.prices)
    return add_down(
        p.cost, below(mul_down(mu, p.uplink)), below(mul_down(nu, p.compute)), below(mul_down(pi, p.memory)),
        below(mul_down(sigma, p.energy)), links_at(p.user, p.server, case),
    )  # fmt: skip


def least_pieces(instance: Instance, o: Options, case: Case) -> Floats:
    """[users] at most what each user's cheapest column costs at a case's prices; inf where there is none.

    An option with any shares costs no more than with whole pieces, so that few of them need to be listed: the one that
    looks best, and those that look better than what it costs.
    """
    value, best = values_of(o, case), np.full(o.last - o.first, np.inf)
    order = np.lexsort((value, o.user))
    front = order[np.flatnonzero(np.diff(o.user[order], prepend=-1))]
    rest = np.setdiff1d(np.arange(len(o)), front)
    for rows in (front, rest):
        rows = rows[value[rows] < best[o.user[rows] - o.first]]
        pieces = list_pieces(instance, o.take(np.sort(rows)))
        best = np.minimum(best, least_of(pieces, prices_of_pieces(pieces, case)))
    return best


@dataclasses.dataclass(frozen=True, eq=False)
class Sieve:
    """Prices by which no plan below ``aim`` uses what takes ``bound`` − ``least`` [users] + value to it or beyond.

    ``bound``, ``least``: of options with any shares, which is no more than that of columns.
    """

    case: Case
    bound: float
    least: Floats
    aim: float

    def keeps(self, p: OfUsers, value: Floats) -> Bools:
        """[n] whether options or columns of these values are left."""
        return np.asarray(~(sub_down(add_down(self.bound, value), self.least[p.user - p.first]) >= self.aim))

    def most(self, o: Options, pieces: Ints, row: int) -> Ints:
        """[n] of how many pieces columns can be that are left, if nothing but these is paid for.

        Args:
            o: remote options. pieces: [n_servers] that there are. row: of the prices.
        """
        room = sub_up(add_up(sub_up(self.aim, self.bound), self.least[o.user - o.first]), o.least)
        with np.errstate(divide="ignore", invalid="ignore"):
            most = div_up(mul_up(room, pieces[o.server]), self.case.prices[row, o.server])
        return np.clip(np.where(np.isnan(most), np.inf, most), 0, pieces[o.server]).astype(np.int64)


def list_pieces(instance: Instance, o: Options, sieves: Sequence[Sieve] = (), alike: Ints | None = None) -> Pieces:
    """All columns of some options, without those that the same option undercuts with no more pieces.

    Args:
        instance: how many pieces servers have.
        o: options, of whole users as far as they are of use.
        sieves: what columns must pass to be listed.
        alike: [n] equal for options of one user at one server of which one may undercut another; None: none may.

    Raises:
        TooMuchError: columns.
    """
    alone, remote = np.flatnonzero(o.server == LOCAL), np.flatnonzero(o.server != LOCAL)
    nothing = np.zeros(len(alone))
    none = np.zeros(len(alone), dtype=np.int64)
    found = [_columns(o, alone, none, none, nothing, nothing, o.least[alone])]
    local = least_of(found[0], found[0].cost)
    far = o.take(remote)
    limits = []
    for row, pieces in enumerate((instance.servers.blocks, instance.servers.units)):
        limits.append(np.minimum.reduce([pieces[far.server], *(sieve.most(far, pieces, row) for sieve in sieves)]))
    total = 0
    for k, wide, deep in _chunks(far.server, *limits):
        part = _listed(instance, o, remote[k], wide, deep, local, alike)
        for sieve in sieves:
            part = part.take(np.flatnonzero(sieve.keeps(part, prices_of_pieces(part, sieve.case))))
        found.append(part)
        total += len(part)
        if total > MOST_PIECES:
            why = "drop options by prices before the first split"
            raise TooMuchError("certificate", f"leaves more than {MOST_PIECES} choices of pieces", fix=why)
    joined = join_pieces(found)
    return joined.take(np.lexsort((joined.server, joined.user)))


def join_pieces(parts: Sequence[Pieces]) -> Pieces:
    """Columns of several parts, one behind the other."""
    names = [f.name for f in dataclasses.fields(Pieces)[2:]]
    return Pieces(parts[0].first, parts[-1].last,
                  *(np.concatenate([getattr(part, name) for part in parts]) for name in names))  # fmt: skip


def _chunks(server: Ints, blocks: Ints, units: Ints) -> Iterator[tuple[Ints, int, int]]:
    """Places of options with the same server and limits alike, and the largest limits of each lot."""
    order = np.lexsort((units, blocks, server))
    edges = np.append(np.flatnonzero(np.diff(server[order], prepend=-2)), len(order))
    for first, last in itertools.pairwise(edges.tolist()):
        while first < last:
            rows = order[first:last]
            wide, deep = np.maximum.accumulate(blocks[rows]), np.maximum.accumulate(units[rows])
            cells = (wide + 1) * (deep + 1) * np.arange(1, len(rows) + 1)
            count = max(1, int(np.searchsorted(cells, CELLS, side="right")))
            yield np.sort(rows[:count]), int(wide[count - 1]), int(deep[count - 1])
            first += count


def _listed(
    instance: Instance, o: Options, rows: Ints, wide: int, deep: int, local: Floats, alike: Ints | None
) -> Pieces:
    """Columns of options at one server, of at most ``wide`` blocks and ``deep`` units, that cost less than the same
    option (or one that is alike) with less, and than running locally."""
    if alike is not None:
        rows = rows[np.argsort(alike[rows], kind="stable")]
    part, servers, at = o.take(rows), instance.servers, int(o.server[rows[0]])
    blocks, units = int(servers.blocks[at]), int(servers.units[at])
    n, m = np.arange(wide + 1), np.arange(deep + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        air = np.where(part.air > 0, below(below(part.air * blocks) / n[:, None]), 0.0)[:, None, :]
        run = np.where(part.run > 0, below(below(part.run * units) / m[:, None]), 0.0)[None, :, :]
        cost = cost_down(part, air, run)
    keep = cost < local[part.user - o.first]
    of, group = cost, np.arange(len(rows))
    if alike is not None:
        fresh = np.diff(alike[rows], prepend=-1) != 0
        of, group = np.minimum.reduceat(cost, np.flatnonzero(fresh), axis=2), np.cumsum(fresh) - 1
        keep &= cost == of[:, :, group]
    least = np.minimum.accumulate(np.minimum.accumulate(of, axis=0), axis=1)
    keep[1:] &= (of[1:] < least[:-1])[:, :, group]
    keep[:, 1:] &= (of[:, 1:] < least[:, :-1])[:, :, group]
    at_n, at_m, k = np.nonzero(keep)
    uplink, compute = below(n / blocks), below(m / units)
    return _columns(o, rows[k], at_n, at_m, uplink[at_n], compute[at_m], cost[at_n, at_m, k])


def _columns(
    o: Options, rows: Ints, blocks: Ints, units: Ints, uplink: Floats, compute: Floats, cost: Floats
) -> Pieces:
    return Pieces(o.first, o.last, o.user[rows], o.server[rows], o.cut[rows], blocks, units, uplink, compute,
                  o.memory[rows], o.energy[rows], cost)  # fmt: skip
