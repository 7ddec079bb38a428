"""Operator fusion: from the operators that a tracer records to the layers that a run-time executes as one kernel.

Four rules are applied until none applies.  Each keeps the totals of FLOP and weights.  A cut that is lost sends
no less than one that stays beside it, and differs from that one by a pass over a tensor, or by attention scores:

* *Attention*: a product of two activations that only another such product reads (scores, then scores times
  values) becomes one layer, as every fused attention kernel does.  The lost cut would send scores and values, which
  is more than the layer's output and more than the tensor that queries, keys and values are projected from.
* *Slices of one tensor, all read by one layer* (queries, keys and values of a joint projection) are read through:
  the reader takes the whole tensor, which is what would have crossed, slice by slice.
* *Into the producer*: a pointwise operator or slice u -> v, where nobody else reads u and v is not larger than u,
  joins u (convolution, normalisation, activation).  A cut between them sends u; the cut behind v sends no more.
* *Into the reader*: a pointwise operator u -> v -> w, where only w reads v, w is pointwise and v is not smaller
  than u, joins w.  A cut between v and w sends v (and u, when u has remote readers); the cut before v sends u.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

POINTWISE = frozenset({"activation", "add", "multiply", "norm", "softmax", "move"})
"""Kinds that pass once over their tensors and cost next to nothing beside their neighbours."""


@dataclass
class Operator:
    """One operator: FLOP, bytes of parameters and output, and the keys of the operators it reads (-1: the input).

    ``nodes`` are the tracer's nodes that it stands for, in the order in which they run.
    """

    name: str
    kind: str
    flop: int
    weight_bytes: int
    output_bytes: int
    reads: list[int]
    nodes: tuple[str, ...] = ()


Graph = dict[int, Operator]
"""Operators by key, in topological order."""


def fuse(graph: Graph) -> list[Operator]:
    """Fuse a graph as the module describes; operators come back in order, reading positions in the list."""
    graph = {key: replace(operator, reads=list(operator.reads)) for key, operator in graph.items()}
    _drop_unread(graph)
    rules: tuple[Callable[[Graph], bool], ...] = (
        _merge_attention,
        _read_through_slices,
        _absorb_into_producers,
        _absorb_into_readers,
    )
    while any([rule(graph) for rule in rules]):
        pass
    position = {key: index for index, key in enumerate(graph)} | {-1: -1}
    return [replace(o, reads=sorted(position[key] for key in o.reads)) for o in graph.values()]


def _find_readers(graph: Graph) -> dict[int, list[int]]:
    readers: dict[int, list[int]] = {key: [] for key in graph}
    readers[-1] = []
    for key, operator in graph.items():
        for read in operator.reads:
            readers[read].append(key)
    return readers


def _drop_unread(graph: Graph) -> None:
    """Remove what does not reach the last operator, whose output is the result."""
    wanted = {next(reversed(graph))}
    for key in reversed(graph):
        if key in wanted:
            wanted.update(graph[key].reads)
    for key in [k for k in graph if k not in wanted]:
        del graph[key]


def _redirect(graph: Graph, readers: list[int], old: int, new: list[int]) -> None:
    """Let `readers` read `new` in place of `old`, each tensor once."""
    for reader in readers:
        kept = [r for r in graph[reader].reads if r != old]
        graph[reader].reads = kept + [r for r in new if r not in kept]


def _absorb(graph: Graph, absorbed: int, into: int) -> None:
    """Add the cost of one operator to another and remove it."""
    gone = graph.pop(absorbed)
    graph[into].flop += gone.flop
    graph[into].weight_bytes += gone.weight_bytes
    graph[into].nodes = (*graph[into].nodes, *gone.nodes)


def _merge_attention(graph: Graph) -> bool:
    """Join a product of activations, with the softmax behind it, to the product that alone reads it."""
    changed = False
    for key in list(graph):
        readers = _find_readers(graph)[key]
        if graph[key].kind != "matmul" or len(readers) != 1 or graph[readers[0]].kind != "matmul":
            continue
        reader = readers[0]
        _redirect(graph, [reader], key, graph[key].reads)
        # The first product's name, which carries no number behind it.
        graph[reader].name = graph[key].name.replace("matmul", "attention")
        graph[reader].kind = "attention"
        _absorb(graph, key, reader)
        changed = True
    return changed


def _read_through_slices(graph: Graph) -> bool:
    """Remove slices of one tensor when one and the same operator reads them all, and nothing else the tensor."""
    changed = False
    for key in list(graph):
        readers = _find_readers(graph)
        slices = readers.get(key, [])
        if len(slices) < 2 or any(graph[s].kind != "slice" for s in slices):
            continue
        targets = {reader for s in slices for reader in readers[s]}
        if len(targets) != 1 or any(not readers[s] for s in slices):
            continue
        target = targets.pop()
        for s in slices:
            _redirect(graph, [target], s, [key])
            _absorb(graph, s, target)
        changed = True
    return changed


def _absorb_into_producers(graph: Graph) -> bool:
    changed = False
    for key in list(graph):
        operator = graph[key]
        if operator.kind not in POINTWISE | {"slice"} or len(operator.reads) != 1 or operator.reads[0] == -1:
            continue
        producer = operator.reads[0]
        readers = _find_readers(graph)
        if len(readers[producer]) != 1 or operator.output_bytes > graph[producer].output_bytes:
            continue
        graph[producer].output_bytes = operator.output_bytes
        _redirect(graph, readers[key], key, [producer])
        _absorb(graph, key, producer)
        changed = True
    return changed


def _absorb_into_readers(graph: Graph) -> bool:
    changed = False
    for key in list(graph):
        operator = graph[key]
        readers = _find_readers(graph)[key]
        if operator.kind not in POINTWISE or len(operator.reads) != 1 or len(readers) != 1:
            continue
        if graph[readers[0]].kind not in POINTWISE:
            continue
        producer = operator.reads[0]
        if producer != -1 and operator.output_bytes < graph[producer].output_bytes:
            continue
        _redirect(graph, readers, key, [producer])
        _absorb(graph, key, readers[0])
        changed = True
    return changed
