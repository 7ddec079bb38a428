"""ONNX: a small valid model, and ways to break one whose bytes are whole."""

from __future__ import annotations

from typing import Any

import numpy as np

from results.trust.fuzz.broken import BYTES, Mutator, flip

__all__ = ["ONNX", "small_model"]

_SIZES = (0, -1, 1, 2, 3, 7, 2**31, 2**62)
_OPERATORS = ("Conv", "Gemm", "MatMul", "Relu", "Reshape", "Split", "If", "Loop", "Slice", "Concat", "Gather",
              "Nonsense", "Expand", "Tile", "ConstantOfShape", "Range", "Einsum", "Pad", "Resize",
              "Unsqueeze")  # fmt: skip


def small_model() -> bytes:
    """Convolution, activation, flattening, a product and a softmax."""
    from onnx import TensorProto, helper

    rng = np.random.default_rng(0)
    kernel = helper.make_tensor("kernel", TensorProto.FLOAT, [4, 3, 3, 3], rng.normal(size=108).tolist())
    weight = helper.make_tensor("weight", TensorProto.FLOAT, [256, 10], rng.normal(size=2560).tolist())
    shape = helper.make_tensor("shape", TensorProto.INT64, [2], [1, 256])
    nodes = [
        helper.make_node("Conv", ["image", "kernel"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Reshape", ["b", "shape"], ["c"]),
        helper.make_node("MatMul", ["c", "weight"], ["d"]),
        helper.make_node("Softmax", ["d"], ["scores"], axis=1),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 8, 8])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 10])
    graph = helper.make_graph(nodes, "small", [image], [scores], [kernel, weight, shape])
    content: bytes = helper.make_model(graph).SerializeToString()
    return content


def graph(content: bytes, rng: np.random.Generator) -> bytes:
    """A size, an operator, a name, a type or a constant of the graph is changed, or a part of it is lost."""
    model = _model(content)
    if model is None or not model.graph.node:
        return flip(content, rng)
    changes = (_size, _operator, _name, _type, _constant, _loss, _attribute)
    changes[int(rng.integers(len(changes)))](model.graph, rng)
    changed: bytes = model.SerializeToString()
    return changed


def _model(content: bytes) -> Any:
    import onnx
    from google.protobuf.message import DecodeError

    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError:
        return None
    return model


def _pick(items: Any, rng: np.random.Generator) -> Any:
    return items[int(rng.integers(len(items)))] if len(items) else None


def _size(graph: Any, rng: np.random.Generator) -> None:
    value = _pick([*graph.input, *graph.output, *graph.initializer], rng)
    size = _SIZES[int(rng.integers(len(_SIZES)))]
    if hasattr(value, "dims"):
        if len(value.dims):
            value.dims[int(rng.integers(len(value.dims)))] = size
        return
    axes = None if value is None else value.type.tensor_type.shape.dim
    if axes:
        axis = _pick(axes, rng)
        if rng.random() < 0.5:
            axis.dim_value = size
        else:
            axis.dim_param = "open"


def _operator(graph: Any, rng: np.random.Generator) -> None:
    _pick(graph.node, rng).op_type = _OPERATORS[int(rng.integers(len(_OPERATORS)))]


def _name(graph: Any, rng: np.random.Generator) -> None:
    node = _pick(graph.node, rng)
    side = node.input if rng.random() < 0.5 else node.output
    if len(side):
        names = ("", "image", "scores", "a", "nowhere", "\x00")
        side[int(rng.integers(len(side)))] = names[int(rng.integers(len(names)))]


def _type(graph: Any, rng: np.random.Generator) -> None:
    tensor = _pick(graph.initializer, rng)
    if tensor is not None:
        tensor.data_type = int(rng.integers(0, 25))


def _constant(graph: Any, rng: np.random.Generator) -> None:
    """A shape that is computed with becomes huge, negative or of another length."""
    tensor = _pick(graph.initializer, rng)
    if tensor is None:
        return
    numbers = [int(v) for v in rng.choice(np.array(_SIZES), int(rng.integers(0, 5)))]
    del tensor.int64_data[:], tensor.float_data[:]
    tensor.ClearField("raw_data")
    tensor.int64_data.extend(numbers)


def _loss(graph: Any, rng: np.random.Generator) -> None:
    part = _pick([graph.node, graph.input, graph.output, graph.initializer], rng)
    if len(part):
        del part[int(rng.integers(len(part)))]


def _attribute(graph: Any, rng: np.random.Generator) -> None:
    node = _pick(graph.node, rng)
    attribute = _pick(node.attribute, rng)
    if attribute is None:
        return
    attribute.i = _SIZES[int(rng.integers(len(_SIZES)))]
    if len(attribute.ints):
        attribute.ints[int(rng.integers(len(attribute.ints)))] = attribute.i


ONNX: tuple[Mutator, ...] = (*BYTES[:6], *([graph] * 12))
