"""Plans as JSON: what every user does, by the names of users, servers and layers.

Part of the results' files. A plan says nothing that the instance says, so that the two can be compared::

    {"users": [{"user": "u0", "server": "edge", "cut": "resnet50/3",
                "uplink_share": 0.5, "compute_share": 0.25, "clock": 1.0}],
     "cuts": {"resnet50/3": {"network": "resnet50", "device_layers": ["conv1", "bn1", "relu"]}}}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from instances.dnn import Dnn
from instances.errors import nearest
from instances.instance import Instance
from instances.json_text import check_fields, check_list
from instances.options import LOCAL, REJECTED
from instances.plan import Cut, Plan
from instances.scalars import number, refuse, text

__all__ = ["plan_from_json", "plan_to_json"]

_SHARES = ("uplink_share", "compute_share", "clock")
_USER_FIELDS = dict.fromkeys(("user", "server", "cut", *_SHARES), True)


def plan_to_json(instance: Instance, plan: Plan) -> dict[str, Any]:
    """The plan as plain JSON data; a user that stays local has server null, one that is turned away also cut null.

    The plan must have one row a user and refer to things that exist, as `check` tests.
    """
    ids: list[str | None] = [*_cut_ids(instance, plan)]
    users, servers = instance.users.name.tolist(), [*instance.servers.name.tolist(), None]
    ids.append(None)
    rejected = plan.server == REJECTED
    at, cut_of = np.where(rejected, LOCAL, plan.server).tolist(), np.where(rejected, -1, plan.cut).tolist()
    columns = (at, cut_of, *(getattr(plan, field).tolist() for field in _SHARES))
    rows = zip(users, *columns, strict=True)
    return {
        "users": [
            {"user": user, "server": servers[server], "cut": ids[cut], "uplink_share": uplink,
             "compute_share": compute, "clock": clock}
            for user, server, cut, uplink, compute, clock in rows
        ],
        "cuts": {
            name: {
                "network": instance.networks[cut.network].name,
                "device_layers": _device_layers(instance.networks[cut.network], cut),
            }
            for name, cut in zip(ids[:-1], plan.cuts, strict=True)
        },
    }  # fmt: skip


def plan_from_json(instance: Instance, data: Mapping[str, Any], where: str = "plan") -> Plan:
    """Read what `plan_to_json` wrote, for the same instance; users may be in any order.

    Whether the plan is any good is for `check` to say.

    Args:
        instance: what the plan is for.
        data: the object.
        where: its path in the file, for errors.

    Raises:
        InputError: at the field's path: a field missing, unknown or of the wrong type; a user missing,
            repeated or unknown; an unknown server, cut, network or layer.
    """
    check_fields(data, {"users": True, "cuts": True}, where)
    cuts, cut_rows = _cuts_from_json(instance, data["cuts"], f"{where}.cuts")
    names = {name: i for i, name in enumerate(instance.users.name.tolist())}
    servers = {name: s for s, name in enumerate(instance.servers.name.tolist())}
    found: dict[int, tuple[float, ...]] = {}
    for k, entry in enumerate(check_list(data["users"], f"{where}.users")):
        place = f"{where}.users[{k}]"
        check_fields(entry, _USER_FIELDS, place)
        user = _row_of(names, entry["user"], f"{place}.user", "user")
        if user in found:
            refuse(f"{place}.user", f"repeats '{entry['user']}'", "a user has one plan", "keep one of them")
        found[user] = (
            *_place(entry, servers, cut_rows, place),
            *(number(entry[field], f"{place}.{field}") for field in _SHARES),
        )
    missing = [name for name, i in names.items() if i not in found]
    if missing:
        refuse(f"{where}.users", f"has no '{missing[0]}'" + _and_more(len(missing) - 1),
               "every user of the instance has one", "check that the plan is for this instance")  # fmt: skip
    server, cut, uplink, compute, clock = zip(*(found[i] for i in range(len(names))), strict=True)
    return Plan(
        server=np.array(server, dtype=np.int64),
        cut=np.array(cut, dtype=np.int64),
        uplink_share=np.array(uplink, dtype=np.float64),
        compute_share=np.array(compute, dtype=np.float64),
        clock=np.array(clock, dtype=np.float64),
        cuts=cuts,
    )


def _place(entry: Mapping[str, Any], servers: Mapping[str, int], cuts: Mapping[str, int], where: str
           ) -> tuple[int, int]:  # fmt: skip
    """Server and cut of a user; null for both means that it is turned away."""
    if entry["server"] is None and entry["cut"] is None:
        return REJECTED, -1
    server = LOCAL if entry["server"] is None else _row_of(servers, entry["server"], f"{where}.server", "server")
    return server, _row_of(cuts, entry["cut"], f"{where}.cut", "cut")


def _cut_ids(instance: Instance, plan: Plan) -> list[str]:
    """``network/number of layers on the device``, with a number behind where that is not unique."""
    stems = [f"{instance.networks[cut.network].name}/{int(np.sum(cut.on_device))}" for cut in plan.cuts]
    seen: Counter[str] = Counter()
    ids = []
    for stem in stems:
        seen[stem] += 1
        ids.append(stem if seen[stem] == 1 else f"{stem}/{seen[stem]}")
    return ids


def _device_layers(network: Dnn, cut: Cut) -> list[str]:
    return [layer for layer, local in zip(network.layers, cut.on_device.tolist(), strict=True) if local]


def _cuts_from_json(instance: Instance, data: Any, where: str) -> tuple[tuple[Cut, ...], dict[str, int]]:
    """The cuts, and the row of each id."""
    if not isinstance(data, Mapping):
        refuse(where, "is not an object", "cuts are listed under their ids", 'write {"id": {...}, ...}')
    networks = {network.name: g for g, network in enumerate(instance.networks)}
    cuts = []
    for name, entry in data.items():
        place = f"{where}['{name}']"
        check_fields(entry, {"network": True, "device_layers": True}, place)
        g = _row_of(networks, entry["network"], f"{place}.network", "network")
        cuts.append(Cut(g, _mask(instance.networks[g], entry["device_layers"], f"{place}.device_layers")))
    return tuple(cuts), {name: row for row, name in enumerate(data)}


def _mask(network: Dnn, layers: Any, where: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    rows = {layer: j for j, layer in enumerate(network.layers)}
    mask = np.zeros(network.n_layers, dtype=bool)
    for k, layer in enumerate(check_list(layers, where)):
        row = _row_of(rows, layer, f"{where}[{k}]", f"layer of '{network.name}'")
        if mask[row]:
            refuse(f"{where}[{k}]", f"repeats '{layer}'", "a layer is there once", "keep one of them")
        mask[row] = True
    return mask


def _row_of(rows: Mapping[str, int], name: Any, where: str, word: str) -> int:
    if text(name, where) not in rows:
        refuse(where, f"no {word} is called '{name}'", fix=nearest(name, rows))
    return rows[name]


def _and_more(count: int) -> str:
    return f" and {count} more" if count else ""
