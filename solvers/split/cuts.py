"""The cuts of a network as arrays ready to be priced, kept for each network."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.cuts import CutSet, efficient_cuts, enumerate_cuts
from instances.dnn import NETWORK_INPUT, Dnn
from instances.errors import InputError
from instances.request import Request

__all__ = ["MOST_CUTS", "CutTable", "cut_table"]

MOST_CUTS = 20_000
"""More cuts than this are not listed: a minimum cut is faster then."""


@dataclasses.dataclass(frozen=True, eq=False)
class CutTable:
    """Down-closed sets, one a row: ``stays`` [cuts, n] as numbers, ``upload_mbit``, ``tensors`` sent up, ``remote``
    (whether anything runs on the server), ``device_mb``, ``server_mb``, all [cuts]."""

    stays: Floats
    upload_mbit: Floats
    tensors: Ints
    remote: Bools
    device_mb: Floats
    server_mb: Floats

    def placement(self, row: int) -> Ints:
        """[n] 0 where the layer stays, 1 elsewhere."""
        return np.asarray(self.stays[row] == 0, dtype=np.int64)


_tables: dict[tuple[str, bool], CutTable | None] = {}
_likenesses: dict[str, Ints] = {}
_CACHED = 64


def cut_table(request: Request) -> CutTable | None:
    """Cuts among which the best one is, for every goal and limit; None when they are too many to list.

    Efficient cuts suffice where layers that are alike cost alike and only megabits count (see `efficient_cuts`); with
    measured times, or delays of each tensor, all cuts are listed.
    """
    alike = _are_alike(request) and not request.hop_s[0, 1]
    key = (request.network.fingerprint, alike)
    if key not in _tables:
        if len(_tables) >= _CACHED:
            _tables.pop(next(iter(_tables)))
        _tables[key] = _table(request.network, alike)
    return _tables[key]


def _table(network: Dnn, alike: bool) -> CutTable | None:
    try:
        cuts = enumerate_cuts(network, limit=MOST_CUTS)
    except InputError:
        return None
    return _described(efficient_cuts(network) if alike else cuts)


def _described(cuts: CutSet) -> CutTable:
    remote: Bools = ~cuts.on_device
    tensors = np.zeros(len(cuts), dtype=np.int64)
    for tensor, readers in enumerate(cuts.network.readers[:-1]):
        if readers:
            tensors += cuts.on_device[:, tensor] & remote[:, list(readers)].any(axis=1)
    tensors += remote[:, list(cuts.network.readers[NETWORK_INPUT])].any(axis=1)
    return CutTable(cuts.on_device.astype(np.float64), cuts.upload_mbit, tensors, np.asarray(remote.any(axis=1)),
                    cuts.device_weight_mb, cuts.server_weight_mb)  # fmt: skip


def _are_alike(request: Request) -> bool:
    """Whether time and energy of a layer follow from what it is, on both machines."""
    network = request.network
    if network.fingerprint not in _likenesses:
        if len(_likenesses) >= _CACHED:
            _likenesses.pop(next(iter(_likenesses)))
        features = list(zip(network.kind, network.gflop, network.traffic_mb, network.weight_mb, strict=True))
        first = {feature: v for v, feature in reversed(list(enumerate(features)))}
        _likenesses[network.fingerprint] = np.array([first[feature] for feature in features])
    model = _likenesses[network.fingerprint]
    same_time = np.array_equal(request.time_s, request.time_s[:, model])
    return same_time and np.array_equal(request.energy_j, request.energy_j[:, model])
