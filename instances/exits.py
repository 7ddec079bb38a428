"""Early exits: small classifiers on the way, as layers that later ones depend on, or as networks of their own.

After Teerapittayanon et al., BranchyNet, ICPR 2016, and what Edgent, SPINN, LcDNN and PEMWN make of it. Heads are a
pooling layer and a linear one; how many requests leave where, and how often an answer there is right, are data.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from instances.dnn import Dnn
from instances.errors import InputError, nearest

__all__ = ["Exit", "block_boundaries", "boundary_at", "truncated", "with_exits"]

BYTES = 4
"""Of a number: heads compute in 32 bits, as the catalogue's networks do."""


@dataclasses.dataclass(frozen=True)
class Exit:
    """A place where a network may answer.

    Args:
        after: the layer whose output its head reads; a block boundary.
        leaves: part of all requests whose answer is taken here (with `with_exits`).
        accuracy: part of the answers given here that are right. For `with_exits`, of the requests that leave here; for
            `truncated`, of all requests, since all leave.
        features: numbers after pooling, of which the answer is a linear function [assumed unless known].
        classes: numbers in the answer.
    """

    after: str
    leaves: float
    accuracy: float
    features: int = 256
    classes: int = 1000


def block_boundaries(network: Dnn) -> tuple[str, ...]:
    """Layers behind which nothing but their own output goes on; the last layer is none."""
    found = []
    for layer in range(network.n_layers - 1):
        passing = {p for later in range(layer + 1, network.n_layers) for p in network.predecessors[later] if p <= layer}
        if passing == {layer}:
            found.append(network.layers[layer])
    return tuple(found)


def boundary_at(network: Dnn, part: float) -> str:
    """The block boundary behind which most nearly this part of the GFLOP is done.

    Raises:
        InputError: the network has none.
    """
    names = block_boundaries(network)
    if not names:
        raise InputError(f"networks[{network.name}]", "has no block boundary", "skips span all of it")
    done = np.cumsum(network.gflop) / max(network.total_gflop, 1e-12)
    return min(names, key=lambda name: abs(float(done[network.layers.index(name)]) - part))


def with_exits(network: Dnn, exits: Sequence[Exit], name: str | None = None) -> Dnn:
    """The network with a head and a decision behind each exit's layer; later layers run for those that stay.

    A decision is a layer without output that all layers which read on depend on: where it is taken remotely, all that
    follows is remote. The accuracy is that of the mixture of answers.

    Args:
        network: with its accuracy, that of the requests that reach its end.
        exits: at least one; those that leave add up to at most 1.
        name: of the new network; ``name+exits`` when left out.

    Raises:
        InputError: a layer is no block boundary or is named twice, too many leave, or accuracy is not known.
    """
    where = f"networks[{network.name}]"
    if network.accuracy is None:
        raise InputError(f"{where}.accuracy", "is not known", "exits trade accuracy", "give the network its accuracy")
    if network.is_conditional:
        raise InputError(where, "has layers that may not run already", fix="give all exits at once")
    place = {_checked_place(network, e, f"exits[{k}]"): e for k, e in enumerate(exits)}
    if len(place) < len(exits) or not exits:
        raise InputError(
            "exits", f"are {len(exits)} at {len(place)} layers", fix="give each layer one, and at least one"
        )
    if sum(e.leaves for e in exits) > 1 + 1e-12:
        raise InputError("exits", "let more than all requests leave", fix="make what leaves add up to 1 at most")
    rows = _Rows(network)
    stays = 1.0
    for layer in range(network.n_layers):
        rows.copy(layer, stays)
        if layer in place:
            exit_ = place[layer]
            decision = rows.add_head(exit_, stays, decides=True)
            rows.guard(layer, decision)
            stays = max(stays - exit_.leaves, 0.0)
    left = sum(e.leaves for e in exits)
    accuracy = sum(e.leaves * e.accuracy for e in exits) + (1 - left) * network.accuracy
    return rows.build(name or f"{network.name}+exits", float(np.clip(accuracy, 0.0, 1.0)))


