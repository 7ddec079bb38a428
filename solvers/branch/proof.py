"""The certificate of a search: its tree of cases with the prices of each."""

from __future__ import annotations

import numpy as np

from instances.certificate import Certificate, Dropped, Leaf, Links, Node, PieceSplit, ServerSplit, UserSplit
from instances.columns import Ints
from instances.options import OptionTable
from solvers.branch.cases import Record
from solvers.branch.pieces import Pieces
from solvers.branch.rates import Rates
from solvers.branch.search import Search
from solvers.prices.dual import Point

__all__ = ["certificate_of", "leaf_of"]


def certificate_of(
    table: OptionTable, point: Point | None, search: Search | None, sieves: list[Rates], kept: Ints
) -> Certificate | None:
    """Certificate of what was proven; None before there are prices.

    Args:
        table: all options. point: prices for them.
        search: over ``kept``, rows of the table that were left by sieving at the prices ``sieves``, in this order.
    """
    if point is None:
        return None
    if search is None:
        return Certificate(Leaf(point.prices), point.bound_j)
    node = _tree(table, search.root.record, kept)
    for rates in reversed(sieves):
        node = _sieve(table, rates, node)
    return Certificate(node, search.bound_j, isinstance(search.offers, Pieces))


def _tree(table: OptionTable, root: Record, kept: Ints) -> Node:
    """Nodes from the leaves up, without recursion: a plunge may be deep."""
    order, stack = [], [root]
    while stack:
        record = stack.pop()
        order.append(record)
        stack.extend(record.parts or ())
    made: dict[int, Node] = {}
    for record in reversed(order):
        made[id(record)] = _node(table, record, kept, made)
    return made[id(root)]


def _node(table: OptionTable, record: Record, kept: Ints, made: dict[int, Node]) -> Node:
    if record.parts is None:
        return leaf_of(table, record.rates)
    first, second = (made[id(part)] for part in record.parts)
    assert record.sieve is not None
    if record.server is not None:
        return _sieve(table, record.sieve, ServerSplit(record.server, first, second))
    assert record.user is not None and record.among is not None
    if not len(record.among):  # all that the first part could choose had been dropped: the second is the whole case
        return _sieve(table, record.sieve, second)
    if record.pieces is not None:
        return _sieve(table, record.sieve, PieceSplit(record.user, *record.pieces, first, second))
    rows = kept[record.among]
    options = tuple((int(table.server[row]), int(table.cut[row])) for row in rows)
    return _sieve(table, record.sieve, UserSplit(record.user, options, first, second))


def leaf_of(table: OptionTable, rates: Rates) -> Leaf:
    """The leaf at some rates."""
    return Leaf(rates.prices, _links(table, rates))


def _sieve(table: OptionTable, rates: Rates, rest: Node) -> Node:
    return Dropped(rates.prices, rest, _links(table, rates))


def _links(table: OptionTable, rates: Rates) -> Links:
    """User, server and price of the links that cost something."""
    paid = np.flatnonzero(rates.link_j > 0)
    pair = rates.pair[paid]
    return Links(pair // max(table.n_servers, 1), pair % max(table.n_servers, 1), rates.link_j[paid])
