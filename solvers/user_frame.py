"""A result as a table for pandas: one row a user, what it does and what that comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from instances.errors import InputError
from instances.options import LOCAL, REJECTED

if TYPE_CHECKING:
    import pandas as pd

    from solvers.result import Result

__all__ = ["ON_DEVICE", "TURNED_AWAY", "user_frame"]

ON_DEVICE, TURNED_AWAY = "(device)", "(turned away)"
"""In the column ``server``, where there is none. A server may have any name, so these stand in brackets."""

_PARTS = ("device_s", "uplink_s", "server_s", "fixed_s", "compute_j", "radio_j", "served_j")
_SHARES = ("uplink_share", "compute_share", "clock")


def user_frame(result: Result) -> pd.DataFrame:
    """One row a user, in the instance's order.

    Columns: ``user``, ``network``, ``variant`` (empty: the network itself), ``server``; ``layers``, ``on_device`` (how
    many of them stay there) and ``cut_after`` (the last of these, empty if none); ``uplink_share``, ``compute_share``
    and ``clock`` of the plan; ``latency_s`` and its parts ``device_s``, ``uplink_s``, ``server_s``, ``fixed_s``;
    ``deadline_s``; ``energy_j`` and its parts ``compute_j``, ``radio_j``, ``served_j``; ``cost``, weighted and in the
    problem's unit. Users that are turned away have no layers and cost what the problem says.

    Raises:
        InputError: the result has no valid plan.
    """
    import pandas as pd

    instance, plan, report = result.instance, result.plan, result.report
    if plan is None or report is None or not report.valid:
        raise InputError("result", "has no valid plan to list", result.message or result.verdict.value)
    users = instance.users
    names = np.array([*instance.servers.name.tolist(), TURNED_AWAY, ON_DEVICE], dtype=object)
    place = np.select([plan.server == LOCAL, plan.server == REJECTED], [-1, -2], plan.server)
    return pd.DataFrame(
        {
            "user": users.name,
            "network": [instance.networks[k].name for k in users.network],
            **dict(zip(("variant", "layers", "on_device", "cut_after"), _cuts(result), strict=True)),
            "server": names[place],
            **{name: getattr(plan, name) for name in _SHARES},
            "latency_s": report.latency_s,
            "deadline_s": users.deadline_s,
            "energy_j": report.user_energy_j,
            "cost": report.user_cost,
            **{name: getattr(report, name) for name in _PARTS},
        }
    )


def _cuts(result: Result) -> tuple[list[str], list[int], list[int], list[str]]:
    """Of each user: variant, layers, how many are on the device, the last of them."""
    instance, plan = result.instance, result.plan
    assert plan is not None
    known = [("", 0, 0, "")]
    for cut in plan.cuts:
        net, mask = instance.runs(cut.network, cut.variant), cut.on_device
        variant = "" if cut.variant < 0 else str(instance.variants.name[cut.variant])
        last = net.layers[int(np.flatnonzero(mask)[-1])] if mask.any() else ""
        known.append((variant, net.n_layers, int(mask.sum()), last))
    rows = [known[k + 1] for k in plan.cut.tolist()]  # −1: turned away
    variant_of, layers, kept, last_of = zip(*rows, strict=True) if rows else ((), (), (), ())
    return list(variant_of), list(layers), list(kept), list(last_of)