def truncated(network: Dnn, exit_: Exit, name: str | None = None) -> Dnn:
    """The network up to an exit, whose head gives every answer (``name/after`` when no name is given).

    Raises:
        InputError: the layer is no block boundary.
    """
    last = _checked_place(network, exit_, "exit")
    rows = _Rows(network)
    for layer in range(last + 1):
        rows.copy(layer, 1.0)
    rows.add_head(exit_, 1.0, decides=False)
    return rows.build(name or f"{network.name}/{exit_.after}", exit_.accuracy)


def _checked_place(network: Dnn, exit_: Exit, where: str) -> int:
    boundaries = block_boundaries(network)
    if exit_.after not in boundaries:
        raise InputError(f"{where}.after", f"'{exit_.after}' is no block boundary of '{network.name}'",
                         "more than one tensor goes on there", nearest(exit_.after, boundaries))  # fmt: skip
    for field in ("leaves", "accuracy"):
        if not 0 <= getattr(exit_, field) <= 1:
            raise InputError(f"{where}.{field}", f"is {getattr(exit_, field)}", "it is a part of 1")
    return network.layers.index(exit_.after)


class _Rows:
    """Layers of a new network, some of them copies of another's."""

    def __init__(self, network: Dnn) -> None:
        self._network = network
        self._row: dict[int, int] = {-1: -1}  # copy of each layer
        self._guard: dict[int, int] = {}  # layer → decision that its readers wait for
        self._layers: list[tuple[str, str, float, float, float, tuple[int, ...], float]] = []

    def copy(self, layer: int, p: float) -> None:
        """A layer as it is, run with this probability."""
        net = self._network
        reads = {self._row[r] for r in net.predecessors[layer]}
        reads |= {self._guard[r] for r in net.predecessors[layer] if r in self._guard}
        self._row[layer] = len(self._layers)
        self._layers.append((net.layers[layer], net.kind[layer], float(net.gflop[layer]), float(net.weight_mb[layer]),
                             float(net.output_mbit[layer]), tuple(sorted(reads)), p))  # fmt: skip

    def add_head(self, exit_: Exit, p: float, *, decides: bool) -> int:
        """Pooling, a linear layer and perhaps a decision behind a layer; the row of the last of them."""
        layer = self._network.layers.index(exit_.after)
        values = float(self._network.output_mbit[layer]) * 1e6 / 8 / BYTES
        features, classes, mbit = exit_.features, exit_.classes, BYTES * 8 / 1e6
        first, name = len(self._layers), f"{exit_.after}.exit"
        self._layers.append((f"{name}.pool", "pool", values / 1e9, 0.0, features * mbit, (self._row[layer],), p))
        weights = (features + 1) * classes
        self._layers.append((f"{name}.linear", "linear", 2 * features * classes / 1e9, weights * BYTES / 1e6,
                             classes * mbit, (first,), p))  # fmt: skip
        if decides:  # the largest share of a softmax, say: a few operations a class
            self._layers.append((f"{name}.decision", "decision", 4 * classes / 1e9, 0.0, 0.0, (first + 1,), p))
        return len(self._layers) - 1

    def guard(self, layer: int, decision: int) -> None:
        """Let whatever reads this layer wait for the decision."""
        self._guard[layer] = decision

    def build(self, name: str, accuracy: float) -> Dnn:
        """The network of these rows."""
        names, kinds, gflop, weights, outputs, reads, p = zip(*self._layers, strict=True)
        net = self._network
        return Dnn(name=name, layers=names, kind=kinds, gflop=np.array(gflop), weight_mb=np.array(weights),
                   output_mbit=np.array(outputs), predecessors=reads, input_mbit=net.input_mbit,
                   result_mbit=net.result_mbit, source=net.source, run_probability=np.array(p),
                   accuracy=accuracy)  # fmt: skip
