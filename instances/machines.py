"""Columns of devices, radios and servers from records: models and defaults filled in."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from instances.columns import Columns, Floats
from instances.errors import nearest
from instances.instance import Devices, Radios, Servers
from instances.records import Device, Radio, Server
from instances.scalars import number, refuse, text, whole

__all__ = ["DEFAULTS", "PLAIN_RADIO", "as_columns", "budget_of", "check_record", "device_columns", "model_names",
           "radio_columns", "server_budgets", "server_columns"]  # fmt: skip

_NO_ROOFLINE_GB_S = 1e6
"""Memory so fast that no layer waits for it: what a machine has whose memory speed is not given."""

DEFAULTS: dict[type, dict[str, float]] = {
    # κ = 1e-27 W/Hz³ is the value that most of the field's papers take: 1 W at 1 GHz.
    Device: {"memory_gb_s": _NO_ROOFLINE_GB_S, "launch_s": 0.0, "clock_ghz": 1.0, "kappa": 1e-27,
             "clock_min": 1.0, "clock_max": 1.0, "memory_mb": math.inf},
    Radio: {"tx_j_per_mbit": 0.0, "rx_w": 0.0, "rx_j_per_mbit": 0.0},
    # 100 resource blocks are a 20 MHz LTE carrier; 16 compute units are cores of a common edge server.
    Server: {"memory_gb_s": _NO_ROOFLINE_GB_S, "launch_s": 0.0, "memory_mb": math.inf, "idle_w": 0.0,
             "j_per_gflop": 0.0, "blocks": 100, "units": 16},
}  # fmt: skip
"""What a record's numbers are when neither it nor its model gives them."""

PLAIN_RADIO = Radio("plain", tx_w=1.0)
"""The radio of a user that names none: 1 W while sending, nothing else."""

_SECTIONS: dict[type, str] = {Device: "devices", Radio: "radios", Server: "servers"}
_WHOLE = ("blocks", "units")
_ELSEWHERE = ("energy_budget_j", "cloud")
"""Fields of records that are no columns of a machine table."""

_Struct = TypeVar("_Struct", bound=Columns)


def device_columns(records: Sequence[Device]) -> Devices:
    """Columns of device records.  Raises InputError at ``devices[i].field``."""
    return as_columns(Devices, _rows(records, Device))


def radio_columns(records: Sequence[Radio]) -> Radios:
    """Columns of radio records.  Raises InputError at ``radios[i].field``."""
    return as_columns(Radios, _rows(records, Radio))


def server_columns(records: Sequence[Server]) -> Servers:
    """Columns of server records.  Raises InputError at ``servers[i].field``."""
    return as_columns(Servers, _rows(records, Server))


def model_names(kind: type) -> tuple[str, ...]:
    """Names of the catalogue's models for ``Device``, ``Radio`` or ``Server`` records."""
    return tuple(_models(kind))


def check_record(value: Any, kind: type, where: str) -> None:
    """Refuse a value that is not a record of the kind."""
    if not isinstance(value, kind):
        refuse(where, f"is {value!r}", fix=f"give a {kind.__name__}")


def as_columns(struct: type[_Struct], rows: Sequence[Sequence[Any]]) -> _Struct:
    """Columns of rows whose values are in the order of the struct's fields."""
    names = [field.name for field in dataclasses.fields(struct)]
    return struct(**{name: [row[k] for row in rows] for k, name in enumerate(names)})


def server_budgets(records: Sequence[Server]) -> Floats:
    """[servers] J of each record's energy budget; inf where it has none."""
    return np.array([budget_of(r.energy_budget_j, f"servers[{i}].energy_budget_j") for i, r in enumerate(records)])


def budget_of(value: float | None, where: str) -> float:
    """J of a budget that may be missing: then inf."""
    return math.inf if value is None else number(value, where)


def _rows(records: Sequence[Any], kind: type) -> list[list[Any]]:
    """Values of each record in the order of its fields, which is that of the columns."""
    rows = []
    for i, record in enumerate(records):
        where = f"{_SECTIONS[kind]}[{i}]"
        check_record(record, kind, where)
        rows.append(_row(record, where))
    return rows


def _row(record: Device | Radio | Server, where: str) -> list[Any]:
    """The record's own number for each field, else its model's, else the default."""
    kind = type(record)
    row: list[Any] = [text(record.name, f"{where}.name")]
    model = None if record.model is None else _model(kind, record.model, f"{where}.model")
    for field in dataclasses.fields(record)[2:]:  # after name and model
        if field.name in _ELSEWHERE:
            continue
        value = getattr(record, field.name)
        value = getattr(model, field.name, None) if value is None else value
        value = DEFAULTS[kind].get(field.name) if value is None else value
        if value is None:
            source = "it" if model else "it, or a model of the catalogue that has it"
            refuse(f"{where}.{field.name}", "is missing", "it has no default", f"give {source}")
        check = whole if field.name in _WHOLE else number
        row.append(check(value, f"{where}.{field.name}"))
    return row


def _model(kind: type, name: str, where: str) -> Any:
    models = _models(kind)
    if text(name, where) not in models:
        refuse(where, f"no model of the catalogue is called '{name}'", fix=nearest(name, models))
    return models[name]


def _models(kind: type) -> dict[str, Any]:
    from instances import catalog  # late: most instances name no model

    readers: dict[type, Any] = {Device: catalog.devices, Radio: catalog.radios, Server: catalog.servers}
    models: dict[str, Any] = readers[kind]()
    return models
