"""What to split a case by: servers that are on in part first, then users that are undecided.

Servers by reliability branching (Achterberg, Koch and Martin, Operations Research Letters 2005): the gain of a split is
tried out until there is some experience with that server, and foretold from it afterwards.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Literal

import numpy as np

from instances.columns import Bools, Floats, Ints
from solvers.branch.bound import Bounded
from solvers.branch.cases import OPEN, Case, Limit
from solvers.branch.offers import Offers
from solvers.branch.pieces import Pieces

__all__ = ["Experience", "Parting", "choose_server", "choose_user"]

_WHOLE = 1e-6
_RELIABLE = 2
_TRIED = 6
_LEAST = 1e-9


@dataclasses.dataclass(eq=False)
class Experience:
    """``gain`` [2, n_servers]: sums of J gained per part of a server switched off (0) or on (1); ``times`` of each."""

    gain: Floats
    times: Ints

    @classmethod
    def of(cls, n_servers: int) -> Experience:
        """None yet."""
        return cls(np.zeros((2, n_servers)), np.zeros((2, n_servers), dtype=np.int64))

    def learn(self, server: int, way: int, gain_j: float, part: float) -> None:
        """A split has been tried."""
        self.gain[way, server] += max(gain_j, 0.0) / max(part, _WHOLE)
        self.times[way, server] += 1

    def foretell(self, on: Floats) -> Floats:
        """[n_servers] score of splitting by each server: the product of both gains."""
        mean = self.gain / np.maximum(self.times, 1)
        return np.asarray(np.maximum(mean[0] * on, _LEAST) * np.maximum(mean[1] * (1 - on), _LEAST))


def choose_server(case: Case, bounded: Bounded, experience: Experience, static_j: Floats,
                  attempt: Callable[[int, int], float | None]) -> int | None:  # fmt: skip
    """Server to split by; None when every open one is on or off in the master.

    Args:
        case, bounded: what to split.
        experience: is added to.
        static_j: [n_servers].
        attempt: bound of the case with a server switched (0: off, 1: on), J; None when there is no time to try.
    """
    assert bounded.relaxed is not None
    on = bounded.relaxed.on
    part = np.where(case.state == OPEN, np.minimum(on, 1 - on), 0.0)
    unsure = np.flatnonzero(part > _WHOLE)
    if not len(unsure):
        return None
    for s in unsure[np.argsort(-(part * (static_j + _LEAST))[unsure])][:_TRIED]:
        if experience.times[:, s].min() >= _RELIABLE:
            continue
        for way, amount in ((0, on[s]), (1, 1 - on[s])):
            found = attempt(int(s), way)
            if found is not None:
                experience.learn(int(s), way, found - bounded.bound_j, float(amount))
    return int(unsure[np.argmax(experience.foretell(on)[unsure])])


@dataclasses.dataclass(frozen=True, eq=False)
class Parting:
    """``user`` takes one of ``among`` [offers], or another one; ``pieces``: those with no more of them."""

    user: int
    among: Bools
    pieces: Limit | None = None


def choose_user(offers: Offers, weight: Floats, live: Bools) -> Parting | None:
    """An undecided user and the offers that one part of the case keeps of its own; None when all are decided.

    The user's weights are split as evenly as can be: by server, then by option, then by blocks and units.
    """
    table = offers.table
    for group in (offers.user * (table.n_servers + 1) + offers.server + 1, offers.row):
        found = _most_even(offers.user, group, weight)
        if found is not None:
            user, key = found
            return Parting(user, live & (offers.user == user) & (group == key))
    if isinstance(offers, Pieces):
        return _by_pieces(offers, weight, live)
    return None


def _most_even(user: Ints, group: Ints, weight: Floats) -> tuple[int, int] | None:
    """User and group whose share of the user's weight is nearest to a half."""
    used = np.flatnonzero(weight > _WHOLE)
    keys, first, place = np.unique(group[used], return_index=True, return_inverse=True)
    share = np.bincount(place, weight[used], len(keys))
    owner = user[used[first]]
    part = np.minimum(share, np.bincount(user, weight)[owner] - share)
    if not len(part) or part.max() <= _WHOLE:
        return None
    best = int(np.argmax(part))
    return int(owner[best]), int(keys[best])


def _by_pieces(offers: Pieces, weight: Floats, live: Bools) -> Parting | None:
    """Columns of one option: those with no more blocks (or units) than the weights' mean."""
    used = np.flatnonzero((weight > _WHOLE) & (weight < 1 - _WHOLE))
    if not len(used):
        return None
    user = int(offers.user[used[np.argmax(np.minimum(weight, 1 - weight)[used])]])
    own = used[offers.user[used] == user]
    kind: Literal["blocks", "units"] = "blocks" if len(np.unique(offers.blocks[own])) > 1 else "units"
    pieces = offers.blocks if kind == "blocks" else offers.units
    most = int(np.average(pieces[own], weights=weight[own]))
    return Parting(user, live & (offers.user == user) & (pieces <= most), (kind, most))
