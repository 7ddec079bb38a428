"""Tables of an instance from models of the catalogue."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from instances.catalog import DeviceModel, lookup
from instances.catalog import devices as device_models
from instances.catalog import radios as radio_models
from instances.catalog import servers as server_models
from instances.columns import Floats
from instances.device_file import read_device
from instances.errors import InputError
from instances.generate.settings import Settings
from instances.instance import Devices, Radios, Servers
from instances.machines import device_columns

__all__ = ["device_model", "device_table", "name_rows", "radio_dbm", "radio_table", "server_table"]


def device_table(names: Sequence[str], settings: Settings) -> Devices:
    """The catalogue's devices of these names, or measured ones (.json); the settings' κ replaces theirs."""
    measured = {name: _measured(name) for name in names if name.lower().endswith(".json")}
    table = Devices(**_columns(Devices, device_models() | measured, names))
    return table if settings.kappa is None else table.replace(kappa=np.full(len(names), settings.kappa))


def device_model(name: str) -> DeviceModel:
    """The catalogue's device of that name, or a measured one where the name ends in ``.json``.

    Raises:
        InputError: there is none, or the file is none.
    """
    return _measured(name) if name.lower().endswith(".json") else lookup("devices", name)


def _measured(path: str) -> DeviceModel:
    """A measured device with the numbers that it is not measured for filled in."""
    columns = device_columns([read_device(path).as_device()])
    numbers = {f.name: float(getattr(columns, f.name)[0]) for f in dataclasses.fields(columns) if f.name != "name"}
    return DeviceModel(name=str(columns.name[0]), **numbers)


def radio_table(names: Sequence[str]) -> Radios:
    """The catalogue's radios of these names."""
    return Radios(**_columns(Radios, radio_models(), names))


def server_table(
    names: Sequence[str],
    labels: Sequence[str],
    machines: float,
    racks: float,
    bandwidth_mhz: float,
    blocks: int,
    units: int,
) -> Servers:
    """Servers built of the catalogue's machines of these names.

    ``machines``: how many such machines, as one divisible resource, a server amounts to; a part of a machine
    is what other work leaves of it. ``racks``: how many times a machine's memory and idle power. All have the
    same uplink.
    """
    n = len(names)
    own = _columns(Servers, server_models(), names, skip=("name", "bandwidth_mhz", "blocks", "units"))
    given = Servers(
        **own,
        name=np.array(labels),
        bandwidth_mhz=np.full(n, bandwidth_mhz),
        blocks=np.full(n, blocks),
        units=np.full(n, units),
    )
    # Launching is divided too: a request's time on the whole server is then exactly 1/machines of that on one
    # machine.
    return given.replace(
        gflops=given.gflops * machines,
        memory_gb_s=given.memory_gb_s * machines,
        launch_s=given.launch_s / machines,
        memory_mb=given.memory_mb * racks,
        idle_w=given.idle_w * racks,
    )


def name_rows(prefix: str, n: int) -> Any:
    """[n] names: the prefix and the row's number."""
    return np.char.add(prefix, np.arange(n).astype(np.str_)) if n else np.zeros(0, dtype=np.str_)


def _columns(table: type[Any], models: Any, names: Sequence[str], skip: tuple[str, ...] = ()) -> dict[str, Any]:
    for name in names:
        if name not in models:
            raise InputError("catalogue", f"has no '{name}'", "a generator needs it")
    fields = [field.name for field in dataclasses.fields(table) if field.name not in skip]
    return {field: [getattr(models[name], field) for name in names] for field in fields}


def radio_dbm(names: Sequence[str]) -> Floats:
    """[radios] transmit power of the catalogue's radios of these names, dBm."""
    return np.array([radio_models()[name].tx_dbm for name in names])
