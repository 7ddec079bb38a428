"""A binary branch (after LcDNN): the rest of a network once more with weights of one bit, which answers first."""

from __future__ import annotations

import numpy as np

from instances.dnn import NETWORK_INPUT, Dnn
from instances.errors import InputError, nearest
from instances.exits import block_boundaries

__all__ = ["BITS_SAVED", "with_binary_branch"]

BITS_SAVED = 32.0
"""A weight of 32 bits becomes one of 1 bit."""


def with_binary_branch(
    network: Dnn, after: str, *, leaves: float, accuracy: float, speedup: float = 8.0, name: str | None = None
) -> Dnn:
    """The network with a binary copy of all behind a layer, a decision behind that, and then the rest itself.

    After Huang et al., LcDNN, IEEE TMC: shared first layers and a binary branch on the device, the rest at the edge.

    Args:
        network: all of whose layers run.
        after: last shared layer, a block boundary.
        leaves: part of the requests that the branch answers.
        accuracy: of the two together.
        speedup: how many times fewer operations the branch takes [assumed; XNOR-Net reports up to 58 on a CPU].
        name: of the new network; ``name+binary`` when left out.

    Raises:
        InputError: ``after`` is no block boundary, or the network has layers that may not run.
    """
    if after not in block_boundaries(network):
        raise InputError("after", f"'{after}' is no block boundary of '{network.name}'",
                         fix=nearest(after, block_boundaries(network)))  # fmt: skip
    if network.is_conditional:
        raise InputError(f"networks[{network.name}]", "has layers that may not run", fix="branch a plain network")
    shared, rest = network.layers.index(after) + 1, network.n_layers
    tail = rest - shared  # layers behind the last shared one
    gate = rest  # shared layers, their binary successors, the decision, the rest
    own = [tuple(_moved(r, shared, tail + 1) for r in network.predecessors[j]) for j in range(shared, rest)]
    guarded = [tuple(sorted({*reads, gate})) if shared - 1 in reads else reads for reads in own]
    ends = tuple(j for j in range(shared, rest) if not network.readers[j])
    stays = 1.0 - leaves
    return Dnn(
        name=name or f"{network.name}+binary",
        layers=(*network.layers[:shared], *(f"binary.{x}" for x in network.layers[shared:]), "decision",
                *network.layers[shared:]),
        kind=(*network.kind, "decision", *network.kind[shared:]),
        gflop=np.concatenate([network.gflop[:shared], network.gflop[shared:] / speedup, [0.0], network.gflop[shared:]]),
        weight_mb=np.concatenate([network.weight_mb[:shared], network.weight_mb[shared:] / BITS_SAVED, [0.0],
                                  network.weight_mb[shared:]]),
        output_mbit=np.concatenate([network.output_mbit, [0.0], network.output_mbit[shared:]]),
        predecessors=(*network.predecessors, ends, *guarded),
        input_mbit=network.input_mbit,
        result_mbit=network.result_mbit,
        source=network.source,
        run_probability=np.concatenate([np.ones(rest + 1), np.full(tail, stays)]),
        accuracy=accuracy,
    )  # fmt: skip


def _moved(row: int, shared: int, by: int) -> int:
    """Where a layer stands in the new network's second copy of the rest."""
    return row if row == NETWORK_INPUT or row < shared else row + by
