"""Measured machines in files: three numbers that stand in any instance, beside all the times they were fitted to.

Schema "edgecut-device/1". ``like`` names a device of the catalogue whose power, clock and memory go with the measured
speed, since times say nothing about those.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from instances.dnn import Dnn
from instances.json_text import check_fields, check_list, check_schema, read_json, write_json
from instances.records import Device, Server
from instances.roofline_fit import SHORTEST_S, Roofline, fit_roofline
from instances.scalars import number, text, whole
from instances.timing import Timing

__all__ = ["MeasuredDevice", "fit_device", "read_device", "write_device"]

_FAMILY, _VERSION = "edgecut-device", 1
_FIELDS = ("schema", "name", "processor", "runtime", "threads", "like", "numbers", "fit", "timings")
_NUMBERS = ("gflops", "memory_gb_s", "launch_s")
_FIT = ("network", "layer_error_median", "layer_error_p90", "fitted_s", "sum_s", "whole_s", "spread")


@dataclass(frozen=True)
class MeasuredDevice:
    """A machine's fitted speed, how well it fits each network (``fit``: plain rows), and the times themselves."""

    name: str
    processor: str
    runtime: str
    threads: int
    like: str | None
    speed: Roofline
    fit: tuple[dict[str, Any], ...]
    timings: tuple[Timing, ...]

    def as_device(self) -> Device:
        """A record for `instances.build`: the measured speed; all else from the device that it is like, if any."""
        return Device(self.name, model=self.like, gflops=self.speed.gflops, memory_gb_s=self.speed.memory_gb_s,
                      launch_s=self.speed.launch_s)  # fmt: skip

    def as_server(self, *, bandwidth_mhz: float, name: str | None = None) -> Server:
        """A record for `instances.build`: a server of this speed with so much uplink, MHz."""
        return Server(name or self.name, gflops=self.speed.gflops, memory_gb_s=self.speed.memory_gb_s,
                      launch_s=self.speed.launch_s, bandwidth_mhz=bandwidth_mhz)  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {
            "schema": f"{_FAMILY}/{_VERSION}",
            "name": self.name,
            "processor": self.processor,
            "runtime": self.runtime,
            "threads": self.threads,
            "like": self.like,
            "numbers": {field: getattr(self.speed, field) for field in _NUMBERS},
            "fit": [dict(row) for row in self.fit],
            "timings": [timing.to_json() for timing in self.timings],
        }


def fit_device(
    measured: Sequence[tuple[Dnn, Timing]], *, name: str, processor: str, runtime: str, like: str | None = None
) -> MeasuredDevice:
    """The machine whose roofline fits the measured times best (`instances.roofline_fit`), one thread.

    Raises:
        InputError: nothing was measured, or ``like`` is no device of the catalogue.
    """
    if like is not None:
        from instances.catalog import lookup

        lookup("devices", like)
    speed = fit_roofline(measured)
    fit = tuple(_fit_row(speed, network, timing) for network, timing in measured)
    return MeasuredDevice(name, processor, runtime, 1, like, speed, fit, tuple(timing for _, timing in measured))


def _fit_row(speed: Roofline, network: Dnn, timing: Timing) -> dict[str, Any]:
    fitted = speed.predict(network)
    errors = np.abs(fitted / np.maximum(timing.layer_s, SHORTEST_S) - 1)
    values = (np.median(errors), np.quantile(errors, 0.9), fitted.sum(), timing.sum_s, timing.whole_s[1], timing.spread)
    return dict(zip(_FIT, (network.name, *(float(value) for value in values)), strict=True))


def write_device(device: MeasuredDevice, path: str | os.PathLike[str]) -> None:
    """Write a measured machine as JSON, whole or not at all.  Raises InputError when it cannot be written."""
    write_json(path, device.to_json())


def read_device(path: str | os.PathLike[str]) -> MeasuredDevice:
    """Read what `write_device` wrote.

    Raises:
        InputError: what is wrong with the file, and where.
    """
    return _device(read_json(path), str(path))


def _device(data: Mapping[str, Any], where: str) -> MeasuredDevice:
    check_schema(data, _FAMILY, _VERSION, f"{where}.schema")
    check_fields(data, dict.fromkeys(_FIELDS, True), where)
    check_fields(data["numbers"], dict.fromkeys(_NUMBERS, True), f"{where}.numbers")
    fit = check_list(data["fit"], f"{where}.fit")
    for place, row in enumerate(fit):
        check_fields(row, dict.fromkeys(_FIT, True), f"{where}.fit[{place}]")
    timings = check_list(data["timings"], f"{where}.timings")
    words = {field: text(data[field], f"{where}.{field}") for field in ("name", "processor", "runtime")}
    return MeasuredDevice(
        **words,
        threads=whole(data["threads"], f"{where}.threads"),
        like=None if data["like"] is None else text(data["like"], f"{where}.like"),
        speed=Roofline(**{field: number(data["numbers"][field], f"{where}.numbers.{field}") for field in _NUMBERS}),
        fit=tuple(dict(row) for row in fit),
        timings=tuple(Timing.from_json(row, f"{where}.timings[{k}]") for k, row in enumerate(timings)),
    )
