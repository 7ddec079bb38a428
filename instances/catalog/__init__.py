"""Hardware with a source for every number: devices, servers, radios and path-loss models.

The numbers live in the JSON files beside this module. Each has a value, the key of a reference and a letter
that says how far to trust it: F from the paper's full text, A from its abstract, C from public code or data,
M general knowledge (a data sheet quoted from memory included), I derived, with the formula in its note.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, TypeVar, overload

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from instances.columns import Floats
from instances.errors import InputError, nearest

__all__ = [
    "DeviceModel",
    "PathLoss",
    "RadioModel",
    "ServerModel",
    "Sourced",
    "citations",
    "devices",
    "lookup",
    "path_losses",
    "radios",
    "read_models",
    "servers",
    "sources",
]

Kind = Literal["devices", "servers", "radios", "path_losses"]
T = TypeVar("T")


class Sourced(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number and its origin: ``source`` is a key of `citations`, ``note`` a formula or a reservation."""

    value: float
    source: str
    evidence: Literal["F", "A", "C", "M", "I"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class DeviceModel:
    """A user's device.

    Args:
        name: its name in the catalogue.
        gflops: GFLOP/s sustained on the layers of a network, FP32, at the nominal clock (1 MAC = 2 FLOP).
        memory_gb_s: sustained memory bandwidth, GB/s.
        launch_s: overhead of each layer, s.
        clock_ghz: nominal clock f, GHz.
        kappa: switching coefficient, W/Hz³: the power while computing is κ f³, with f in Hz.
        clock_min, clock_max: range of the clock ratio z, dimensionless; 1 is the nominal clock.
        memory_mb: room for weights, MB.
    """

    name: str
    gflops: float
    memory_gb_s: float
    launch_s: float
    clock_ghz: float
    kappa: float
    clock_min: float
    clock_max: float
    memory_mb: float

    @property
    def active_w(self) -> float:
        """Power while computing at the nominal clock, W."""
        return self.kappa * (self.clock_ghz * 1e9) ** 3


@dataclass(frozen=True, slots=True)
class ServerModel:
    """A server's machine.

    Args:
        name: its name in the catalogue.
        gflops: GFLOP/s sustained on the layers of a network, FP32, batch 1.
        memory_gb_s: sustained memory bandwidth, GB/s.
        launch_s: overhead of each layer, s.
        memory_mb: room for weights, MB.
        idle_w: power while on and idle, W.
        j_per_gflop: energy above idle of a GFLOP, J.
    """

    name: str
    gflops: float
    memory_gb_s: float
    launch_s: float
    memory_mb: float
    idle_w: float
    j_per_gflop: float


@dataclass(frozen=True, slots=True)
class RadioModel:
    """A device's radio. Sending d Mbit in τ s costs ``tx_w`` τ + ``tx_j_per_mbit`` d J; receiving likewise.

    A measured model P = α r + β (r the rate in Mbit/s) has β as ``tx_w`` and α as ``tx_j_per_mbit``.

    Args:
        name: its name in the catalogue.
        tx_w, rx_w: part of the power that runs with time while sending, receiving, W.
        tx_j_per_mbit, rx_j_per_mbit: energy of each Mbit sent, received, J/Mbit.
        tx_dbm: radiated power for link budgets, dBm.
        up_mbps, down_mbps: usual rates where no link budget is computed, Mbit/s.
    """

    name: str
    tx_w: float
    tx_j_per_mbit: float
    rx_w: float
    rx_j_per_mbit: float
    tx_dbm: float
    up_mbps: float
    down_mbps: float


@dataclass(frozen=True, slots=True)
class PathLoss:
    """Loss of a radio path: ``intercept_db`` + ``slope_db`` log10(d / ``unit_m``).

    Args:
        name: its name in the catalogue.
        intercept_db: loss at a distance of ``unit_m``, dB.
        slope_db: dB for each tenfold distance.
        unit_m: unit of distance of the formula, m (1 or 1000).
        shadowing_db: standard deviation of log-normal shadowing, dB (0: none).
        min_m: nearer than this, m, the loss stays what it is there.
    """

    name: str
    intercept_db: float
    slope_db: float
    unit_m: float
    shadowing_db: float
    min_m: float

    def loss_db(self, distance_m: ArrayLike) -> Floats:
        """Mean loss in dB at distances in m, of the shape given; shadowing and fading are not in it."""
        far = np.maximum(np.asarray(distance_m, dtype=float), self.min_m)
        return np.asarray(self.intercept_db + self.slope_db * np.log10(far / self.unit_m), dtype=float)


class _Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    numbers: dict[str, Sourced]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema_version: Literal[1]
    kind: Kind
    references: dict[str, str]
    models: dict[str, _Model]


_FILES: dict[Kind, str] = {
    "devices": "devices.json",
    "servers": "servers.json",
    "radios": "radios.json",
    "path_losses": "pathloss.json",
}


@cache
def _read(kind: Kind) -> _File:
    content = resources.files("instances").joinpath("catalog", _FILES[kind]).read_bytes()
    return read_models(content, f"catalogue.{kind}")


def read_models(content: bytes, where: str) -> _File:
    """A file of the catalogue: its models with their sources.  Raises InputError when it is none."""
    try:
        return msgspec.json.decode(content, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(where, "is no file of the catalogue", str(error), "write it as devices.json is") from None


def _build(kind: Kind, model: Callable[..., T]) -> dict[str, T]:
    """One record for each entry; a missing or unknown field of an entry is a TypeError of the record's."""
    return {
        name: model(name=name, **{field: number.value for field, number in entry.numbers.items()})
        for name, entry in _read(kind).models.items()
    }


def devices() -> dict[str, DeviceModel]:
    """The devices of the catalogue by name."""
    return _build("devices", DeviceModel)


def servers() -> dict[str, ServerModel]:
    """The server machines of the catalogue by name."""
    return _build("servers", ServerModel)


def radios() -> dict[str, RadioModel]:
    """The radios of the catalogue by name."""
    return _build("radios", RadioModel)


def path_losses() -> dict[str, PathLoss]:
    """The path-loss models of the catalogue by name."""
    return _build("path_losses", PathLoss)


def citations() -> dict[str, str]:
    """Every reference of the catalogue: key to full citation, sorted by key."""
    merged: dict[str, str] = {}
    for kind in _FILES:
        merged.update(_read(kind).references)
    return dict(sorted(merged.items()))


def sources(kind: Kind, name: str) -> dict[str, Sourced]:
    """Each number of an entry with its source, by field.  Raises InputError for an unknown kind or name."""
    lookup(kind, name)
    return dict(_read(kind).models[name].numbers)


@overload
def lookup(kind: Literal["devices"], name: str) -> DeviceModel: ...
@overload
def lookup(kind: Literal["servers"], name: str) -> ServerModel: ...
@overload
def lookup(kind: Literal["radios"], name: str) -> RadioModel: ...
@overload
def lookup(kind: Literal["path_losses"], name: str) -> PathLoss: ...
@overload
def lookup(kind: str, name: str) -> Any: ...


def lookup(kind: str, name: str) -> Any:
    """The entry ``name`` among the ``kind`` (devices, servers, radios, path_losses).

    Raises:
        InputError: there is no such kind or name; the error gives the nearest one.
    """
    readers: dict[str, Callable[[], dict[str, Any]]] = {
        "devices": devices,
        "servers": servers,
        "radios": radios,
        "path_losses": path_losses,
    }
    if kind not in readers:
        raise InputError("catalogue", f"has no kind {kind!r}", fix=nearest(kind, readers))
    known = readers[kind]()
    if name not in known:
        raise InputError(f"catalogue.{kind}", f"has no {name!r}", fix=nearest(name, known))
    return known[name]
