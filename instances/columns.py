"""Base of the frozen column structs: read-only arrays of one length, with `replace` and `take`."""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from instances.errors import InputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Names = NDArray[np.str_]

_DTYPES: dict[str, Any] = {"Floats": np.float64, "Ints": np.int64, "Bools": np.bool_, "Names": np.str_}
_ACCEPTED = {"f": "fiub", "i": "iub", "b": "b", "U": "U"}
"""Kinds that turn into a column's own kind with nothing lost; floats as row numbers are an error, not a guess."""


@dataclasses.dataclass(frozen=True, eq=False)
class Columns:
    """A table: every field is a one-dimensional array and all have the same length.

    Raises:
        InputError: a field is not one-dimensional, has another length or cannot be converted.
    """

    def __post_init__(self) -> None:
        length: int | None = None
        for field in dataclasses.fields(self):
            array = as_column(type(self).__name__, field.name, getattr(self, field.name), str(field.type))
            if length is None:
                length = len(array)
            elif len(array) != length:
                raise InputError(
                    f"{type(self).__name__}.{field.name}",
                    f"has {len(array)} rows where the other columns have {length}",
                    fix="give every column one value a row",
                )
            object.__setattr__(self, field.name, array)

    def __len__(self) -> int:
        return len(getattr(self, dataclasses.fields(self)[0].name))

    def replace(self, **changes: Any) -> Self:
        """Copy with some columns changed."""
        return dataclasses.replace(self, **changes)

    def take(self, rows: NDArray[Any]) -> Self:
        """Copy with the given rows (indices or a mask) only."""
        return type(self)(**{f.name: getattr(self, f.name)[rows] for f in dataclasses.fields(self)})


def as_column(struct: str, name: str, value: Any, annotation: str) -> NDArray[Any]:
    """Read-only array of the named column type (``Floats``, ``Ints``, ``Bools``, ``Names``)."""
    wanted = np.dtype(_DTYPES[annotation]).kind
    raw = np.asarray(value)
    if wanted == "U" and raw.dtype.kind == "O" and all(isinstance(item, str) for item in raw.ravel()):
        raw = raw.astype(np.str_)
    if raw.size and raw.dtype.kind not in _ACCEPTED[wanted]:
        found = "whole numbers" if wanted == "i" else annotation.lower()
        raise InputError(f"{struct}.{name}", f"holds {raw.dtype}, not {found}")
    array = raw.astype(_DTYPES[annotation], copy=False)
    if array.ndim != 1:
        raise InputError(f"{struct}.{name}", f"has {array.ndim} dimensions", "a column has one")
    if array.flags.writeable:
        # A view of somebody else's buffer would let the caller change a frozen struct.
        array = array.copy() if array is value or array.base is not None else array
        array.flags.writeable = False
    return array
