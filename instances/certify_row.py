"""Servers in a row for the certifier of payments: by how much every plan exceeds what payments prove.

A pass walks along some places. Its states are who has been served there, of those who can still be served or reach
servers outside; what is known of smaller parts tells which states and sets cannot lead to less than what is claimed
(docs/theory.md, P41). All numbers are whole (`instances.certify_payments`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Self

import numpy as np

from instances.certify_stand import NEVER, Stand
from instances.columns import Bools, Ints
from instances.errors import InputError, TooMuchError

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

    @classmethod
    def of(cls, place: int) -> Self:
        """Nothing, of one place."""
        return cls(place, place + 1, *np.zeros((2, 2), dtype=np.int64))

    def joined(self, other: _Known) -> _Known:
        """With the places behind these."""
        before = np.append(self.before, self.before[-1] + other.before[1:])
        return _Known(self.start, other.stop, before, np.append(self.behind[:-1] + other.behind[0], other.behind))

    def raised(self, excess: int) -> _Known:
        """All of it exceeds by so much, if that is more."""
        before, behind = self.before.copy(), self.behind.copy()
        before[-1] = behind[0] = max(excess, int(before[-1]))
        return _Known(self.start, self.stop, before, behind)


def _taken(known: dict[tuple[int, int], _Known], start: int, stop: int, where: str) -> _Known:
    """A part, made of two neighbours unless it is known; what it is made of is taken out."""
    if (start, stop) in known:
        return known.pop((start, stop))
    middle = next((k for k in range(start + 1, stop) if {(start, k), (k, stop)} <= known.keys()), None)
    if middle is None:
        why = "a part is a place, or two parts that came before it"
        raise InputError(where, f"is about places {start} to {stop - 1}", why)
    return known.pop((start, middle)).joined(known.pop((middle, stop)))


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
        self._wide = np.zeros(n, dtype=np.int64)
        self._known = {(k, k + 1): _Known.of(k) for k in range(n)}

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

    def settle(self, parts: Sequence[tuple[int, int, int]], where: str) -> None:
        """Take into account that parts (start, stop) exceed what payments prove by a claim, or by what is less.

        Raises:
            InputError: two halves of one are not known. TooMuchError: users, sets or states.
        """
        ends = dict(self._known)
        for number, (start, stop, claim) in enumerate(parts):  # how wide sets will be asked for, if all claims hold
            known = _taken(ends, start, stop, f"{where}[{number}]")
            wide = claim - known.before[:-1] - known.behind[1:]
            self._wide[start:stop] = np.maximum(self._wide[start:stop], wide)
            ends[start, stop] = known.raised(claim)
        for number, (start, stop, claim) in enumerate(parts):
            known = _taken(self._known, start, stop, where)
            if claim > known.before[-1]:
                known = known.raised(min(claim, self._walked(known, claim, f"{where}[{number}]")))
            self._known[start, stop] = known

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
                raise TooMuchError(where, f"has {len(active)} users at place {place}", f"more than {MOST_ACTIVE}")
            found = self._sets_at(place, enough - int(part.before[k]))
            bit = np.searchsorted(active, self._users[place])
            members, idle = _spread(found.members, bit), _spread(found.idle, bit)
            staying = self._last[active] > place if place + 1 < part.stop else np.zeros(len(active), dtype=bool)
            leaving = ~staying & (self._first[active] >= part.start) & (self._last[active] < part.stop)
            needed = sum(1 << k for k in np.flatnonzero(leaving & (self._without[active] == NEVER)).tolist())
            served, excess = _paired((served, excess), (members, idle, found.excess), enough, needed, where)
            excess = excess + self._left(active, leaving, served)
            good = np.flatnonzero(excess <= enough)
            following = self.active(place + 1) if place + 1 < part.stop else active[:0]
            kept = np.flatnonzero(staying)
            served = _moved(served[good], kept, np.searchsorted(following, active[kept]))
            served, excess = _undominated(served, excess[good], self._late[place, following])
            if not len(served):
                return most + 1
            if len(served) > MOST_STATES:
                raise TooMuchError(where, f"leaves more than {MOST_STATES} states")
        return int(excess.min())

    def _left(self, active: Ints, leaving: Bools, served: Ints) -> Ints:
        """[states] what it costs that users whom only this part could serve are not served."""
        found = np.zeros(len(served), dtype=np.int64)
        for bit in np.flatnonzero(leaving).tolist():
            if self._without[active[bit]] > 0:
                missing = (served >> bit & 1) == 0
                found[missing] = np.minimum(found[missing] + self._without[active[bit]], NEVER)
        return found

    def _sets_at(self, place: int, width: int) -> _Sets:
        """Sets of one place with an excess up to ``width``, least first, but for those that are never needed."""
        found = self._sets.get(place)
        if found is None or found.reach < width:
            wide = max(width, int(self._wide[place]) if found is None else _WIDER * found.reach)
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
    states: tuple[Ints, Ints], sets: tuple[Ints, Ints, Ints], enough: int, needed: int, where: str
) -> tuple[Ints, Ints]:
    """States after a place: each with all sets that it can be followed by, while the excess is not too much.

    Args:
        states: served, excess. sets: members, idle, excess.
        needed: bits of users who must be served, and cannot be later.
    """
    served, excess = states
    members, idle, over = sets
    key, states_, totals, pairs = members & needed, [served[:0]], [excess[:0]], 0
    lacking = needed & ~served
    for missing in np.unique(lacking).tolist():
        rows = np.flatnonzero(key == missing)  # the least excess first, as all sets are
        either, alone, value = members[rows] | idle[rows], idle[rows], over[rows]
        for i in np.flatnonzero(lacking == missing).tolist():
            k = int(np.searchsorted(value, enough - excess[i], side="right"))
            # Of the set nobody is served already, and of those who would be added at no loss everybody is.
            fits = np.flatnonzero((either[:k] & served[i]) == alone[:k])
            states_.append(served[i] | members[rows[fits]])
            totals.append(excess[i] + value[fits])
            pairs += k
            if pairs > MOST_PAIRS:
                raise TooMuchError(where, f"leaves more than {MOST_PAIRS} pairs of states and sets")
    return np.concatenate(states_), np.concatenate(totals)


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
