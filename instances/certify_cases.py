"""The cases of a certificate one after the other, with the options that are left in each.

No recursion: a tree may be as deep as it likes.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.certificate import Certificate, Dropped, Leaf, Node, ServerSplit, UserSplit
from instances.certify_bounds import OFF, ON, OPEN, Case, bound_of, least_of, values_of
from instances.certify_options import Offers, Options
from instances.certify_tree import option_code
from instances.columns import Floats, Ints
from instances.outward import add_down, sub_down, sum_down

__all__ = ["prove_cases"]


@dataclasses.dataclass(frozen=True, eq=False)
class _Frame:
    """A node with what is left on the way to it: options in parts of the users, and the servers' states."""

    node: Node
    parts: tuple[Options, ...]
    state: Ints


def prove_cases(offers: Offers, certificate: Certificate, parts: list[Options]) -> tuple[float, float]:
    """What a tree that `check_tree` has passed proves, J, and how large the sums behind it are.

    Args:
        offers: of the instance.
        certificate: the tree.
        parts: all options, in parts of the users.
    """
    state = np.full(offers.instance.n_servers, OPEN)
    stack = [_Frame(certificate.root, tuple(parts), state)]
    worst = magnitude = math.inf
    while stack:
        frame = stack.pop()
        node = frame.node
        if isinstance(node, Leaf | Dropped):
            bound, size, values = _bound(offers, frame, node)
            if isinstance(node, Leaf):
                if bound < worst:
                    worst, magnitude = bound, size
            elif bound < math.inf:  # else the case is impossible
                aim = float(certificate.bound_j)
                if aim < worst:
                    worst, magnitude = aim, size
                stack.append(_Frame(node.rest, _sieved(frame.parts, values, bound, aim), frame.state))
        elif isinstance(node, ServerSplit):
            off, on = (_settled(frame.state, node.server, way) for way in (OFF, ON))
            stack.append(_Frame(node.on, frame.parts, on))
            stack.append(_Frame(node.off, _without(frame.parts, node.server), off))
        elif isinstance(node, UserSplit):
            for rest, holds in ((node.other, False), (node.among, True)):
                stack.append(_Frame(rest, _ruled(frame.parts, node, offers.n_cuts, holds=holds), frame.state))
    return worst, 0.0 if math.isinf(magnitude) else magnitude


def _bound(offers: Offers, frame: _Frame, node: Leaf | Dropped) -> tuple[float, float, list[Floats]]:
    """What the frame's case proves at the node's prices, the size of its sums, and the values of its options.

    Where options are to be dropped all values are sharp, else only those that may be a user's best.
    """
    case = Case(node.prices, node.links, frame.state)
    values = [values_of(part, case, all_sharp=isinstance(node, Dropped)) for part in frame.parts]
    sums = [sum_down(least_of(part, value)) for part, value in zip(frame.parts, values, strict=True)]
    return *bound_of(offers.instance, case, sums), values


def _sieved(parts: tuple[Options, ...], values: list[Floats], bound: float, aim: float) -> tuple[Options, ...]:
    """Options with which a plan may cost less than ``aim``: bound − least + value stays below it, rounded down.

    The rounded bound is at most the exact sum of the least values and the servers' terms, so taking one of those values
    out and another in gives at most what every plan with that option costs (docs/theory.md, P5d and P13).
    """
    kept = []
    for part, value in zip(parts, values, strict=True):
        least = least_of(part, value)[part.user - part.first]
        kept.append(part.take(np.flatnonzero(~(sub_down(add_down(bound, value), least) >= aim))))
    return tuple(kept)


def _settled(state: Ints, server: int, how: int) -> Ints:
    changed = state.copy()
    changed[server] = how
    return changed


def _without(parts: tuple[Options, ...], server: int) -> tuple[Options, ...]:
    return tuple(part.take(np.flatnonzero(part.server != server)) for part in parts)


def _ruled(parts: tuple[Options, ...], node: UserSplit, n_cuts: int, *, holds: bool) -> tuple[Options, ...]:
    """Options that are left when a user takes one of some options (``holds``), or none of them."""
    codes = np.array([option_code(*option, n_cuts) for option in node.options], dtype=np.int64)
    left = []
    for part in parts:
        if part.first <= node.user < part.last:
            chosen = np.isin(option_code(part.server, part.cut, n_cuts), codes)
            part = part.take(np.flatnonzero((part.user != node.user) | (chosen == holds)))
        left.append(part)
    return tuple(left)
