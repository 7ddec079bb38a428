"""Certificates as JSON: by the names of servers and users, so that a reordered instance reads the same thing.

The tree is a list of nodes, each before its parts, so that no tree is too deep for a file::

    {"bound_j": 9.69, "servers": ["edge0", "edge1"],
     "nodes": [{"server": "edge1"},                            followed by the case that it is off, then on
               {"prices": [[0.3, 0.1], [0.2, 0.4], [0, 0]]},   a leaf: of uplink, compute and memory, J
               {"sieve": [[0.3, 0.1], …]},     followed by what is left when its prices have dropped options
               {"user": "u7", "options": [["edge0", 3], [null, 12]]},    followed by: one of these, then another one
               {"user": "u7", "blocks": 12},   followed by: at most so many blocks (or "units"), then more
               {"prices": …}, {"prices": …}]}

With whole pieces a leaf may also be of payments: what each user pays, prices [2, servers], servers in a row, and parts
of it, each with its first place, the one behind its last, and what it exceeds payments by::

    {"payments": [["u7", 0.8], …], "prices": [[0.3, 0.1], [0.2, 0.4]],
     "row": ["edge1", "edge0"], "parts": [[0, 2, 0.05]]}

Where servers have energy budgets, prices may have a fourth row, of energy. ``"whole": true`` at the top (left out
otherwise): users choose whole blocks and units.
Prices may be followed by ``"links": [["u7", "edge0", 0.05], …]``: what users pay for being at a server at all, J.
A cut is its row in its network's list (`instances.cuts.efficient_cuts`); server null is the device itself, and
[null, null] is to be turned away (J-A). ``bound_j`` null is an infinite bound: no plan exists. ``"costless": true`` at
the top (left out otherwise): the tree is that of the problem without costs (docs/theory.md, P43).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from instances.certificate import (
    Certificate,
    Dropped,
    Leaf,
    Links,
    Node,
    Part,
    Payments,
    PieceSplit,
    ServerSplit,
    UserSplit,
)
from instances.columns import Floats, Ints
from instances.cuts import efficient_cuts
from instances.errors import nearest
from instances.instance import Instance
from instances.json_text import check_fields, check_list
from instances.scalars import number, refuse, text, whole

__all__ = ["certificate_from_json", "certificate_to_json"]

LOCAL, NO_CUT = -1, -1
_KINDS = {"payments": ("payments", "prices", "row", "parts"), "prices": ("prices",), "sieve": ("sieve",),
          "server": ("server",), "blocks": ("user", "blocks"), "units": ("user", "units"),
          "user": ("user", "options")}  # fmt: skip
_MARKS = {"whole": "shares are whole pieces or not", "costless": "costs are left out or not"}
_PIECES: dict[str, Literal["blocks", "units"]] = {"blocks": "blocks", "units": "units"}


def certificate_to_json(instance: Instance, certificate: Certificate) -> dict[str, Any]:
    """The certificate as plain JSON data; numbers read back as exactly the same."""
    servers = instance.servers.name.tolist()
    offset = _offset(instance)
    nodes: list[dict[str, Any]] = []
    stack = [certificate.root]
    while stack:
        node = stack.pop()
        nodes.append(_node_to_json(instance, node, [*servers, None], offset))
        if isinstance(node, ServerSplit):
            stack += [node.on, node.off]
        elif isinstance(node, UserSplit):
            stack += [node.other, node.among]
        elif isinstance(node, PieceSplit):
            stack += [node.more, node.few]
        elif isinstance(node, Dropped):
            stack.append(node.rest)
    bound = float(certificate.bound_j)
    marks = {name: True for name in _MARKS if getattr(certificate, name)}
    return {"bound_j": bound if math.isfinite(bound) else None, **marks, "servers": servers, "nodes": nodes}


def _node_to_json(instance: Instance, node: Node, servers: list[str | None], offset: Ints) -> dict[str, Any]:
    if isinstance(node, Leaf):
        return {"prices": node.prices.tolist(), **_links_to_json(instance, node.links)}
    if isinstance(node, Payments):
        return _payments_to_json(instance, node)
    if isinstance(node, Dropped):
        return {"sieve": node.prices.tolist(), **_links_to_json(instance, node.links)}
    if isinstance(node, ServerSplit):
        return {"server": servers[node.server]}
    if isinstance(node, PieceSplit):
        return {"user": str(instance.users.name[node.user]), node.kind: int(node.most)}
    first = int(offset[instance.users.network[node.user]])
    return {
        "user": str(instance.users.name[node.user]),
        "options": [[servers[server], None if cut < 0 else int(cut) - first] for server, cut in node.options],
    }


def _payments_to_json(instance: Instance, node: Payments) -> dict[str, Any]:
    users = zip(instance.users.name.tolist(), node.paid_j.tolist(), strict=True)
    return {
        "payments": [list(row) for row in users], "prices": node.prices.tolist(),
        "row": instance.servers.name[list(node.row)].tolist(),
        "parts": [[part.start, part.stop, part.excess_j] for part in node.parts],
    }  # fmt: skip


def _links_to_json(instance: Instance, links: Links) -> dict[str, Any]:
    users, servers = instance.users.name[links.user], instance.servers.name[links.server]
    rows = zip(users.tolist(), servers.tolist(), links.price_j.tolist(), strict=True)
    return {"links": [list(row) for row in rows]} if len(links) else {}


def _offset(instance: Instance) -> Ints:
    """[networks] number of each network's first cut, as in option tables."""
    sizes = [len(efficient_cuts(network)) for network in instance.networks]
    return np.cumsum([0, *sizes], dtype=np.int64)[:-1]


