"""Joint infeasibility in the user's words: a minimal conflict, and what would resolve it most cheaply.

The filter is our own: HiGHS' irreducible subsystems are for LPs, and speak of rows, not of users and servers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from instances.columns import Bools
from instances.instance import Instance
from instances.options import OptionTable
from solvers.answer import Clock, Limits
from solvers.fitting import Capacity, Fitting, capacities_of

__all__ = ["Conflict", "explain_conflict", "find_conflict"]

_Item = TypeVar("_Item")
_MOST_FACTOR = 64.0
_STEPS = 8
_MOST_CHOICES = 1_000_000
"""Choices in one question up to which conflicts are looked for: just to state a larger one takes too long."""


@dataclasses.dataclass(frozen=True)
class Conflict:
    """Users that cannot be served together within these capacities.

    ``minimal``: without any one of the users, or any one of the capacities, the rest would fit (shown by a solve each).
    """

    users: tuple[int, ...]
    capacities: tuple[Capacity, ...]
    minimal: bool


def find_conflict(table: OptionTable, *, limits: Limits | None = None, clock: Clock | None = None) -> Conflict | None:
    """A minimal set of users and capacities that cannot be had together; None when all fit (or no answer was found).

    Deletion filter in halving chunks: a chunk goes for good when the rest is shown to be still in conflict.

    Args:
        table: options.
        limits: of each question.
        clock: of all questions together: when it has run out, what is left of the conflict is returned.
    """
    watch = clock or Clock(Limits())
    fitting = Fitting(table, limits or Limits(gap=0.0), watch)
    everyone = np.ones(table.n_users, dtype=bool)
    everything = capacities_of(table)
    if fitting.fits(everyone, everything) is not False:
        return None
    users, done = _delete(list(range(table.n_users)), lambda keep: fitting.fits(_mask(table, keep), everything), watch)
    mask = _mask(table, users)
    kept, also = _delete(sorted(everything), lambda keep: fitting.fits(mask, set(keep)), watch)
    return Conflict(tuple(users), tuple(kept), done and also)


def _mask(table: OptionTable, users: Sequence[int]) -> Bools:
    mask = np.zeros(table.n_users, dtype=bool)
    mask[list(users)] = True
    return mask


def _delete(items: list[_Item], fits: Callable[[list[_Item]], bool | None], clock: Clock) -> tuple[list[_Item], bool]:
    """Smaller and smaller chunks are left out where the rest stays in conflict; second: whether each was settled."""
    size = max(1, len(items) // 2)
    settled = True
    while True:
        at = 0
        while at < len(items):
            if clock.left_s <= 0:
                return items, False
            rest = items[:at] + items[at + size :]
            fitting = fits(rest)
            if fitting is False:
                items = rest
            else:
                at += size
                settled &= fitting is not None or size > 1
        if size == 1:
            return items, settled
        size = max(1, size // 2)


def explain_conflict(instance: Instance, table: OptionTable, *, clock: Clock | None = None) -> str:
    """Why all users together cannot be served, and the cheapest ways out; empty when no conflict was found in time."""
    watch = clock or Clock(Limits())
    pieces = int(table.units.max(initial=1)) if table.allocation == "units" else 1
    if len(table) * pieces > _MOST_CHOICES:
        return ""
    limits = Limits(gap=0.0, time_s=min(20.0, watch.left_s))
    conflict = find_conflict(table, limits=limits, clock=watch)
    if conflict is None:
        return ""
    names = [str(instance.users.name[u]) for u in conflict.users]
    limits_text = [f"the {kind} of {instance.servers.name[s]}" for kind, s in conflict.capacities]
    kind = "a minimal conflict" if conflict.minimal else "a conflict (not shown to be minimal)"
    text = f"{_listing(names, 'user', 'users')} cannot all be served within {_and(limits_text)}: {kind}"
    repairs = _repairs(instance, table, conflict, limits, watch)
    return text + (". Cheapest repairs, each enough for all users: " + "; ".join(repairs) if repairs else "")


def _listing(names: list[str], one: str, many: str) -> str:
    shown = names if len(names) <= 12 else [*names[:12], f"{len(names) - 12} more"]
    return f"{one if len(names) == 1 else many} {_and(shown)}"


def _and(parts: list[str]) -> str:
    if not parts:
        return "the limits given"
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _repairs(instance: Instance, table: OptionTable, conflict: Conflict, limits: Limits, clock: Clock) -> list[str]:
    """Smallest single changes that make everything fit, smallest first; and the fewest users to leave out."""
    found: list[tuple[float, str]] = []
    for kind, s in conflict.capacities:
        factor = _least_factor(table, lambda f, kind=kind, s=s: _with_capacity(table, kind, s, f), limits, clock)  # type: ignore[misc]
        if factor is not None:
            found.append((factor, f"{_percent(factor)} more {kind} at {instance.servers.name[s]}"))
    users = list(conflict.users)
    factor = _least_factor(table, lambda f: _with_deadlines(table, users, f), limits, clock)
    if factor is not None:
        found.append((factor, f"deadlines of these users {_percent(factor)} later"))
    everything = capacities_of(table)
    everyone = np.ones(table.n_users, dtype=bool)
    out = Fitting(table, limits, clock).left_out(everyone, everything, may_leave=True)
    texts = [text for _, text in sorted(found)]
    if out is not None and len(out):
        texts.append(
            "leaving out " + _listing([str(instance.users.name[u]) for u in out], "user", "users") + " (the fewest)"
        )
    return texts


def _percent(factor: float) -> str:
    """Increase in percent, rounded up a little: what is said must be enough."""
    return f"{100 * (factor - 1) * 1.005:.3g} %"


def _with_capacity(table: OptionTable, kind: str, server: int, factor: float) -> OptionTable:
    here = np.arange(table.n_servers) == server
    if kind == "uplink":
        return dataclasses.replace(table, bandwidth_mhz=np.where(here, factor, 1.0) * table.bandwidth_mhz)
    if kind in table.stocks:
        column = {"memory": "memory_mb", "energy": "energy_j"}[kind]
        return dataclasses.replace(table, **{column: np.where(here, factor, 1.0) * getattr(table, column)})
    faster = np.where(table.server == server, factor, 1.0)
    return dataclasses.replace(table, server_s=table.server_s / faster)


def _with_deadlines(table: OptionTable, users: list[int], factor: float) -> OptionTable:
    deadlines = table.deadline_s.copy()
    deadlines[users] *= factor
    return dataclasses.replace(table, deadline_s=deadlines)


def _least_factor(
    table: OptionTable, change: Callable[[float], OptionTable], limits: Limits, clock: Clock
) -> float | None:
    """Smallest factor found (its excess to 1 % or so, if there is time) with which everything is shown to fit.

    None when no factor up to 64 was shown to be enough.
    """
    everyone = np.ones(table.n_users, dtype=bool)
    everything = capacities_of(table)

    def enough(factor: float) -> bool:
        return Fitting(change(factor), limits, clock).fits(everyone, everything) is True

    low, high = 1.0, 1.1
    while not enough(high):
        low, high = high, 1 + 4 * (high - 1)
        if high > _MOST_FACTOR or clock.left_s <= 0:
            return None
    for _ in range(_STEPS):
        if clock.left_s <= 0:
            break
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
