"""The device's side of a split run, and what the model predicts for it."""

from __future__ import annotations

import dataclasses
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from instances.columns import Floats, Ints
from instances.cuts import CutSet
from instances.measure import one_thread
from instances.running import Split, split
from instances.torch_graph import Runnable, need_torch
from results.reality.link import PacedSender, receive, send
from results.reality.tensors import bytes_of, seeded

__all__ = ["Cut", "SplitRun", "cuts_by_time", "open_split_run", "predict_s"]

_ROOT = Path(__file__).resolve().parents[2]
WARM_UP = 2


@dataclasses.dataclass(frozen=True)
class Cut:
    """Layers on the device, and the Mbit that the model sends."""

    layers: tuple[int, ...]
    upload_mbit: float


class SplitRun:
    """A network with its device's side here and its server's side in another process."""

    def __init__(self, runnable: Runnable, stream: socket.socket) -> None:
        self.runnable, self._stream = runnable, stream
        self._parts: Split | None = None

    def round_trip_s(self, repeats: int = 50) -> float:
        """Median time of an empty message there and back, s."""
        times = []
        for _ in range(repeats):
            begin = time.perf_counter()
            self._ask({"do": "echo"})
            times.append(time.perf_counter() - begin)
        return float(np.median(times))

    def cut(self, cut: Cut) -> int:
        """Cut the network in both processes; bytes that will cross, which the server counts."""
        self._parts = split(self.runnable, set(cut.layers))
        return int(self._ask({"do": "cut", "layers": list(cut.layers)})["expects"])

    def measure(self, rate_mbps: float, repeats: int) -> dict[str, list[float]]:
        """Run the cut so many times at a rate: [repeats] seconds of each stage, wall time and processor time apart.

        ``total_s`` is wall time from the input to the result. ``quiet_s`` takes processor time in place of wall time
        where a process computes, so that what else the machine does then does not count.
        """
        torch = need_torch()
        with one_thread(), torch.inference_mode():
            for _ in range(WARM_UP):
                self._once(rate_mbps)
            rows = [self._once(rate_mbps) for _ in range(repeats)]
        return {name: [row[name] for row in rows] for name in rows[0]}

    def result(self) -> Any:
        """The bytes of the result of one run, unpaced; to compare with the whole network's."""
        torch = need_torch()
        with one_thread(), torch.inference_mode():
            return self._exchange(1e6)[1]

    def _once(self, rate_mbps: float) -> dict[str, float]:
        return self._exchange(rate_mbps)[0]

    def _exchange(self, rate_mbps: float) -> tuple[dict[str, float], bytearray]:
        assert self._parts is not None, "cut first"
        sender = PacedSender(self._stream, rate_mbps)
        wall, busy = [time.perf_counter()], [time.thread_time()]
        crossing = self._parts.device.run(self.runnable.examples)
        wall.append(time.perf_counter())
        busy.append(time.thread_time())
        content = [bytes_of(tensor) for tensor in crossing]
        wall.append(time.perf_counter())
        busy.append(time.thread_time())
        send(self._stream, {"do": "run"})
        sender.send(content)
        sent = time.perf_counter()
        head, result = receive(self._stream)
        end = time.perf_counter()
        return _stages(wall, busy, sent, end, head), result

    def _ask(self, head: dict[str, Any]) -> dict[str, Any]:
        send(self._stream, head)
        return receive(self._stream)[0]

    def stop(self) -> None:
        """End the server's process."""
        send(self._stream, {"do": "stop"})


def _stages(wall: list[float], busy: list[float], sent: float, end: float, head: dict[str, Any]) -> dict[str, float]:
    server_wall, server_busy = sum(head["wall_s"]), sum(head["busy_s"])
    lost = (wall[2] - wall[0]) - (busy[2] - busy[0]) + server_wall - server_busy
    return {
        "total_s": end - wall[0],
        "quiet_s": end - wall[0] - lost,
        "device_s": busy[1] - busy[0],
        "pack_s": busy[2] - busy[1] + head["busy_s"][0] + head["busy_s"][2],
        "upload_s": sent - wall[2],
        "server_s": head["busy_s"][1],
        "return_s": end - sent - server_wall,
    }


@contextmanager
def open_split_run(network: str) -> Iterator[SplitRun]:
    """Start the server's process for a network of the catalogue; it is ended on leaving."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        command = [sys.executable, "-m", "results.reality.server", str(door.getsockname()[1]), network]
        path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path})
        try:
            door.settimeout(120)
            stream, _ = door.accept()
            with stream:
                stream.settimeout(120)
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                run = SplitRun(seeded(network), stream)
                receive(stream)  # the server is ready
                yield run
                run.stop()
                process.wait(timeout=30)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def cuts_by_time(cuts: CutSet, layer_s: Floats, parts: tuple[float, ...], upload_limit_mbit: float) -> Ints:
    """Rows of the cuts that keep about these parts of the time on the device, none sending more than the limit."""
    kept = np.asarray(cuts.on_device @ layer_s) / layer_s.sum()
    usable = (cuts.upload_mbit <= upload_limit_mbit) & cuts.on_device.any(axis=1) & ~cuts.on_device.all(axis=1)
    distance = np.abs(kept[None, :] - np.array(parts)[:, None]) + np.where(usable, 0.0, np.inf)[None, :]
    return np.asarray(np.argmin(distance, axis=1))


def predict_s(cuts: CutSet, row: int, layer_s: Floats, rate_mbps: float, round_trip_s: float) -> dict[str, float]:
    """What the model says a cut takes, and its stages: device, upload, server, round trip, s."""
    kept = cuts.on_device[row]
    stages = {
        "device_s": float(layer_s[kept].sum()),
        "upload_s": float(cuts.upload_mbit[row] / rate_mbps),
        "server_s": float(layer_s[~kept].sum()),
        "round_trip_s": round_trip_s,
    }
    return {"total_s": sum(stages.values()), **stages}
