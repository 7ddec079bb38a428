"""Ways to break a Parquet file whose bytes are whole: its columns, its nulls, the JSON in its metadata."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from results.trust.fuzz.broken import BYTES, Mutator, broken_json, flip

__all__ = ["PARQUET"]

_BAD = (np.nan, np.inf, -np.inf, -1.0, 0.0, 1e308, 1e-320)


def columns(content: bytes, rng: np.random.Generator) -> bytes:
    """A column is lost, renamed, there twice, of another type, partly null or full of bad numbers."""
    import pyarrow as pa

    table = _table(content)
    if table is None or not table.num_columns:
        return flip(content, rng)
    k = int(rng.integers(table.num_columns))
    name, column = table.column_names[k], table.column(k)
    what = int(rng.integers(7))
    if what == 0:
        return _bytes(table.remove_column(k))
    if what == 1:
        return _bytes(table.rename_columns([c + "x" if c == name else c for c in table.column_names]))
    if what == 2:
        return _bytes(table.append_column(name, column))
    if what == 3:
        kinds = (pa.null(), pa.string(), pa.int8(), pa.bool_(), pa.list_(pa.float64()), pa.binary())
        return _bytes(table.set_column(k, name, pa.nulls(table.num_rows, kinds[int(rng.integers(len(kinds)))])))
    if what == 4:
        numbers = rng.choice(_BAD, table.num_rows)
        return _bytes(table.set_column(k, name, pa.array(numbers)))
    if what == 5:
        kept = rng.random(table.num_rows) < 0.5
        values = [value if keep else None for value, keep in zip(column.to_pylist(), kept.tolist(), strict=True)]
        return _bytes(table.set_column(k, name, pa.array(values, column.type)))
    words = [["", "x" * 1000, "\x00", "é"][int(w)] for w in rng.integers(4, size=table.num_rows)]
    return _bytes(table.set_column(k, name, pa.array(words)))


def rows(content: bytes, rng: np.random.Generator) -> bytes:
    """No rows, one row, or all of them many times."""
    import pyarrow as pa

    table = _table(content)
    if table is None:
        return flip(content, rng)
    what = int(rng.integers(3))
    return _bytes(table.slice(0, what) if what < 2 else pa.concat_tables([table] * int(rng.integers(2, 30))))


def header(content: bytes, rng: np.random.Generator) -> bytes:
    """The JSON in the metadata is broken as any JSON is."""
    table = _table(content)
    if table is None or not table.schema.metadata:
        return flip(content, rng)
    metadata = dict(table.schema.metadata)
    key = next(iter(metadata))
    text = metadata[key]
    try:
        text = broken_json(json.loads(text), rng).encode("utf-8", errors="surrogatepass")
    except (ValueError, RecursionError):
        text = flip(text, rng)
    return _bytes(table.replace_schema_metadata({**metadata, key: text}))


def _table(content: bytes) -> Any:
    """The table, or None where earlier faults leave none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(io.BytesIO(content)).read()
    except (pa.ArrowException, OSError, ValueError, KeyError):
        return None


def _bytes(table: Any) -> bytes:
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd")
    return stream.getvalue()


PARQUET: tuple[Mutator, ...] = (*BYTES[:6], columns, columns, columns, rows, header, header, header)
