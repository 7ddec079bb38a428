"""Cuts of a layer graph: which layers stay on the device, and what then has to be sent.

A cut is a down-closed set of layers: with a layer, all it reads is on the device too.  A tensor that crosses is
sent once, however many remote layers read it; the network's input is sent if any remote layer reads it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instances.dnn import NETWORK_INPUT, Dnn
from instances.errors import InputError

_WORD_BITS = 64
_CACHED_NETWORKS = 256


@dataclass(frozen=True, eq=False)
class CutSet:
    """Some cuts of one network, sorted by the GFLOP that stay on the device, then by the layers that do.

    `on_device[k, j]` (bool, [n_cuts, n_layers]) says whether cut k keeps layer j on the device; row 0 keeps none
    and the last row all.  `upload_mbit`, `device_gflop`, `server_gflop`, `device_weight_mb` and `server_weight_mb`
    have shape [n_cuts].  All arrays are read-only.
    """

    network: Dnn
    on_device: NDArray[np.bool_]
    upload_mbit: NDArray[np.float64]
    device_weight_mb: NDArray[np.float64]
    server_weight_mb: NDArray[np.float64]
    device_gflop: NDArray[np.float64]
    server_gflop: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.upload_mbit)

    @property
    def n_cuts(self) -> int:
        """Number of cuts."""
        return len(self.upload_mbit)


def enumerate_cuts(network: Dnn, *, limit: int = 200_000) -> CutSet:
    """Every cut of the network, exactly.

    Layers are taken in topological order; each cut so far that holds all the layer reads is kept both without and
    with it.  A cut of the first layers is a cut of the network, so there are never more at hand than at the end.

    Raises InputError when there are more than `limit` cuts.
    """
    if limit < 2:
        raise InputError("limit", f"is {limit}", "a network has at least two cuts: all remote and all local")
    return _describe(network, _down_closed_sets(network, limit))


def efficient_cuts(network: Dnn) -> CutSet:
    """The cuts that can be best for some device, server and link, one of each kind; cached per network.

    Two layers are alike when kind, GFLOP, traffic and weights are equal.  Cut B is dropped when a cut A that stays
    has as many layers of each likeness on the device, and no larger upload.

    *Safe:* let the time (or energy) of a layer depend on its kind, GFLOP, traffic and weights in any way, on either
    side; max(GFLOP/peak, traffic/bandwidth) + launch is one.  Sums over the layers on the device are then sums over
    likenesses and equal for A and B; so are sums over the server's layers, which are the rest, and the memory on
    either side.  What remains is the upload, in which every cost and every latency is nondecreasing, and A has no
    more of it.  Hence replacing B by A keeps a plan feasible and costs nothing.

    *No stronger rule is safe in that generality:* if A has more layers of some likeness than B, a device
    that is slow on that likeness alone prefers B, and if it has fewer, a server that is slow on it alone does.
    Cuts that are hopeless for one given device and server are for the caller to drop.

    Times measured layer by layer may differ between layers that are alike; use `enumerate_cuts` with those.

    Raises InputError when the network has more than 200,000 cuts.
    """
    key = network.fingerprint
    if key not in _efficient:
        if len(_efficient) >= _CACHED_NETWORKS:
            _efficient.pop(next(iter(_efficient)))
        _efficient[key] = _keep_efficient(enumerate_cuts(network))
    return _efficient[key]


def cuts_of(network: Dnn, on_device: NDArray[np.bool_]) -> CutSet:
    """Some cuts of a network, given as rows [n_cuts, n_layers], with what each sends, stores and computes.

    Raises InputError for a row that is not down-closed.
    """
    for layer, reads in enumerate(network.predecessors):
        needed = [p for p in reads if p != NETWORK_INPUT]
        if bool((on_device[:, layer] & ~on_device[:, needed].all(axis=1)).any()):
            raise InputError("on_device", f"keeps layer {network.layers[layer]!r} without what it reads",
                             "a cut is down-closed", "keep its predecessors too")  # fmt: skip
    return _describe(network, np.asarray(on_device, dtype=np.bool_))


_efficient: dict[str, CutSet] = {}


def _down_closed_sets(network: Dnn, limit: int) -> NDArray[np.bool_]:
    """All down-closed sets as rows [n_cuts, n_layers], in no particular order."""
    n = network.n_layers
    words = -(-n // _WORD_BITS)
    rows = np.zeros((64, words), dtype=np.uint64)
    count = 1  # row 0 is the empty set
    for layer, reads in enumerate(network.predecessors):
        need = _mask([p for p in reads if p != NETWORK_INPUT], words)
        extended = rows[:count][((rows[:count] & need) == need).all(axis=1)]
        total = count + len(extended)
        if total > limit:
            raise InputError(
                f"networks[{network.name}]",
                f"has more than {limit} cuts (reached at layer {layer} of {n}, {network.layers[layer]!r})",
                "many layers stand side by side",
                "merge parallel layers that no cut should part, or raise the limit",
            )
        if total > len(rows):
            rows = np.concatenate([rows, np.zeros((max(len(rows), total), words), dtype=np.uint64)])
        rows[count:total] = extended | _mask([layer], words)
        count = total
    as_bytes = rows[:count].astype("<u8").view(np.uint8)
    return np.unpackbits(as_bytes, axis=1, count=n, bitorder="little").astype(np.bool_)


def _mask(layers: list[int], words: int) -> NDArray[np.uint64]:
    """Bit mask of some layers, shape [words]."""
    mask = np.zeros(words, dtype=np.uint64)
    for layer in layers:
        mask[layer // _WORD_BITS] |= np.uint64(1 << (layer % _WORD_BITS))
    return mask


def _describe(network: Dnn, on_device: NDArray[np.bool_]) -> CutSet:
    """Sort the cuts and compute what each sends, stores and computes."""
    gflop = _sum_rows(on_device, network.gflop)
    # Sorted by whole FLOP, so that the order does not hang on rounding; ties by number of layers, then by layers.
    flop = np.rint(gflop * 1e9)
    packed = np.packbits(on_device, axis=1)
    order = np.lexsort((*packed.T[::-1], on_device.sum(axis=1), flop))
    on_device = np.ascontiguousarray(on_device[order])
    device_gflop, device_weight_mb = gflop[order], _sum_rows(on_device, network.weight_mb)
    return _freeze(
        network,
        on_device,
        _count_uploads(network, on_device),
        device_weight_mb,
        _sum_rows(~on_device, network.weight_mb),
        device_gflop,
        _sum_rows(~on_device, network.gflop),
    )


def _sum_rows(chosen: NDArray[np.bool_], per_layer: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of a per-layer quantity over the chosen layers of each row, [n_cuts]."""
    total = np.zeros(len(chosen))
    for layer in np.flatnonzero(per_layer):
        total += np.where(chosen[:, layer], per_layer[layer], 0.0)
    return total


