"""Operator fusion: what joins what, and that totals stay."""

from __future__ import annotations

from instances.fusion import Graph, Operator, fuse


def build(*rows: tuple[str, int, list[int]]) -> Graph:
    """Operators from (kind, output bytes, reads); FLOP and weights are powers of two and three to tell them apart."""
    return {
        key: Operator(f"{kind}{key}", kind, 2**key, 3**key, size, reads) for key, (kind, size, reads) in enumerate(rows)
    }


def shape(graph: Graph) -> list[tuple[str, int, list[int]]]:
    fused = fuse(graph)
    assert sum(o.flop for o in fused) == sum(o.flop for o in graph.values())
    assert sum(o.weight_bytes for o in fused) == sum(o.weight_bytes for o in graph.values())
    return [(o.kind, o.output_bytes, o.reads) for o in fused]


def test_convolution_takes_normalisation_and_activation() -> None:
    graph = build(("conv", 8, [-1]), ("norm", 8, [0]), ("activation", 8, [1]), ("linear", 2, [2]))
    assert shape(graph) == [("conv", 8, [-1]), ("linear", 2, [0])]


def test_residual_addition_stays() -> None:
    graph = build(("conv", 8, [-1]), ("conv", 8, [0]), ("add", 8, [0, 1]), ("activation", 8, [2]), ("pool", 2, [3]))
    assert shape(graph) == [("conv", 8, [-1]), ("conv", 8, [0]), ("add", 8, [0, 1]), ("pool", 2, [2])]


def test_operator_that_grows_its_tensor_is_not_taken() -> None:
    graph = build(("conv", 8, [-1]), ("move", 9, [0]), ("linear", 2, [1]))
    assert len(shape(graph)) == 3


def test_activation_written_out_becomes_one_with_its_producer() -> None:
    graph = build(
        ("linear", 8, [-1]),
        ("activation", 8, [0]),
        ("add", 8, [0, 1]),
        ("multiply", 8, [0]),
        ("multiply", 8, [2, 3]),
        ("linear", 8, [4]),
    )
    assert shape(graph) == [("linear", 8, [-1]), ("linear", 8, [0])]


def test_slices_for_one_reader_are_read_through() -> None:
    slices = [("slice", 4, [0])] * 3
    graph = build(("linear", 12, [-1]), *slices, ("attention", 4, [1, 2, 3]), ("linear", 4, [4]))
    assert shape(graph) == [("linear", 12, [-1]), ("attention", 4, [0]), ("linear", 4, [1])]


def test_slices_for_two_readers_stay() -> None:
    graph = build(("conv", 8, [-1]), ("slice", 4, [0]), ("slice", 4, [0]), ("conv", 4, [2]), ("concat", 8, [1, 3]))
    assert len(shape(graph)) == 5


def test_two_products_are_one_attention() -> None:
    graph = build(
        ("linear", 4, [-1]),
        ("linear", 4, [-1]),
        ("linear", 4, [-1]),
        ("matmul", 9, [0, 1]),
        ("softmax", 9, [3]),
        ("matmul", 4, [2, 4]),
    )
    fused = fuse(graph)
    assert [(o.kind, o.reads) for o in fused[3:]] == [("attention", [0, 1, 2])]
    assert fused[3].name == "attention3"


def test_operators_that_lead_nowhere_are_dropped() -> None:
    graph = build(("conv", 8, [-1]), ("conv", 8, [0]), ("linear", 2, [0]))
    assert [o.name for o in fuse(graph)] == ["conv0", "linear2"]


def test_fusing_leaves_the_given_graph_alone() -> None:
    graph = build(("conv", 8, [-1]), ("norm", 8, [0]), ("linear", 2, [1]))
    fuse(graph)
    assert [o.reads for o in graph.values()] == [[-1], [0], [1]] and graph[0].flop == 1
