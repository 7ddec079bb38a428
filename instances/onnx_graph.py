"""Networks from ONNX files: the layer graph, with FLOP, weights and bytes from shapes alone. Needs the extra `onnx`.

* Batch 1: an open first axis is 1; other open sizes have to be given.
* What does not depend on the input is constant. Constants of floating-point and 8-bit types with more than one element
  are weights; each is counted once, with the layer that multiplies by it when a look-up shares it. The running
  statistics of a normalisation are not: they fold into its scale, as the catalogue counts.
* Views (Reshape, Transpose, Cast, …) pass their input through; a Split is read part by part.
* Several outputs are joined by a last `concat` layer without FLOP.
* An unknown operator becomes a layer of kind `other` with 0 FLOP, and a warning names it.
* Branches and loops are refused.

Operators are then fused as the catalogue's are (`instances.fusion`).
"""

from __future__ import annotations

import contextlib
import math
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from instances.dnn import Dnn
from instances.errors import InputError
from instances.fusion import Graph, Operator, fuse
from instances.graph_network import to_network
from instances.onnx_counts import CONTROL_FLOW, KIND_OF, OTHER, VIEWS, count_flop
from instances.onnx_shapes import attributes_of, bytes_of_type, drop_weights, fold_shapes, set_sizes, shapes_of
from instances.sent import sent_bytes
from instances.storage import read_bytes

__all__ = ["from_onnx"]

_STATISTICS = {"BatchNormalization": (3, 4)}
"""Inputs that are running statistics."""


@dataclass(frozen=True)
class _Made:
    """What became of a value: the operator that makes it (−1: the input), or a constant of some weights."""

    operator: int | None
    weights: frozenset[str] = frozenset()


