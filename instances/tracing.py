"""From a torch module to operators: what depends on the input, what it costs, and whose parameters it uses.

* Tensors that do not depend on the input (masks, position indices) are constants, and their parameters belong to
  the first layer that uses them.
* Views (reshape, transpose, dropout at inference) pass their input through.
* A split is read through its parts, one `slice` layer each, so that only the parts that cross are counted.
* Each parameter is counted once, with the layer that multiplies by it when a look-up shares it (GPT-2's tokens).
* Several outputs are joined by a last `concat` layer without FLOP, so that all of them count.
* An operator without a kind in `KINDS` becomes a layer of kind `other`; a warning names it.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field
from typing import Any

from instances.fusion import Graph, Operator

VIEWS = frozenset(
    {
        "view",
        "reshape",
        "_unsafe_view",
        "permute",
        "transpose",
        "t",
        "contiguous",
        "clone",
        "flatten",
        "unflatten",
        "squeeze",
        "unsqueeze",
        "dropout",
        "feature_dropout",
        "detach",
        "alias",
        "to",
        "_to_copy",
        "expand",
        "chunk",
        "split",
        "unbind",
    }
)
"""Operators that pass their first argument through; the parts of a split are sliced where they are taken out."""

KINDS = {
    "conv": "conv2d conv1d conv3d conv_transpose1d conv_transpose2d conv_transpose3d convolution",
    "linear": "linear addmm",
    "matmul": "matmul bmm",
    "attention": "scaled_dot_product_attention",
    "pool": "max_pool2d avg_pool2d adaptive_avg_pool2d mean max_pool1d avg_pool1d adaptive_avg_pool1d "
    "adaptive_max_pool2d amax sum",
    "concat": "cat stack",
    "add": "add sub rsub",
    "multiply": "mul div",
    "norm": "batch_norm layer_norm instance_norm group_norm rms_norm",
    "activation": "relu relu6 hardtanh hardswish hardsigmoid silu gelu sigmoid tanh pow leaky_relu elu prelu softplus "
    "mish clamp neg exp sqrt rsqrt",
    "softmax": "softmax _softmax log_softmax _log_softmax",
    "embedding": "embedding",
    "slice": "select slice getitem",
    "move": "pad roll masked_fill upsample_nearest2d upsample_bilinear2d pixel_shuffle",
}
"""Kind of layer: the ATen operators that are of that kind (a trailing underscore, in-place, does not matter)."""

FACTORIES = frozenset({"new_zeros", "new_ones", "new_full", "zeros_like", "ones_like"})
"""Operators that take only the shape of what they read, and so make constants."""

_KIND_OF = {operator: kind for kind, operators in KINDS.items() for operator in operators.split()}


OTHER = "other"
"""Kind of a layer whose operator is in none of `KINDS`."""


@dataclass
class _Traced:
    """What became of a tracer's node: the operator whose output it is, or a constant of some parameters."""

    operator: int | None
    parameters: frozenset[str] = frozenset()


