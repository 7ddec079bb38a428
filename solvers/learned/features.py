"""What the imitation sees of an option: its times, energies and loads beside those of its user's other options and of
its server's other users. Nothing has a unit, so that instances of other sizes and families look alike.
"""

from __future__ import annotations

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.options import LOCAL
from solvers.heuristics.situation import Situation

__all__ = ["FEATURES", "features"]

FEATURES = (
    "local", "units",  # 0 or 1
    "alone cost", "fair cost", "alone rank", "fair rank",  # beside the user's best
    "device part", "uplink part", "server part", "fixed part",  # of the time there is
    "device energy", "radio energy", "fixed energy", "static energy",  # of the user's least cost
    "load", "load here", "load of server", "load of all", "crowd",
    "without a server", "saving per load",
)  # fmt: skip
_FAR = 8.0


def features(situation: Situation) -> tuple[Ints, Floats]:
    """Usable options (rows of the situation's table, sorted) and their [rows, features]."""
    table, rows = situation.table, np.flatnonzero(situation.usable)
    user, server, local = table.user[rows], table.server[rows], table.is_local[rows]
    alone, fair, level = table.cost_j()[rows], situation.fair_j[rows], np.where(local, 0.0, situation.level[rows])
    weight, n = table.weight[user], table.n_users
    least = _of_user(np.minimum, alone, user, n)[user]
    least_fair = _of_user(np.minimum, fair, user, n)[user]
    worst = _of_user(np.maximum, fair, user, n)[user]
    device_j = _of_user(np.minimum, np.where(local, alone, np.inf), user, n)[user]
    slack = np.maximum(table.slack_s[rows], 1e-12)
    air, run = (np.where(local, 0.0, np.minimum(part[rows] / slack, _FAR)) for part in (table.uplink_s, table.server_s))
    deadline = table.deadline_s[user]
    static = np.where(local, 0.0, situation.static_j[server]) if table.n_servers else np.zeros(len(rows))
    crowd = n / max(1, table.n_servers)
    lightest, there, everywhere = _loads(level, user, server, local, situation)
    columns = (
        local, np.full(len(rows), table.allocation == "units"),
        _ratio(alone, least), _ratio(fair, least_fair), _rank(alone, user), _rank(fair, user),
        table.device_s[rows] / (table.clock_max[user] * deadline), air, run, table.fixed_s[rows] / deadline,
        _part(weight * table.device_j[rows], least), _part(weight * table.tx_w[rows] * table.uplink_s[rows], least),
        _part(weight * table.fixed_j[rows], least), _part(static / crowd, least),
        np.log1p(level * crowd), _ratio(level + 1e-3, lightest + 1e-3), np.log1p(there), np.log1p(everywhere),
        np.full(len(rows), np.log(max(crowd, 1e-3))),
        np.where(np.isfinite(device_j), _ratio(np.where(np.isfinite(device_j), device_j, 1.0), least), _FAR),
        np.log1p(_part(worst - fair, least) / (level * crowd + 0.05)),
    )  # fmt: skip
    return rows, np.stack([np.asarray(column, dtype=float) for column in columns], axis=1)


def _loads(
    level: Floats, user: Ints, server: Ints, local: Bools, situation: Situation
) -> tuple[Floats, Floats, Floats]:
    """[rows] each: the user's least load of any remote option; what its server would carry if everybody who can came
    with its lightest option; what a server carries if everybody goes where it is lightest.
    """
    table = situation.table
    n, s = table.n_users, table.n_servers
    lightest = _of_user(np.minimum, np.where(local, np.inf, level), user, n)
    remote = np.flatnonzero(~local)
    of_pair = np.full(n * max(s, 1), np.inf)
    np.minimum.at(of_pair, user[remote] * max(s, 1) + server[remote], level[remote])
    if_all_came = np.where(np.isfinite(of_pair), of_pair, 0.0).reshape(n, max(s, 1)).sum(axis=0)
    there = np.where(server == LOCAL, 0.0, if_all_came[server])
    lightest = np.where(np.isfinite(lightest), lightest, 0.0)
    return lightest[user], there, np.full(len(user), lightest.sum() / max(1, s))


def _of_user(best: np.ufunc, value: Floats, user: Ints, n: int) -> Floats:
    """[n] least or greatest value of each user."""
    found = np.full(n, np.inf if best is np.minimum else -np.inf)
    best.at(found, user, value)
    return found


def _ratio(value: Floats, least: Floats) -> Floats:
    """log of a ratio of at least 1, cut off far out; 0 where both are next to nothing."""
    return np.asarray(np.minimum(np.log((value + 1e-12) / (least + 1e-12)), _FAR))


def _part(value: Floats, of: Floats) -> Floats:
    return np.asarray(np.minimum(value / (of + 1e-12), _FAR))


def _rank(value: Floats, user: Ints) -> Floats:
    """Place among the user's options, from 0 (least) to 1."""
    order = np.lexsort((value, user))
    first = np.searchsorted(user, user)
    place = np.empty(len(value))
    place[order] = np.arange(len(value))
    last = np.searchsorted(user, user, side="right") - 1
    return np.asarray((place - first) / np.maximum(last - first, 1))
