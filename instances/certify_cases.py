"""The cases of a certificate one after the other, with the options that are left in each.

No recursion: a tree may be as deep as it likes.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.certificate import Certificate, Dropped, Leaf, Node, Payments, PieceSplit, ServerSplit, UserSplit
from instances.certify_bounds import OFF, ON, OPEN, Case, bound_of, four_prices, least_of, values_of
from instances.certify_dominance import alike, undominated
from instances.certify_options import Offers, Options
from instances.certify_payments import bound_of_payments
from instances.certify_pieces import Pieces, Sieve, join_pieces, list_pieces, prices_of_pieces
from instances.certify_tree import option_code
from instances.columns import Bools, Floats, Ints
from instances.outward import add_down, sub_down, sum_down

__all__ = ["prove_cases"]


_Part = Options | Pieces


@dataclasses.dataclass(frozen=True, eq=False)
class _Frame:
    """A node with what is left on the way to it: options or columns in parts of the users, and the servers' states.

    ``split``: whether there is a split above it.
    """

    node: Node
    parts: tuple[_Part, ...]
    state: Ints
    split: bool = False


def prove_cases(offers: Offers, certificate: Certificate, parts: list[Options]) -> tuple[float, float]:
    """What a tree that `check_tree` has passed proves, J, and how large the sums behind it are.

    Args:
        offers: of the instance.
        certificate: the tree.
        parts: all options, in parts of the users.
    """
    state = np.full(offers.instance.n_servers, OPEN)
    root = _Frame(certificate.root, tuple(parts), state)
    worst = magnitude = math.inf
    if certificate.whole:
        root, worst, magnitude = _thinned(offers, root, float(certificate.bound_j))
    stack = [root]
    while stack:
        frame = stack.pop()
        node = frame.node
        if certificate.whole and isinstance(frame.parts[0] if frame.parts else None, Options):
            listed = _in_pieces(offers, frame, float(certificate.bound_j))
            if listed is not None:  # else the case is impossible
                stack.append(listed)
        elif isinstance(node, Payments):
            bound, size = bound_of_payments(offers.instance, _pieces_of(frame), node)
            if bound < worst:
                worst, magnitude = bound, size
        elif isinstance(node, Leaf | Dropped):
            bound, size, values = _bound(offers, frame, node)
            if isinstance(node, Leaf):
                if bound < worst:
                    worst, magnitude = bound, size
            elif bound < math.inf:  # else the case is impossible
                aim = float(certificate.bound_j)
                if aim < worst:
                    worst, magnitude = aim, size
                left = _sieved(frame.parts, values, bound, aim)
                stack.append(dataclasses.replace(frame, node=node.rest, parts=_distinct(offers, left, frame.split)))
        else:
            stack += _cases(offers, frame, node)
    return worst, 0.0 if math.isinf(magnitude) else magnitude


def _pieces_of(frame: _Frame) -> Pieces:
    return join_pieces([part for part in frame.parts if isinstance(part, Pieces)])


def _cases(offers: Offers, frame: _Frame, node: ServerSplit | UserSplit | PieceSplit) -> tuple[_Frame, _Frame]:
    """Both cases of a split."""
    if isinstance(node, ServerSplit):
        off, on = (_settled(frame.state, node.server, way) for way in (OFF, ON))
        alone = tuple(part.take(np.flatnonzero(part.server != node.server)) for part in frame.parts)
        return _Frame(node.on, frame.parts, on, True), _Frame(node.off, alone, off, True)
    first, second = (node.among, node.other) if isinstance(node, UserSplit) else (node.few, node.more)

    def taken(part: _Part) -> Bools:
        if isinstance(node, UserSplit):
            codes = np.array([option_code(*option, offers.n_cuts) for option in node.options], dtype=np.int64)
            return np.isin(option_code(part.server, part.cut, offers.n_cuts), codes)
        return np.asarray(getattr(part, node.kind) <= node.most)

    def ruled(rest: Node, holds: bool) -> _Frame:
        left = tuple(
            part.take(np.flatnonzero((part.user != node.user) | (taken(part) == holds)))
            if part.first <= node.user < part.last else part for part in frame.parts
        )  # fmt: skip
        return _Frame(rest, left, frame.state, True)

    return ruled(second, False), ruled(first, True)


def _bound(offers: Offers, frame: _Frame, node: Leaf | Dropped) -> tuple[float, float, list[Floats]]:
    """What the frame's case proves at the node's prices, the size of its sums, and the values of what is left.

    Where options are to be dropped all values are sharp, else only those that may be a user's best.
    """
    case = Case(four_prices(node.prices), node.links, frame.state)
    sharp = isinstance(node, Dropped)
    values = [prices_of_pieces(part, case) if isinstance(part, Pieces) else values_of(part, case, all_sharp=sharp)
              for part in frame.parts]  # fmt: skip
    sums = [sum_down(least_of(part, value)) for part, value in zip(frame.parts, values, strict=True)]
    return *bound_of(offers.instance, case, sums), values


def _sieved(parts: tuple[_Part, ...], values: list[Floats], bound: float, aim: float) -> tuple[_Part, ...]:
    """What a plan that costs less than ``aim`` may use: bound − least + value stays below it, rounded down.

    The rounded bound is at most the exact sum of the least values and the servers' terms, so taking one of those values
    out and another in gives at most what every plan with that option costs (docs/theory.md, P5d and P13).
    """
    kept = []
    for part, value in zip(parts, values, strict=True):
        least = least_of(part, value)[part.user - part.first]
        kept.append(part.take(np.flatnonzero(~(sub_down(add_down(bound, value), least) >= aim))))
    return tuple(kept)


def _thinned(offers: Offers, root: _Frame, aim: float) -> tuple[_Frame, float, float]:
    """The root without options that its sieves drop with any shares, of which fewer columns then are listed.

    Also what that leaves to be proven at most (the aim if anything may have been dropped), and the size of the sums.
    """
    frame, worst, magnitude = root, math.inf, math.inf
    while isinstance(frame.node, Dropped):
        bound, size, values = _bound(offers, frame, frame.node)
        if bound == math.inf:
            break
        worst, magnitude = aim, size
        frame = dataclasses.replace(frame, node=frame.node.rest, parts=_sieved(frame.parts, values, bound, aim))
    return dataclasses.replace(root, parts=frame.parts), worst, magnitude


def _in_pieces(offers: Offers, frame: _Frame, aim: float) -> _Frame | None:
    """The frame with columns in place of options, without those that sieves right below drop. None: impossible.

    An option with any shares costs no more than its columns, so what is dropped on account of that is dropped rightly.
    Only the root is ever in options, and if it is a sieve then no more than its aim is proven anyway (`_thinned`).
    """
    node: Node = frame.node
    parts = [part for part in frame.parts if isinstance(part, Options)]
    sieves: list[list[Sieve]] = [[] for _ in parts]
    while isinstance(node, Dropped):
        bound, _, values = _bound(offers, frame, node)
        if bound == math.inf:
            return None
        case = Case(four_prices(node.prices), node.links, frame.state)
        for part, value, of_part in zip(parts, values, sieves, strict=True):
            of_part.append(Sieve(case, bound, least_of(part, value), aim))
        node = node.rest
    kinds = [None] * len(parts) if frame.split else alike(offers.instance, parts)
    listed = [list_pieces(offers.instance, *of_part) for of_part in zip(parts, sieves, kinds, strict=True)]
    return dataclasses.replace(frame, parts=_distinct(offers, tuple(listed), frame.split))


def _distinct(offers: Offers, parts: tuple[_Part, ...], split: bool) -> tuple[_Part, ...]:
    """Columns above all splits as one part, without dominated ones; options, and what is below, as they are."""
    pieces = [part for part in parts if isinstance(part, Pieces)]
    if split or not pieces:
        return parts
    return (undominated(offers.instance, join_pieces(pieces)),)


def _settled(state: Ints, server: int, how: int) -> Ints:
    changed = state.copy()
    changed[server] = how
    return changed
