"""Cascades: a small network answers what it is sure of; the rest goes on to a big one, input and all.

As Magalhaes et al., JIDM 2020, do between edge and cloud; one layer graph made of both and a decision between them.
"""

from __future__ import annotations

import numpy as np

from instances.dnn import NETWORK_INPUT, Dnn
from instances.errors import InputError

__all__ = ["cascade"]

DECISION = "decision"
"""Name of the layer between the two; it sends nothing."""


def cascade(small: Dnn, big: Dnn, *, handed_over: float, accuracy: float, name: str | None = None) -> Dnn:
    """One network: all of ``small``, a decision, and ``big``, which runs for a part of the requests.

    Where both have the same input it is sent once; else the device holds the larger one for both.

    Args:
        small, big: networks in which every layer runs.
        handed_over: part of the requests that go on to the big network.
        accuracy: of the two together.
        name: of the new network; ``small>big`` when left out.

    Raises:
        InputError: one of them has layers that may not run, or a number that is no part of 1.
    """
    for net in (small, big):
        if net.is_conditional:
            raise InputError(f"networks[{net.name}]", "has layers that may not run", fix="cascade plain networks")
    if not 0 <= handed_over <= 1:
        raise InputError("handed_over", f"is {handed_over}", "it is a part of 1")
    gate, n = small.n_layers, small.n_layers + 1
    ends = tuple(j for j in range(small.n_layers) if not small.readers[j])
    behind = [_behind(reads, gate, n) for reads in big.predecessors]
    return Dnn(
        name=name or f"{small.name}>{big.name}",
        layers=(*(f"small.{x}" for x in small.layers), DECISION, *(f"big.{x}" for x in big.layers)),
        kind=(*small.kind, "decision", *big.kind),
        gflop=np.concatenate([small.gflop, [0.0], big.gflop]),
        weight_mb=np.concatenate([small.weight_mb, [0.0], big.weight_mb]),
        output_mbit=np.concatenate([small.output_mbit, [0.0], big.output_mbit]),
        predecessors=(*small.predecessors, ends, *behind),
        input_mbit=max(small.input_mbit, big.input_mbit),
        result_mbit=max(small.result_mbit, big.result_mbit),
        source=f"cascade of {small.name} and {big.name}",
        run_probability=np.concatenate([np.ones(n), np.full(big.n_layers, float(handed_over))]),
        accuracy=accuracy,
    )


def _behind(reads: tuple[int, ...], gate: int, first: int) -> tuple[int, ...]:
    """What a layer of the big network reads; the input only after the decision."""
    moved = [NETWORK_INPUT if r == NETWORK_INPUT else first + r for r in reads]
    return tuple(sorted([*moved, *([gate] if NETWORK_INPUT in reads else [])]))
