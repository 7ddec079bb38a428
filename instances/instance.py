"""The instance: what is given. Users, servers and the links between them, as columns.

Units are coherent throughout: s, J, W, Mbit, MHz, GFLOP, GFLOP/s, MB. A megahertz-second carries
``spectral efficiency`` megabits, so no conversion factor appears in any formula.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from instances.clouds import Clouds
from instances.columns import Columns, Floats, Ints, Names, as_column
from instances.dnn import Dnn
from instances.errors import InputError
from instances.tariff import Tariff
from instances.variants import Variants

__all__ = ["ALLOCATIONS", "BUDGETS", "CUT_RULES", "DEADLINE_RULES", "OBJECTIVES", "PROBLEMS", "SUMS", "Clouds",
           "Devices", "Instance", "Links", "Radios", "Servers", "Tariff", "Users", "Variants"]  # fmt: skip

ALLOCATIONS = ("continuous", "units")
CUT_RULES = ("efficient", "supported")
DEADLINE_RULES = ("expected", "worst")
OBJECTIVES = {"J-E": ("energy", "J"), "J-L": ("energy+time", "J"), "J-C": ("money", "USD"),
              "J-A": ("rejected", "in weight"), "J-Q": ("inaccuracy", "in weight"),
              "J-M": ("latency", "s")}  # fmt: skip
"""What each problem minimises, in a word, and its unit; money is in the tariff's currency (see `Instance.unit`)."""

PROBLEMS = tuple(OBJECTIVES)
SUMS = tuple(problem for problem in PROBLEMS if problem != "J-M")
"""Problems whose objective adds up over users; that of J-M is the largest of them."""
BUDGETS = ("energy_budget_j", "device_budget_j")
"""Fields of an instance that limit energy; part of J-A only."""


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
        problem: what is minimised: J-E weighted energy; J-L weighted energy plus latency; J-C money; J-A the weight of
            users that are turned away; J-Q the weighted part of answers that are wrong; J-M the largest weighted
            latency.
        horizon_s: s that a server which is on draws its idle power for (one request period).
        server_energy_weight: how much a joule at a server counts beside a joule at a device.
        cut_rule: which cuts become options: ``efficient`` (every cut that can matter) or ``supported``
            (those that are best at some ratio of prices; for large instances).
        provenance: where the instance comes from: generator, its parameters, seed, version.
        latency_weight_w: ω, W: joules that one second of latency counts as; more than 0 under J-L, else 0.
        tariff: prices, under J-C and only there.
        energy_budget_j: [servers] J that each may use during the horizon (idle power while on, and its users' work);
            inf or None: no limit. J-A only.
        device_budget_j: [users] J that each may spend on computing and radio when it is admitted; inf or None: no
            limit. J-A with units only.
        variants: other ways to run users' networks; may be empty.
        clouds: a third tier behind servers; may be empty.
        server_cloud: [servers] row of each server's cloud, −1: it has none; empty: none has one (see `cloud_of`).
        accuracy_floor: [users] least accuracy that each accepts; 0 or None: any.
        deadline_rule: where layers run with some probability only, whether deadlines hold for the ``expected`` run or
            for the ``worst`` one, in which all layers run. Energy and money are those of the expected run.

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
    energy_budget_j: Floats | None = None
    device_budget_j: Floats | None = None
    variants: Variants = dataclasses.field(default_factory=Variants.none)
    clouds: Clouds = dataclasses.field(default_factory=Clouds.none)
    server_cloud: Ints = dataclasses.field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    accuracy_floor: Floats | None = None
    deadline_rule: str = "expected"

    def __post_init__(self) -> None:
        for where, value, known in (
            ("allocation", self.allocation, ALLOCATIONS),
            ("problem", self.problem, PROBLEMS),
            ("cut_rule", self.cut_rule, CUT_RULES),
            ("deadline_rule", self.deadline_rule, DEADLINE_RULES),
        ):
            if value not in known:
                raise InputError(where, f"'{value}' is not known", fix="one of " + ", ".join(known))
        if isinstance(self.provenance, Mapping):
            object.__setattr__(self, "provenance", dict(self.provenance))
        order = np.lexsort((self.links.server, self.links.user))
        if not np.array_equal(order, np.arange(len(order))):
            object.__setattr__(self, "links", self.links.take(order))
        for field in (*BUDGETS, "accuracy_floor"):
            if getattr(self, field) is not None:
                object.__setattr__(self, field, as_column("Instance", field, getattr(self, field), "Floats"))
        object.__setattr__(self, "server_cloud", as_column("Instance", "server_cloud", self.server_cloud, "Ints"))
        from instances.validate import validate_instance  # late: validate needs the classes above

        validate_instance(self)
        for field in BUDGETS:
            # One way to say "no limit", so that equal instances look equal.
            if getattr(self, field) is not None and np.isposinf(getattr(self, field)).all():
                object.__setattr__(self, field, None)
        if self.accuracy_floor is not None and not (self.accuracy_floor > 0).any():
            object.__setattr__(self, "accuracy_floor", None)
        if not (self.server_cloud >= 0).any():
            object.__setattr__(self, "server_cloud", np.zeros(0, dtype=np.int64))

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
        """Unit of the objective: that of `OBJECTIVES`, or the tariff's currency."""
        return OBJECTIVES[self.problem][1] if self.tariff is None else self.tariff.currency

    @property
    def cloud_of(self) -> Ints:
        """[servers] row of each server's cloud, −1 where it has none."""
        return self.server_cloud if len(self.server_cloud) else np.full(self.n_servers, -1, dtype=np.int64)

    @property
    def is_plain(self) -> bool:
        """Whether users have nothing to choose but a cut and a server: no variants, clouds, floors, chances to stop."""
        conditional = any(network.is_conditional for network in self.networks)
        return not (conditional or len(self.variants) or len(self.clouds) or self.accuracy_floor is not None)

    def runs(self, network: int, variant: int) -> Dnn:
        """The layers that run for a network's users under a variant; −1: those of the network itself."""
        return self.networks[int(self.variants.runs[variant]) if variant >= 0 else network]

    @property
    def static_j(self) -> Floats:
        """[servers] what a server costs for being on in the horizon: weighted J; J-C: its rent; J-A, J-Q, J-M: 0."""
        if self.tariff is not None:
            return self.tariff.rent
        if self.problem in ("J-A", "J-Q", "J-M"):
            return np.zeros(self.n_servers)
        return np.asarray(self.server_energy_weight * self.servers.idle_w * self.horizon_s)

    @property
    def dynamic_budget_j(self) -> Floats:
        """[servers] J of its energy budget that idling leaves for work; inf: no budget, negative: it cannot be on."""
        if self.energy_budget_j is None:
            return np.full(self.n_servers, np.inf)
        return np.asarray(self.energy_budget_j - self.servers.idle_w * self.horizon_s)

    def replace(self, **changes: Any) -> Self:
        """Copy with some fields changed (checked again)."""
        return dataclasses.replace(self, **changes)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the content; the same however the instance was built, ordered or stored."""
        from instances.files import fingerprint

        return fingerprint(self)
