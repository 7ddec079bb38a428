"""From a plan back to the options that it uses."""

from __future__ import annotations

import numpy as np

from instances.columns import Ints
from instances.errors import InputError
from instances.options import LOCAL, REJECTED, OptionTable
from instances.plan import Plan

__all__ = ["chosen_options"]


def chosen_options(table: OptionTable, plan: Plan) -> Ints:
    """[n_users] rows of the option table that a plan uses.

    Raises:
        InputError: the plan does something that is not an option (a cut that the instance's cut rule leaves out).
    """
    if not len(table):
        raise InputError("plan", "does not use options", "its instance has none")
    row_of_cut = np.array([table.row_of_way(cut) for cut in plan.cuts], dtype=np.int64)
    rejected = plan.server == REJECTED
    cut = np.where(rejected, -1, row_of_cut[np.where(rejected, 0, plan.cut)] if len(row_of_cut) else -1)
    server = np.where(rejected, LOCAL, plan.server)
    cuts = sum(len(cut_set.on_device) for cut_set in table.cut_sets)
    key = _key(table.user, table.server, table.cut, table.n_servers, cuts)
    wanted = _key(np.arange(len(plan)), server, cut, table.n_servers, cuts)
    order = np.argsort(key, kind="stable")
    place = np.minimum(np.searchsorted(key, wanted, sorter=order), len(key) - 1)
    found = order[place]
    missing = np.flatnonzero((key[found] != wanted) | ((cut < 0) & ~rejected))
    if len(missing):
        user = int(missing[0])
        raise InputError(f"plan, user {user}", "does not use one of its options", "its cut is not among them")
    return np.asarray(found, dtype=np.int64)


def _key(user: Ints, server: Ints, cut: Ints, n_servers: int, cuts: int) -> Ints:
    return np.asarray((user * (n_servers + 1) + server + 1) * (cuts + 1) + cut + 1, dtype=np.int64)
