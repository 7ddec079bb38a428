"""Networks from torch modules: the layer graph of any module, and the same graph ready to run layer by layer.

Needs the extra `profile`.  A module is traced on the meta device, which costs neither time nor memory, so weights may
be anything; `instances.tracing` says what becomes a layer and `instances.fusion` which operators join.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from instances.dnn import Dnn
from instances.errors import InputError
from instances.fusion import Operator, fuse
from instances.graph_network import to_network
from instances.sent import sent_bytes
from instances.tracing import Trace, trace

__all__ = ["Runnable", "from_torch", "make_runnable", "need_torch"]


@dataclass(frozen=True, eq=False)
class Runnable:
    """A network with its module and the ``exported`` one that computes the same node by node.

    ``layer_of`` gives the layer of each node by the node's name, for operators and for the views of their
    outputs; other nodes are constants, views of the input, or lead nowhere.  ``operators`` are the nodes that compute.
    """

    network: Dnn
    module: Any
    exported: Any
    examples: tuple[Any, ...]
    layer_of: dict[str, int]
    operators: frozenset[str]


def need_torch() -> Any:
    """The module `torch`.  Raises InputError, naming the extra, where it is not installed."""
    try:
        import torch
    except ImportError as error:
        fix = "pip install 'edgecut[profile]'"
        raise InputError("torch", "is not installed", "modules are traced and timed with it", fix) from error
    return torch


def from_torch(module: Any, example: Any, *, name: str | None = None, input_bytes: int | None = None) -> Dnn:
    """The layer graph of a torch module.

    Args:
        module: a ``torch.nn.Module``; it is left as it was.
        example: an input tensor, or a tuple of them; only shapes and types count.
        name: what the network is called; None: the module's class.
        input_bytes: of the input as sent over the air; None: as in `instances.sent`.

    An operator that is unknown becomes a layer of kind ``other`` without FLOP; a UserWarning names it.

    Raises:
        InputError: torch is not installed, cannot export the module, or nothing depends on the input.
    """
    examples = _examples(example)
    name = name or type(module).__name__.lower()
    shapes = tuple(tensor.to("meta") for tensor in examples)
    return _network(fuse(_trace(_on_meta(module), shapes).graph), name, module, examples, input_bytes)


def make_runnable(module: Any, example: Any, *, name: str | None = None, input_bytes: int | None = None) -> Runnable:
    """The layer graph of a module together with what runs it, on the device where the module and example are.

    Arguments and errors as for `from_torch`; the module is switched to inference.
    """
    examples = _examples(example)
    name = name or type(module).__name__.lower()
    traced = _trace(module.eval(), examples)
    layers = fuse(traced.graph)
    layer_of, operators = _layers_of_nodes(traced, layers)
    network = _network(layers, name, module, examples, input_bytes)
    return Runnable(network, module, traced.module, examples, layer_of, operators)


def _examples(example: Any) -> tuple[Any, ...]:
    """The inputs as a tuple of tensors."""
    torch = need_torch()
    examples = example if isinstance(example, tuple) else (example,)
    if not examples or not all(isinstance(one, torch.Tensor) for one in examples):
        raise InputError("example", f"is a {type(example).__name__}", "shapes and types of inputs are taken from it",
                         "give a tensor, or a tuple of them")  # fmt: skip
    return examples


def _trace(module: Any, examples: tuple[Any, ...]) -> Trace:
    try:
        return trace(module, *examples)
    except (RuntimeError, TypeError, ValueError) as error:  # the exporter's own errors are RuntimeErrors
        why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        fix = "a module whose control flow does not depend on values, and an example that it takes"
        raise InputError(f"networks[{type(module).__name__}]", "cannot be exported", why, fix) from error


def _on_meta(module: Any) -> Any:
    """A copy of the module without its numbers, for inference; parameters that are tied stay tied."""
    torch = need_torch()
    known: dict[int, Any] = {}
    for parameter in module.parameters():
        known[id(parameter)] = torch.nn.Parameter(parameter.detach().to("meta"), requires_grad=False)
    for buffer in module.buffers():
        known[id(buffer)] = buffer.detach().to("meta")
    return copy.deepcopy(module, known).eval()


def _layers_of_nodes(traced: Trace, layers: list[Operator]) -> tuple[dict[str, int], frozenset[str]]:
    """The layer of each node of the exported graph, by name, and which of them are operators."""
    place = {node: index for index, layer in enumerate(layers) for node in layer.nodes}
    of_key = {key: place[o.nodes[0]] for key, o in traced.graph.items() if o.nodes and o.nodes[0] in place}
    layer_of = {node: of_key[key] for node, key in traced.operator_of().items() if key in of_key}
    return layer_of, frozenset(place)


def _network(layers: list[Operator], name: str, module: Any, examples: tuple[Any, ...], input_bytes: int | None) -> Dnn:
    shapes = " and ".join(" x ".join(str(size) for size in example.shape) or "scalar" for example in examples)
    source = f"torch module {type(module).__name__}, input {shapes}"
    sent = [sent_bytes(e.shape, e.element_size(), is_float=e.is_floating_point()) for e in examples]
    return to_network(layers, name, input_bytes=sum(sent) if input_bytes is None else input_bytes, source=source)
