"""What a certificate's tree says, checked node by node before anything is computed from it.

No recursion: a tree may be as deep as it likes. Nodes are numbered as they are written: each before its parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from instances.certificate import Certificate, Dropped, Leaf, Links, Node, Payments, PieceSplit, ServerSplit, UserSplit
from instances.certify_options import Offers
from instances.certify_payments import check_payments, is_whole
from instances.errors import InputError

__all__ = ["check_tree", "option_code", "parts_of"]

MOST_NODES = 2_000_000
MOST_PIECES = 2**31


def option_code(server: Any, cut: Any, n_cuts: int) -> Any:
    """One number for a (server, cut)."""
    return (server + 1) * n_cuts + cut


def check_tree(certificate: Certificate, offers: Offers) -> int:
    """Number of leaves of a certificate that makes sense.

    Raises:
        InputError: anything that is not understood: a node of an unknown kind, prices of a wrong shape, negative or not
            finite, a server, user or option that does not exist, a server that is settled twice, an empty split.
    """
    bound: Any = certificate.bound_j
    if isinstance(bound, bool) or not isinstance(bound, int | float | np.floating) or np.isnan(bound):
        raise InputError("certificate.bound_j", f"is {bound!r}", "a bound is a number")
    whole: Any = certificate.whole
    if not isinstance(whole, bool):
        raise InputError("certificate.whole", f"is {whole!r}", "shares are whole pieces or not")
    if whole and offers.instance.allocation != "units":
        raise InputError("certificate.whole", "is true", "shares of this instance are continuous")
    leaves = 0
    for number, (node, settled) in enumerate(_walk(certificate.root)):
        where = f"certificate.nodes[{number}]"
        if number >= MOST_NODES:
            raise InputError(where, "is one too many", f"a certificate has at most {MOST_NODES} nodes")
        if isinstance(node, PieceSplit) and not whole:
            raise InputError(where, "is about pieces", "the certificate is of any shares")
        if isinstance(node, Payments) and (settled or not whole):
            raise InputError(where, "is payments", "they are of whole pieces, and of servers that are not settled")
        _check_node(node, settled, offers, where)
        leaves += isinstance(node, Leaf | Payments)
    return leaves


def _check_node(node: Any, settled: set[int], offers: Offers, where: str) -> None:
    instance = offers.instance
    if isinstance(node, Leaf | Dropped):
        _check_prices(node.prices, instance.n_servers, instance.energy_budget_j is not None, f"{where}.prices")
        _check_links(node.links, instance.n_users, instance.n_servers, f"{where}.links")
    elif isinstance(node, Payments):
        check_payments(node, instance.n_users, instance.n_servers, where)
    elif isinstance(node, ServerSplit):
        if not (is_whole(node.server) and 0 <= node.server < instance.n_servers):
            raise InputError(f"{where}.server", f"is {node.server!r}", f"servers are 0 to {instance.n_servers - 1}")
        if node.server in settled:
            raise InputError(f"{where}.server", f"is {node.server}", "further up it is settled already")
    elif isinstance(node, UserSplit):
        if not (is_whole(node.user) and 0 <= node.user < instance.n_users):
            raise InputError(f"{where}.user", f"is {node.user!r}", f"users are 0 to {instance.n_users - 1}")
        _check_options(node, offers, where)
    elif isinstance(node, PieceSplit):
        if not (is_whole(node.user) and 0 <= node.user < instance.n_users):
            raise InputError(f"{where}.user", f"is {node.user!r}", f"users are 0 to {instance.n_users - 1}")
        if node.kind not in ("blocks", "units"):
            raise InputError(f"{where}.kind", f"is {node.kind!r}", "pieces are blocks or units")
        if not (is_whole(node.most) and 0 <= node.most <= MOST_PIECES):
            raise InputError(f"{where}.most", f"is {node.most!r}", "a number of pieces is whole and not negative")
    else:
        raise InputError(where, f"is a {type(node).__name__}", "a node is a leaf, a sieve or a split")


def _check_prices(prices: Any, n_servers: int, budgets: bool, where: str) -> None:
    if not isinstance(prices, np.ndarray) or prices.dtype != np.float64:
        raise InputError(where, "are no array of floating-point numbers", f"they are a [3, {n_servers}] array")
    if prices.shape != (3, n_servers) and not (budgets and prices.shape == (4, n_servers)):
        fix = f"three for each server is shape (3, {n_servers}); energy budgets may have a fourth"
        raise InputError(where, f"have shape {prices.shape}", fix)
    bad = np.argwhere(~(np.isfinite(prices) & (prices >= 0)))
    if len(bad):
        k, s = bad[0]
        raise InputError(f"{where}[{k}][{s}]", f"is {prices[k, s]}", "a price is finite and not negative")


def _check_links(links: Any, n_users: int, n_servers: int, where: str) -> None:
    if not isinstance(links, Links):
        raise InputError(where, f"are a {type(links).__name__}", "links are user, server and price")
    for name, kind in (("user", np.integer), ("server", np.integer), ("price_j", np.floating)):
        column = getattr(links, name)
        if not (isinstance(column, np.ndarray) and column.ndim == 1 and np.issubdtype(column.dtype, kind)):
            raise InputError(f"{where}.{name}", "is no column of numbers of its kind")
    if not len(links.user) == len(links.server) == len(links.price_j):
        raise InputError(where, "have columns of different lengths")
    for name, count in (("user", n_users), ("server", n_servers)):
        column = getattr(links, name)
        if ((column < 0) | (column >= count)).any():
            raise InputError(f"{where}.{name}", "is out of range", f"they are 0 to {count - 1}")
    if not (np.isfinite(links.price_j) & (links.price_j >= 0)).all():
        raise InputError(f"{where}.price_j", "is negative or not finite", "a price is finite and not negative")
    if len(np.unique(links.user * n_servers + links.server)) < len(links):
        raise InputError(where, "name one twice", "once is enough")


def _check_options(node: UserSplit, offers: Offers, where: str) -> None:
    options: Any = node.options
    if not isinstance(options, tuple) or not options:
        raise InputError(f"{where}.options", "are none", "then there is nothing to choose between")
    if any(not (isinstance(o, tuple) and len(o) == 2 and all(is_whole(k) for k in o)) for o in options):
        raise InputError(f"{where}.options", "are not all pairs", "an option is (server, cut row)")
    if len(set(node.options)) < len(node.options):
        raise InputError(f"{where}.options", "name one twice", "once is enough")
    for k, (server, cut) in enumerate(node.options):
        if not offers.allows(int(node.user), int(server), int(cut)):
            raise InputError(f"{where}.options[{k}]", f"is ({server}, {cut})", f"user {node.user} has no such option")


def parts_of(node: Node) -> tuple[Node, ...]:
    """The nodes that stand directly below."""
    if isinstance(node, ServerSplit):
        return node.off, node.on
    if isinstance(node, UserSplit):
        return node.among, node.other
    if isinstance(node, PieceSplit):
        return node.few, node.more
    return (node.rest,) if isinstance(node, Dropped) else ()


def _walk(root: Node) -> Iterator[tuple[Node, set[int]]]:
    """Every node, before its parts, with the servers that are settled above it."""
    settled: set[int] = set()
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            settled.discard(int(node.server))  # type: ignore[union-attr]  # only server splits are marked so
            continue
        yield node, settled
        if isinstance(node, ServerSplit):
            settled.add(int(node.server))
            stack.append((node, True))
        stack += [(part, False) for part in reversed(parts_of(node))]
