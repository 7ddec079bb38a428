"""What a layer graph must satisfy, and the errors that say where it does not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import index as to_index
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instances.errors import InputError, nearest
from instances.units import in_base_units

NETWORK_INPUT = -1
"""The predecessor index that stands for the network's input."""

SCHEMA = "edgecut-dnn/1"
SCHEMA_CONDITIONAL = "edgecut-dnn/2"
"""With probabilities of running or an accuracy; plain networks keep the first schema."""

_SCHEMA_FAMILY = "edgecut-dnn/"
FILE_FIELDS = ("schema", "name", "source", "input_bytes", "result_bytes", "layers")
OPTIONAL_FIELDS = ("accuracy",)
LAYER_FIELDS = ("name", "kind", "flop", "weight_bytes", "output_bytes", "predecessors")
OPTIONAL_LAYER_FIELDS = ("run_probability",)


def refuse(where: str, what: str, why: str = "", fix: str = "") -> NoReturn:
    """Raise InputError."""
    raise InputError(where, what, why, fix)


def check_text(value: object, where: str) -> None:
    if not isinstance(value, str) or not value:
        refuse(where, "is not a name", "a name is non-empty text")


def check_layer_names(layers: tuple[str, ...], where: str) -> None:
    if not layers:
        refuse(f"{where}.layers", "no layer at all")
    seen: dict[str, int] = {}
    for index, layer in enumerate(layers):
        check_text(layer, f"{where}.layers[{index}]")
        if layer in seen:
            refuse(f"{where}.layers[{index}]", f"repeats the name {layer!r} of layer {seen[layer]}")
        seen[layer] = index


def checked_predecessors(
    predecessors: Sequence[Sequence[int]], layers: tuple[str, ...], where: str
) -> tuple[tuple[int, ...], ...]:
    if len(predecessors) != len(layers):
        refuse(f"{where}.predecessors", f"{len(predecessors)} lists for {len(layers)} layers")
    checked = tuple(_indices(reads, f"{where}.predecessors[{j}]") for j, reads in enumerate(predecessors))
    for index, reads in enumerate(checked):
        place = f"{where}.predecessors[{index}]"
        if not reads:
            refuse(place, f"layer {layers[index]!r} reads nothing", fix="write -1 for the network input")
        if len(set(reads)) < len(reads):
            refuse(place, f"lists a predecessor of {layers[index]!r} twice", "a tensor is sent once")
        for p in reads:
            if not NETWORK_INPUT <= p < len(layers):
                why = f"layers are 0 to {len(layers) - 1}"
                refuse(place, f"unknown predecessor {p} of {layers[index]!r}", why)
    check_order(checked, layers, where)
    return checked


def _indices(reads: Sequence[int], where: str) -> tuple[int, ...]:
    try:
        return tuple(to_index(p) for p in reads)
    except TypeError:
        refuse(where, f"is {reads!r}", "a list of layer indices, which are whole numbers")


def check_order(predecessors: tuple[tuple[int, ...], ...], layers: tuple[str, ...], where: str) -> None:
    late = [index for index, reads in enumerate(predecessors) if max(reads) >= index]
    if not late:
        return
    # Strike out layers whose predecessors are all struck out; what stays lies on a cycle or behind one.
    remaining = dict(enumerate(predecessors))
    while ready := [j for j, reads in remaining.items() if not any(p in remaining for p in reads)]:
        for j in ready:
            del remaining[j]
    if remaining:
        # Walking back along remaining predecessors must repeat a layer, and what it repeats is on a cycle.
        path = [next(iter(remaining))]
        while path.count(path[-1]) < 2:
            path.append(next(p for p in remaining[path[-1]] if p in remaining))
        loop = path[path.index(path[-1]) :]
        names = " -> ".join(layers[j] for j in reversed(loop))
        refuse(f"{where}.predecessors[{loop[0]}]", f"cycle {names}", "a network is acyclic")
    index = late[0]
    refuse(
        f"{where}.predecessors[{index}]",
        f"layer {layers[index]!r} stands before {layers[max(predecessors[index])]!r}, which it reads",
        fix="list layers in topological order",
    )


