"""Random problems of rows: devices of unlike speed and thrift, on catalogue networks or on small made-up ones."""

from __future__ import annotations

import numpy as np

from instances.rows import Goal, RowDevice, RowProblem
from instances.spatial import FLOAT_BITS, SpatialLayer, SpatialNetwork

__all__ = ["draw_devices", "draw_rows", "draw_spatial"]


def draw_rows(rng: np.random.Generator, network: SpatialNetwork, *, devices: int = 3, goal: Goal = "latency",
              deadline_s: float = float("inf")) -> RowProblem:  # fmt: skip
    """A problem on this network among random devices; the first one is the source."""
    return RowProblem(network, draw_devices(rng, devices), 0, goal, deadline_s)


def draw_devices(rng: np.random.Generator, count: int) -> tuple[RowDevice, ...]:
    """Devices of 4 to 60 GFLOP/s, 0.1 to 0.6 J/GFLOP, on links of 20 to 200 Mbit/s."""
    speed, thrift = np.exp(rng.uniform(np.log(4.0), np.log(60.0), count)), rng.uniform(0.1, 0.6, count)
    rate, joules = rng.uniform(20.0, 200.0, count), rng.uniform(0.01, 0.08, count)
    columns = zip(speed.tolist(), thrift.tolist(), rate.tolist(), joules.tolist(), strict=True)
    return tuple(RowDevice(f"d{k}", f, t * f, r, j) for k, (f, t, r, j) in enumerate(columns))


def draw_spatial(rng: np.random.Generator, *, layers: int, side: int, branch: bool = False) -> SpatialNetwork:
    """A small network: convolutions and poolings, and with ``branch`` an addition around the last two layers."""
    windows = ((3, 1, 1), (5, 1, 2), (3, 2, 1), (2, 2, 0), (1, 1, 0))
    made: list[SpatialLayer] = []
    height, channels = side, 3
    for j in range(layers):
        kernel, stride, padding = windows[int(rng.integers(len(windows)))]
        if height < 6 and stride == 2:
            kernel, stride, padding = windows[0]
        if branch and j >= layers - 2:
            kernel, stride, padding = windows[0]
        pool = (kernel, stride) == (2, 2)
        height = (height + 2 * padding - kernel) // stride + 1
        wide = channels if pool or (branch and j >= layers - 2) else int(rng.integers(2, 9)) * 4
        gflop = 0.0 if pool else 2e-9 * 400 * kernel**2 * channels * wide * height**2  # wide enough to matter
        made.append(_layer(f"l{j}", j - 1, (kernel, stride, padding), height, wide, gflop, pool))
        channels = wide
    if branch and layers > 2:
        reads = (layers - 3, layers - 1)
        made.append(SpatialLayer("add", reads, 1, 1, 0, height, channels, 0.0, made[-1].mbit, True))
    return SpatialNetwork("drawn", tuple(made), side, 3, 8e-6 * 100 * 3 * side**2, 0.01)


def _layer(name: str, read: int, window: tuple[int, int, int], height: int, channels: int, gflop: float,
           channelwise: bool) -> SpatialLayer:  # fmt: skip
    mbit = FLOAT_BITS * 1e-6 * 20 * channels * height**2
    return SpatialLayer(name, (read,), *window, height, channels, gflop, mbit, channelwise)
