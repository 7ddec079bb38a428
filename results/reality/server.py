"""The server's process: `python -m results.reality.server PORT NETWORK`, started by `results.reality.run`.

It connects to the port on the loopback interface, builds the network with the same weights as the device, and does what
messages say: ``cut`` (layers on the device), ``run`` (tensors follow the message, raw), ``echo``, ``stop``.
"""

from __future__ import annotations

import socket
import sys
import time
from itertools import pairwise
from typing import Any

from instances.measure import one_thread
from instances.running import Program, split
from instances.torch_graph import Runnable, need_torch
from results.reality.link import receive, receive_into, send
from results.reality.tensors import bytes_of, room_for, seeded, tensors_in

__all__ = ["main", "serve"]


def serve(stream: socket.socket, runnable: Runnable) -> None:
    """Answer messages until ``stop``."""
    torch = need_torch()
    program: Program | None = None
    room = bytearray()
    with one_thread(), torch.inference_mode():
        while True:
            head, _ = receive(stream)
            if head["do"] == "stop":
                return
            if head["do"] == "echo":
                send(stream, {})
            elif head["do"] == "cut":
                program = split(runnable, set(head["layers"])).server
                room = room_for(program.inputs)
                send(stream, {"expects": len(room)})
            elif program is not None:
                _run(stream, program, room)


def _run(stream: socket.socket, program: Program, room: bytearray) -> None:
    """Receive the tensors that cross, run the rest, send the result with the times that both took."""
    receive_into(stream, memoryview(room))
    wall, busy = [time.perf_counter()], [time.thread_time()]
    tensors = tensors_in(room, program.inputs)
    _mark(wall, busy)
    result = program.run(tensors)
    _mark(wall, busy)
    content = b"".join(bytes(bytes_of(tensor)) for tensor in result)
    _mark(wall, busy)
    send(stream, {"wall_s": _steps(wall), "busy_s": _steps(busy)}, content)


def _mark(wall: list[float], busy: list[float]) -> None:
    wall.append(time.perf_counter())
    busy.append(time.thread_time())


def _steps(marks: list[float]) -> list[float]:
    return [after - before for before, after in pairwise(marks)]


def main(arguments: list[str]) -> None:
    """Connect, build the network and serve."""
    port, network = int(arguments[0]), arguments[1]
    with socket.create_connection(("127.0.0.1", port)) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        runnable: Any = seeded(network)
        send(stream, {"ready": True})
        serve(stream, runnable)


if __name__ == "__main__":
    main(sys.argv[1:])
