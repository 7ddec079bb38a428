"""The link between the two processes: a loopback socket whose sender is held to a rate, and whole messages over it.

A message is a head of one line of JSON and raw bytes, whose number the head says.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Sequence
from typing import Any

__all__ = ["PacedSender", "receive", "receive_into", "send"]

CHUNK = 8192
"""Bytes handed over at a time; at 100 Mbit/s that is 0.66 ms of sending."""
_WINK_S = 2e-4
"""Waits shorter than this are spent awake: a sleeping process wakes up late."""


class PacedSender:
    """Sends at a rate: a token bucket that fills at ``rate_mbps`` and holds one chunk.

    A bucket that starts empty and holds no more than a chunk makes d Mbit take d/rate seconds, as the model says,
    however late the process wakes up in between: what is due by the clock is sent at once.
    """

    def __init__(self, stream: socket.socket, rate_mbps: float) -> None:
        self._stream, self._bytes_a_second = stream, rate_mbps * 1e6 / 8

    def send(self, parts: Sequence[memoryview]) -> None:
        """Send some buffers, one after the other."""
        begin, sent = time.perf_counter(), 0
        for part in parts:
            for start in range(0, len(part), CHUNK):
                piece = part[start : start + CHUNK]
                sent += len(piece)
                _wait_until(begin + sent / self._bytes_a_second)
                self._stream.sendall(piece)


def _wait_until(due: float) -> None:
    while (left := due - time.perf_counter()) > 0:
        if left > _WINK_S:
            time.sleep(left - _WINK_S)


def send(stream: socket.socket, head: dict[str, Any], content: bytes | memoryview = b"") -> None:
    """Send a message as fast as the socket takes it."""
    line = json.dumps({**head, "bytes": len(content)}).encode() + b"\n"
    stream.sendall(line + bytes(content) if len(content) < CHUNK else line)
    if len(content) >= CHUNK:
        stream.sendall(content)


def receive(stream: socket.socket) -> tuple[dict[str, Any], bytearray]:
    """The next message.  Raises ConnectionError when the other side is gone."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = stream.recv(1)
        if not byte:
            raise ConnectionError("the other process closed the link")
        line += byte
    head = json.loads(line)
    content = bytearray(head["bytes"])
    receive_into(stream, memoryview(content))
    return head, content


def receive_into(stream: socket.socket, room: memoryview) -> None:
    """Fill a buffer from the socket.  Raises ConnectionError when the other side is gone."""
    filled = 0
    while filled < len(room):
        count = stream.recv_into(room[filled:])
        if not count:
            raise ConnectionError("the other process closed the link")
        filled += count
