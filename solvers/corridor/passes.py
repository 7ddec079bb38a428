"""One pass along a part of the row: states are who of the active users has been served, and the excess so far.

Excess is counted over payments: of the sets that servers take (`solvers.corridor.choices`), and of users whom no
server takes, who run locally at more than they pay. Users who reach servers outside the part may be left to those; so
the least excess of a part never exceeds that of the whole there (docs/theory.md, P41).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from instances.columns import Bools, Floats, Ints
from solvers.answer import Clock, Limits
from solvers.corridor.choices import Choice, LateError, TooWideError
from solvers.corridor.line import Line

__all__ = ["Passed", "Row", "walk"]

_ROUNDING = 1e-12


@dataclasses.dataclass(frozen=True, eq=False)
class Row:
    """What a pass walks along.

    Args:
        line: who is where. choices: of the server at every place.
        alone_j: [n_users] what running locally costs more than the user pays; inf where that is impossible.
        regret: [n_users, places] J that a user served by then may lose over being served later, at most.
    """

    line: Line
    choices: Sequence[Choice]
    alone_j: Floats
    regret: Floats


@dataclasses.dataclass(frozen=True, eq=False)
class Passed:
    """How a pass ended.

    ``after`` [places passed]: least excess of the states after each place, inf where none is left. ``sets``: of the
    best state at the end, the set at every place; None when no state got there. ``complete``: whether no state was
    dropped for want of room.
    """

    after: Floats
    sets: list[int] | None
    complete: bool


Offers = Callable[[int], tuple[Ints, Ints, Floats]]
"""For the k-th place of a walk, the sets that are looked at there; see `Choice.sets`."""


def walk(row: Row, places: Sequence[int], offers: Offers, most: Floats, states: int, each: int | None = None,
         clock: Clock | None = None, served_before: int | None = None) -> Passed:  # fmt: skip
    """Walk up along neighbouring places.

    Args:
        row: see there. places: of the part.
        offers: see there. most: [places] excess of states that go on after each.
        states: dearer states beyond so many are dropped. each: sets beyond so many for one state as well.
        clock: its limit ends the walk.
        served_before: who of the first place's active users is served already (bits), where that is settled: then
            nobody is left to servers before the part. None: anybody may be.

    Raises:
        TooWideError: too many sets at a place. LateError: no time is left.
    """
    clock = clock or Clock(Limits())
    part = frozenset(places if served_before is None else range(places[-1] + 1))
    after = np.full(len(places), np.inf)
    served, excess, complete = np.full(1, served_before or 0, dtype=np.int64), np.zeros(1), True
    back: list[tuple[Ints, Ints]] = []
    for k, place in enumerate(places):
        active = row.line.active[place]
        bits = np.searchsorted(active, row.choices[place].users)
        local, free, over = offers(k)
        sets, free = (_moved(one, np.arange(len(bits)), bits) for one in (local, free))
        following = row.line.active[places[k + 1]] if k + 1 < len(places) else active[:0]
        gone = ~np.isin(active, following)
        last = _last_here(row, active, gone, part)
        must = sum(1 << bit for bit in last if np.isinf(row.alone_j[active[bit]]))
        came, took, served, excess = _joined((served, excess), (sets, free, over), float(most[k]), must, each, clock)
        excess = excess + _left(row, active, last, served, must)
        keep = np.flatnonzero(np.isfinite(excess) & (excess <= _loosely(float(most[k]))))
        stay = np.flatnonzero(~gone)
        reduced = _moved(served[keep], stay, np.searchsorted(following, active[stay]))
        first = _cheapest(reduced, excess[keep], row.regret[following, place])
        if len(first) > states:
            first, complete = first[np.argsort(excess[keep][first], kind="stable")[:states]], False
        keep, served = keep[first], reduced[first]
        excess = excess[keep]
        back.append((came[keep], local[took[keep]]))
        if not len(served):
            return Passed(after, None, complete)
        after[k] = float(excess.min())
    return Passed(after, _traced(back, int(np.argmin(excess))), complete)


def _moved(sets: Ints, source: Ints, target: Ints) -> Ints:
    """Sets with some of their bits, at other places."""
    found = np.zeros(len(sets), dtype=np.int64)
    for a, b in zip(source.tolist(), target.tolist(), strict=True):
        found |= (sets >> a & 1) << b
    return found


_PAIRS = 200_000_000
_AT_ONCE = 64
"""States between two looks at the clock."""


def _joined(
    states: tuple[Ints, Floats], sets: tuple[Ints, Ints, Floats], most: float, must: int, each: int | None, clock: Clock
) -> tuple[Ints, Ints, Ints, Floats]:
    """Every state with every set worth it, while the excess is not too much: which, which, and both.

    Of those in ``must`` nobody is left: only sets with just those whom the state lacks are looked at.
    """
    served, excess = states
    order = np.argsort(sets[0] & must, kind="stable")
    members, free, over = sets[0][order], sets[1][order], sets[2][order]
    first, count = _counts(members & must, over, must & ~served, _loosely(most) - excess)
    if each is not None:
        count = np.minimum(count, max(1, _PAIRS // len(count)))
    elif int(count.sum()) > _PAIRS:
        raise TooWideError
    came, took = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    either = members ^ free
    for done, i in enumerate(np.flatnonzero(count).tolist()):
        if done % _AT_ONCE == 0 and clock.left_s <= 0:
            raise LateError
        # Nobody twice, and those who would have been free are served already: of `sets` none is served, of `free` all.
        part = slice(first[i], first[i] + count[i])
        fits = first[i] + np.flatnonzero((either[part] & served[i]) == free[part])[:each]
        came.append(np.full(len(fits), i))
        took.append(fits)
    a, b = np.concatenate(came), np.concatenate(took)
    return a, order[b], served[a] | members[b], excess[a] + over[b]


def _counts(key: Ints, over: Floats, wanted: Ints, most: Floats) -> tuple[Ints, Ints]:
    """[states] first set of the key that is wanted, and how many of these exceed by no more than ``most``."""
    keys = np.unique(key)
    edges = np.append(np.searchsorted(key, keys), len(key))
    place = np.searchsorted(keys, wanted)
    first, count = np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=np.int64)
    for k in np.unique(place[place < len(keys)]).tolist():
        rows = np.flatnonzero((place == k) & (wanted == keys[k]))
        first[rows] = edges[k]
        count[rows] = np.searchsorted(over[edges[k] : edges[k + 1]], most[rows], side="right")
    return first, count


def _loosely(most: float) -> float:
    return most + _ROUNDING * (1 + abs(most))


def _last_here(row: Row, active: Ints, gone: Bools, part: frozenset[int]) -> list[int]:
    """Bits of users whom no server of the row can serve any more, and none outside the part either."""
    return [bit for bit in np.flatnonzero(gone).tolist()
            if int(row.line.first[active[bit]]) in part and int(row.line.last[active[bit]]) in part]  # fmt: skip


def _left(row: Row, active: Ints, last: list[int], served: Ints, must: int) -> Floats:
    """[states] excess of those of whom none can be served later; all in ``must`` are served."""
    found = np.zeros(len(served))
    for bit in last:
        if not must >> bit & 1:
            found += np.where(served >> bit & 1, 0.0, row.alone_j[active[bit]])
    return found


def _cheapest(states: Ints, excess: Floats, regret: Floats) -> Ints:
    """Places of the cheapest of equal states, but of those that a state with one more user served beats."""
    order = np.lexsort((excess, states))
    change = np.ones(len(order), dtype=bool)
    change[1:] = np.diff(states[order]) != 0
    order = order[change]
    known, value = states[order], excess[order]
    beaten = np.zeros(len(order), dtype=bool)
    for k in range(len(regret)):
        larger = known | (1 << k)
        at = np.minimum(np.searchsorted(known, larger), max(len(known) - 1, 0))
        beaten |= (larger != known) & (known[at] == larger) & (value[at] + regret[k] <= value)
    return order[~beaten]


def _traced(back: list[tuple[Ints, Ints]], last: int) -> list[int]:
    found: list[int] = []
    for came, sets in reversed(back):
        found.append(int(sets[last]))
        last = int(came[last])
    return found[::-1]
