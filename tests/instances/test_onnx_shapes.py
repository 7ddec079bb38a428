"""Shapes of ONNX graphs: what is folded away, what stays because it would grow, what is forgotten, what is counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from instances import from_onnx
from instances.errors import InputError
from instances.onnx_counts import count_flop
from instances.onnx_shapes import bytes_of_type, drop_weights, fold_shapes, set_sizes, shapes_of

onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
helper, FLOAT, INT64 = onnx.helper, onnx.TensorProto.FLOAT, onnx.TensorProto.INT64


def constant(name: str, *values: int) -> Any:
    return onnx.numpy_helper.from_array(np.array(values, dtype=np.int64), name)


def model(nodes: list[Any], inputs: dict[str, list[Any]], outputs: list[str], constants: list[Any]) -> Any:
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])


def test_numbers_of_large_constants_are_forgotten_and_small_ones_kept() -> None:
    large = onnx.numpy_helper.from_array(np.ones((300, 300), dtype=np.float32), "w")
    made = model([helper.make_node("MatMul", ["x", "w"], ["y"])], {"x": [1, 300]}, ["y"], [large, constant("s", 1, 2)])
    drop_weights(made)
    kept = {tensor.name: tensor for tensor in made.graph.initializer}
    assert not kept["w"].raw_data and list(kept["w"].dims) == [300, 300]
    assert onnx.numpy_helper.to_array(kept["s"]).tolist() == [1, 2]
    assert shapes_of(fold_shapes(made))["y"] == (1, 300)


def test_the_number_of_elements_is_a_constant() -> None:
    """`Size` of a known shape is folded, and what is computed from it."""
    nodes = [
        helper.make_node("Size", ["x"], ["count"]),
        helper.make_node("Unsqueeze", ["count", "zero"], ["shape"]),
        helper.make_node("Reshape", ["x", "shape"], ["y"]),
    ]
    folded = fold_shapes(model(nodes, {"x": [2, 3, 4]}, ["y"], [constant("zero", 0)]))
    assert [node.op_type for node in folded.graph.node] == ["Reshape"]
    values = {t.name: onnx.numpy_helper.to_array(t).tolist() for t in folded.graph.initializer}
    assert values["count"] == 24 and values["shape"] == [24]
    assert shapes_of(folded)["y"] == (24,)


@pytest.mark.parametrize("shape", [(1 << 9, 1 << 9), (4, 4)])
def test_what_would_grow_beyond_bounds_stays_a_node(shape: tuple[int, int]) -> None:
    """A constant made large is not made at all: only its shape counts; a small one is folded."""
    nodes = [
        helper.make_node("Expand", ["one", "shape"], ["grown"]),
        helper.make_node("Cast", ["grown"], ["cast"], to=FLOAT),
        helper.make_node("Add", ["x", "cast"], ["y"]),
    ]
    made = model(nodes, {"x": list(shape)}, ["y"], [constant("one", 1), constant("shape", *shape)])
    folded = fold_shapes(made)
    small = shape == (4, 4)
    assert [node.op_type for node in folded.graph.node] == (["Add"] if small else ["Expand", "Cast", "Add"])
    assert shapes_of(folded)["y"] == shape


def test_what_grows_by_an_unknown_size_stays_a_node() -> None:
    """How far `Range` goes is only known when it is run where a limit is an input."""
    nodes = [
        helper.make_node("ConstantOfShape", ["large"], ["zeros"]),
        helper.make_node("Relu", ["x"], ["y"]),
    ]
    folded = fold_shapes(model(nodes, {"x": [1, 2]}, ["y"], [constant("large", 1 << 20)]))
    assert "ConstantOfShape" in [node.op_type for node in folded.graph.node]


def test_open_sizes_are_set_wherever_they_stand() -> None:
    """Those given by name, in inputs and in the shapes that the model states for other values."""
    made = model([helper.make_node("Relu", ["x"], ["y"])], {"x": ["batch", "width"]}, ["y"], [])
    made.graph.value_info.append(helper.make_tensor_value_info("y", FLOAT, ["batch", "width"]))
    made.graph.value_info.append(helper.make_tensor_value_info("z", FLOAT, ["other"]))
    set_sizes(made, {"width": 7})
    assert shapes_of(made) == {"x": (1, 7), "y": (1, 7)}
    another = model([helper.make_node("Relu", ["x"], ["y"])], {"x": [1, "width"]}, ["y"], [])
    with pytest.raises(InputError, match="--size 'width=") as refused:
        set_sizes(another, {})
    assert "axis 1 is open" in str(refused.value)


def test_types_have_their_bytes() -> None:
    kinds = onnx.TensorProto
    assert [bytes_of_type(k) for k in (kinds.FLOAT, kinds.FLOAT16, kinds.INT8, kinds.DOUBLE)] == [4, 2, 1, 8]
    assert bytes_of_type(kinds.UNDEFINED) == 4


def test_a_file_without_a_model_is_refused(tmp_path: Path) -> None:
    for content, why in (
        (onnx.ModelProto(ir_version=8).SerializeToString(), "it has no node"),
        (b"\xff\xff\xff", "is no ONNX model"),
    ):
        (tmp_path / "m.onnx").write_bytes(content)
        with pytest.raises(InputError, match=why):
            from_onnx(tmp_path / "m.onnx")


def test_attention_and_sums_of_products_are_counted_by_hand() -> None:
    """Of [batch, length, heads × width]: scores and products, keys shared by groups of queries; Einsum by indices."""
    marks = {"q_num_heads": 4, "kv_num_heads": 2}
    flop = count_flop("Attention", marks, [(1, 5, 32), (1, 7, 16), (1, 7, 16)], [(1, 5, 32)])
    assert flop == 2 * 1 * 5 * 7 * (32 + 2 * 16)
    four = count_flop("Attention", {}, [(1, 4, 5, 8), (1, 4, 7, 8), (1, 4, 7, 8)], [(1, 4, 5, 8)])
    assert four == 2 * 4 * 5 * 7 * (8 + 8) == flop
    assert count_flop("Einsum", {"equation": "ij,jk->ik"}, [(2, 3), (3, 4)], [(2, 4)]) == 2 * 2 * 3 * 4
    for equation in ("ij->ji", "...j,jk->...k", "i,i,i->i"):
        assert count_flop("Einsum", {"equation": equation}, [(2, 3), (3, 4), (1, 1)], [(2, 4)]) == 0
