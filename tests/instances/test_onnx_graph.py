"""Networks from ONNX: counts by hand, the wheel's own networks against published totals, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from instances import from_onnx
from instances.dnn import load_network
from instances.errors import InputError
from instances.network_file import write_network
from instances.onnx_counts import count_flop

onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
helper, FLOAT, INT64 = onnx.helper, onnx.TensorProto.FLOAT, onnx.TensorProto.INT64


def weight(name: str, *shape: int) -> Any:
    return onnx.numpy_helper.from_array(np.ones(shape, dtype=np.float32), name)


def whole(name: str, *values: int) -> Any:
    return onnx.numpy_helper.from_array(np.array(values, dtype=np.int64), name)


def model(
    nodes: list[Any], shape: list[Any], outputs: list[str], constants: list[Any], kind: int = FLOAT, domain: str = ""
) -> Any:
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs],
        constants,
    )
    opsets = [helper.make_opsetid("", 18), *([helper.make_opsetid(domain, 1)] if domain else [])]
    return helper.make_model(graph, opset_imports=opsets)


def convolutional(shape: list[Any]) -> Any:
    """conv 3 -> 4, 3 × 3, on 8 × 8; relu; flatten by a computed shape; linear 256 -> 5."""
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name="conv", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["r"], name="relu"),
        helper.make_node("Shape", ["r"], ["s"]),
        helper.make_node("Gather", ["s", "zero"], ["n"], axis=0),
        helper.make_node("Concat", ["n", "minus"], ["to"], axis=0),
        helper.make_node("Reshape", ["r", "to"], ["f"]),
        helper.make_node("Gemm", ["f", "v", "u"], ["y"], name="linear", transB=1),
    ]
    constants = [weight("w", 4, 3, 3, 3), weight("b", 4), weight("v", 5, 256), weight("u", 5)]
    return model(nodes, shape, ["y"], [*constants, whole("zero", 0), whole("minus", -1)])


@pytest.mark.parametrize("batch", ["batch", 1])
def test_counts_by_hand(batch: Any) -> None:
    network = from_onnx(convolutional([batch, 3, 8, 8]), name="tiny")
    assert network.layers == ("conv", "linear")
    assert network.kind == ("conv", "linear")
    assert network.predecessors == ((-1,), (0,))
    assert np.rint(network.gflop * 1e9).tolist() == [2 * 4 * 64 * 27, 2 * 5 * 256]
    assert np.rint(network.weight_mb * 1e6).tolist() == [4 * (108 + 4), 4 * (5 * 256 + 5)]
    assert np.rint(network.output_mbit * 1e6 / 8).tolist() == [4 * 4 * 64, 4 * 5]
    assert (round(network.input_mbit * 1e6 / 8), round(network.result_mbit * 1e6 / 8)) == (3 * 64, 20)


def test_the_model_given_stays_as_it_was() -> None:
    given = convolutional(["batch", 3, 8, 8])
    before = given.SerializeToString(deterministic=True)
    from_onnx(given)
    assert given.SerializeToString(deterministic=True) == before


LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"


@pytest.mark.parametrize(("name", "twin"), [("resnet50", "resnet50"), ("squeezenet", "squeezenet1_1"),
                                             ("densenet121", "densenet121")])  # fmt: skip
def test_networks_of_the_wheel_have_the_catalogues_totals(name: str, twin: str) -> None:
    file = LIGHT / f"light_{name}.onnx"
    if not file.exists():
        pytest.skip(f"this onnx has no {file.name}")
    network = from_onnx(file)
    assert round(network.gmac, 3) == round(load_network(twin).gmac, 3)
    # This DenseNet has normalisations that the catalogue's leaves to the layer before.
    assert network.total_weight_mb == pytest.approx(load_network(twin).total_weight_mb, rel=0.02)
    if name == "resnet50":
        assert network.gmac == pytest.approx(4.089, abs=5e-4)
        assert network.n_layers == load_network(twin).n_layers


def test_splits_and_two_outputs() -> None:
    nodes = [
        helper.make_node("Split", ["x"], ["a", "b"], name="split", axis=1, num_outputs=2),
        helper.make_node("MatMul", ["a", "w"], ["p"], name="one"),
        helper.make_node("MatMul", ["b", "w"], ["q"], name="other"),
    ]
    network = from_onnx(model(nodes, [1, 2, 6], ["p", "q"], [weight("w", 6, 3)]))
    assert network.layers[-1] == "outputs" and network.kind[-1] == "concat"
    assert network.result_mbit * 1e6 / 8 == pytest.approx(4 * 2 * 3)
    assert np.rint(network.weight_mb.sum() * 1e6) == 4 * 18  # shared, so counted once
    assert np.rint(network.gflop.sum() * 1e9) == 2 * 2 * (2 * 6 * 3) / 2


def test_batch_statistics_are_no_weights() -> None:
    nodes = [helper.make_node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y"], name="norm")]
    network = from_onnx(model(nodes, [1, 5, 4, 4], ["y"], [weight(k, 5) for k in "sbmv"]))
    assert np.rint(network.weight_mb * 1e6).tolist() == [4 * 10]


def test_unknown_operator_is_named_and_counts_no_flop() -> None:
    nodes = [
        helper.make_node("Mystery", ["x"], ["z"], name="m", domain="own"),
        helper.make_node("Relu", ["x"], ["y"], name="r"),
    ]
    given = model(nodes, [1, 4], ["z", "y"], [], domain="own")
    given.graph.value_info.append(helper.make_tensor_value_info("z", FLOAT, [1, 4]))
    with pytest.warns(UserWarning, match="own::Mystery"):
        network = from_onnx(given)
    assert network.kind[0] == "other" and network.gflop[0] == 0
    del given.graph.value_info[:]
    with pytest.raises(InputError, match="no known shape"):
        from_onnx(given)


def test_open_sizes_are_asked_for() -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"], name="m")]
    given = model(nodes, ["batch", "words", 6], ["y"], [weight("w", 6, 3)])
    with pytest.raises(InputError, match="'words'"):
        from_onnx(given)
    assert from_onnx(given, sizes={"words": 7}).gflop[0] == pytest.approx(2e-9 * 7 * 6 * 3)


def test_branches_are_refused(tmp_path: Path) -> None:
    branch = helper.make_graph([helper.make_node("Neg", ["x"], ["k"])], "b", [],
                               [helper.make_tensor_value_info("k", FLOAT, None)])  # fmt: skip
    nodes = [helper.make_node("If", ["c"], ["y"], name="if", then_branch=branch, else_branch=branch)]
    true = onnx.numpy_helper.from_array(np.array(True), "c")
    with pytest.raises(InputError, match="is a If"):
        from_onnx(model(nodes, [1, 4], ["y"], [true]))
    wrong = tmp_path / "wrong.onnx"
    wrong.write_text("no model at all")
    with pytest.raises(InputError, match="is no ONNX model"):
        from_onnx(wrong)
    with pytest.raises(InputError, match="does not exist"):
        from_onnx(tmp_path / "missing.onnx")


@pytest.mark.parametrize(
    ("operator", "attributes", "reads", "writes", "flop"),
    [
        ("Conv", {"group": 4}, [(1, 8, 5, 5), (12, 2, 3, 3)], [(1, 12, 3, 3)], 2 * 12 * 9 * 18),
        ("ConvTranspose", {}, [(1, 8, 5, 5), (8, 6, 2, 2)], [(1, 6, 10, 10)], 2 * 8 * 25 * 24),
        ("Gemm", {"transA": 1}, [(7, 2), (7, 3)], [(2, 3)], 2 * 2 * 3 * 7),
        ("MatMul", {}, [(4, 2, 7), (4, 7, 3)], [(4, 2, 3)], 2 * 4 * 2 * 3 * 7),
        ("Einsum", {"equation": "bij,bjk->bik"}, [(4, 2, 7), (4, 7, 3)], [(4, 2, 3)], 2 * 4 * 2 * 3 * 7),
        ("Einsum", {"equation": "i,j->ij"}, [(4,), (3,)], [(4, 3)], 0),
        ("Attention", {}, [(1, 2, 5, 4), (1, 2, 6, 4), (1, 2, 6, 3)], [(1, 2, 5, 3)], 2 * 2 * 5 * 6 * 7),
        ("LSTM", {}, [(9, 1, 3), (1, 20, 3), (1, 20, 5)], [(9, 1, 1, 5)], 2 * 9 * 20 * 8),
        ("Relu", {}, [(4,)], [(4,)], 0),
    ],
)  # fmt: skip
def test_flop_of_an_operator(operator: str, attributes: Any, reads: Any, writes: Any, flop: int) -> None:
    assert count_flop(operator, attributes, reads, writes) == flop


def test_written_and_read_again(tmp_path: Path) -> None:
    network = from_onnx(convolutional([1, 3, 8, 8]), name="tiny")
    write_network(network, tmp_path / "tiny.json")
    assert load_network(str(tmp_path / "tiny.json")).fingerprint == network.fingerprint
    (tmp_path / "bad.json").write_text('{"schema": "edgecut-dnn/1"}')
    with pytest.raises(InputError, match=r"bad\.json"):
        load_network(str(tmp_path / "bad.json"))