def _count_uploads(network: Dnn, on_device: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mbit that cross each cut, [n_cuts], every tensor once."""
    readers = network.readers
    any_remote = ~on_device[:, list(readers[NETWORK_INPUT])].all(axis=1)
    upload = np.where(any_remote, network.input_mbit, 0.0)
    for layer in range(network.n_layers):
        if readers[layer]:
            crosses = on_device[:, layer] & ~on_device[:, list(readers[layer])].all(axis=1)
            upload += np.where(crosses, network.output_mbit[layer], 0.0)
    return upload


def _keep_efficient(cuts: CutSet) -> CutSet:
    network = cuts.network
    features = list(zip(network.kind, network.gflop, network.traffic_mb, network.weight_mb, strict=True))
    number = {feature: index for index, feature in enumerate(dict.fromkeys(features))}
    likeness = np.array([number[feature] for feature in features])
    counts = np.zeros((len(cuts), len(number)), dtype=np.int32)
    for layer, column in enumerate(likeness):
        counts[:, column] += cuts.on_device[:, layer]
    _, group = np.unique(counts, axis=0, return_inverse=True)
    order = np.lexsort((np.arange(len(cuts)), cuts.upload_mbit, group.ravel()))
    first = np.ones(len(cuts), dtype=np.bool_)
    first[1:] = np.diff(group.ravel()[order]) != 0
    kept = np.sort(order[first])
    return _freeze(
        network,
        cuts.on_device[kept],
        cuts.upload_mbit[kept],
        cuts.device_weight_mb[kept],
        cuts.server_weight_mb[kept],
        cuts.device_gflop[kept],
        cuts.server_gflop[kept],
    )


def _freeze(network: Dnn, on_device: NDArray[np.bool_], *columns: NDArray[np.float64]) -> CutSet:
    for array in (on_device, *columns):
        array.setflags(write=False)
    return CutSet(network, on_device, *columns)
