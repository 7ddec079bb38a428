"""One network on several devices at once: each layer's output divided by rows or by channels.

Devices share a local network with an access point: what a device receives comes over its own link, whoever sends it.
One layer runs at a time: first every device fetches what it lacks of each tensor that the layer reads (one phase a
tensor), then all compute (one phase). A device keeps one block of a tensor, in rows and in channels. A phase lasts as
long as its slowest device takes. At the end the source, which holds the input, fetches the last map and runs the head.

After Zeng et al., CoEdge, arXiv:2012.03257 (rows shared so that energy is least within a deadline) and Huang et al.,
IEEE IoT-J 2021, doi:10.1109/JIOT.2021.3112715 (eDDNN: pieces of data and model). The statement is ours.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Literal, Self

from instances.catalog import lookup
from instances.errors import InputError
from instances.spatial import SpatialNetwork

__all__ = ["Axis", "Layout", "RowDevice", "RowPlan", "RowProblem", "catalogue_device"]

Axis = Literal["rows", "channels"]
Goal = Literal["energy", "latency"]


@dataclasses.dataclass(frozen=True)
class RowDevice:
    """A device that takes part.

    Args:
        name: for messages. gflops: GFLOP/s. active_w: power while it computes, W.
        rate_mbps: of its link to the access point, either way. j_per_mbit: energy of both ends for a Mbit it receives.

    Raises:
        InputError: a number is not finite, or negative, or a speed is 0.
    """

    name: str
    gflops: float
    active_w: float
    rate_mbps: float
    j_per_mbit: float

    def __post_init__(self) -> None:
        for field in ("gflops", "active_w", "rate_mbps", "j_per_mbit"):
            value = getattr(self, field)
            if not (math.isfinite(value) and (value > 0 or (value == 0 and field in ("active_w", "j_per_mbit")))):
                raise InputError(f"RowDevice[{self.name}].{field}", f"is {value!r}", "it is a finite, positive number")


def catalogue_device(model: str, *, rate_mbps: float, j_per_mbit: float = 0.03) -> RowDevice:
    """A device of the catalogue on a link.  Raises InputError for an unknown model."""
    device = lookup("devices", model)
    return RowDevice(model, device.gflops, device.active_w, rate_mbps, j_per_mbit)


@dataclasses.dataclass(frozen=True)
class RowProblem:
    """What to divide, among whom, and what for.

    Args:
        network: the layers. devices: in the order in which they hold rows, from the top of the map down.
        source: index of the device that holds the input, wants the result and runs the head.
        goal: what is minimised. deadline_s: longest latency, s; infinite for none.

    Raises:
        InputError: no device, no such source, a deadline that is not positive.
    """

    network: SpatialNetwork
    devices: tuple[RowDevice, ...]
    source: int = 0
    goal: Goal = "energy"
    deadline_s: float = math.inf

    def __post_init__(self) -> None:
        if not 0 <= self.source < len(self.devices):
            raise InputError("RowProblem.source", f"is {self.source}", f"there are {len(self.devices)} devices")
        if not self.deadline_s > 0:
            raise InputError("RowProblem.deadline_s", f"is {self.deadline_s}", "it is positive")

    def replace(self, **changes: Any) -> Self:
        """Copy with some fields changed."""
        return dataclasses.replace(self, **changes)


@dataclasses.dataclass(frozen=True)
class Layout:
    """Who holds what of one layer's output: device d has rows (or channels) bounds[d] … bounds[d+1] − 1."""

    axis: Axis
    bounds: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class RowPlan:
    """A decision: one layout a layer."""

    layouts: tuple[Layout, ...]
