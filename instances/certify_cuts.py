"""The cuts that a certificate is about: the networks' lists, checked for completeness, and what each cut takes.

The lists (`instances.cuts`, `instances.supported`) say which cuts are options: they define the problem and number the
cuts. That no down-closed set is missing from them but for twins is found out here by a second enumeration, and all
figures of a cut are worked out from the layers, rounded down.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.cuts import efficient_cuts
from instances.dnn import NETWORK_INPUT, Dnn
from instances.errors import InputError
from instances.instance import Devices, Servers
from instances.outward import add_down, below, div_down, pick_down
from instances.supported import supported_rows

__all__ = ["CutList", "list_cuts", "rows_that_count", "time_down"]


@dataclasses.dataclass(frozen=True, eq=False)
class CutList:
    """The cuts of one network in the order of its list; figures are lower bounds.

    ``on_device`` [n, layers]; ``whole``: row of the cut that keeps all layers; per cut ``upload_mbit``, ``device_mb``,
    ``server_mb``, ``server_gflop`` [n].
    """

    network: Dnn
    on_device: Bools
    whole: int
    upload_mbit: Floats
    device_mb: Floats
    server_mb: Floats
    server_gflop: Floats

    def __len__(self) -> int:
        return len(self.on_device)


def list_cuts(network: Dnn) -> CutList:
    """The list of a network, checked.

    Raises:
        InputError: the list holds what is no cut, or lacks one that is no twin of another.
    """
    masks = np.asarray(efficient_cuts(network).on_device, dtype=bool)
    _check_complete(network, masks)
    return CutList(
        network, masks, int(np.flatnonzero(masks.all(axis=1))[0]),
        below(pick_down(_sent(network, masks), _tensors(network))), pick_down(masks, network.weight_mb),
        pick_down(~masks, network.weight_mb), pick_down(~masks, network.gflop),
    )  # fmt: skip


def _tensors(network: Dnn) -> Floats:
    """[layers + 1] Mbit of each layer's output, and of the network's input behind them."""
    return np.append(network.output_mbit, network.input_mbit)


def _sent(network: Dnn, masks: Bools) -> Bools:
    """[cuts, layers + 1] whether each tensor (the input last) is at hand on the device and read by a remote layer."""
    n = network.n_layers
    read = np.zeros((len(masks), n + 1), dtype=bool)
    for layer, predecessors in enumerate(network.predecessors):
        for p in predecessors:
            read[:, n if p == NETWORK_INPUT else p] |= ~masks[:, layer]
    read[:, :n] &= masks
    return read


def _check_complete(network: Dnn, masks: Bools) -> None:
    """Every listed set is down-closed, and every down-closed set is listed or a twin of a listed one (theory, P9)."""
    every = _down_closed(network)
    known, listed = {row.tobytes() for row in np.packbits(every, axis=1)}, np.packbits(masks, axis=1)
    where = f"networks[{network.name}]"
    if any(row.tobytes() not in known for row in listed):
        raise InputError(where, "its list of cuts holds a set that is not down-closed", "nothing can be certified")
    likeness = list(zip(network.kind, network.gflop, network.traffic_mb, network.weight_mb, strict=True))
    number = {kind: k for k, kind in enumerate(dict.fromkeys(likeness))}
    one_hot = np.eye(len(number), dtype=np.int64)[[number[kind] for kind in likeness]]
    both = np.concatenate([masks, every])
    counts = both.astype(np.int64) @ one_hot
    in_bytes = np.rint(_tensors(network) * 125000.0)
    if in_bytes.sum() > 2.0**60:
        raise InputError(where, "its tensors are too large to count their bytes", "nothing can be certified")
    whole_bytes = in_bytes.astype(np.int64)
    upload = _sent(network, both).astype(np.int64) @ whole_bytes
    group = np.unique(counts, axis=0, return_inverse=True)[1].reshape(-1)
    worst = np.iinfo(np.int64).max
    least = np.full((2, int(group.max()) + 1), worst)
    np.minimum.at(least[0], group[: len(masks)], upload[: len(masks)])
    np.minimum.at(least[1], group[len(masks) :], upload[len(masks) :])
    if (least[0] > least[1]).any():
        raise InputError(where, "its list of cuts lacks one that no other replaces", "nothing can be certified")


def _down_closed(network: Dnn) -> Bools:
    """[sets, layers] every down-closed set, by the plainest of all enumerations."""
    sets = [0]
    for layer, predecessors in enumerate(network.predecessors):
        need = sum(1 << p for p in predecessors if p != NETWORK_INPUT)
        sets += [found | 1 << layer for found in sets if found & need == need]
    width = -(-network.n_layers // 8)
    packed = np.frombuffer(b"".join(found.to_bytes(width, "little") for found in sets), dtype=np.uint8)
    bits = np.unpackbits(packed.reshape(len(sets), width), axis=1, count=network.n_layers, bitorder="little")
    return bits.astype(bool)


def time_down(cuts: CutList, machines: Devices | Servers, row: int, *, on_device: bool) -> Floats:
    """[cuts] at most the roofline time of each cut's layers on one side, at the machine's nominal clock, s."""
    net = cuts.network
    compute = below(net.gflop / machines.gflops[row])
    memory = below(div_down(net.traffic_mb, 1000.0) / machines.memory_gb_s[row])
    layer = below(add_down(np.maximum(compute, memory), machines.launch_s[row]))
    return pick_down(cuts.on_device if on_device else ~cuts.on_device, layer)


def rows_that_count(cuts: CutList, rule: str, devices: Devices, device: int, servers: Servers, server: int) -> Ints:
    """Rows that are options on a link between that device and server: the definition, in plain arithmetic."""
    rows = np.flatnonzero(np.arange(len(cuts)) != cuts.whole)
    if rule == "efficient":
        return rows
    net, listed = cuts.network, efficient_cuts(cuts.network)

    def layer_s(machines: Devices | Servers, row: int) -> Floats:
        memory = net.traffic_mb / (1e3 * machines.memory_gb_s[row])
        return np.asarray(np.maximum(net.gflop / machines.gflops[row], memory) + machines.launch_s[row])

    device_s, server_s = listed.on_device @ layer_s(devices, device), ~listed.on_device @ layer_s(servers, server)
    return rows[supported_rows(device_s[rows], listed.upload_mbit[rows], server_s[rows])]
