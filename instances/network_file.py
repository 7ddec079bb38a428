"""Networks in files of their own: JSON with one layer a line, as the catalogue's are."""

from __future__ import annotations

import json
import os
from typing import BinaryIO

from instances.dnn import Dnn
from instances.storage import write_atomically

__all__ = ["write_network"]


def write_network(network: Dnn, path: str | os.PathLike[str]) -> None:
    """Write a network as JSON with one layer a line, so that a difference can be read; whole or not at all.

    `instances.dnn.load_network` reads it back.  Raises InputError when the file cannot be written.
    """
    data = network.to_json()
    head = "".join(f" {json.dumps(k)}: {json.dumps(v)},\n" for k, v in data.items() if k != "layers")
    rows = ",\n".join("  " + json.dumps(row) for row in data["layers"])
    text = "{\n" + head + ' "layers": [\n' + rows + "\n ]\n}\n"
    write_atomically(path, lambda stream: _write_all(stream, text.encode("utf-8")))


def _write_all(stream: BinaryIO, content: bytes) -> None:
    stream.write(content)