def checked_run_probability(
    values: ArrayLike, layers: tuple[str, ...], predecessors: tuple[tuple[int, ...], ...], where: str
) -> NDArray[np.float64]:
    """[n] probabilities; all 1 when none are given."""
    column = np.array(values, dtype=np.float64)
    if column.shape == (0,):
        column = np.ones(len(layers))
    place = f"{where}.run_probability"
    if column.shape != (len(layers),):
        refuse(place, f"has shape {column.shape}", f"one number a layer is shape ({len(layers)},)")
    for index in np.flatnonzero(~((column >= 0.0) & (column <= 1.0))).tolist():
        refuse(f"{place}[{index}]", f"is {column[index]} (layer {layers[index]!r})", "a probability is 0 to 1")
    for index, reads in enumerate(predecessors):
        for p in reads:
            if p >= 0 and column[index] > column[p]:
                what, why = f"is {column[index]} (layer {layers[index]!r})", f"it reads {layers[p]!r}, with {column[p]}"
                refuse(f"{place}[{index}]", what, why, "a layer is no likelier than what it reads")
    column.setflags(write=False)
    return column


def checked_accuracy(value: object, where: str) -> float | None:
    if value is None:
        return None
    if not isinstance(value, (int, float, np.number)) or isinstance(value, bool) or not 0.0 <= float(value) <= 1.0:
        refuse(where, f"is {value!r}", "it is a part of the answers, 0 to 1")
    return float(value)


def check_schema(data: object, where: str) -> bool:
    """Whether the schema has the optional fields."""
    if not isinstance(data, Mapping):
        refuse(where, "is not a JSON object")
    schema = data.get("schema")
    if schema is None:
        refuse(f"{where}.schema", "is missing", fix=f"this version reads {SCHEMA!r}")
    if schema not in (SCHEMA, SCHEMA_CONDITIONAL):
        newer = isinstance(schema, str) and schema.removeprefix(_SCHEMA_FAMILY).isdecimal()
        why = "written by a newer version" if newer else ""
        refuse(f"{where}.schema", f"is {schema!r}", why, f"this version reads {SCHEMA!r} and {SCHEMA_CONDITIONAL!r}")
    return bool(schema == SCHEMA_CONDITIONAL)


def check_fields(data: Mapping[str, Any], fields: tuple[str, ...], where: str, optional: tuple[str, ...] = ()) -> None:
    for field in data:
        if field not in (*fields, *optional):
            refuse(f"{where}.{field}", "unknown field", fix=nearest(str(field), fields))
    for field in fields:
        if field not in data:
            refuse(f"{where}.{field}", "is missing")


def checked_row(data: object, where: str, *, conditional: bool = False) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        refuse(where, "is not a JSON object")
    row = in_base_units(data, (*LAYER_FIELDS, *OPTIONAL_LAYER_FIELDS), where)
    check_fields(row, LAYER_FIELDS, where, OPTIONAL_LAYER_FIELDS if conditional else ())
    p = row.get("run_probability", 1.0)
    if not isinstance(p, (int, float)) or isinstance(p, bool) or not math.isfinite(p):
        refuse(f"{where}.run_probability", f"is {p!r}", "a number from 0 to 1")
    for field in ("flop", "weight_bytes", "output_bytes"):
        checked_whole(row[field], f"{where}.{field}")
    reads = row["predecessors"]
    if not isinstance(reads, list) or not all(isinstance(p, int) and not isinstance(p, bool) for p in reads):
        refuse(f"{where}.predecessors", "is not a list of layer indices")
    return row


def checked_whole(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 2**53:
        refuse(where, f"is {value!r}", "a whole number from 0 to 2**53")
    return value
