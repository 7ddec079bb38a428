"""Columns of a Parquet file as arrays; what cannot be one is refused in the words of a user's record."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from instances.columns import Floats, Ints
from instances.errors import nearest
from instances.references import References
from instances.scalars import refuse

__all__ = ["Place", "numbers", "of_link", "of_user", "one_chunk", "refuse_null", "rows_of", "server_rows", "strings"]

Place = Callable[[int], str]
"""Where row k stands, in the words of a user's record."""


def of_user(field: str) -> Place:
    return lambda k: f"users[{k}].{field}"


def of_link(user: Ints, start: Ints, field: str) -> Place:
    return lambda k: f"users[{user[k]}].links[{k - start[user[k]]}].{field}"


def rows_of(column: Any, references: References[Any], place: Place) -> Ints:
    """[n] row of each name; a name that is not given is looked up in the catalogue."""
    encoded = strings(column, place).dictionary_encode()
    index = np.asarray(encoded.indices, dtype=np.int64)
    first = np.unique(index, return_index=True)[1].tolist()
    rows = [references.row(name, place(k)) for name, k in zip(encoded.dictionary.to_pylist(), first, strict=True)]
    return np.array(rows, dtype=np.int64)[index]


def server_rows(column: Any, servers: Sequence[str], place: Place) -> Ints:
    import pyarrow as pa
    import pyarrow.compute as pc

    names = strings(column, place)
    rows = pc.index_in(names, value_set=pa.array(servers, pa.string()))
    if rows.null_count:
        k = int(np.argmax(np.asarray(rows.is_null())))
        name = names[k].as_py()
        refuse(place(k), f"no server is called '{name}'", fix=nearest(name, servers))
    return np.asarray(rows, dtype=np.int64)


def strings(column: Any, place: Place) -> Any:
    """Arrow array of strings without nulls."""
    import pyarrow as pa

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        refuse(place(0), f"holds {column.type}", "a name is text", "store it as strings")
    refuse_null(column, place)
    return one_chunk(column).cast(pa.string())


def numbers(column: Any, place: Place, *, unlimited: bool = False) -> Floats:
    """[n] floats; where ``unlimited``, null is infinite."""
    import pyarrow as pa

    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        refuse(place(0), f"holds {column.type}", "a number is needed", "store it as 64-bit floats")
    if unlimited:
        column = column.fill_null(math.inf) if pa.types.is_floating(column.type) else column
    refuse_null(column, place)
    return np.asarray(one_chunk(column).cast(pa.float64(), safe=False), dtype=float)


def refuse_null(column: Any, place: Place) -> None:
    if column.null_count:
        k = int(np.argmax(np.asarray(one_chunk(column).is_null())))
        refuse(place(k), "is null", "every row needs a value", "fill it in")


def one_chunk(column: Any) -> Any:
    """Arrow array of a column in pieces."""
    import pyarrow as pa

    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