def certificate_from_json(instance: Instance, data: Any, where: str = "certificate") -> Certificate:
    """Read what `certificate_to_json` wrote, for the same instance. What it proves is for `certify` to say.

    Raises:
        InputError: at the field's path: missing, unknown or of the wrong type; an unknown server or user; a tree with
            parts missing or left over.
    """
    check_fields(data, {"bound_j": True, **dict.fromkeys(_MARKS, False), "servers": True, "nodes": True}, where)
    marks = {name: data.get(name, False) for name in _MARKS}
    for name, why in _MARKS.items():
        if not isinstance(marks[name], bool):
            refuse(f"{where}.{name}", f"is {marks[name]!r}", why, "true, or leave it out")
    bound = math.inf if data["bound_j"] is None else number(data["bound_j"], f"{where}.bound_j")
    column = _columns(instance, data["servers"], f"{where}.servers")
    rows = check_list(data["nodes"], f"{where}.nodes")
    reader = _Reader(instance, column, _offset(instance))
    # From the last node to the first, the parts of a split are what stands behind it.
    done: list[Node] = []
    for k in range(len(rows) - 1, -1, -1):
        done.append(reader.node(rows[k], done, f"{where}.nodes[{k}]"))
    if len(done) != 1:
        refuse(f"{where}.nodes", f"hold {len(done)} trees", "one tree is the certificate", "check that none is lost")
    return Certificate(done[0], bound, **marks)


def _columns(instance: Instance, names: Any, where: str) -> Ints:
    """[servers] column of the prices that belongs to each server of the instance."""
    known = instance.servers.name.tolist()
    listed = [text(name, f"{where}[{k}]") for k, name in enumerate(check_list(names, where))]
    if sorted(listed) != sorted(known):
        refuse(where, "are not those of the instance", "prices belong to servers", "give each server once")
    place = {name: k for k, name in enumerate(listed)}
    return np.array([place[name] for name in known], dtype=np.int64)