@dataclass
class Trace:
    """The exported module, its operators, what became of each of its nodes, and the parameters of each operator."""

    module: Any
    leaves: set[str]
    graph: Graph = field(default_factory=dict)
    traced: dict[Any, _Traced] = field(default_factory=dict)
    owned: dict[int, frozenset[str]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def operator_of(self) -> dict[str, int | None]:
        """By the name of a node: the operator whose output it is or shows, −1 for the input, None for a constant."""
        return {node.name: traced.operator for node, traced in self.traced.items()}


def trace(model: Any, *examples: Any) -> Trace:
    """Export `model` and list its operators that depend on its inputs, with FLOP and bytes, in topological order.

    `model` and `examples`, its inputs, are on one device; on the meta device nothing is computed.
    """
    import torch

    with torch.device(examples[0].device):
        module = torch.export.export(model, examples, strict=False).module()
    flops = _count_flops(module, examples)
    tracing = Trace(module, {path for path, part in model.named_modules() if not any(part.children())})
    for node in module.graph.nodes:
        if node.op == "placeholder":
            tracing.traced[node] = _Traced(-1)
        elif node.op == "get_attr":
            tracing.traced[node] = _trace_attribute(module, node, tracing.sizes)
        elif node.op == "call_function":
            tracing.traced[node] = _trace_call(node, flops[node], tracing)
        elif node.op == "call_module":
            tracing.traced[node] = _Traced(None)  # only the exporter's check of its input's shape
        elif node.op == "output":
            _join_outputs(node, tracing)
    _assign_parameters(tracing)
    if tracing.unknown:
        names = ", ".join(sorted(set(tracing.unknown)))
        warnings.warn(f"operators of unknown kind are counted with 0 FLOP: {names}", stacklevel=2)
    return tracing


def _join_outputs(node: Any, tracing: Trace) -> None:
    """A last operator that reads all outputs, unless there is one and it comes last anyway."""
    given = {tracing.traced[n].operator: n.meta["val"] for n in node.all_input_nodes}
    values = {operator: value for operator, value in given.items() if operator is not None and operator >= 0}
    key = len(tracing.graph)
    if len(values) > 1 or (values and key - 1 not in values):
        size = sum(_count_bytes(value) for value in values.values())
        tracing.graph[key] = Operator("outputs", "concat", 0, 0, size, list(values))
        tracing.owned[key] = frozenset()


def _trace_call(node: Any, flop: int, tracing: Trace) -> _Traced:
    """The constant, the view or the new operator that a call makes."""
    inputs = [tracing.traced[argument] for argument in node.all_input_nodes]
    reads = list(dict.fromkeys(t.operator for t in inputs if t.operator is not None))
    parameters = frozenset[str]().union(*(t.parameters for t in inputs))
    if not reads or _operator_name(node) in FACTORIES:
        return _Traced(None, parameters)
    if _passes_through(node):
        return inputs[0]
    key = len(tracing.graph)
    kind = _find_kind(node)
    if kind == OTHER:
        tracing.unknown.append(str(node.target))
    name = _name_layer(node, kind, tracing)
    size = _count_bytes(node.meta["val"])
    tracing.graph[key] = Operator(name, kind, flop, 0, size, reads, (node.name,))
    tracing.owned[key] = parameters
    return _Traced(key)


def _count_flops(module: Any, examples: tuple[Any, ...]) -> dict[Any, int]:
    """FLOP of each node, counted while the graph is run."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    flops: dict[Any, int] = {}

    class Counter(torch.fx.Interpreter):  # type: ignore[misc,unused-ignore]
        def run_node(self, n: Any) -> Any:
            with FlopCounterMode(display=False) as counter:
                value = super().run_node(n)
            flops[n] = int(counter.get_total_flops())
            return value

        def call_module(self, target: Any, args: Any, kwargs: Any) -> Any:
            return None  # the exporter's check of its input

    with torch.no_grad(), torch.device(examples[0].device), sdpa_kernel(SDPBackend.MATH):
        Counter(module).run(*examples)
    return flops


def _trace_attribute(module: Any, node: Any, sizes: dict[str, int]) -> _Traced:
    import torch

    value = module
    for part in node.target.split("."):
        value = getattr(value, part)
    if not isinstance(value, torch.nn.Parameter):
        return _Traced(None)  # a buffer: running statistics fold into weights, masks are made on the spot
    parameter = str(id(value))
    sizes[parameter] = _count_bytes(value)
    return _Traced(None, frozenset({parameter}))


def _operator_name(node: Any) -> str:
    name = getattr(node.target, "_schema", None)
    text = name.name.split("::")[-1] if name is not None else str(node.target.__name__)
    return text.rstrip("_")


def _passes_through(node: Any) -> bool:
    """Whether the node's value is that of its first argument, seen differently."""
    operator = _operator_name(node)
    if operator in VIEWS or operator.startswith("_assert"):
        return True
    first = node.all_input_nodes[0].meta.get("val")
    value = node.meta["val"]
    whole = hasattr(first, "numel") and hasattr(value, "numel") and value.numel() == first.numel()
    return whole and len(node.all_input_nodes) == 1 and _KIND_OF.get(operator) in ("slice", "concat")


def _find_kind(node: Any) -> str:
    return _KIND_OF.get(_operator_name(node), OTHER)


def _name_layer(node: Any, kind: str, tracing: Trace) -> str:
    """The module's path, with the kind behind it where the module does more than one thing."""
    stack = node.meta.get("nn_module_stack") or {}
    path = [entry[0] for entry in stack.values()][-1] if stack else ""
    base = path if path and path in tracing.leaves else f"{path}.{kind}".lstrip(".")
    base = base.removeprefix("body.")
    taken = {operator.name for operator in tracing.graph.values()}
    name, count = base, 2
    while name in taken:
        name, count = f"{base}.{count}", count + 1
    return name


def _count_bytes(value: Any) -> int:
    if isinstance(value, tuple | list):  # several outputs of one operator
        return sum(_count_bytes(part) for part in value)
    return math.prod(value.shape) * int(value.element_size()) if hasattr(value, "element_size") else 0


def _assign_parameters(tracing: Trace) -> None:
    """Give each parameter to the first operator that multiplies by it, or else to the first that looks it up."""
    assigned: frozenset[str] = frozenset()
    in_order = sorted(tracing.graph.items(), key=lambda item: (item[1].kind == "embedding", item[0]))
    for key, operator in in_order:
        operator.weight_bytes = sum(tracing.sizes[parameter] for parameter in tracing.owned[key] - assigned)
        assigned |= tracing.owned[key]
