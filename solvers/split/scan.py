"""Every cut priced at once, the best one taken: Neurosurgeon's choice, on chains and on graphs."""

from __future__ import annotations

import math

import numpy as np

from instances.columns import Bools, Floats
from instances.request import Request
from instances.request_costs import Goal
from solvers.answer import Limits
from solvers.registry import Kind
from solvers.split.answer import SplitAnswer
from solvers.split.cuts import MOST_CUTS, CutTable, cut_table
from solvers.split.registry import splitter

__all__ = ["Scan"]


_ROOM = 1 + 1e-12
"""For rounding."""


@splitter
class Scan:
    """Latency, energy and stages of all cuts by two matrix products; limits are kept by leaving cuts out."""

    name = "scan"
    title = "best of all cuts"
    kind: Kind = "exact"
    guarantee = "optimal"
    reference = "Kang et al., Neurosurgeon, ASPLOS 2017, doi 10.1145/3037697.3037698 (chains); cuts of graphs are ours"

    def supports(self, request: Request, goal: Goal) -> str | None:
        """Two machines, one way, a network whose cuts can be listed."""
        if request.n_machines != 2 or not request.one_way:
            return "a cut has two sides, and data flow one way: see Request.one_way"
        return None if cut_table(request) is not None else f"the network has more than {MOST_CUTS} cuts"

    def split(self, request: Request, goal: Goal, *, limits: Limits, rng: np.random.Generator) -> SplitAnswer:
        """The first best cut."""
        cuts = cut_table(request)
        assert cuts is not None  # supports() has seen to it
        values = _values(request, goal, cuts)
        best = int(np.argmin(values))
        if math.isinf(values[best]):
            return SplitAnswer.infeasible(f"none of the {len(values)} cuts keeps all limits")
        value = float(values[best])
        return SplitAnswer(cuts.placement(best), value, value, detail={"cuts": float(len(values))})


def _values(request: Request, goal: Goal, cuts: CutTable) -> Floats:
    """[cuts] goal of each; inf where a limit forbids it."""
    device_s, server_s, impossible = _sums(cuts, request.time_s)
    fits = ~impossible & (cuts.device_mb <= request.memory_mb[0]) & (cuts.server_mb <= request.memory_mb[1])
    fits &= (device_s <= request.load_cap_s[0] * _ROOM) & (server_s <= request.load_cap_s[1] * _ROOM)
    result = np.where(cuts.remote, request.network.result_mbit, 0.0)
    up_s, down_s = (_times(request.send_s_per_mbit[a, b], mbit) for a, b, mbit in
                    ((0, 1, cuts.upload_mbit), (1, 0, result)))  # fmt: skip
    fits &= np.isfinite(up_s) & np.isfinite(down_s)
    fits &= ~(cuts.remote & np.isinf(request.send_s_per_mbit).any())
    if goal.longest:
        values = np.maximum(np.maximum(device_s, server_s), np.maximum(up_s, down_s))
    else:
        values = np.zeros(len(fits))
    if goal.per_s or math.isfinite(request.deadline_s):
        hops = request.hop_s[0, 1] * cuts.tensors + request.hop_s[1, 0] * cuts.remote
        latency = device_s + server_s + up_s + down_s + hops + request.opening_s[1] * cuts.remote
        fits &= latency <= request.deadline_s * _ROOM
        values = values + goal.per_s * np.where(fits, latency, 0.0) if goal.per_s else values
    if goal.per_j or math.isfinite(request.energy_cap_j):
        device_j, server_j, _ = _sums(cuts, request.energy_j)
        radio_j = request.send_j_per_mbit[0, 1] * cuts.upload_mbit + request.send_j_per_mbit[1, 0] * result
        energy = device_j + server_j + radio_j + request.opening_j[1] * cuts.remote
        fits &= energy <= request.energy_cap_j * _ROOM
        values = values + goal.per_j * energy if goal.per_j else values
    return np.where(fits, values, np.inf)


def _sums(cuts: CutTable, table: Floats) -> tuple[Floats, Floats, Bools]:
    """[cuts] sums over the layers that stay and over those that do not; whether one of them is infinite."""
    finite = np.isfinite(table)
    numbers = np.where(finite, table, 0.0)
    stays = cuts.stays @ numbers[0]
    goes = numbers[1].sum() - cuts.stays @ numbers[1]
    if finite.all():
        return stays, np.maximum(goes, 0.0), np.zeros(len(stays), dtype=bool)
    bad = (cuts.stays @ ~finite[0] > 0) | ((1 - cuts.stays) @ ~finite[1] > 0)
    return stays, np.maximum(goes, 0.0), bad


def _times(rate: float, mbit: Floats) -> Floats:
    return np.where(mbit > 0, rate, 0.0) * mbit if math.isfinite(rate) else np.where(mbit > 0, np.inf, 0.0)
