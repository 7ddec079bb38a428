"""Neural networks as graphs of layers: what each layer computes, stores, sends and reads.

Units: GFLOP (1e9 floating-point operations, a multiply-accumulate is two), MB (1e6 bytes), Mbit (1e6 bits).
Numbers are whole FLOP and whole bytes underneath, so that a network written to JSON and read again is the
same network.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instances.dnn_checks import (
    FILE_FIELDS,
    LAYER_FIELDS,
    NETWORK_INPUT,
    OPTIONAL_FIELDS,
    SCHEMA,
    SCHEMA_CONDITIONAL,
    check_fields,
    check_layer_names,
    check_schema,
    check_text,
    checked_accuracy,
    checked_predecessors,
    checked_row,
    checked_run_probability,
    checked_whole,
    refuse,
)
from instances.errors import nearest
from instances.units import in_base_units

__all__ = ["NETWORK_INPUT", "SCHEMA", "Dnn", "load_network", "network_names"]

# These read as many bytes as they write, however large the tensor or the table they pick from.
_PICKING_KINDS = ("slice", "embedding")


@dataclass(frozen=True, eq=False)
class Dnn:
    """A neural network as a directed acyclic graph of n layers, listed in topological order.

    `gflop`, `weight_mb` and `output_mbit` have shape [n] and are read-only; they are rounded to whole FLOP
    and bytes.  `predecessors[j]` are the layers whose outputs layer j reads, -1 being the network input; each
    is listed once.  `input_mbit` is the input as sent over the air (an image of uint8 pixels; 4 bytes a token
    id), `result_mbit` what goes back to the user (class scores; the logits of the next token).  `source` says
    where the numbers come from.

    `run_probability` [n]: how likely a request gets as far as each layer (early exits, cascades); all 1 when left out.
    The events are nested: a request has one difficulty, and every layer runs whose probability exceeds it.  So a layer
    is never likelier than what it reads.  `accuracy`: part of the answers that are right, 0 to 1; None: not known.

    Raises InputError for a cycle, an unknown or repeated predecessor, a repeated layer name, a number that is
    negative or not finite, columns of unequal length, or probabilities that contradict each other.
    """

    name: str
    layers: tuple[str, ...]
    kind: tuple[str, ...]
    gflop: NDArray[np.float64]
    weight_mb: NDArray[np.float64]
    output_mbit: NDArray[np.float64]
    predecessors: tuple[tuple[int, ...], ...]
    input_mbit: float
    result_mbit: float
    source: str = ""
    run_probability: NDArray[np.float64] = field(default_factory=lambda: np.ones(0))
    accuracy: float | None = None

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        check_text(self.name, "name")
        where = f"networks[{self.name}]"
        store("layers", tuple(self.layers))
        store("kind", tuple(self.kind))
        check_layer_names(self.layers, where)
        if len(self.kind) != len(self.layers):
            refuse(f"{where}.kind", f"{len(self.kind)} kinds for {len(self.layers)} layers")
        for index, kind in enumerate(self.kind):
            check_text(kind, f"{where}.kind[{index}]")
        store("gflop", _column(self.gflop, self.layers, f"{where}.gflop", _to_flop, _to_gflop))
        store("weight_mb", _column(self.weight_mb, self.layers, f"{where}.weight_mb", _mb_to_bytes, _to_mb))
        outputs = _column(self.output_mbit, self.layers, f"{where}.output_mbit", _mbit_to_bytes, _to_mbit)
        store("output_mbit", outputs)
        store("input_mbit", _scalar(self.input_mbit, f"{where}.input_mbit"))
        store("result_mbit", _scalar(self.result_mbit, f"{where}.result_mbit"))
        store("predecessors", checked_predecessors(self.predecessors, self.layers, where))
        store("run_probability", checked_run_probability(self.run_probability, self.layers, self.predecessors, where))
        store("accuracy", checked_accuracy(self.accuracy, f"{where}.accuracy"))

    @property
    def n_layers(self) -> int:
        """Number of layers n."""
        return len(self.layers)

    @property
    def is_conditional(self) -> bool:
        """Whether some layer does not run for every request."""
        return bool((self.run_probability != 1.0).any())

    @property
    def total_gflop(self) -> float:
        """GFLOP of one inference, all layers."""
        return math.fsum(self.gflop)

    @property
    def gmac(self) -> float:
        """Billions of multiply-accumulates of one inference, as papers publish: half of the GFLOP."""
        return self.total_gflop / 2.0

    @property
    def total_weight_mb(self) -> float:
        """MB of parameters, all layers."""
        return math.fsum(self.weight_mb)

    @cached_property
    def traffic_mb(self) -> NDArray[np.float64]:
        """MB that each layer reads, writes and fetches as weights, shape [n], for a roofline time.

        A layer that only picks (a slice, an embedding look-up) reads as much as it writes.  The sums are
        correctly rounded, so that layers of equal shape have equal traffic whatever the order of their reads.
        """
        traffic = np.empty(self.n_layers)
        for index, reads in enumerate(self.predecessors):
            written = self.output_mbit[index] / 8.0
            if self.kind[index] in _PICKING_KINDS:
                traffic[index] = 2.0 * written
                continue
            read = [(self.input_mbit if p == NETWORK_INPUT else self.output_mbit[p]) / 8.0 for p in reads]
            traffic[index] = math.fsum([*read, written, self.weight_mb[index]])
        traffic.setflags(write=False)
        return traffic

    @cached_property
    def readers(self) -> tuple[tuple[int, ...], ...]:
        """For each layer the layers that read its output; the last entry (index -1) reads the input."""
        readers: list[list[int]] = [[] for _ in range(self.n_layers + 1)]
        for index, reads in enumerate(self.predecessors):
            for p in reads:
                readers[p].append(index)
        return tuple(tuple(r) for r in readers)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 (hex) of the canonical JSON of all but `source`: equal networks, equal fingerprints."""
        content = self.to_json()
        del content["source"]
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The network as plain JSON data in whole FLOP and bytes.

        Schema "edgecut-dnn/1", or "edgecut-dnn/2" with probabilities and accuracy where there are any.
        """
        rows = zip(
            self.layers,
            self.kind,
            _integers(_to_flop(self.gflop)),
            _integers(_mb_to_bytes(self.weight_mb)),
            _integers(_mbit_to_bytes(self.output_mbit)),
            [list(p) for p in self.predecessors],
            strict=True,
        )
        layers: list[dict[str, Any]] = [dict(zip(LAYER_FIELDS, row, strict=True)) for row in rows]
        if self.is_conditional:
            for row, p in zip(layers, self.run_probability.tolist(), strict=True):
                row["run_probability"] = p
        plain = not self.is_conditional and self.accuracy is None
        return {
            "schema": SCHEMA if plain else SCHEMA_CONDITIONAL,
            "name": self.name,
            "source": self.source,
            "input_bytes": _integers(_mbit_to_bytes(np.array([self.input_mbit])))[0],
            "result_bytes": _integers(_mbit_to_bytes(np.array([self.result_mbit])))[0],
            **({} if self.accuracy is None else {"accuracy": self.accuracy}),
            "layers": layers,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], where: str = "network") -> Dnn:
        """Read what `to_json` wrote.

        Numbers may be in other units (`instances.units`), as long as they are whole FLOP and bytes.
        Raises InputError, naming the place below `where`, for a missing or newer schema, a missing or unknown
        field, or a value of the wrong type; and for everything the constructor refuses.
        """
        optional = check_schema(data, where)
        data = in_base_units(data, (*FILE_FIELDS, *OPTIONAL_FIELDS), where)
        check_fields(data, FILE_FIELDS, where, OPTIONAL_FIELDS if optional else ())
        if not isinstance(data["layers"], Sequence) or isinstance(data["layers"], str):
            refuse(f"{where}.layers", "is not a list")
        rows = [checked_row(row, f"{where}.layers[{j}]", conditional=optional) for j, row in enumerate(data["layers"])]
        check_text(data["name"], f"{where}.name")
        if not isinstance(data["source"], str):
            refuse(f"{where}.source", "is not text")
        return cls(
            name=data["name"],
            layers=tuple(row["name"] for row in rows),
            kind=tuple(row["kind"] for row in rows),
            gflop=_to_gflop(_floats([row["flop"] for row in rows])),
            weight_mb=_to_mb(_floats([row["weight_bytes"] for row in rows])),
            output_mbit=_to_mbit(_floats([row["output_bytes"] for row in rows])),
            predecessors=tuple(tuple(row["predecessors"]) for row in rows),
            input_mbit=checked_whole(data["input_bytes"], f"{where}.input_bytes") * 8 / 1e6,
            result_mbit=checked_whole(data["result_bytes"], f"{where}.result_bytes") * 8 / 1e6,
            source=data["source"],
            run_probability=np.array([row.get("run_probability", 1.0) for row in rows], dtype=np.float64),
            accuracy=data.get("accuracy"),
        )


def network_names() -> tuple[str, ...]:
    """Names of the networks in the catalogue, sorted."""
    files = resources.files("instances").joinpath("catalog", "dnns").iterdir()
    return tuple(sorted(f.name.removesuffix(".json") for f in files if f.name.endswith(".json")))


def load_network(name: str) -> Dnn:
    """The catalogue's network of that name, or the one in a file where the name ends in ``.json``.

    Raises InputError, with the nearest name, when there is none, and for a file that holds no network.
    """
    if name.lower().endswith(".json"):
        return Dnn.from_json(_read_object(name), where=name)
    return _load_from_catalogue(name)


@lru_cache(maxsize=64)
def _load_from_catalogue(name: str) -> Dnn:
    if name not in network_names():
        fix = f"{nearest(name, network_names())} or give a file (.json)"
        refuse("network", f"no network {name!r} in the catalogue", fix=fix)
    file = resources.files("instances").joinpath("catalog", "dnns", f"{name}.json")
    return Dnn.from_json(json.loads(file.read_text(encoding="utf-8")), where=f"networks[{name}]")


def _read_object(path: str) -> Any:
    from instances.json_text import read_json  # late: it loads more than a network of the catalogue needs

    return read_json(path)


# Units: whole FLOP and bytes below, GFLOP, MB and Mbit above.  Division by a power of ten is correctly
# rounded, so 0.7 Mbit comes back as exactly 0.7.

_Numbers = NDArray[np.float64]


def _to_flop(gflop: _Numbers) -> _Numbers:
    return np.rint(gflop * 1e9)


def _to_gflop(flop: _Numbers) -> _Numbers:
    return flop / 1e9


def _mb_to_bytes(mb: _Numbers) -> _Numbers:
    return np.rint(mb * 1e6)


def _to_mb(count: _Numbers) -> _Numbers:
    return count / 1e6


def _mbit_to_bytes(mbit: _Numbers) -> _Numbers:
    return np.rint(mbit * 1e6 / 8.0)


def _to_mbit(count: _Numbers) -> _Numbers:
    return count * 8.0 / 1e6


def _integers(numbers: _Numbers) -> list[int]:
    return [int(number) for number in numbers]


def _floats(numbers: Sequence[int]) -> _Numbers:
    return np.array(numbers, dtype=np.float64)


def _column(
    values: ArrayLike,
    layers: tuple[str, ...],
    where: str,
    whole: Callable[[_Numbers], _Numbers],
    back: Callable[[_Numbers], _Numbers],
) -> _Numbers:
    column = np.array(values, dtype=np.float64)
    if column.shape != (len(layers),):
        refuse(where, f"has shape {column.shape}", f"one number a layer is shape ({len(layers)},)")
    for index in np.flatnonzero(~(np.isfinite(column) & (column >= 0.0))):
        refuse(f"{where}[{index}]", f"is {column[index]} (layer {layers[index]!r})", "finite, not negative")
    column = back(whole(column))
    column.setflags(write=False)
    return column


def _scalar(value: float, where: str) -> float:
    if not (math.isfinite(value) and value >= 0.0):
        refuse(where, f"is {value}", "finite, not negative")
    return float(_to_mbit(_mbit_to_bytes(np.array([value])))[0])