class _Reader:
    """Reads single nodes."""

    def __init__(self, instance: Instance, column: Ints, offset: Ints) -> None:
        self._instance, self._column, self._offset = instance, column, offset
        self._servers = {name: s for s, name in enumerate(instance.servers.name.tolist())}

    @functools.cached_property
    def _users(self) -> dict[str, int]:
        """Row of each user; a certificate of prices alone does not ask for it, however many users there are."""
        return {name: i for i, name in enumerate(self._instance.users.name.tolist())}

    def node(self, row: Any, behind: list[Node], where: str) -> Node:
        """The node; its parts are taken off the end of ``behind``."""
        if not isinstance(row, Mapping) or not (kind := next((k for k in _KINDS if k in row), None)):
            refuse(where, "is no node", "a node has prices, a server or a user", "see instances.certificate_file")
        optional = {"links": False} if kind in ("prices", "sieve") else {}
        check_fields(row, {**dict.fromkeys(_KINDS[kind], True), **optional}, where)
        if kind == "payments":
            return self._payments(row, where)
        if kind == "prices":
            return Leaf(self._prices(row["prices"], f"{where}.prices"), self._links(row, where))
        if len(behind) < (1 if kind == "sieve" else 2):
            refuse(where, "lacks a part", "a split is followed by its two cases", "check that no node is lost")
        if kind == "sieve":
            return Dropped(self._prices(row["sieve"], f"{where}.sieve"), behind.pop(), self._links(row, where))
        first, second = behind.pop(), behind.pop()
        if kind == "server":
            return ServerSplit(_row_of(self._servers, row["server"], f"{where}.server", "server"), first, second)
        user = _row_of(self._users, row["user"], f"{where}.user", "user")
        if kind in _PIECES:
            most = whole(row[kind], f"{where}.{kind}")
            return PieceSplit(user, _PIECES[kind], most, first, second)
        return UserSplit(user, self._options(user, row["options"], f"{where}.options"), first, second)

    def _payments(self, row: Mapping[str, Any], where: str) -> Payments:
        paid = np.full(self._instance.n_users, np.nan)
        for k, entry in enumerate(check_list(row["payments"], f"{where}.payments")):
            at = f"{where}.payments[{k}]"
            if not isinstance(entry, list) or len(entry) != 2:
                refuse(at, f"is {str(entry)[:40]}", "a payment is [user, J]")
            paid[_row_of(self._users, entry[0], f"{at}[0]", "user")] = number(entry[1], f"{at}[1]")
        if np.isnan(paid).any() or len(row["payments"]) > len(paid):
            refuse(f"{where}.payments", "lack a user or name one twice", "each user pays once, if only 0")
        names = check_list(row["row"], f"{where}.row")
        servers = tuple(_row_of(self._servers, name, f"{where}.row[{k}]", "server") for k, name in enumerate(names))
        parts = check_list(row["parts"], f"{where}.parts")
        read = tuple(self._part(part, f"{where}.parts[{k}]") for k, part in enumerate(parts))
        return Payments(paid, self._prices(row["prices"], f"{where}.prices", (2,)), servers, read)

    def _part(self, value: Any, where: str) -> Part:
        if not isinstance(value, list) or len(value) != 3:
            refuse(where, f"is {str(value)[:40]}", "a part is [first place, place behind the last, J]")
        return Part(whole(value[0], f"{where}[0]"), whole(value[1], f"{where}[1]"), number(value[2], f"{where}[2]"))

    def _prices(self, value: Any, where: str, kinds: tuple[int, ...] = (3, 4)) -> Floats:
        rows = check_list(value, where)
        if len(rows) not in kinds:
            refuse(where, f"holds {len(rows)} rows", "prices of uplink, compute and memory are three, with energy four")
        prices = np.empty((len(rows), len(self._column)))
        for k, row in enumerate(rows):
            if len(check_list(row, f"{where}[{k}]")) != len(self._column):
                refuse(f"{where}[{k}]", f"holds {len(row)} prices", f"there are {len(self._column)} servers")
            prices[k] = [number(price, f"{where}[{k}][{s}]") for s, price in enumerate(row)]
        return np.ascontiguousarray(prices[:, self._column])

    def _links(self, row: Mapping[str, Any], where: str) -> Links:
        found = []
        for k, entry in enumerate(check_list(row.get("links", []), f"{where}.links")):
            at = f"{where}.links[{k}]"
            if not isinstance(entry, list) or len(entry) != 3:
                refuse(at, f"is {str(entry)[:40]}", "a link is [user, server, J]")
            user = _row_of(self._users, entry[0], f"{at}[0]", "user")
            server = _row_of(self._servers, entry[1], f"{at}[1]", "server")
            found.append((user, server, number(entry[2], f"{at}[2]")))
        users, servers = (np.array([entry[k] for entry in found], dtype=np.int64) for k in range(2))
        return Links(users, servers, np.array([entry[2] for entry in found], dtype=float))

    def _options(self, user: int, value: Any, where: str) -> tuple[tuple[int, int], ...]:
        first = int(self._offset[self._instance.users.network[user]])
        return tuple(self._option(entry, first, f"{where}[{k}]") for k, entry in enumerate(check_list(value, where)))

    def _option(self, entry: Any, first: int, where: str) -> tuple[int, int]:
        if not isinstance(entry, list) or len(entry) != 2:
            refuse(where, f"is {str(entry)[:40]}", "an option is [server, cut]", "server null is the device")
        if entry == [None, None]:
            return LOCAL, NO_CUT
        server = LOCAL if entry[0] is None else _row_of(self._servers, entry[0], f"{where}[0]", "server")
        cut = whole(entry[1], f"{where}[1]")
        if cut < 0:
            refuse(f"{where}[1]", f"is {cut}", "cuts are counted from 0")
        return server, first + cut


def _row_of(rows: Mapping[str, int], name: Any, where: str, word: str) -> int:
    if text(name, where) not in rows:
        refuse(where, f"no {word} is called '{name}'", fix=nearest(name, rows))
    return rows[name]
