"""The instance: what is given. Users, servers and the links between them, as columns.

Units are coherent throughout: s, J, W, Mbit, MHz, GFLOP, GFLOP/s, MB. A megahertz-second carries
``spectral efficiency`` megabits, so no conversion factor appears in any formula.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from instances.columns import Columns, Floats, Ints, Names
from instances.dnn import Dnn
from instances.errors import InputError
from instances.tariff import Tariff

__all__ = ["ALLOCATIONS", "CUT_RULES", "PROBLEMS", "Devices", "Instance", "Links", "Radios", "Servers", "Tariff",
           "Users"]  # fmt: skip

ALLOCATIONS = ("continuous", "units")
CUT_RULES = ("efficient", "supported")
PROBLEMS = ("J-E", "J-L", "J-C")


@dataclasses.dataclass(frozen=True, eq=False)
class Devices(Columns):
    """Device classes; a user points at one.

    Columns: ``gflops`` GFLOP/s sustained at the nominal clock; ``memory_gb_s`` GB/s; ``launch_s`` s of overhead
    a layer; ``clock_ghz`` nominal clock; ``kappa`` W/Hz³ (power is κ f³); ``clock_min``, ``clock_max``
    range of the clock ratio z (1 is nominal); ``memory_mb`` room for weights.
    """

    name: Names
    gflops: Floats
    memory_gb_s: Floats
    launch_s: Floats
    clock_ghz: Floats
    kappa: Floats
    clock_min: Floats
    clock_max: Floats
    memory_mb: Floats


@dataclasses.dataclass(frozen=True, eq=False)
class Radios(Columns):
    """Radio power models. Sending d Mbit in τ s costs ``tx_w`` τ + ``tx_j_per_mbit`` d; receiving likewise."""

    name: Names
    tx_w: Floats
    tx_j_per_mbit: Floats
    rx_w: Floats
    rx_j_per_mbit: Floats


@dataclasses.dataclass(frozen=True, eq=False)
class Users(Columns):
    """One request each. ``network``, ``device``, ``radio`` are rows of their tables; ``weight`` multiplies what
    the user adds to the objective."""

    name: Names
    network: Ints
    device: Ints
    radio: Ints
    deadline_s: Floats
    weight: Floats


@dataclasses.dataclass(frozen=True, eq=False)
class Servers(Columns):
    """Servers, each with one divisible compute resource and one divisible uplink.

    Columns: ``gflops``, ``memory_gb_s``, ``launch_s`` as for devices; ``memory_mb`` room for weights;
    ``idle_w`` W while on; ``j_per_gflop`` J of dynamic energy a GFLOP; ``bandwidth_mhz`` MHz of uplink;
    ``blocks`` and ``units``: how many equal pieces uplink and compute are divided into under `units` allocation.
    """

    name: Names
    gflops: Floats
    memory_gb_s: Floats
    launch_s: Floats
    memory_mb: Floats
    idle_w: Floats
    j_per_gflop: Floats
    bandwidth_mhz: Floats
    blocks: Ints
    units: Ints


@dataclasses.dataclass(frozen=True, eq=False)
class Links(Columns):
    """Which user reaches which server, and how well.

    Columns: ``efficiency`` bit/s/Hz of the uplink; ``download_mbps`` Mbit/s towards the user; ``round_trip_s`` s;
    ``backhaul_mbps`` Mbit/s of a wide-area hop behind the access point (inf: none).
    """

    user: Ints
    server: Ints
    efficiency: Floats
    download_mbps: Floats
    round_trip_s: Floats
    backhaul_mbps: Floats


@dataclasses.dataclass(frozen=True, eq=False)
class Instance:
    """A whole problem statement; immutable.

    Args:
        name: label.
        networks: the layer graphs that users run.
        devices, radios, users, servers, links: columns, see each class. Links are kept sorted by (user, server).
        allocation: ``continuous`` shares or whole ``units`` (resource blocks and compute units).
        problem: what is minimised: J-E weighted energy; J-L weighted energy plus latency; J-C money.
        horizon_s: s that a server which is on draws its idle power for (one request period).
        server_energy_weight: how much a joule at a server counts beside a joule at a device.
        cut_rule: which cuts become options: ``efficient`` (every cut that can matter) or ``supported``
            (those that are best at some ratio of prices; for large instances).
        provenance: where the instance comes from: generator, its parameters, seed, version.
        latency_weight_w: ω, W: joules that one second of latency counts as; more than 0 under J-L, else 0.
        tariff: prices, under J-C and only there.

    Raises:
        InputError: an unknown rule, or columns that do not fit together (see `instances.validate`).
    """

    name: str
    networks: tuple[Dnn, ...]
    devices: Devices
    radios: Radios
    users: Users
    servers: Servers
    links: Links
    allocation: str = "continuous"
    problem: str = "J-E"
    horizon_s: float = 1.0
    server_energy_weight: float = 1.0
    cut_rule: str = "efficient"
    provenance: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    latency_weight_w: float = 0.0
    tariff: Tariff | None = None

    def __post_init__(self) -> None:
        for where, value, known in (
            ("allocation", self.allocation, ALLOCATIONS),
            ("problem", self.problem, PROBLEMS),
            ("cut_rule", self.cut_rule, CUT_RULES),
        ):
            if value not in known:
                raise InputError(where, f"'{value}' is not known", fix="one of " + ", ".join(known))
        if isinstance(self.provenance, Mapping):
            object.__setattr__(self, "provenance", dict(self.provenance))
        order = np.lexsort((self.links.server, self.links.user))
        if not np.array_equal(order, np.arange(len(order))):
            object.__setattr__(self, "links", self.links.take(order))
        from instances.validate import validate_instance  # late: validate needs the classes above

        validate_instance(self)

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.users)

    @property
    def n_servers(self) -> int:
        """Number of servers."""
        return len(self.servers)

    @property
    def unit(self) -> str:
        """Unit of the objective: J, or the tariff's currency."""
        return "J" if self.tariff is None else self.tariff.currency

    @property
    def static_j(self) -> Floats:
        """[servers] what a server costs for being on during the horizon: weighted J, or its rent (problem's unit)."""
        if self.tariff is not None:
            return self.tariff.rent
        return np.asarray(self.server_energy_weight * self.servers.idle_w * self.horizon_s)

    def replace(self, **changes: Any) -> Self:
        """Copy with some fields changed (checked again)."""
        return dataclasses.replace(self, **changes)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the content; the same however the instance was built, ordered or stored."""
        from instances.files import fingerprint

        return fingerprint(self)
