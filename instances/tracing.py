"""From a torch module to operators: what depends on the input, what it costs, and whose parameters it uses.

* Tensors that do not depend on the input (masks, position indices) are constants, and their parameters belong to
  the first layer that uses them.
* Views (reshape, transpose, dropout at inference) pass their input through.
* A split is read through its parts, one `slice` layer each, so that only the parts that cross are counted.
* Each parameter is counted once, with the layer that multiplies by it when a look-up shares it (GPT-2's tokens).
"""

from __future__ import annotations

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
    "conv": "conv2d",
    "linear": "linear addmm",
    "matmul": "matmul bmm",
    "attention": "scaled_dot_product_attention",
    "pool": "max_pool2d avg_pool2d adaptive_avg_pool2d mean",
    "concat": "cat stack",
    "add": "add sub",
    "multiply": "mul div",
    "norm": "batch_norm layer_norm",
    "activation": "relu relu6 hardtanh hardswish hardsigmoid silu gelu sigmoid tanh pow",
    "softmax": "softmax _softmax",
    "embedding": "embedding",
    "slice": "select slice getitem",
    "move": "pad roll masked_fill",
}
"""Kind of layer: the ATen operators that are of that kind (a trailing underscore, in-place, does not matter)."""

FACTORIES = frozenset({"new_zeros", "new_ones", "new_full", "zeros_like", "ones_like"})
"""Operators that take only the shape of what they read, and so make constants."""

_KIND_OF = {operator: kind for kind, operators in KINDS.items() for operator in operators.split()}


@dataclass
class _Traced:
    """What became of a tracer's node: the operator whose output it is, or a constant of some parameters."""

    operator: int | None
    parameters: frozenset[str] = frozenset()


@dataclass
class _Tracing:
    """What is known so far: the operators, what became of each node, and the parameters of each operator."""

    leaves: set[str]
    graph: Graph = field(default_factory=dict)
    traced: dict[Any, _Traced] = field(default_factory=dict)
    owned: dict[int, frozenset[str]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)


def trace(model: Any, example: Any) -> Graph:
    """Export `model` and list its operators that depend on the input, with FLOP and bytes, in topological order.

    `model` and `example`, its one input, are on the meta device.  Raises NotImplementedError for an operator that
    has no kind in `KINDS`.
    """
    import torch

    with torch.device("meta"):
        module = torch.export.export(model, (example,), strict=False).module()
    flops = _count_flops(module, example)
    tracing = _Tracing({path for path, part in model.named_modules() if not any(part.children())})
    for node in module.graph.nodes:
        if node.op == "placeholder":
            tracing.traced[node] = _Traced(-1)
        elif node.op == "get_attr":
            tracing.traced[node] = _trace_attribute(module, node, tracing.sizes)
        elif node.op == "call_function":
            tracing.traced[node] = _trace_call(node, flops[node], tracing)
        elif node.op == "call_module":
            tracing.traced[node] = _Traced(None)  # only the exporter's check of its input's shape
    _assign_parameters(tracing)
    return tracing.graph


def _trace_call(node: Any, flop: int, tracing: _Tracing) -> _Traced:
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
    name = _name_layer(node, kind, tracing)
    size = _count_bytes(node.meta["val"])
    tracing.graph[key] = Operator(name, kind, flop, 0, size, reads)
    tracing.owned[key] = parameters
    return _Traced(key)


def _count_flops(module: Any, example: Any) -> dict[Any, int]:
    """FLOP of each node, counted while the graph is run on shapes alone."""
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

    with torch.no_grad(), torch.device("meta"), sdpa_kernel(SDPBackend.MATH):
        Counter(module).run(example)
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
    whole = hasattr(first, "numel") and node.meta["val"].numel() == first.numel()
    return whole and len(node.all_input_nodes) == 1 and _KIND_OF.get(operator) in ("slice", "concat")


def _find_kind(node: Any) -> str:
    operator = _operator_name(node)
    if operator not in _KIND_OF:
        raise NotImplementedError(f"operator {node.target} has no kind in instances.profile.KINDS")
    return _KIND_OF[operator]


def _name_layer(node: Any, kind: str, tracing: _Tracing) -> str:
    """The module's path, with the kind behind it where the module does more than one thing."""
    stack = node.meta.get("nn_module_stack") or {}
    path = [entry[0] for entry in stack.values()][-1] if stack else ""
    base = path if path in tracing.leaves else f"{path}.{kind}".lstrip(".")
    base = base.removeprefix("body.")
    taken = {operator.name for operator in tracing.graph.values()}
    name, count = base, 2
    while name in taken:
        name, count = f"{base}.{count}", count + 1
    return name


def _count_bytes(value: Any) -> int:
    return int(value.numel() * value.element_size())


def _assign_parameters(tracing: _Tracing) -> None:
    """Give each parameter to the first operator that multiplies by it, or else to the first that looks it up."""
    assigned: frozenset[str] = frozenset()
    in_order = sorted(tracing.graph.items(), key=lambda item: (item[1].kind == "embedding", item[0]))
    for key, operator in in_order:
        operator.weight_bytes = sum(tracing.sizes[parameter] for parameter in tracing.owned[key] - assigned)
        assigned |= tracing.owned[key]
