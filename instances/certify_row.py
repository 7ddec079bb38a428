"""Servers in a row for the certifier of payments: by how much every plan exceeds what payments prove.

A pass walks along some places. Its states are who has been served there, of those who can still be served or reach
servers outside; what is known of smaller parts tells which states and sets cannot lead to less than what is claimed
(docs/theory.md, P41). All numbers are whole (`instances.certify_payments`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from instances.certify_stand import NEVER, Stand
from instances.columns import Bools, Ints
from instances.errors import InputError

__all__ = ["Row"]

MOST_ACTIVE = 62
"""Users at a place: a state is one number."""
MOST_STATES = 2_000_000
MOST_PAIRS = 200_000_000
_WIDER = 2


@dataclasses.dataclass(frozen=True, eq=False)
class _Known:
    """Of places ``start`` to ``stop`` − 1: ``before`` [k], what the first k exceed at least; ``behind`` [k], what the
    others do."""

    start: int
    stop: int
    before: Ints
    behind: Ints


@dataclasses.dataclass(frozen=True, eq=False)
class _Sets:
    """[sets] as bits of all users: ``members``; ``idle``, who could be added at no loss; ``excess``, growing.

    ``reach``: all are known up to this excess.
    """

    members: Ints
    idle: Ints
    excess: Ints
    reach: int


class Row:
    """Places in a row, each with its server.

    Args:
        stands: by place. least: [places] value of the best set of each, at most 0.
        paid: [users] payments. alone: [users] cost without a server, `NEVER` where that cannot be.
    """

    def __init__(self, stands: Sequence[Stand], least: Sequence[int], paid: Ints, alone: Ints) -> None:
        self._stands, self._least = stands, least
        self._without = np.where(alone < NEVER, alone - paid, NEVER)
        self._users = [stand.users for stand in stands]
        n = len(stands)
        self._first, self._last = np.full(len(paid), n), np.full(len(paid), -1)
        for place, users in enumerate(self._users):
            self._first[users] = np.minimum(self._first[users], place)
            self._last[users] = place
        self._late = self._lateness(paid)
        self._sets: dict[int, _Sets] = {}
        self._known = {(k, k + 1): _Known(k, k + 1, *np.zeros((2, 2), dtype=np.int64)) for k in range(n)}

    def _lateness(self, paid: Ints) -> Ints:
        """[places, users] what a user may lose by being served there and not later, at most."""
        cheapest, found = np.full(len(paid), NEVER), []
        for stand in reversed(self._stands):
            found.append(np.maximum(paid - cheapest, 0))
            np.minimum.at(cheapest, stand.user, stand.gain + paid[stand.user])
        return np.array(found[::-1], dtype=np.int64).reshape(len(self._stands), len(paid))

    def active(self, place: int) -> Ints:
        """Users who reach a server up to this place and one from it on."""
        return np.flatnonzero((self._first <= place) & (self._last >= place))

    def settle(self, start: int, stop: int, claim: int, where: str) -> None:
        """Take into account that a part exceeds what payments prove by ``claim``, or by what is found to be less.

        Raises:
            InputError: its halves are not known; more users, sets or states than are worth looking at.
        """
        middle = next((k for k in range(start + 1, stop) if {(start, k), (k, stop)} <= self._known.keys()), None)
        if middle is None and (start, stop) not in self._known:
            why = "a part is a place, or two parts that came before it"
            raise InputError(where, f"is about places {start} to {stop - 1}", why)
        known = self._known[start, stop] if middle is None else self._joined(start, middle, stop)
        excess = max(int(known.before[-1]), min(claim, self._walked(known, claim, where)))
        before, behind = known.before.copy(), known.behind.copy()
        before[-1] = behind[0] = excess
        self._known[start, stop] = _Known(start, stop, before, behind)

    def _joined(self, start: int, middle: int, stop: int) -> _Known:
        one, two = self._known.pop((start, middle)), self._known.pop((middle, stop))
        before = np.append(one.before, one.before[-1] + two.before[1:])
        return _Known(start, stop, before, np.append(one.behind[:-1] + two.behind[0], two.behind))

    @property
    def excess(self) -> int:
        """What is known of the parts together."""
        return sum(int(known.before[-1]) for known in self._known.values())

    def _walked(self, part: _Known, most: int, where: str) -> int:
        """Least excess of the part if it is at most ``most``, else something above that."""
        served, excess = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
        for place in range(part.start, part.stop):
            k = place - part.start
            active, enough = self.active(place), most - int(part.behind[k + 1])
            if len(active) > MOST_ACTIVE:
                raise InputError(where, f"has {len(active)} users at place {place}", f"more than {MOST_ACTIVE}")
            found = self._sets_at(place, enough - int(part.before[k]))
            bit = np.searchsorted(active, self._users[place])
            members, idle = _spread(found.members, bit), _spread(found.idle, bit)
            served, excess = _paired(served, excess, members, idle, found.excess, enough, where)
            staying = self._last[active] > place if place + 1 < part.stop else np.zeros(len(active), dtype=bool)
            excess = excess + self._left(active, ~staying, served, part)
            good = np.flatnonzero(excess <= enough)
            following = self.active(place + 1) if place + 1 < part.stop else active[:0]
            kept = np.flatnonzero(staying)
            served = _moved(served[good], kept, np.searchsorted(following, active[kept]))
            served, excess = _undominated(served, excess[good], self._late[place, following])
            if not len(served):
                return most + 1
            if len(served) > MOST_STATES:
                raise InputError(where, f"leaves more than {MOST_STATES} states", "too many to check")
        return int(excess.min())

    def _left(self, active: Ints, gone: Bools, served: Ints, part: _Known) -> Ints:
        """[states] what it costs that users whose servers all lie in the part, the last here, are not served."""
        found = np.zeros(len(served), dtype=np.int64)
        inside = gone & (self._first[active] >= part.start) & (self._last[active] < part.stop)
        for bit in np.flatnonzero(inside).tolist():
            missing = (served >> bit & 1) == 0
            found[missing] = np.minimum(found[missing] + self._without[active[bit]], NEVER)
        return found

    def _sets_at(self, place: int, width: int) -> _Sets:
        """Sets of one place with an excess up to ``width``, least first, but for those that are never needed."""
        found = self._sets.get(place)
        if found is None or found.reach < width:
            wide = width if found is None else max(width, _WIDER * found.reach)
            found = self._sets[place] = self._listed(place, wide)
        return found

    def _listed(self, place: int, width: int) -> _Sets:
        stand, users, least = self._stands[place], self._users[place], self._least[place]
        sets = stand.sets(least + width)
        excess = sets.value - least
        order = np.argsort(sets.members)
        known, value = sets.members[order], excess[order]
        idle = np.zeros(len(known), dtype=np.int64)
        for k, user in enumerate(users.tolist()):
            larger = known | (1 << k)
            at = np.minimum(np.searchsorted(known, larger), max(len(known) - 1, 0))
            lost = value[at] + self._late[place, user] <= value
            idle[(known[at] == larger) & (larger != known) & lost] |= 1 << k
        # Who reaches no server before this one cannot have been served already.
        fresh = sum(1 << k for k, user in enumerate(users.tolist()) if self._first[user] == place)
        useful = np.flatnonzero((idle & fresh) == 0)
        useful = useful[np.argsort(value[useful], kind="stable")]
        return _Sets(known[useful], idle[useful], value[useful], width)


def _paired(
    served: Ints, excess: Ints, members: Ints, idle: Ints, over: Ints, enough: int, where: str
) -> tuple[Ints, Ints]:
    """States after a place: each with all sets that it can be followed by, while the excess is not too much."""
    count = np.searchsorted(over, enough - excess, side="right")
    if int(count.sum()) > MOST_PAIRS:
        raise InputError(where, f"leaves more than {MOST_PAIRS} pairs of states and sets", "too many to check")
    states, totals = [served[:0]], [excess[:0]]
    either = members | idle
    for i in np.flatnonzero(count).tolist():
        k = count[i]
        # Of the set nobody is served already, and of those who would be added at no loss everybody is.
        fits = np.flatnonzero((either[:k] & served[i]) == idle[:k])
        states.append(served[i] | members[fits])
        totals.append(excess[i] + over[fits])
    return np.concatenate(states), np.concatenate(totals)


def _undominated(served: Ints, excess: Ints, late: Ints) -> tuple[Ints, Ints]:
    """Each state once, at its least excess, without those that one with another user served is no dearer than."""
    order = np.lexsort((excess, served))
    order = order[np.diff(served[order], prepend=-1) != 0]
    known, value = served[order], excess[order]
    beaten = np.zeros(len(known), dtype=bool)
    for k in range(len(late)):
        larger = known | (1 << k)
        at = np.minimum(np.searchsorted(known, larger), max(len(known) - 1, 0))
        beaten |= (known[at] == larger) & (larger != known) & (value[at] + late[k] <= value)
    return known[~beaten], value[~beaten]


def _spread(sets: Ints, bit: Ints) -> Ints:
    """Sets with bit k at place ``bit[k]``."""
    return _moved(sets, np.arange(len(bit)), bit)


def _moved(sets: Ints, source: Ints, target: Ints) -> Ints:
    """Some of the bits of sets, at other places."""
    found = np.zeros(len(sets), dtype=np.int64)
    for a, b in zip(source.tolist(), target.tolist(), strict=True):
        found |= (sets >> a & 1) << b
    return found
