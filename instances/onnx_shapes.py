"""Shapes of every value in an ONNX graph: sizes left open are set, and what only concerns shapes is computed away.

Exported graphs reshape by what they compute from the shapes of other values. ONNX's own inference follows some of
that; the rest is folded here, node by node, until nothing changes: a `Shape` of a known shape is a constant, and so is
all that reads small constants alone.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from instances.errors import InputError

__all__ = ["attributes_of", "bytes_of_type", "drop_weights", "fold_shapes", "set_sizes", "shapes_of"]

_SMALL = 1 << 16
"""Values of constants are followed up to this many elements; weights are larger, and only their shapes matter."""

_RANDOM = frozenset({"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli"})


_GROWING = frozenset({"Expand", "Tile", "Range", "Pad", "Resize", "Upsample", "OneHot", "EyeLike"})
"""What may make much out of little: computed only where the size of the result is known to be small."""


def drop_weights(model: Any) -> None:
    """Forget the numbers of large constants; only their shapes matter, and inference copies the model every time."""
    for tensor in model.graph.initializer:
        if not _is_small(tensor):
            for content in ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data"):
                tensor.ClearField(content)


def set_sizes(model: Any, sizes: Mapping[str, int]) -> None:
    """Put numbers in place of the inputs' open sizes: those given by name, and 1 for the first axis (the batch).

    Raises:
        InputError: another axis is open and not given.
    """
    known = dict(sizes)
    constants = {tensor.name for tensor in model.graph.initializer}
    for value in model.graph.input:
        if value.name in constants or not value.type.HasField("tensor_type"):
            continue
        for axis, size in enumerate(value.type.tensor_type.shape.dim):
            if size.HasField("dim_value") and size.dim_value > 0:
                continue
            label = size.dim_param or f"{value.name}[{axis}]"
            if label not in known and axis > 0:
                raise InputError(f"input {value.name}", f"size of axis {axis} is open", f"it is called '{label}'",
                                 f"give it: --size '{label}=…'")  # fmt: skip
            size.dim_value = known.setdefault(label, 1)
    _close(model, known)


def _close(model: Any, known: Mapping[str, int], gone: Collection[str] = ()) -> None:
    """Set known sizes in the shapes stated for other values; drop shapes that stay open, and those of values gone."""
    stated = list(model.graph.value_info)
    del model.graph.value_info[:]
    for value in stated:
        sizes = value.type.tensor_type.shape.dim
        for size in sizes:
            if size.dim_param in known:
                size.dim_value = known[size.dim_param]
        if value.name not in gone and all(size.HasField("dim_value") for size in sizes):
            model.graph.value_info.append(value)
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")


def fold_shapes(model: Any) -> Any:
    """The model with all shapes inferred, and the nodes that only compute shapes replaced by constants."""
    import onnx

    while True:
        try:
            model = onnx.shape_inference.infer_shapes(model, data_prop=True)
        except onnx.shape_inference.InferenceError as error:
            raise InputError("graph", "has shapes that contradict each other", str(error).strip()[:200],
                             "check it with onnx.checker.check_model, and export it again") from error  # fmt: skip
        folded = _fold_once(model)
        if not folded:
            return model
        _close(model, {}, folded)  # what was inferred with open sizes would stand in the way of what is known now
        kept = [node for node in model.graph.node if node.output[0] not in folded]
        del model.graph.node[:]
        model.graph.node.extend(kept)
        model.graph.initializer.extend(onnx.numpy_helper.from_array(v, name) for name, v in folded.items())


def _fold_once(model: Any) -> dict[str, Any]:
    """Values of the nodes that can be computed now, by the name of their output."""
    import onnx

    shapes = shapes_of(model)
    values = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer if _is_small(t)}
    folded: dict[str, Any] = {}
    for node in model.graph.node:
        if len(node.output) != 1 or node.op_type in _RANDOM:
            continue
        value = _value(model, node, shapes, values)
        if value is not None and value.size <= _SMALL:
            folded[node.output[0]] = values[node.output[0]] = value
    return folded


def _value(model: Any, node: Any, shapes: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    """The node's value where it is a small constant, else None."""
    if node.op_type == "Shape" and node.input[0] in shapes:
        marks = attributes_of(node)
        return np.array(shapes[node.input[0]][marks.get("start", 0) : marks.get("end")], dtype=np.int64)
    if node.op_type == "Size" and node.input[0] in shapes:
        return np.array(math.prod(shapes[node.input[0]]), dtype=np.int64)
    if not all(name in values for name in node.input if name) or node.domain not in ("", "ai.onnx"):
        return None
    if node.op_type == "ConstantOfShape" and math.prod(values[node.input[0]].tolist()) > _SMALL:
        return None
    if node.output[0] not in shapes and node.op_type in _GROWING:
        return None
    if math.prod(shapes.get(node.output[0], ())) > _SMALL:
        return None
    return _computed(model, node, values)


def _computed(model: Any, node: Any, values: Mapping[str, Any]) -> Any:
    import onnx
    from onnx.reference import ReferenceEvaluator

    names = [name for name in dict.fromkeys(node.input) if name]
    inputs = [onnx.helper.make_tensor_value_info(n, onnx.helper.np_dtype_to_tensor_dtype(values[n].dtype), None)
              for n in names]  # fmt: skip
    output = onnx.helper.make_tensor_value_info(node.output[0], onnx.TensorProto.UNDEFINED, None)
    graph = onnx.helper.make_graph([node], "one", inputs, [output])
    single = onnx.helper.make_model(graph, opset_imports=list(model.opset_import))
    try:
        return np.asarray(ReferenceEvaluator(single).run(None, {name: values[name] for name in names})[0])
    except Exception:  # whatever the evaluator makes of a node that it does not like
        return None  # then it stays a node, and its shape is what counts


def shapes_of(model: Any) -> dict[str, tuple[int, ...]]:
    """Shape of every value whose sizes are all known, by name."""
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    for value in (*model.graph.input, *model.graph.value_info, *model.graph.output):
        kind = value.type.tensor_type
        if kind.HasField("shape") and all(size.HasField("dim_value") for size in kind.shape.dim):
            shapes.setdefault(value.name, tuple(size.dim_value for size in kind.shape.dim))
    return shapes


def bytes_of_type(element: int) -> int:
    """Bytes of one element of an ONNX type; 4 where the type is not known."""
    import onnx

    if element == onnx.TensorProto.UNDEFINED:
        return 4
    return int(onnx.helper.tensor_dtype_to_np_dtype(element).itemsize)


def attributes_of(node: Any) -> dict[str, Any]:
    """Attributes of a node as plain values; text as str."""
    import onnx

    found = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in found.items()}


def _is_small(tensor: Any) -> bool:
    import onnx

    return bool(math.prod(tensor.dims) <= _SMALL) and bool(tensor.data_location != onnx.TensorProto.EXTERNAL)