@dataclass
class _Reading:
    """What is known so far: shapes and element bytes of values, operators, weights of each, unknown operators."""

    shapes: Mapping[str, tuple[int, ...]]
    types: Mapping[str, int]
    made: dict[str, _Made]
    graph: Graph = field(default_factory=dict)
    owned: dict[int, frozenset[str]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def size(self, value: str) -> int:
        """Bytes of a value.  Raises InputError when its shape is not known."""
        if value not in self.shapes:
            raise InputError(f"value {value}", "has no known shape", "shape inference stops before it",
                             "fix the open sizes on export, or simplify the graph (onnxsim)")  # fmt: skip
        return math.prod(self.shapes[value]) * bytes_of_type(self.types.get(value, 0))


def from_onnx(
    source: str | os.PathLike[str] | Any,
    *,
    name: str | None = None,
    sizes: Mapping[str, int] | None = None,
    input_bytes: int | None = None,
) -> Dnn:
    """The layer graph of an ONNX model.

    Args:
        source: a file, or a ``ModelProto``, which is left as it was. Weights in files beside it are not read.
        name: what the network is called; None: the file's name, or the graph's.
        sizes: open sizes by their names in the file, such as a sequence's length.
        input_bytes: of the input as sent over the air; None: pixels as uint8, token ids in 4 bytes, else as it is.

    Raises:
        InputError: onnx is not installed, the file is no model, or its shapes or control flow are open.
    """
    model = _load(source)
    name = name or (Path(source).stem if isinstance(source, str | os.PathLike) else model.graph.name) or "network"
    with _malformed("graph"):
        drop_weights(model)
        set_sizes(model, sizes or {})
        model = fold_shapes(model)
        reading = _start(model)
    for node in model.graph.node:
        with _malformed(f"node {node.name or ', '.join(node.output)}"):
            _read(node, reading)
    with _malformed("graph"):
        _join_outputs(model, reading)
        _assign_weights(reading)
    if reading.unknown:
        names = ", ".join(sorted(reading.unknown))
        warnings.warn(f"ONNX operators of unknown kind are counted with 0 FLOP: {names}", stacklevel=2)
    with _malformed("graph"):
        sent = _sent(model, reading) if input_bytes is None else input_bytes
    origin = f"ONNX graph {model.graph.name or '(no name)'}, batch 1, FLOP of products alone"
    return to_network(fuse(reading.graph) if reading.graph else [], name, input_bytes=sent, source=origin)


@contextlib.contextmanager
def _malformed(where: str) -> Iterator[None]:
    """Within it, what a graph that contradicts itself does to code that takes it at its word becomes an InputError.

    Any part may be missing, of another rank or type, or refer to nothing; onnx's own inference raises what it likes.
    """
    try:
        yield
    except InputError:
        raise
    except (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        found = (
            f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no more is said'}"
        )
        raise InputError(where, "does not fit the rest of the model", found[:200],
                         "check the file with onnx.checker.check_model, and export it again") from error  # fmt: skip


def _load(source: Any) -> Any:
    try:
        import onnx
        import onnx.inliner
        from google.protobuf.message import DecodeError
    except ImportError as error:
        fix = "pip install 'edgecut[onnx]'"
        raise InputError("onnx", "is not installed", "ONNX models are read with it", fix) from error
    model = onnx.ModelProto()
    if isinstance(source, str | os.PathLike):
        try:
            model.ParseFromString(read_bytes(source))
        except DecodeError as error:
            raise InputError(str(source), "is no ONNX model", str(error), "give a file that onnx.save wrote") from error
        if not model.graph.node:
            raise InputError(str(source), "is no ONNX model", "it has no node", "give a file that onnx.save wrote")
    else:
        model.CopyFrom(source)
    return onnx.inliner.inline_local_functions(model) if model.functions else model


def _start(model: Any) -> _Reading:
    values = (*model.graph.input, *model.graph.value_info, *model.graph.output)
    types = {value.name: value.type.tensor_type.elem_type for value in values}
    types |= {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    shapes = shapes_of(model)
    made = {value.name: _Made(-1) for value in model.graph.input}
    reading = _Reading(shapes, types, made)
    for tensor in model.graph.initializer:
        made[tensor.name] = _constant(tensor.name, reading)
    return reading


def _constant(value: str, reading: _Reading) -> _Made:
    """A constant that is stored: a weight, unless its type or size says that it is a shape or a factor."""
    import onnx

    kind, types = reading.types.get(value, 0), onnx.TensorProto
    whole = {types.INT16, types.INT32, types.INT64, types.UINT16, types.UINT32, types.UINT64, types.BOOL, types.STRING}
    one = math.prod(reading.shapes.get(value, ())) <= 1
    return _Made(None, frozenset() if one or kind in whole else frozenset({value}))


def _read(node: Any, reading: _Reading) -> None:
    if node.op_type in CONTROL_FLOW:
        raise InputError(f"node {node.name or node.output[0]}", f"is a {node.op_type}", "layers have a fixed order",
                         "export without control flow, or simplify the graph (onnxsim)")  # fmt: skip
    unmade = [value for value in node.input if value and value not in reading.made]
    if unmade:
        raise InputError(f"node {node.name or node.output[0]}", f"reads '{unmade[0]}'", "nothing before it makes that",
                         "export the model again")  # fmt: skip
    skipped = _STATISTICS.get(node.op_type, ())
    inputs = [reading.made[value] for value in node.input if value]
    weights = frozenset[str]().union(*(reading.made[v].weights for k, v in enumerate(node.input)
                                       if v and k not in skipped))  # fmt: skip
    reads = list(dict.fromkeys(made.operator for made in inputs if made.operator is not None))
    outputs = [value for value in node.output if value]
    if not reads:
        for value in outputs:
            reading.made[value] = _Made(None, weights) if inputs else _constant(value, reading)
            if node.op_type == "ConstantOfShape":
                reading.made[value] = _constant(value, reading)
    elif _passes_through(node, inputs, reading):
        for value in outputs:
            reading.made[value] = inputs[0]
    elif node.op_type == "Split":
        for value in outputs:
            _add(node, [value], "slice", reads, weights, reading)
    else:
        _add(node, outputs, _kind(node, inputs, reading), reads, weights, reading)


def _passes_through(node: Any, inputs: list[_Made], reading: _Reading) -> bool:
    """Whether the node's output is its first input, seen differently."""
    if node.op_type in VIEWS:
        return inputs[0].operator is not None
    if node.op_type not in ("Slice", "Concat", "Gather") or inputs[0].operator is None:
        return False
    first, output = reading.shapes.get(node.input[0]), reading.shapes.get(node.output[0])
    alone = sum(made.operator is not None for made in inputs) == 1 and not any(made.weights for made in inputs)
    return alone and first is not None and output is not None and math.prod(first) == math.prod(output)


def _kind(node: Any, inputs: list[_Made], reading: _Reading) -> str:
    kind = KIND_OF.get(node.op_type, OTHER) if node.domain in ("", "ai.onnx") else OTHER
    if kind == OTHER:
        reading.unknown.add(f"{node.domain}::{node.op_type}" if node.domain else node.op_type)
    if node.op_type.startswith("Gather") and inputs[0].operator is not None:
        return "slice"  # picks from what was computed, not from a table
    if node.op_type == "MatMul" and len(inputs) == 2 and None in (inputs[0].operator, inputs[1].operator):
        return "linear"
    return kind


def _add(
    node: Any, outputs: list[str], kind: str, reads: list[int], weights: frozenset[str], reading: _Reading
) -> None:
    key = len(reading.graph)
    name = _free_name(node.name or outputs[0], reading)
    flop = 0
    if kind not in (OTHER, "slice"):
        shapes = [
            [reading.shapes.get(value) if value else None for value in side] for side in (node.input, node.output)
        ]
        for value in (v for v in node.input if v):
            reading.size(value)
        flop = count_flop(node.op_type, attributes_of(node), *shapes)
    size = sum(reading.size(value) for value in outputs)
    reading.graph[key] = Operator(name, kind, flop, 0, size, reads, (name,))
    reading.owned[key] = weights
    for value in outputs:
        reading.made[value] = _Made(key)


def _free_name(name: str, reading: _Reading) -> str:
    taken = {operator.name for operator in reading.graph.values()}
    free, count = name, 2
    while free in taken:
        free, count = f"{name}.{count}", count + 1
    return free


def _join_outputs(model: Any, reading: _Reading) -> None:
    """A last operator that reads all outputs, unless there is one and it comes last anyway."""
    unmade = [value.name for value in model.graph.output if value.name not in reading.made]
    if unmade:
        raise InputError("output", f"is '{unmade[0]}'", "no node makes that", "export the model again")
    made = [reading.made[value.name].operator for value in model.graph.output]
    wanted = list(dict.fromkeys(operator for operator in made if operator is not None and operator >= 0))
    key = len(reading.graph)
    if len(wanted) > 1 or (wanted and wanted[0] != key - 1):
        size = sum(reading.graph[operator].output_bytes for operator in wanted)
        reading.graph[key] = Operator(_free_name("outputs", reading), "concat", 0, 0, size, wanted)
        reading.owned[key] = frozenset()


def _assign_weights(reading: _Reading) -> None:
    """Give each weight to the first operator that multiplies by it, or else to the first that looks it up."""
    assigned: frozenset[str] = frozenset()
    for key, operator in sorted(reading.graph.items(), key=lambda item: (item[1].kind == "embedding", item[0])):
        operator.weight_bytes = sum(reading.size(weight) for weight in reading.owned[key] - assigned)
        assigned |= reading.owned[key]


def _sent(model: Any, reading: _Reading) -> int:
    import onnx

    constants = {tensor.name for tensor in model.graph.initializer}
    types = onnx.TensorProto
    floats = {types.FLOAT, types.DOUBLE, types.FLOAT16, types.BFLOAT16}
    total = 0
    for value in model.graph.input:
        if value.name not in constants:
            kind = reading.types[value.name]
            total += sent_bytes(reading.shapes[value.name], bytes_of_type(kind), is_float=kind in floats)
    return total
