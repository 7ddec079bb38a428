"""One training step of a network as a layer graph of its own: forward, loss, backward, weight updates.

After Eshratifar et al., JointDNN (TMC 2021), which splits training as well as inference: backward layers, gradients and
weights that have to travel. What follows is our reconstruction of it, not the paper's text.

For every layer v of the network, in the order of a step:

* `v/weights` (where v has any): the weights as the last update left them; no work. The forward layer, the backward
  layer and the update read them: a machine that does one of these and does not hold them gets them once a step.
* `v`: the forward layer.
* `loss`: reads the last layers; one number a value.
* `v/gradient` (where something before v wants it): the gradient of v's inputs. As many FLOP as forward. Reads the
  gradient of v's output, v's weights and what v read: activations cross when backward runs elsewhere than forward.
* `v/weight gradient`: as many FLOP as forward; its tensor has the weights' size, and is read by the update.
* `v/update`: 2 FLOP a weight (plain gradient descent).

So backward is twice the FLOP of forward. A layer of several inputs that adds hands one tensor to all of them; one that
concatenates hands all of its inputs' gradients to each. Weights count as kept where `v/weights` is placed. Where the
update runs elsewhere, the new weights travel back once in truth; in the graph the old ones travel to the update, which
is as many megabits, the other way round. Labels are small and left out.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.dnn import NETWORK_INPUT, Dnn

__all__ = ["FORWARD_SUFFIXES", "training_step"]

FORWARD_SUFFIXES = ("/weights", "/gradient", "/weight gradient", "/update")
"""Endings of the layers that a step has beside the forward ones."""

_FLOAT_BYTES = 4
_MBIT_PER_MB = 8.0


@dataclasses.dataclass
class _Step:
    names: list[str] = dataclasses.field(default_factory=list)
    rows: list[tuple[str, float, float, float, tuple[int, ...]]] = dataclasses.field(default_factory=list)

    def put(self, name: str, kind: str, gflop: float, weight_mb: float, output_mbit: float, reads: set[int]) -> int:
        self.names.append(name)
        self.rows.append((kind, gflop, weight_mb, output_mbit, tuple(sorted(reads))))
        return len(self.rows) - 1


def training_step(network: Dnn, *, batch: int = 1) -> Dnn:
    """The graph of one step of gradient descent on a batch; all is done when the updates are.

    Args:
        network: FLOP, tensors and input of one example.
        batch: examples in a step; weights, their gradients and updates do not grow with it.
    """
    step = _Step()
    # Reads the input so that weights need not: a layer has to read something, and nothing is sent from here.
    begin = step.put("begin", "begin", 0.0, 0.0, 0.0, {NETWORK_INPUT})
    weights = {v: step.put(f"{network.layers[v]}/weights", "weights", 0.0, float(network.weight_mb[v]),
                           _MBIT_PER_MB * float(network.weight_mb[v]), {begin})
               for v in range(network.n_layers) if network.weight_mb[v] > 0}  # fmt: skip
    forward: dict[int, int] = {NETWORK_INPUT: NETWORK_INPUT}
    for v in range(network.n_layers):
        reads = {forward[p] for p in network.predecessors[v]} | ({weights[v]} if v in weights else set())
        forward[v] = step.put(network.layers[v], network.kind[v], batch * float(network.gflop[v]), 0.0,
                              batch * float(network.output_mbit[v]), reads)  # fmt: skip
    _go_back(network, step, forward, weights, batch)
    kinds, gflop, weight_mb, output_mbit, reads_of = zip(*step.rows, strict=True)
    return Dnn(
        name=f"{network.name}_training",
        layers=tuple(step.names),
        kind=kinds,
        gflop=np.array(gflop),
        weight_mb=np.array(weight_mb),
        output_mbit=np.array(output_mbit),
        predecessors=reads_of,
        input_mbit=batch * network.input_mbit,
        result_mbit=0.0,
        source=f"training step of {network.name}, batch {batch}: instances.training; {network.source}",
    )


def _go_back(network: Dnn, step: _Step, forward: dict[int, int], weights: dict[int, int], batch: int) -> None:
    last = [v for v in range(network.n_layers) if not network.readers[v]]
    values = sum(float(network.output_mbit[v]) for v in last)
    loss = step.put("loss", "loss", 2e-3 * batch * values / (_FLOAT_BYTES * 8), 0.0, batch * values,
                    {forward[v] for v in last})  # fmt: skip
    gradient: dict[int, int] = {}
    wanted = _wanted(network)
    for v in range(network.n_layers - 1, -1, -1):
        arriving = {gradient[r] for r in network.readers[v] if r in gradient} or {loss}
        work, read = batch * float(network.gflop[v]), {forward[p] for p in network.predecessors[v]}
        held = {weights[v]} if v in weights else set()
        if any(p in wanted for p in network.predecessors[v]):
            gradient[v] = step.put(f"{network.layers[v]}/gradient", network.kind[v], work, 0.0,
                                   batch * _handed_back(network, v), arriving | read | held)  # fmt: skip
        if v in weights:
            size = _MBIT_PER_MB * float(network.weight_mb[v])
            own = step.put(f"{network.layers[v]}/weight gradient", network.kind[v], work, 0.0, size, arriving | read)
            count = float(network.weight_mb[v]) * 1e6 / _FLOAT_BYTES
            step.put(f"{network.layers[v]}/update", "update", 2e-9 * count, 0.0, 0.0, {own} | held)


def _wanted(network: Dnn) -> set[int]:
    """Layers whose output's gradient is of use: they or one before them have weights."""
    found: set[int] = set()
    for v in range(network.n_layers):
        if network.weight_mb[v] > 0 or any(p in found for p in network.predecessors[v]):
            found.add(v)
    return found


def _handed_back(network: Dnn, layer: int) -> float:
    """Mbit of the gradient of a layer's inputs, for one example."""
    sizes = [float(network.output_mbit[p]) for p in network.predecessors[layer] if p != NETWORK_INPUT]
    if len(sizes) > 1 and all(size == network.output_mbit[layer] for size in sizes):
        return sizes[0]  # a sum: the same gradient for all
    return sum(sizes)
