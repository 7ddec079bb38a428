"""Ways to run a network or a variant of it: cuts, perhaps with a second cut before the cloud, and what each sends.

A quantity exists twice where layers run with some probability only: *timed*, as deadlines count it (the expected run,
or the worst one in which all layers run: `Instance.deadline_rule`), and *expected*, as energy and money count it.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.cuts import efficient_cuts, enumerate_cuts
from instances.dnn import NETWORK_INPUT, Dnn
from instances.plan import Cut
from instances.variants import Mode

__all__ = ["Ways", "all_ways", "efficient_ways", "first_of_equals", "in_time", "undominated"]


@dataclasses.dataclass(frozen=True, eq=False)
class Ways:
    """Some ways to run a mode, n of them; all arrays are read by many and must not be changed.

    ``on_device``, ``passed_on`` [n, layers]: layers on the device, and in the cloud; the rest is the server's.
    Per way [n]: ``upload_mbit`` sent by the device, ``reach`` whether anything remote runs, ``lift_mbit`` sent by the
    server to the cloud, ``lift_reach`` whether anything runs there; timed, and expected with ``expected_`` in front.
    ``server_gflop``, ``cloud_gflop``: expected. ``device_weight_mb``, ``server_weight_mb``; ``accuracy``.
    """

    mode: Mode
    on_device: Bools
    passed_on: Bools
    upload_mbit: Floats
    reach: Floats
    lift_mbit: Floats
    lift_reach: Floats
    expected_upload_mbit: Floats
    expected_reach: Floats
    expected_lift_mbit: Floats
    expected_lift_reach: Floats
    server_gflop: Floats
    cloud_gflop: Floats
    device_weight_mb: Floats
    server_weight_mb: Floats
    accuracy: Floats

    def __len__(self) -> int:
        return len(self.on_device)

    @property
    def network(self) -> Dnn:
        """The network that runs."""
        return self.mode.runs

    @property
    def on_server(self) -> Bools:
        """[n, layers] layers that the server keeps."""
        return ~(self.on_device | self.passed_on)

    def cut(self, row: int) -> Cut:
        """One of them, as plans name it."""
        beyond = self.passed_on[row]
        return Cut(self.mode.network, self.on_device[row], self.mode.variant, beyond if beyond.any() else None)


def in_time(network: Dnn, rule: str) -> Floats:
    """[layers] how much of each layer deadlines count: its probability, or all of it in the worst run."""
    return network.run_probability if rule == "expected" else np.ones(network.n_layers)


def all_ways(mode: Mode, on_device: Bools, passed_on: Bools, rule: str) -> Ways:
    """What these cuts [n, layers] of a mode send, store and compute.

    Args:
        mode: what is run.
        on_device, passed_on: [n, layers] down-closed and up-closed sets that do not meet.
        rule: deadline rule, ``expected`` or ``worst``.
    """
    net, likely = mode.runs, mode.runs.run_probability
    timed = in_time(net, rule)
    tensors = _Tensors(mode)
    before_cloud = ~passed_on
    columns: dict[str, Floats] = {}
    for prefix, weights in (("", timed), ("expected_", likely)):
        columns[f"{prefix}upload_mbit"] = tensors.sent(on_device, weights)
        columns[f"{prefix}reach"] = _largest(~on_device, weights)
        columns[f"{prefix}lift_mbit"] = tensors.sent(before_cloud, weights)
        columns[f"{prefix}lift_reach"] = _largest(passed_on, weights)
    on_server = ~(on_device | passed_on)
    return Ways(
        mode=mode,
        on_device=on_device,
        passed_on=passed_on,
        server_gflop=_sum(on_server, net.gflop * likely),
        cloud_gflop=_sum(passed_on, net.gflop * likely),
        device_weight_mb=_sum(on_device, net.weight_mb),
        server_weight_mb=_sum(on_server, net.weight_mb),
        accuracy=mode.accuracy - np.maximum(tensors.lost(on_device), tensors.lost(before_cloud)),
        **columns,
    )


def efficient_ways(mode: Mode, rule: str) -> Ways:
    """Cuts of a mode that can be best for some device, server and link, without a cloud.

    As `instances.cuts.efficient_cuts`, with one more thing that makes layers alike, their probability, and with every
    amount that differs between equal sets compared: timed and expected upload, and accuracy (docs/theory.md, P19a).
    """
    if mode.is_plain:
        cuts = efficient_cuts(mode.runs).on_device
        return all_ways(mode, cuts, np.zeros_like(cuts), rule)
    cuts = enumerate_cuts(mode.runs).on_device
    ways = all_ways(mode, cuts, np.zeros_like(cuts), rule)
    amounts = np.column_stack([ways.upload_mbit, ways.expected_upload_mbit, -ways.accuracy])
    kept = undominated(_likeness(mode.runs, cuts), amounts)
    return all_ways(mode, cuts[kept], np.zeros_like(cuts[kept]), rule)


def undominated(group: Ints, amounts: Floats) -> Ints:
    """Sorted rows such that every other row has one of its group that is at most it in every column [n, columns].

    Of equal rows the first stays.
    """
    rows = np.lexsort((np.arange(len(group)), *amounts.T[::-1], group))
    kept = []
    while len(rows):
        # In this order nobody that comes later is at most the first of its group, unless the two are equal.
        first = np.diff(group[rows], prepend=group[rows[0]] - 1) != 0
        kept.append(rows[first])
        leader = rows[first][np.cumsum(first) - 1]
        rows = rows[(amounts[rows] < amounts[leader]).any(axis=1)]
    return np.sort(np.concatenate(kept)).astype(np.int64) if kept else np.zeros(0, dtype=np.int64)


def first_of_equals(rows: Bools) -> tuple[Bools, Ints]:
    """Different rows [m, columns] of a matrix [n, columns], and the number [n] of each of its rows among them."""
    packed = np.packbits(rows, axis=1)
    _, first, number = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    return rows[first], number.reshape(-1).astype(np.int64)


def _likeness(net: Dnn, cuts: Bools) -> Ints:
    """[n] number of each cut's multiset of alike layers on the device."""
    columns = (net.kind, net.gflop, net.traffic_mb, net.weight_mb, net.run_probability)
    features = list(zip(*columns, strict=True))
    number = {feature: index for index, feature in enumerate(dict.fromkeys(features))}
    counts = np.zeros((len(cuts), len(number)), dtype=np.int32)
    for layer, feature in enumerate(features):
        counts[:, number[feature]] += cuts[:, layer]
    return np.unique(counts, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


class _Tensors:
    """Sizes of a mode's tensors when they are sent, and who reads them; the input comes last."""

    def __init__(self, mode: Mode) -> None:
        net = mode.runs
        self._readers = [list(readers) for readers in net.readers]
        self._mbit = np.append(net.output_mbit * mode.upload_factor, net.input_mbit * mode.input_factor)
        self._loss = mode.loss if len(mode.loss) else np.zeros(net.n_layers + 1)

    def sent(self, kept: Bools, weights: Floats) -> Floats:
        """[n] Mbit that leave sets of layers [n, layers]: a tensor as likely as its likeliest reader outside."""
        total = np.zeros(len(kept))
        for tensor in (len(self._mbit) - 1, *range(len(self._mbit) - 1)):  # the input first, as `instances.cuts`
            total += np.where(
                self._inside(kept, tensor), self._mbit[tensor] * self._outside(kept, weights, tensor), 0.0
            )
        return total

    def lost(self, kept: Bools) -> Floats:
        """[n] largest loss of the tensors that leave."""
        worst = np.zeros(len(kept))
        for tensor in np.flatnonzero(self._loss):
            leaves = self._inside(kept, int(tensor)) & (self._outside(kept, np.ones(kept.shape[1]), int(tensor)) > 0)
            worst = np.maximum(worst, np.where(leaves, self._loss[tensor], 0.0))
        return worst

    def _inside(self, kept: Bools, tensor: int) -> Bools:
        return np.ones(len(kept), dtype=bool) if tensor == kept.shape[1] else kept[:, tensor]

    def _outside(self, kept: Bools, weights: Floats, tensor: int) -> Floats:
        readers = self._readers[NETWORK_INPUT if tensor == kept.shape[1] else tensor]
        return _largest(~kept[:, readers], weights[readers])


def _largest(chosen: Bools, weights: Floats) -> Floats:
    """[n] largest weight among the chosen of each row; 0 where none is."""
    return np.asarray(np.where(chosen, weights, 0.0).max(axis=1, initial=0.0))


def _sum(chosen: Bools, per_layer: Floats) -> Floats:
    """[n] sum over the chosen of each row, layer after layer as `instances.cuts` adds them."""
    total = np.zeros(len(chosen))
    for layer in np.flatnonzero(per_layer):
        total += np.where(chosen[:, layer], per_layer[layer], 0.0)
    return total
