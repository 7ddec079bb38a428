"""Infeasibility in the user's words: users who can meet their deadline in no way, however much they are given."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats, Ints
from instances.expand import expand
from instances.instance import Instance
from instances.options import LOCAL, OptionTable
from instances.quality import accurate_enough

__all__ = ["explain_users", "only_users"]

_SHOWN = 5


def only_users(instance: Instance, rows: Ints) -> Instance:
    """The instance with some of its users only (and their links)."""
    rows = np.asarray(rows, dtype=np.int64)
    place = np.full(instance.n_users, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    links = instance.links.take(np.flatnonzero(place[instance.links.user] >= 0))
    budget = instance.device_budget_j
    return instance.replace(
        users=instance.users.take(rows),
        links=links.replace(user=place[links.user]),
        device_budget_j=None if budget is None else budget[rows],
        accuracy_floor=None if instance.accuracy_floor is None else instance.accuracy_floor[rows],
    )


def explain_users(instance: Instance, stuck: Ints) -> str:
    """One sentence for each of the first few users that are left without an option.

    Args:
        instance: the problem.
        stuck: rows of users that no option serves in time, even alone with whole shares and the fastest clock.
    """
    shown = np.asarray(stuck, dtype=np.int64)[:_SHOWN]
    part = only_users(instance, shown)
    table = expand(part, feasible_only=False)
    lines = [_explain(part, table, i) for i in range(len(shown))]
    if len(stuck) > len(shown):
        lines.append(f"and {len(stuck) - len(shown)} more users likewise")
    return "; ".join(lines)


def _explain(instance: Instance, table: OptionTable, user: int) -> str:
    name, deadline = instance.users.name[user], float(instance.users.deadline_s[user])
    rows = np.arange(table.start[user], table.start[user + 1])
    rows = rows[accurate_enough(instance, table)[rows]]
    if not len(rows):
        floor = 0.0 if instance.accuracy_floor is None else instance.accuracy_floor[user]
        return f"user {name}: no way to run its network is right in {100 * floor:.3g} % of its answers"
    rows = rows[_fits(instance, table, rows)]
    if not len(rows):
        return f"user {name}: no way to run its network fits the memory of its device or of a server it reaches"
    parts = _parts(table, rows)
    best = int(np.argmin(parts.sum(axis=1)))
    latency = float(parts[best].sum())
    option = int(rows[best])
    server = int(table.server[option])
    where = "on its device" if server == LOCAL else f"with server {instance.servers.name[server]}"
    text = (
        f"user {name}: best possible {1e3 * latency:.3g} ms ({where}) against {1e3 * deadline:.3g} ms; "
        f"{1e3 * (latency - deadline):.3g} ms more"
    )
    remedy = _remedy(parts[best], latency - deadline)
    return text + (f", or {remedy}" if remedy else "")


def _fits(instance: Instance, table: OptionTable, rows: Ints) -> np.ndarray:
    weights = np.concatenate([c.device_weight_mb for c in table.cut_sets])[table.cut[rows]]
    room = instance.devices.memory_mb[instance.users.device[table.user[rows]]]
    memory = np.array([np.inf if s == LOCAL else table.memory_mb[s] for s in table.server[rows]])
    return np.asarray((weights <= room) & (table.server_mb[rows] <= memory))


def _parts(table: OptionTable, rows: Ints) -> Floats:
    """[options, 4] s of device (fastest clock), uplink and server (whole shares), fixed."""
    fastest = table.device_s[rows] / table.clock_max[table.user[rows]]
    return np.column_stack([fastest, table.uplink_s[rows], table.server_s[rows], table.fixed_s[rows]])


def _remedy(parts: Floats, excess: float) -> str:
    """The single speed-up that would be enough and is smallest."""
    names = ("a device {:.3g} times as fast", "a radio link {:.3g} times as fast", "a server {:.3g} times as fast")
    factors = [(part / (part - excess), name) for part, name in zip(parts, names, strict=False) if part > excess]
    if not factors:
        return ""
    factor, name = min(factors)
    return name.format(factor)
