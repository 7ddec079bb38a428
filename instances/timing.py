"""Measured times of a network's layers: medians and quartiles over repeats, beside the time of the whole network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from instances.columns import Floats
from instances.dnn import Dnn
from instances.errors import InputError
from instances.json_text import check_fields, check_list
from instances.scalars import number, whole

__all__ = ["Timing"]

_FIELDS = ("network", "fingerprint", "repeats", "layer_s", "low_s", "high_s", "whole_s")


@dataclass(frozen=True, eq=False)
class Timing:
    """Times of one network on one machine, batch 1.

    ``layer_s``, ``low_s`` and ``high_s`` are the median and the quartiles of each layer, shape [n_layers];
    ``whole_s`` holds lower quartile, median and upper quartile of the network run as a whole.
    """

    network: str
    fingerprint: str
    repeats: int
    layer_s: Floats
    low_s: Floats
    high_s: Floats
    whole_s: Floats

    @classmethod
    def of_samples(cls, network: Dnn, layer_s: Floats, whole_s: Floats) -> Timing:
        """From single runs: ``layer_s`` [repeats, n_layers] and ``whole_s`` [repeats], s."""
        low, median, high = np.quantile(layer_s, (0.25, 0.5, 0.75), axis=0)
        ends = np.quantile(whole_s, (0.25, 0.5, 0.75))
        return cls(network.name, network.fingerprint, len(layer_s), median, low, high, ends)

    @property
    def sum_s(self) -> float:
        """Sum of the layers' medians, s."""
        return float(self.layer_s.sum())

    @property
    def spread(self) -> float:
        """Distance of the quartiles of the whole network as a part of its median."""
        low, median, high = self.whole_s
        return float((high - low) / median)

    def check_network(self, network: Dnn) -> None:
        """Raises InputError when the times are not those of this network's layers."""
        if self.fingerprint != network.fingerprint:
            raise InputError(f"timing of {self.network}", "belongs to another network of that name",
                             "its layers are others", "measure it again")  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Plain values; times rounded to 0.1 µs, below what a clock resolves."""
        columns = {name: np.round(getattr(self, name), 7).tolist() for name in _FIELDS[3:]}
        return {"network": self.network, "fingerprint": self.fingerprint, "repeats": self.repeats, **columns}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], where: str = "timing") -> Timing:
        """Read what `to_json` wrote.  Raises InputError for a missing field, a wrong type or unequal lengths."""
        check_fields(data, dict.fromkeys(_FIELDS, True), where)
        columns = {name: _numbers(data[name], f"{where}.{name}") for name in _FIELDS[3:]}
        lengths = {len(columns[name]) for name in ("layer_s", "low_s", "high_s")}
        if len(lengths) > 1 or len(columns["whole_s"]) != 3:
            raise InputError(where, "has columns of unequal length", "one number a layer, and three for the whole")
        repeats = whole(data["repeats"], f"{where}.repeats")
        return cls(str(data["network"]), str(data["fingerprint"]), repeats, **columns)


def _numbers(values: Any, where: str) -> Floats:
    return np.array([number(value, f"{where}[{k}]") for k, value in enumerate(check_list(values, where))])
