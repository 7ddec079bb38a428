"""Plans of systems as JSON: their fields by name, arrays as lists."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from instances.arrivals import Arrivals, of_users
from instances.check_arrivals import Schedule
from instances.json_text import check_fields, check_list
from instances.plan_file import plan_from_json, plan_to_json
from instances.scalars import number, refuse, whole
from instances.systems.batching import BatchingPlan, Group
from instances.systems.droo import FramePlan
from instances.systems.hoda import CellPlan
from instances.systems.iao import UnitsPlan
from instances.systems.mad2rl import SlotPlan
from instances.systems.uav import MissionPlan

__all__ = ["system_plan_from_json", "system_plan_to_json"]


def system_plan_to_json(problem: Any, plan: Any) -> dict[str, Any]:
    """The plan as plain JSON data."""
    if isinstance(problem, Arrivals):
        part = of_users(problem.instance, problem.user)
        return {"plan": plan_to_json(part, plan.plan), "turned_away_cost": plan.turned_away_cost.tolist()}
    return {field.name: _plain(getattr(plan, field.name)) for field in dataclasses.fields(plan)}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value.item() if isinstance(value, np.generic) else value


def system_plan_from_json(system: str, problem: Any, data: Any, where: str = "plan") -> Any:
    """Read what `system_plan_to_json` wrote, for the same problem. Whether it is any good is for evaluators to say.

    Raises:
        InputError: at the field's path: missing, unknown or of the wrong type.
    """
    if system == "online":
        check_fields(data, {"plan": True, "turned_away_cost": True}, where)
        part = of_users(problem.instance, problem.user)
        cost = _floats(data["turned_away_cost"], f"{where}.turned_away_cost")
        return Schedule(plan_from_json(part, data["plan"], f"{where}.plan"), cost)
    kind, readers = _SHAPES[system]
    check_fields(data, dict.fromkeys(readers, True), where)
    return kind(**{name: read(data[name], f"{where}.{name}") for name, read in readers.items()})


def _floats(value: Any, where: str) -> Any:
    return np.array([number(v, f"{where}[{k}]") for k, v in enumerate(check_list(value, where))], dtype=float)


def _ints(value: Any, where: str) -> Any:
    return np.array([whole(v, f"{where}[{k}]") for k, v in enumerate(check_list(value, where))], dtype=np.int64)


def _bools(value: Any, where: str) -> Any:
    for k, one in enumerate(check_list(value, where)):
        if not isinstance(one, bool):
            refuse(f"{where}[{k}]", f"is {one!r}", "it is true or false", "write true or false")
    return np.array(value, dtype=bool)


def _rows(read: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    def reader(value: Any, where: str) -> Any:
        rows = [read(row, f"{where}[{k}]") for k, row in enumerate(check_list(value, where))]
        if len({len(row) for row in rows}) > 1:
            refuse(where, "has rows of different lengths", "it is a matrix", "give every row as many numbers")
        return np.array(rows)

    return reader


def _groups(value: Any, where: str) -> tuple[Group, ...]:
    found = []
    for k, row in enumerate(check_list(value, where)):
        at = f"{where}[{k}]"
        check_fields(row, {"devices": True, "cuts": True, "clock": True, "start_s": True}, at)
        devices, cuts = (tuple(_ints(row[name], f"{at}.{name}").tolist()) for name in ("devices", "cuts"))
        found.append(Group(devices, cuts, number(row["clock"], f"{at}.clock"), number(row["start_s"], f"{at}.start_s")))
    return tuple(found)


_Readers = Mapping[str, Callable[[Any, str], Any]]
_SHAPES: dict[str, tuple[type, _Readers]] = {
    "batching": (BatchingPlan, {"groups": _groups, "speed_gflops": _floats}),
    "droo": (FramePlan, {"offload": _bools, "charge_s": number, "send_s": _floats}),
    "hoda": (CellPlan, {"remote": _ints, "power_w": _floats, "server_ghz": _floats}),
    "iao": (UnitsPlan, {"cut": _ints, "units": _ints}),
    "mad2rl": (SlotPlan, {"cut": _ints, "target": _ints, "split_gflops": _floats}),
    "uav": (MissionPlan, {"point": _rows(_ints), "server": _rows(_ints), "part": _rows(_floats)}),
}
