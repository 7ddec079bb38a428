"""Devices and one GPU that runs equal parts of their networks as batches; all deadlines are hard.

After Xu, Zhou and Niu 2025, arXiv 2504.14611 (J-DOB), and Shi et al. 2022, arXiv 2206.06304 (IP-SSA, OG). Units: s, J,
W, Mbit, GFLOP, GFLOP/s; κ in J s²/GFLOP³. The constants of `draw_batching` are ours.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats
from instances.dnn import load_network
from instances.errors import InputError
from instances.systems.chains import Chain, chain_of

__all__ = ["Batching", "BatchingPlan", "Group", "draw_batching"]


@dataclasses.dataclass(frozen=True, eq=False)
class Batching:
    """The problem.

    Args:
        chain: the network, in L parts.
        deadline_s, rate_mbps, transmit_w: [N] of the devices.
        kappa, slowest_gflops, fastest_gflops: [N] device energy is κ · work · speed².
        fixed_s, each_s: [L] a batch of b takes fixed + b · each at full GPU clock.
        gpu_w: GPU power at full clock; it falls with the clock's cube, time grows with its inverse.
        clocks: [C] GPU clocks to choose from, parts of the full one, in (0, 1].

    Raises:
        InputError: shapes that do not fit, or numbers out of range.
    """

    chain: Chain
    deadline_s: Floats
    rate_mbps: Floats
    transmit_w: Floats
    kappa: Floats
    slowest_gflops: Floats
    fastest_gflops: Floats
    fixed_s: Floats
    each_s: Floats
    gpu_w: float
    clocks: Floats

    def __post_init__(self) -> None:
        n, parts = len(self.deadline_s), len(self.chain.gflop)
        for field in dataclasses.fields(self)[1:]:
            array = np.array(getattr(self, field.name), dtype=float)
            wanted = {"fixed_s": (parts,), "each_s": (parts,), "gpu_w": (), "clocks": (len(self.clocks),)}
            if array.shape != wanted.get(field.name, (n,)):
                raise InputError(f"batching.{field.name}", f"has shape {array.shape}", "a value a device or a part")
            zero = field.name in ("fixed_s", "each_s", "gpu_w", "transmit_w")
            if not (np.isfinite(array) & ((array >= 0) if zero else (array > 0))).all():
                raise InputError(f"batching.{field.name}", "holds a number out of range")
            if field.name != "gpu_w":
                array.flags.writeable = False
                object.__setattr__(self, field.name, array)
        if not len(self.clocks) or (self.clocks > 1).any():
            raise InputError("batching.clocks", "is empty or holds a clock above 1", "they are parts of the full one")

    @property
    def n_devices(self) -> int:
        """Number of devices N."""
        return len(self.deadline_s)


@dataclasses.dataclass(frozen=True)
class Group:
    """Devices whose remote parts run together.

    Args:
        devices: who.
        cuts: parts that each of them runs itself, below L; equal in J-DOB, not in IP-SSA.
        clock: of the GPU.
        start_s: when the GPU begins with the group's first part.
    """

    devices: tuple[int, ...]
    cuts: tuple[int, ...]
    clock: float
    start_s: float


@dataclasses.dataclass(frozen=True, eq=False)
class BatchingPlan:
    """Groups, and the speed of every device; whoever is in no group runs all itself."""

    groups: tuple[Group, ...]
    speed_gflops: Floats


def draw_batching(
    devices: int,
    rng: np.random.Generator,
    *,
    deadline_s: tuple[float, float] = (0.05, 0.05),
    parts: Chain | None = None,
    constant: bool = False,
) -> Batching:
    """Phones with MobileNetV2 around a small edge GPU.

    Args:
        devices: how many.
        rng: of deadlines and rates.
        deadline_s: deadlines are drawn between these.
        parts: another network.
        constant: batches take as long as one sample.
    """
    chain = parts or chain_of(load_network("mobilenet_v2"), shrinking=True)
    share = chain.gflop / chain.gflop.sum()
    everyone: Floats = np.ones(devices)
    return Batching(
        chain=chain,
        deadline_s=rng.uniform(*deadline_s, devices),
        rate_mbps=rng.uniform(40, 100, devices),
        transmit_w=0.3 * everyone,
        kappa=3.75e-4 * everyone,
        slowest_gflops=1.0 * everyone,
        fastest_gflops=20.0 * everyone,
        fixed_s=4e-3 * share,
        each_s=(0.0 if constant else 4e-4) * share,
        gpu_w=15.0,
        clocks=np.linspace(0.3, 1.0, 8),
    )
