"""What an ONNX operator is and computes: its kind of layer, and the FLOP of its products (a multiply-add is two).

As in the catalogue, only convolutions and matrix products count; other operators cost memory traffic alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["CONTROL_FLOW", "KIND_OF", "OTHER", "VIEWS", "count_flop"]

Shape = tuple[int, ...]
Shapes = Sequence[Shape | None]

OTHER = "other"
"""Kind of a layer whose operator is not listed here; it counts 0 FLOP."""

_KINDS = {
    "conv": "Conv ConvTranspose ConvInteger QLinearConv DeformConv",
    "linear": "Gemm",
    "matmul": "MatMul MatMulInteger QLinearMatMul Einsum",
    "attention": "Attention",
    "recurrent": "LSTM GRU RNN",
    "pool": "MaxPool AveragePool GlobalAveragePool GlobalMaxPool LpPool ReduceMean ReduceMax ReduceSum ReduceMin "
    "ReduceL2 ReduceProd ReduceLogSumExp ReduceSumSquare",
    "concat": "Concat",
    "add": "Add Sub Sum QLinearAdd",
    "multiply": "Mul Div",
    "norm": "BatchNormalization InstanceNormalization LayerNormalization GroupNormalization RMSNormalization LRN "
    "LpNormalization MeanVarianceNormalization",
    "activation": "Relu Clip LeakyRelu PRelu Elu Selu Celu ThresholdedRelu HardSigmoid HardSwish Sigmoid Swish Tanh "
    "Gelu Erf Softplus Softsign Mish Pow Sqrt Reciprocal Exp Log Neg Abs Floor Ceil Round Sign Sin Cos Max Min "
    "Equal Greater Less GreaterOrEqual LessOrEqual Not And Or Where IsNaN IsInf",
    "softmax": "Softmax LogSoftmax Hardmax",
    "embedding": "Gather GatherElements GatherND",
    "slice": "Slice Split",
    "move": "Pad Tile Resize Upsample DepthToSpace SpaceToDepth QuantizeLinear DequantizeLinear DynamicQuantizeLinear "
    "Trilu ScatterND ScatterElements CumSum ArgMax ArgMin TopK",
}

KIND_OF = {operator: kind for kind, operators in _KINDS.items() for operator in operators.split()}
"""Kind of layer of each operator that is known."""

VIEWS = frozenset(
    "Identity Reshape Flatten Squeeze Unsqueeze Transpose Cast CastLike Dropout Expand".split()  # noqa: SIM905
)
"""Operators that pass their first input through."""

CONTROL_FLOW = frozenset({"If", "Loop", "Scan", "SequenceMap"})


def count_flop(operator: str, attributes: dict[str, Any], reads: Shapes, writes: Shapes) -> int:
    """FLOP of one operator from the shapes of what it reads and writes (None where it has none there)."""
    rule = _RULES.get(operator)
    return 0 if rule is None else int(rule(attributes, reads, writes))


Rule = Callable[[dict[str, Any], Shapes, Shapes], int]


def _shape(shapes: Shapes, place: int) -> Shape:
    found = shapes[place] if place < len(shapes) else None
    assert found is not None, "the reader of the graph has seen to shapes"
    return found


def _convolve(attributes: dict[str, Any], reads: Shapes, writes: Shapes, weight: int = 1) -> int:
    """Each output value sums over the input channels of its group and the kernel: W is [out, in/group, kernel …]."""
    return 2 * math.prod(_shape(writes, 0)) * math.prod(_shape(reads, weight)[1:])


def _convolve_back(attributes: dict[str, Any], reads: Shapes, writes: Shapes) -> int:
    """Each input value goes into the output channels of its group and the kernel: W is [in, out/group, kernel …]."""
    return 2 * math.prod(_shape(reads, 0)) * math.prod(_shape(reads, 1)[1:])


def _multiply_general(attributes: dict[str, Any], reads: Shapes, writes: Shapes) -> int:
    inner = _shape(reads, 0)[0 if attributes.get("transA", 0) else 1]
    return 2 * math.prod(_shape(writes, 0)) * inner


def _multiply(attributes: dict[str, Any], reads: Shapes, writes: Shapes) -> int:
    return 2 * math.prod(_shape(writes, 0)) * _shape(reads, 0)[-1]


def _sum_products(attributes: dict[str, Any], reads: Shapes, writes: Shapes) -> int:
    """Einsum of two operands: one product for each combination of all indices; none where nothing is summed."""
    terms, _, result = attributes["equation"].replace(" ", "").partition("->")
    operands = terms.split(",")
    if len(operands) != 2 or "." in terms:
        return 0
    sizes = {
        letter: size for k, term in enumerate(operands) for letter, size in zip(term, _shape(reads, k), strict=True)
    }
    return 2 * math.prod(sizes.values()) if set(sizes) - set(result) else 0


def _attend(attributes: dict[str, Any], reads: Shapes, writes: Shapes) -> int:
    """Scores, and their products with values, of [batch, heads, length, width] or [batch, length, heads × width]."""
    query, key, value = (_shape(reads, k) for k in range(3))
    if len(query) == 4:
        batch_heads, length, width = query[0] * query[1], query[2], query[3]
        return 2 * batch_heads * length * key[2] * (width + value[3])
    groups = int(attributes["q_num_heads"]) // int(attributes["kv_num_heads"])
    return 2 * query[0] * query[1] * key[1] * (query[2] + groups * value[2])


def _recur(gates: int) -> Rule:
    """One step multiplies the input and the state by all gates: W is [directions, gates × hidden, in]."""

    def rule(attributes: dict[str, Any], reads: Shapes, writes: Shapes) -> int:
        directions, rows, width = _shape(reads, 1)
        hidden = rows // gates
        steps = math.prod(_shape(reads, 0)[:2])
        return 2 * steps * directions * rows * (width + hidden)

    return rule


_RULES: dict[str, Rule] = {
    "Conv": _convolve,
    "ConvInteger": _convolve,
    "DeformConv": _convolve,
    "QLinearConv": lambda attributes, reads, writes: _convolve(attributes, reads, writes, weight=3),
    "ConvTranspose": _convolve_back,
    "Gemm": _multiply_general,
    "MatMul": _multiply,
    "MatMulInteger": _multiply,
    "QLinearMatMul": _multiply,
    "Einsum": _sum_products,
    "Attention": _attend,
    "LSTM": _recur(4),
    "GRU": _recur(3),
    "RNN": _recur(1),
}
