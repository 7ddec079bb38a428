"""The cases of a certificate: what its tree says, checked node by node, and its leaves one after the other.

No recursion: a tree may be as deep as it likes. Nodes are numbered as they are written: each before its parts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from instances.certificate import Certificate, Leaf, Node, ServerSplit, UserSplit
from instances.certify_options import Offers
from instances.columns import Floats, Ints
from instances.errors import InputError

__all__ = ["Case", "cases", "check_tree", "split_users"]

MOST_NODES = 2_000_000


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """A leaf and what is settled on the way to it.

    ``prices`` [3, n_servers]; ``off``, ``on``: servers; ``rules``: for each user that was split on, option codes (see
    `option_code`) and whether the user takes one of them (True) or none of them.
    """

    prices: Floats
    off: tuple[int, ...]
    on: tuple[int, ...]
    rules: dict[int, tuple[Ints, bool]]


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
    leaves = 0
    for number, (node, state) in enumerate(_walk(certificate.root, offers.n_cuts)):
        where = f"certificate.nodes[{number}]"
        if number >= MOST_NODES:
            raise InputError(where, "is one too many", f"a certificate has at most {MOST_NODES} nodes")
        _check_node(node, state.servers, offers, where)
        leaves += isinstance(node, Leaf)
    return leaves


def _check_node(node: Any, settled: dict[int, bool], offers: Offers, where: str) -> None:
    instance = offers.instance
    if isinstance(node, Leaf):
        _check_prices(node.prices, instance.n_servers, f"{where}.prices")
    elif isinstance(node, ServerSplit):
        if not (_is_whole(node.server) and 0 <= node.server < instance.n_servers):
            raise InputError(f"{where}.server", f"is {node.server!r}", f"servers are 0 to {instance.n_servers - 1}")
        if node.server in settled:
            raise InputError(f"{where}.server", f"is {node.server}", "further up it is settled already")
    elif isinstance(node, UserSplit):
        if not (_is_whole(node.user) and 0 <= node.user < instance.n_users):
            raise InputError(f"{where}.user", f"is {node.user!r}", f"users are 0 to {instance.n_users - 1}")
        _check_options(node, offers, where)
    else:
        raise InputError(where, f"is a {type(node).__name__}", "a node is a leaf or a split by server or user")


def _check_prices(prices: Any, n_servers: int, where: str) -> None:
    if not isinstance(prices, np.ndarray) or prices.dtype != np.float64:
        raise InputError(where, "are no array of floating-point numbers", f"they are a [3, {n_servers}] array")
    if prices.shape != (3, n_servers):
        raise InputError(where, f"have shape {prices.shape}", f"three for each server is shape (3, {n_servers})")
    bad = np.argwhere(~(np.isfinite(prices) & (prices >= 0)))
    if len(bad):
        k, s = bad[0]
        raise InputError(f"{where}[{k}][{s}]", f"is {prices[k, s]}", "a price is finite and not negative")


def _check_options(node: UserSplit, offers: Offers, where: str) -> None:
    options: Any = node.options
    if not isinstance(options, tuple) or not options:
        raise InputError(f"{where}.options", "are none", "then there is nothing to choose between")
    if any(not (isinstance(o, tuple) and len(o) == 2 and all(_is_whole(k) for k in o)) for o in options):
        raise InputError(f"{where}.options", "are not all pairs", "an option is (server, cut row)")
    if len(set(node.options)) < len(node.options):
        raise InputError(f"{where}.options", "name one twice", "once is enough")
    for k, (server, cut) in enumerate(node.options):
        if not offers.allows(int(node.user), int(server), int(cut)):
            raise InputError(f"{where}.options[{k}]", f"is ({server}, {cut})", f"user {node.user} has no such option")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


@dataclasses.dataclass(frozen=True, eq=False)
class _State:
    """What is settled on the way to a node: servers (True: on), and each user's rules so far, the last in force."""

    servers: dict[int, bool] = dataclasses.field(default_factory=dict)
    users: dict[int, list[tuple[Ints, bool]]] = dataclasses.field(default_factory=dict)

    def enter(self, step: _Step) -> None:
        """Settle one thing more."""
        if step.codes is None:
            self.servers[step.row] = step.holds
            return
        rules = self.users.setdefault(step.row, [])
        rules.append(_both(rules[-1] if rules else None, (step.codes, step.holds)))

    def leave(self, step: _Step) -> None:
        """Take the last thing back."""
        if step.codes is None:
            del self.servers[step.row]
        else:
            self.users[step.row].pop()


def _both(one: tuple[Ints, bool] | None, other: tuple[Ints, bool]) -> tuple[Ints, bool]:
    """The rule that says what two rules say."""
    if one is None:
        return other
    if one[1] and other[1]:
        return np.intersect1d(one[0], other[0]), True
    if one[1] or other[1]:
        among, without = (one, other) if one[1] else (other, one)
        return np.setdiff1d(among[0], without[0]), True
    return np.union1d(one[0], other[0]), False


@dataclasses.dataclass(frozen=True, eq=False)
class _Step:
    """From a split to one of its parts: a server is on or not; a user takes one of the options or not."""

    row: int
    holds: bool
    codes: Ints | None = None


def _walk(root: Node, n_cuts: int) -> Iterator[tuple[Node, _State]]:
    """Every node, before its parts, with what is settled above it."""
    state = _State()
    stack: list[tuple[_Step | None, Node | None]] = [(None, root)]
    while stack:
        step, node = stack.pop()
        if step is not None:
            if node is None:
                state.leave(step)
                continue
            state.enter(step)
            stack.append((step, None))  # take it back when this part is done
        yield node, state  # type: ignore[misc]  # only the marks above hold no node
        if isinstance(node, ServerSplit):
            stack += [(_Step(int(node.server), True), node.on), (_Step(int(node.server), False), node.off)]
        elif isinstance(node, UserSplit):
            codes = np.array([option_code(*option, n_cuts) for option in node.options], dtype=np.int64)
            stack += [
                (_Step(int(node.user), False, codes), node.other),
                (_Step(int(node.user), True, codes), node.among),
            ]


def cases(certificate: Certificate, offers: Offers) -> Iterator[Case]:
    """The leaves of a tree that `check_tree` has passed."""
    for node, state in _walk(certificate.root, offers.n_cuts):
        if isinstance(node, Leaf):
            on = [s for s, is_on in state.servers.items() if is_on]
            off = [s for s, is_on in state.servers.items() if not is_on]
            yield Case(node.prices, tuple(off), tuple(on), {u: r[-1] for u, r in state.users.items() if r})


def split_users(certificate: Certificate, offers: Offers) -> set[int]:
    """Users that some split is about."""
    return {int(node.user) for node, _ in _walk(certificate.root, offers.n_cuts) if isinstance(node, UserSplit)}
