"""One slot of a road: clients cut their networks and hand the rest to the roadside unit or to a service vehicle.

After Liu et al., TMC 2024, doi 10.1109/TMC.2024.3486728 (MAD2RL). Units: s, Mbit, MHz, GFLOP, GFLOP/s, m.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats, Ints
from instances.errors import InputError
from instances.systems.chains import Chain, load_chain

__all__ = ["LOCAL", "ROADSIDE", "Road", "Slot", "SlotPlan", "draw_slot", "drive"]

LOCAL, ROADSIDE = -1, 0
"""Targets of a client; a service vehicle s is target 1 + s."""


@dataclasses.dataclass(frozen=True, eq=False)
class Slot:
    """What is known when a slot begins.

    Args:
        chains: [K] the networks in use; a chain is a type of task.
        kind: [N] type of each client's task.
        client_gflops: [N] speed of the clients.
        helper_gflops: [S] speed of the service vehicles.
        roadside_gflops: speed of the roadside unit, to be split among the types.
        rate_mbps: [N, 1 + S] uplink to each target; 0 where it is out of reach.
        roadside_queue_gflop: [K] backlog Q_k at the roadside unit.
        helper_queue_gflop: [S] backlog of the service vehicles.
        slot_s: length τ of the slot.
        weight: V, what a second of completion time counts against queues, GFLOP²/s.

    Raises:
        InputError: shapes that do not fit, or numbers out of range.
    """

    chains: tuple[Chain, ...]
    kind: Ints
    client_gflops: Floats
    helper_gflops: Floats
    roadside_gflops: float
    rate_mbps: Floats
    roadside_queue_gflop: Floats
    helper_queue_gflop: Floats
    slot_s: float = 1.0
    weight: float = 1.0

    def __post_init__(self) -> None:
        n, s, k = len(self.kind), len(self.helper_gflops), len(self.chains)
        shapes = {"kind": (n,), "client_gflops": (n,), "helper_gflops": (s,), "rate_mbps": (n, 1 + s),
                  "roadside_queue_gflop": (k,), "helper_queue_gflop": (s,)}  # fmt: skip
        for name, shape in shapes.items():
            array = np.array(getattr(self, name), dtype=np.int64 if name == "kind" else float)
            if array.shape != shape:
                raise InputError(f"slot.{name}", f"has shape {array.shape}", f"it should be {shape}")
            if not (np.isfinite(array) & (array >= 0)).all():
                raise InputError(f"slot.{name}", "holds a number that is negative or not finite")
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if n and int(self.kind.max()) >= k:
            raise InputError("slot.kind", f"names type {int(self.kind.max())}", f"there are {k} chains")
        for chain in self.chains:
            if not (len(chain.gflop) and chain.gflop[-1] > 0):
                raise InputError(f"slot.chains[{chain.name}]", "ends with no work", fix="join its last two links")
        for name in ("client_gflops", "helper_gflops"):
            if (getattr(self, name) <= 0).any():
                raise InputError(f"slot.{name}", "holds a speed of 0", fix="leave that machine out")
        for name in ("roadside_gflops", "slot_s", "weight"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise InputError(f"slot.{name}", f"is {getattr(self, name)}", "it must be finite and above 0")

    @property
    def n_clients(self) -> int:
        """Number of clients N."""
        return len(self.kind)

    @property
    def n_targets(self) -> int:
        """The roadside unit and the service vehicles, 1 + S."""
        return 1 + len(self.helper_gflops)


@dataclasses.dataclass(frozen=True, eq=False)
class SlotPlan:
    """Decisions of a slot.

    Args:
        cut: [N] links that the client runs itself; all of its chain's when it hands over nothing.
        target: [N] LOCAL, ROADSIDE or 1 + s.
        split_gflops: [K] speed of the roadside unit for each type.
    """

    cut: Ints
    target: Ints
    split_gflops: Floats


@dataclasses.dataclass(frozen=True)
class Road:
    """Constants of the road, from the paper unless marked.

    ``reach_m`` of V2V is the paper's. Ours: ``half_m``, how far the road runs to either side of the roadside unit;
    ``lane_m``, how far away from it the lane is; ``least_m``, the closest that two vehicles come.
    """

    bandwidth_mhz: float = 10.0
    noise_dbm: float = -114.0
    transmit_dbm: float = 23.0
    client_gflops: tuple[float, float] = (4.0, 6.0)
    helper_gflops: tuple[float, float] = (6.0, 8.0)
    roadside_gflops: float = 30.0
    reach_m: float = 150.0
    speed_m_s: float = 25.0
    half_m: float = 200.0
    lane_m: float = 10.0
    least_m: float = 5.0

    def rate_mbps(self, gain_db: Floats, fading: Floats) -> Floats:
        """Uplink rates B log2(1 + p h/σ²) with Rayleigh power ``fading``, Mbit/s."""
        snr = 10 ** ((self.transmit_dbm + gain_db - self.noise_dbm) / 10) * fading
        return np.asarray(self.bandwidth_mhz * np.log2(1 + snr))


def _rates(road: Road, clients_m: Floats, helpers_m: Floats, rng: np.random.Generator) -> Floats:
    """[N, 1 + S] rates from places along the road: V2I −38.4 − 21.0 log10 d, V2V −44.23 − 16.7 log10 d, dB."""
    to_unit = np.hypot(clients_m, road.lane_m)[:, None]
    between = np.maximum(np.abs(clients_m[:, None] - helpers_m[None, :]), road.least_m)
    gain = np.hstack([-38.4 - 21.0 * np.log10(to_unit), -44.23 - 16.7 * np.log10(between)])
    rates = road.rate_mbps(gain, rng.exponential(size=gain.shape))
    rates[:, 1:][between > road.reach_m] = 0.0
    return rates


def draw_slot(
    clients: int,
    helpers: int,
    rng: np.random.Generator,
    *,
    mix: str = "in turn",
    road: Road | None = None,
    weight: float = 1.0,
    queues_gflop: float = 0.0,
) -> Slot:
    """A slot at random.

    Args:
        clients, helpers: how many client and service vehicles.
        mix: which network a client runs: "in turn" AlexNet, ResNet18, VGG16 and again, or "random".
        road: its constants.
        weight: V.
        queues_gflop: queues are drawn uniformly up to this.

    Raises:
        InputError: an unknown mix.
    """
    road = road or Road()
    chains = tuple(load_chain(name) for name in ("alexnet", "resnet18", "vgg16"))
    places = rng.uniform(-road.half_m, road.half_m, clients + helpers)
    return Slot(
        chains=chains,
        kind=_kinds(clients, mix, rng),
        client_gflops=rng.uniform(*road.client_gflops, clients),
        helper_gflops=rng.uniform(*road.helper_gflops, helpers),
        roadside_gflops=road.roadside_gflops,
        rate_mbps=_rates(road, places[:clients], places[clients:], rng),
        roadside_queue_gflop=rng.uniform(0, queues_gflop, len(chains)),
        helper_queue_gflop=rng.uniform(0, queues_gflop, helpers),
        weight=weight,
    )


def _kinds(clients: int, mix: str, rng: np.random.Generator) -> Ints:
    if mix == "in turn":
        return np.arange(clients) % 3
    if mix == "random":
        return rng.integers(0, 3, clients)
    raise InputError("mix", f"is {mix!r}", fix='give "in turn" or "random"')


def drive(
    first: Slot, slots: int, rng: np.random.Generator, *, mix: str = "in turn", road: Road | None = None
) -> list[Slot]:
    """The slots of a drive, all with the queues of ``first``: half of the vehicles go either way, and come back.

    A vehicle that leaves the stretch on one side enters it on the other. Fading, and with mix "random" the tasks, are
    drawn anew for every slot.
    """
    road = road or Road()
    n, s = first.n_clients, len(first.helper_gflops)
    places = rng.uniform(-road.half_m, road.half_m, n + s)
    heading = np.where(np.arange(n + s) % 2 == 0, 1.0, -1.0)
    found = []
    for _ in range(slots):
        rates = _rates(road, places[:n], places[n:], rng)
        found.append(dataclasses.replace(first, rate_mbps=rates, kind=_kinds(n, mix, rng)))
        places = places + heading * road.speed_m_s * first.slot_s
        places = (places + road.half_m) % (2 * road.half_m) - road.half_m
    return found
