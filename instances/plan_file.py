"""Plans as JSON: what every user does, by the names of users, servers and layers.

Part of the results' files. A plan says nothing that the instance says, so that the two can be compared::

    {"users": [{"user": "u0", "server": "edge", "cut": "resnet50/3",
                "uplink_share": 0.5, "compute_share": 0.25, "clock": 1.0}],
     "cuts": {"resnet50/3": {"network": "resnet50", "device_layers": ["conv1", "bn1", "relu"]}}}

A cut of a variant names it (``"variant": "8 bits"``), one that goes on in a cloud lists its ``"cloud_layers"``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from instances.columns import Bools
from instances.dnn import Dnn
from instances.errors import nearest
from instances.instance import Instance
from instances.json_text import check_fields, check_list
from instances.options import LOCAL, REJECTED
from instances.plan import Cut, Plan
from instances.scalars import number, refuse, text

__all__ = ["plan_from_json", "plan_to_json"]

_SHARES = ("uplink_share", "compute_share", "clock")
_CUT_FIELDS = {"network": True, "device_layers": True, "variant": False, "cloud_layers": False}
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
            name: _cut_to_json(instance, cut)
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


def _cut_to_json(instance: Instance, cut: Cut) -> dict[str, Any]:
    runs = instance.runs(cut.network, cut.variant)
    variant = {} if cut.variant < 0 else {"variant": str(instance.variants.name[cut.variant])}
    cloud = {} if cut.passed_on is None else {"cloud_layers": _layers(runs, cut.passed_on)}
    return {"network": instance.networks[cut.network].name, **variant,
            "device_layers": _layers(runs, cut.on_device), **cloud}  # fmt: skip


def _cut_ids(instance: Instance, plan: Plan) -> list[str]:
    """``network/variant/number of layers on the device+in the cloud``, and a number where that is not unique."""
    stems = [_cut_id(instance, cut) for cut in plan.cuts]
    seen: Counter[str] = Counter()
    ids = []
    for stem in stems:
        seen[stem] += 1
        ids.append(stem if seen[stem] == 1 else f"{stem}/{seen[stem]}")
    return ids


def _cut_id(instance: Instance, cut: Cut) -> str:
    variant = "" if cut.variant < 0 else f"{instance.variants.name[cut.variant]}/"
    cloud = "" if cut.passed_on is None else f"+{int(np.sum(cut.passed_on))}"
    return f"{instance.networks[cut.network].name}/{variant}{int(np.sum(cut.on_device))}{cloud}"


def _layers(network: Dnn, mask: Bools) -> list[str]:
    return [layer for layer, inside in zip(network.layers, mask.tolist(), strict=True) if inside]


def _cuts_from_json(instance: Instance, data: Any, where: str) -> tuple[tuple[Cut, ...], dict[str, int]]:
    """The cuts, and the row of each id."""
    if not isinstance(data, Mapping):
        refuse(where, "is not an object", "cuts are listed under their ids", 'write {"id": {...}, ...}')
    networks = {network.name: g for g, network in enumerate(instance.networks)}
    variants = {name: v for v, name in enumerate(instance.variants.name.tolist())}
    cuts = []
    for name, entry in data.items():
        place = f"{where}['{name}']"
        check_fields(entry, _CUT_FIELDS, place)
        g = _row_of(networks, entry["network"], f"{place}.network", "network")
        v = _row_of(variants, entry["variant"], f"{place}.variant", "variant") if "variant" in entry else -1
        runs = instance.runs(g, v)
        cloud = _mask(runs, entry["cloud_layers"], f"{place}.cloud_layers") if "cloud_layers" in entry else None
        cuts.append(Cut(g, _mask(runs, entry["device_layers"], f"{place}.device_layers"), v, cloud))
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
