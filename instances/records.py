"""One record a user, server, device, radio or link: how a small instance is written by hand.

`instances.build` turns records into columns; JSON files hold the same fields under the same names. A number
left at None comes from the record's ``model`` (a name of the catalogue) if it has one, else from the
defaults of `instances.build`; a number that is given overrides its model's.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from instances.dnn import Dnn

__all__ = ["Cloud", "Device", "Link", "Radio", "Server", "User", "Variant"]


@dataclasses.dataclass(frozen=True)
class Device:
    """A device class; units as in `instances.instance.Devices`. ``gflops`` or ``model`` is needed."""

    name: str
    model: str | None = None
    gflops: float | None = None
    memory_gb_s: float | None = None
    launch_s: float | None = None
    clock_ghz: float | None = None
    kappa: float | None = None
    clock_min: float | None = None
    clock_max: float | None = None
    memory_mb: float | None = None


@dataclasses.dataclass(frozen=True)
class Radio:
    """A radio's power model; units as in `instances.instance.Radios`. ``tx_w`` or ``model`` is needed."""

    name: str
    model: str | None = None
    tx_w: float | None = None
    tx_j_per_mbit: float | None = None
    rx_w: float | None = None
    rx_j_per_mbit: float | None = None


@dataclasses.dataclass(frozen=True)
class Server:
    """A server; units as in `instances.instance.Servers`.

    ``bandwidth_mhz`` is needed, and ``gflops`` or ``model``. ``energy_budget_j``: J that it may use during the
    horizon, idling included; None or inf: no limit (J-A only). ``cloud``: name of the cloud behind it, if any.
    """

    name: str
    model: str | None = None
    gflops: float | None = None
    memory_gb_s: float | None = None
    launch_s: float | None = None
    memory_mb: float | None = None
    idle_w: float | None = None
    j_per_gflop: float | None = None
    bandwidth_mhz: float | None = None
    blocks: int | None = None
    units: int | None = None
    energy_budget_j: float | None = None
    cloud: str | None = None


@dataclasses.dataclass(frozen=True)
class Cloud:
    """A cloud behind servers; units as in `instances.clouds.Clouds`. ``backhaul_mbps`` None or inf: no limit."""

    name: str
    gflops: float
    memory_gb_s: float = 1e6
    launch_s: float = 0.0
    j_per_gflop: float = 0.0
    backhaul_mbps: float | None = math.inf
    round_trip_s: float = 0.0
    per_s: float = 0.0
    per_mbit: float = 0.0


@dataclasses.dataclass(frozen=True)
class Variant:
    """Another way to run a network; see `instances.variants.Variants`.

    ``network``: whose users may use it; ``runs``: what is run then (None: the same network). ``loss``: accuracy lost by
    sending each layer's tensor, and last the input, in this form; empty: none.
    """

    name: str
    network: str | Dnn
    accuracy: float
    runs: str | Dnn | None = None
    upload_factor: float = 1.0
    input_factor: float = 1.0
    loss: Sequence[float] = ()


@dataclasses.dataclass(frozen=True)
class Link:
    """A way from a user to a server.

    Args:
        server: the server's name.
        efficiency: bit/s/Hz of the uplink. Either this,
        uplink_mbps: or Mbit/s over the server's whole uplink.
        download_mbps: Mbit/s towards the user; inf or None: the result takes no time to come back.
        round_trip_s: s.
        backhaul_mbps: Mbit/s of a wide-area hop behind the access point; inf or None: there is none.
    """

    server: str
    efficiency: float | None = None
    uplink_mbps: float | None = None
    download_mbps: float | None = math.inf
    round_trip_s: float = 0.0
    backhaul_mbps: float | None = math.inf


@dataclasses.dataclass(frozen=True)
class User:
    """A user and its request.

    Args:
        name: unique.
        network: a network, or the name of one (of the catalogue, or given to `build`).
        device: a device, or the name of one (of the catalogue, or given to `build`).
        deadline_s: s.
        links: one a server in reach; none: the network runs on the device.
        radio: as for ``device``; None: `instances.build.PLAIN_RADIO`.
        weight: multiplies the user's energy in the objective.
        device_budget_j: J that it may spend on computing and radio; None or inf: no limit (J-A only).
        accuracy_floor: least accuracy that it accepts, 0 to 1; None or 0: any.
    """

    name: str
    network: str | Dnn
    device: str | Device
    deadline_s: float
    links: Sequence[Link] = ()
    radio: str | Radio | None = None
    weight: float = 1.0
    device_budget_j: float | None = None
    accuracy_floor: float | None = None
