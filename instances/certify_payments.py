"""What payments prove: everything that users pay, less what servers could save at most (docs/theory.md, P42).

Costs and payments are rounded down to multiples of one small amount. Rounding costs down makes another problem, whose
plans cost no more; in that problem everything here is computed in whole numbers, so nothing is lost to rounding.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from instances.certificate import Payments
from instances.certify_costs import static_down
from instances.certify_pieces import Pieces
from instances.certify_row import Row
from instances.certify_stand import NEVER, Stand
from instances.columns import Floats, Ints
from instances.errors import InputError, TooMuchError
from instances.instance import Instance

__all__ = ["bound_of_payments", "check_payments", "is_whole"]

MOST_PAYING = 2**20
"""Users, so that sums of payments are whole numbers that a computer can hold."""
_FINE = 40
"""The largest payment is at most 2 to this many of the small amount."""
_DEAREST = 2**44
"""Costs beyond so many of it are lowered to that."""


def check_payments(node: Payments, n_users: int, n_servers: int, where: str) -> None:
    """Refuse what is not understood.

    Raises:
        InputError: payments or prices of a wrong shape, negative or not finite; too many users; a row that names a
            server twice, or not all; parts that do not lie in it or have an excess that is no number.
    """
    if n_users > MOST_PAYING:
        raise TooMuchError(where, f"has payments of {n_users} users", f"{MOST_PAYING} are the most")
    row: tuple[Any, ...] = node.row
    figures: tuple[tuple[str, Any, tuple[int, ...]], ...] = (
        ("paid_j", node.paid_j, (n_users,)), ("prices", node.prices, (2, n_servers))
    )  # fmt: skip
    for name, values, shape in figures:
        if not isinstance(values, np.ndarray) or values.dtype != np.float64 or values.shape != shape:
            raise InputError(f"{where}.{name}", f"are no array of numbers of shape {shape}")
        if not (np.isfinite(values) & (values >= 0)).all():
            raise InputError(f"{where}.{name}", "are negative or not finite", "what is paid is finite and not negative")
    if row and not (all(is_whole(s) for s in row) and sorted(row) == list(range(n_servers))):
        raise InputError(f"{where}.row", "is no order of all servers", "every server has one place in it")
    for k, part in enumerate(node.parts):
        at, excess = f"{where}.parts[{k}]", part.excess_j
        if not (is_whole(part.start) and is_whole(part.stop) and 0 <= part.start < part.stop <= len(row)):
            raise InputError(at, f"is from {part.start!r} to {part.stop!r}", "it does not lie in the row")
        if not (_is_number(excess) and 0 <= excess < math.inf):
            raise InputError(f"{at}.excess_j", f"is {excess!r}", "it is finite and not negative")


def is_whole(value: Any) -> bool:
    """Whether it is a whole number, and no truth value."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.floating) and not isinstance(value, bool)


def bound_of_payments(instance: Instance, p: Pieces, node: Payments, where: str = "certificate") -> tuple[float, float]:
    """J that every plan made of these columns costs at least, and how large the sums are that it is the difference of.

    Args:
        instance: what servers have. p: columns of all users. node: see `Payments`; `check_tree` has passed it.

    Raises:
        InputError: parts that do not follow from each other. TooMuchError: a part.
    """
    n = instance.n_users
    if len(np.unique(p.user)) < n:
        return math.inf, 0.0
    amount = _amount(node)
    cost = _whole_numbers(p.cost, amount)
    alone = np.full(n, NEVER, dtype=np.int64)
    local = p.server < 0
    np.minimum.at(alone, p.user[local], cost[local])
    paid = np.minimum(_whole_numbers(node.paid_j, amount), alone)
    static = _whole_numbers(static_down(instance), amount)
    stands = _stands(instance, p, cost - paid[p.user], static)
    least = [_least(instance, stand, node.prices[:, s], amount) for s, stand in enumerate(stands)]
    # Who reaches no server pays what it costs without one.
    nowhere = np.ones(n, dtype=bool)
    nowhere[p.user[~local]] = False
    total = int(paid.sum()) + sum(least) + int((alone - paid)[nowhere].sum())
    total += _excess(stands, least, paid, alone, node, amount, where)
    return _down(total, amount), amount * float(paid.sum() - sum(least))


def _amount(node: Payments) -> float:
    """A power of two, J."""
    largest = float(node.paid_j.max(initial=0.0))
    return math.ldexp(1.0, max(math.frexp(largest)[1] - _FINE, -1000)) if largest > 0 else 1.0


def _whole_numbers(value: Floats, amount: float) -> Ints:
    """How often the amount fits; dividing by a power of two and rounding down are exact."""
    return np.floor(np.minimum(value / amount, float(_DEAREST))).astype(np.int64)


def _down(total: int, amount: float) -> float:
    """At most ``total`` times the amount."""
    value = float(total)
    if value > total:  # Python compares a whole number with a floating-point one exactly
        value = math.nextafter(value, -math.inf)
    return value * amount


def _stands(instance: Instance, p: Pieces, gain: Ints, static: Ints) -> list[Stand]:
    """One for each server."""
    order = np.lexsort((p.user, p.server))
    edges = np.searchsorted(p.server[order], np.arange(instance.n_servers + 1))
    stands = []
    for s in range(instance.n_servers):
        rows = order[edges[s] : edges[s + 1]]
        room = int(instance.servers.blocks[s]), int(instance.servers.units[s])
        stands.append(Stand(p.user[rows], p.blocks[rows], p.units[rows], gain[rows], room, int(static[s])))
    return stands


def _least(instance: Instance, stand: Stand, prices: Floats, amount: float) -> int:
    """Value of a server's best set, static energy counted; at most 0, for none."""
    each = [int(_whole_numbers(np.asarray(price / max(pieces, 1)), amount)) for price, pieces in
            zip(prices, stand.room, strict=True)]  # fmt: skip
    return min(0, stand.static + stand.least(*each))


def _excess(
    stands: list[Stand], least: list[int], paid: Ints, alone: Ints, node: Payments, amount: float, where: str
) -> int:
    """By how much plans exceed that, by the parts of the row."""
    if not node.parts:
        return 0
    row = Row([stands[s] for s in node.row], [least[s] for s in node.row], paid, alone)
    claims = _whole_numbers(np.array([part.excess_j for part in node.parts]), amount).tolist()
    parts = [(int(part.start), int(part.stop), claim) for part, claim in zip(node.parts, claims, strict=True)]
    row.settle(parts, f"{where}.parts")
    return row.excess
