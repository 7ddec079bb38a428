"""Records of many users as Parquet: a row a user (u0, u1, …), all else as one text in the column ``record``.

It stands in the first row. In a column it is compressed; as metadata it would be there twice, uncompressed. See
`instances.library.records`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from instances.json_text import format_json, parse_json
from instances.scalars import refuse
from instances.storage import read_bytes, write_atomically

__all__ = ["read_table", "write_table"]

_NAMES, _NUMBERS = ("server", "cut"), ("uplink_share", "compute_share", "clock")
_REST = "record"


def write_table(path: Path, data: Mapping[str, Any]) -> None:
    """Write a record's JSON data, its users as rows; atomically.

    Raises:
        InputError: the file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    users = [] if data["best"] is None else data["best"]["plan"]["users"]
    if any(row["user"] != f"u{k}" for k, row in enumerate(users)):
        refuse(str(path), "has other users than u0, u1, …", "rows have no names", "keep the generators' names")
    columns: dict[str, Any] = {name: pa.array([row[name] for row in users], pa.string()) for name in _NAMES}
    columns |= {name: pa.array([row[name] for row in users], pa.float64()) for name in _NUMBERS}
    rest = dict(data)
    if data["best"] is not None:
        rest["best"] = {**data["best"], "plan": {"cuts": data["best"]["plan"]["cuts"]}}
    columns[_REST] = pa.array([format_json(rest), *[None] * (len(users) - 1)], pa.string())
    if not users:
        columns = {name: pa.nulls(1, column.type) for name, column in columns.items()} | {_REST: columns[_REST]}
    table = pa.table(columns)

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
        rest = table[_REST][0].as_py()
    except (pa.ArrowException, OSError, ValueError, KeyError, IndexError) as error:
        refuse(str(path), "is not a whole record", str(error).splitlines()[0][:200], "get it again")
    data = parse_json(rest or "", str(path))
    if isinstance(data.get("best"), dict) and isinstance(data["best"].get("plan"), dict):
        names = ("user", *_NAMES, *_NUMBERS)
        rows = [dict(zip(names, (f"u{k}", *row), strict=True)) for k, row in enumerate(zip(*columns, strict=True))]
        data["best"] = {**data["best"], "plan": {**data["best"]["plan"], "users": rows}}
    return data
