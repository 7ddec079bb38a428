"""Running a network layer by layer, or only the layers on one side of a cut: an exported graph, node by node.

A `Program` computes some values of the graph from others.  Constants and views are computed wherever they are needed,
so what crosses a cut are the outputs of operators, each once, as the model of a cut has it (`instances.cuts`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from instances.torch_graph import Runnable

__all__ = ["Program", "Split", "split", "whole"]


@dataclass(frozen=True, eq=False)
class Program:
    """Nodes to run in order, and after each of them the nodes whose values nobody needs any more."""

    module: Any
    nodes: tuple[Any, ...]
    released: tuple[tuple[Any, ...], ...]
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]

    def run(self, values: Iterable[Any], around: Callable[[Any, Callable[[], Any]], Any] | None = None) -> list[Any]:
        """Values of the outputs, given those of the inputs.

        Args:
            values: one for each of ``inputs``, in their order.
            around: called with each node and what computes it, and has to return the value; to time nodes.
        """
        from torch.fx.node import map_arg

        known = dict(zip(self.inputs, values, strict=True))
        for node, released in zip(self.nodes, self.released, strict=True):
            if node.op == "get_attr":
                known[node] = _attribute(self.module, node.target)
            else:
                arguments = map_arg(node.args, known.__getitem__)
                named = map_arg(node.kwargs, known.__getitem__)
                work = _Call(node.target, arguments, named)
                known[node] = work() if around is None else around(node, work)
                del work, arguments, named
            for gone in released:
                del known[gone]
        return [known[node] for node in self.outputs]


@dataclass(frozen=True, eq=False)
class Split:
    """A network cut in two: what crosses is ``device.outputs``, which are ``server.inputs``."""

    device: Program
    server: Program


class _Call:
    """A call that waits to be made."""

    def __init__(self, target: Any, arguments: Any, named: Any) -> None:
        self.target, self.arguments, self.named = target, arguments, named

    def __call__(self) -> Any:
        return self.target(*self.arguments, **self.named)


def whole(runnable: Runnable) -> Program:
    """The whole network, from its input to its result."""
    inputs, outputs = _ends(runnable)
    return _program(runnable, inputs, outputs)


def split(runnable: Runnable, on_device: Collection[int]) -> Split:
    """The two sides of a cut, given by the layers that stay on the device.

    With all layers on the device the server gets the result and returns it.
    """
    inputs, outputs = _ends(runnable)
    kept = {n for n in runnable.exported.graph.nodes if n.name in runnable.operators
            and runnable.layer_of[n.name] in on_device}  # fmt: skip
    reached = _behind(outputs, {*inputs, *kept})
    crossing = tuple(n for n in runnable.exported.graph.nodes if n in reached and (n in kept or n in inputs))
    return Split(_program(runnable, inputs, crossing), _program(runnable, crossing, outputs))


def _ends(runnable: Runnable) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    nodes = list(runnable.exported.graph.nodes)
    inputs = tuple(node for node in nodes if node.op == "placeholder")
    return inputs, tuple(nodes[-1].all_input_nodes)


def _program(runnable: Runnable, inputs: tuple[Any, ...], outputs: tuple[Any, ...]) -> Program:
    needed = _behind(outputs, set(inputs)) - set(inputs)
    nodes = tuple(node for node in runnable.exported.graph.nodes if node in needed)
    return Program(runnable.exported, nodes, _releases(nodes, outputs), inputs, outputs)


def _behind(targets: Iterable[Any], stops: Collection[Any]) -> set[Any]:
    """Nodes that the targets depend on, themselves included, as far back as the stops."""
    reached: set[Any] = set()
    waiting = list(targets)
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += [] if node in stops else node.all_input_nodes
    return reached


def _releases(nodes: tuple[Any, ...], outputs: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
    """For each node, the values last read there: memory is used again at once, as in an ordinary run."""
    last: dict[Any, int] = {}
    for place, node in enumerate(nodes):
        last[node] = place
        for read in node.all_input_nodes:
            last[read] = place
    released: list[list[Any]] = [[] for _ in nodes]
    for node, place in last.items():
        if node not in outputs:
            released[place].append(node)
    return tuple(tuple(gone) for gone in released)


def _attribute(module: Any, path: str) -> Any:
    for part in path.split("."):
        module = getattr(module, part)
    return module
