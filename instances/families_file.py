"""Variants, clouds, accuracy floors and the deadline rule as `instances.json_file` writes them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from instances.instance import Instance
from instances.json_text import check_fields, check_list, check_object
from instances.records import Cloud, Variant
from instances.scalars import text
from instances.units import in_base_units

__all__ = ["FAMILY_FIELDS", "families_from_json", "families_to_json", "with_clouds", "with_floors"]

FAMILY_FIELDS = ("variants", "clouds", "deadline_rule")


def families_to_json(instance: Instance) -> dict[str, Any]:
    """Fields of the object; none where the instance has no families."""
    fields: dict[str, Any] = {}
    if len(instance.variants):
        fields["variants"] = _variants_to_json(instance)
    if len(instance.clouds):
        names = [field.name for field in dataclasses.fields(instance.clouds)]
        rows = zip(*(getattr(instance.clouds, name).tolist() for name in names), strict=True)
        fields["clouds"] = [
            {n: value for n, value in zip(names, row, strict=True) if value != math.inf} for row in rows
        ]
    if instance.deadline_rule != "expected":
        fields["deadline_rule"] = instance.deadline_rule
    return fields


def families_from_json(data: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of `build`: records of variants and clouds, and the deadline rule."""
    found: dict[str, Any] = {}
    if "variants" in data:
        entries = check_list(data["variants"], "variants")
        found["variants"] = [_variant(entry, f"variants[{v}]") for v, entry in enumerate(entries)]
    if "clouds" in data:
        entries = check_list(data["clouds"], "clouds")
        found["clouds"] = [_cloud(entry, f"clouds[{i}]") for i, entry in enumerate(entries)]
    if "deadline_rule" in data:
        found["deadline_rule"] = text(data["deadline_rule"], "deadline_rule")
    return found


def with_clouds(instance: Instance, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of servers, each with the name of its cloud where it has one."""
    names = instance.clouds.name.tolist()
    of_row = zip(rows, instance.cloud_of.tolist(), strict=True)
    return [row | ({"cloud": names[cloud]} if cloud >= 0 else {}) for row, cloud in of_row]


def with_floors(instance: Instance, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of users, each with its accuracy floor where it has one."""
    if instance.accuracy_floor is None:
        return rows
    of_row = zip(rows, instance.accuracy_floor.tolist(), strict=True)
    return [row | ({"accuracy_floor": floor} if floor else {}) for row, floor in of_row]


def _variants_to_json(instance: Instance) -> list[dict[str, Any]]:
    v, networks = instance.variants, [network.name for network in instance.networks]
    rows = zip(v.name.tolist(), v.network.tolist(), v.runs.tolist(), v.upload_factor.tolist(), v.input_factor.tolist(),
               v.accuracy.tolist(), v.loss, strict=True)  # fmt: skip
    return [
        {"name": name, "network": networks[network], "runs": networks[runs], "upload_factor": upload,
         "input_factor": own, "accuracy": accuracy, **({"loss": loss.tolist()} if len(loss) else {})}
        for name, network, runs, upload, own, accuracy, loss in rows
    ]  # fmt: skip


def _variant(data: Any, where: str) -> Variant:
    check_fields(data, _fields_of(Variant), where)
    text(data["network"], f"{where}.network")
    if data.get("runs") is not None:
        text(data["runs"], f"{where}.runs")
    given = {name: value for name, value in data.items() if value is not None}
    return Variant(**given | {"loss": tuple(check_list(data.get("loss", []), f"{where}.loss"))})


def _cloud(data: Any, where: str) -> Cloud:
    known = _fields_of(Cloud)
    data = in_base_units(check_object(data, known, where), known, where)
    check_fields(data, known, where)
    return Cloud(**{name: value for name, value in data.items() if value is not None or name == "backhaul_mbps"})


def _fields_of(kind: type[Any]) -> dict[str, bool]:
    return {field.name: field.default is dataclasses.MISSING for field in dataclasses.fields(kind)}
