"""Records of many users as Parquet: a row a user, everything else in the metadata. See `instances.library.records`."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from instances.json_text import format_json, parse_json
from instances.scalars import refuse
from instances.storage import read_bytes, write_atomically

__all__ = ["read_table", "write_table"]

_KEY = b"edgecut-library"
_NAMES, _NUMBERS = ("user", "server", "cut"), ("uplink_share", "compute_share", "clock")


def write_table(path: Path, data: Mapping[str, Any]) -> None:
    """Write a record's JSON data, its users as rows; atomically.

    Raises:
        InputError: the file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    users = [] if data["best"] is None else data["best"]["plan"]["users"]
    columns: dict[str, Any] = {name: pa.array([row[name] for row in users], pa.string()) for name in _NAMES}
    columns |= {name: pa.array([row[name] for row in users], pa.float64()) for name in _NUMBERS}
    rest = dict(data)
    if data["best"] is not None:
        rest["best"] = {**data["best"], "plan": {"cuts": data["best"]["plan"]["cuts"]}}
    table = pa.table(columns).replace_schema_metadata({_KEY: format_json(rest).encode()})

    def write(stream: BinaryIO) -> None:
        pq.write_table(table, stream, compression="zstd", compression_level=15)

    write_atomically(path, write)


def read_table(path: Path) -> dict[str, Any]:
    """The JSON data that `write_table` was given.

    Raises:
        InputError: the file is missing, cut short or not such a record.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = read_bytes(path)
    try:
        table = pq.ParquetFile(io.BytesIO(content)).read()
        columns = [table[name].to_pylist() for name in (*_NAMES, *_NUMBERS)]
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        refuse(str(path), "is not a whole record", str(error).splitlines()[0][:200], "get it again")
    metadata = table.schema.metadata or {}
    if _KEY not in metadata:
        refuse(str(path), f"has no metadata '{_KEY.decode()}'", "it is not a record", "get it again")
    data = parse_json(metadata[_KEY], str(path))
    if isinstance(data.get("best"), dict) and isinstance(data["best"].get("plan"), dict):
        names = (*_NAMES, *_NUMBERS)
        users = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
        data["best"] = {**data["best"], "plan": {**data["best"]["plan"], "users": users}}
    return data
