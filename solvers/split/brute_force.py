"""Every placement tried: the oracle of the tests."""

from __future__ import annotations

import math

import numpy as np

from instances.check_request import check_request
from instances.columns import Floats, Ints
from instances.request import Request
from instances.request_costs import Goal
from solvers.answer import Limits
from solvers.registry import Kind
from solvers.split.answer import SplitAnswer
from solvers.split.registry import splitter

__all__ = ["BruteForce", "all_placements", "count_stages"]

MOST_PLACEMENTS = 100_000


@splitter
class BruteForce:
    """All m^n placements, one array operation for each tensor and link."""

    name = "brute_force"
    title = "every placement"
    kind: Kind = "exact"
    guarantee = "optimal"
    reference = "–"

    def supports(self, request: Request, goal: Goal) -> str | None:
        """Tiny requests only."""
        count = request.n_machines**request.n_layers
        if count > MOST_PLACEMENTS:
            return f"{request.n_machines}^{request.n_layers} placements are more than {MOST_PLACEMENTS}"
        return None

    def split(self, request: Request, goal: Goal, *, limits: Limits, rng: np.random.Generator) -> SplitAnswer:
        """The first best of all."""
        placements = all_placements(request.n_machines, request.n_layers)
        value = _values(request, goal, placements)
        best = int(np.argmin(value))
        if math.isinf(value[best]):
            return SplitAnswer.infeasible("none of the placements keeps all rules")
        report = check_request(request, placements[best])
        exact = goal.value(report.latency_s, report.energy_j, report.stage_s)
        return SplitAnswer(placements[best], float(value[best]), exact, detail={"placements": float(len(placements))})


def all_placements(n_machines: int, n_layers: int) -> Ints:
    """[m^n, n] every placement, the one with all layers on machine 0 first."""
    number = np.arange(n_machines**n_layers)
    return np.stack([number // n_machines**layer % n_machines for layer in range(n_layers)], axis=1)


def _values(request: Request, goal: Goal, at: Ints) -> Floats:
    """[k] goal of placements [k, n]; inf where a rule is broken."""
    figures = count_stages(request, at)
    latency, energy, busiest, fits = figures
    fits &= (latency <= request.deadline_s * (1 + 1e-12)) & (energy <= request.energy_cap_j * (1 + 1e-12))
    value = busiest if goal.longest else goal.per_j * energy + goal.per_s * np.where(fits, latency, 0.0)
    return np.where(fits, value, np.inf)


def count_stages(request: Request, at: Ints) -> tuple[Floats, Floats, Floats, np.ndarray]:
    """[k] latency, energy, longest stage, and whether machines, links, direction, memory and load caps allow it."""
    m, layers = request.n_machines, np.arange(request.n_layers)
    seconds, joules = request.time_s[at, layers], request.energy_j[at, layers].sum(axis=1)
    latency = seconds.sum(axis=1)
    busiest, fits = np.zeros(len(at)), np.ones(len(at), dtype=bool)
    highest = at.max(axis=1)
    for k in range(m):
        here = at == k
        fits &= (here * request.network.weight_mb).sum(axis=1) <= request.memory_mb[k]
        busy = np.where(here, seconds, 0.0).sum(axis=1)
        fits &= busy <= request.load_cap_s[k] * (1 + 1e-12)
        busiest = np.maximum(busiest, busy)
        used = (highest >= k) if request.route == "relay" else here.any(axis=1)
        latency, joules = latency + used * request.opening_s[k], joules + used * request.opening_j[k]
    for a in range(m):
        for b in range(m):
            if a == b:
                continue
            count, mbit, count_back, mbit_back = _traffic(request, at, a, b)
            if request.one_way and b < a:
                fits &= count == 0
            count, mbit = count + count_back, mbit + mbit_back
            if np.isinf(request.send_s_per_mbit[a, b]):
                fits &= count == 0
                continue
            air = mbit * request.send_s_per_mbit[a, b]
            busiest = np.maximum(busiest, air)
            latency = latency + air + count * request.hop_s[a, b]
            joules = joules + mbit * request.send_j_per_mbit[a, b]
    return latency, joules, busiest, fits & np.isfinite(latency)


def _traffic(request: Request, at: Ints, a: int, b: int) -> tuple[Ints, Floats, Ints, Floats]:
    """[k] tensors and Mbit sent from a to b, then those of the result."""
    net, relay = request.network, request.route == "relay"
    count, mbit = np.zeros(len(at), dtype=np.int64), np.zeros(len(at))
    if relay and abs(a - b) != 1:
        return count, mbit, count, mbit
    for tensor in range(-1, net.n_layers):
        readers = list(net.readers[tensor])
        if not readers:
            continue
        home = np.zeros(len(at), dtype=np.int64) if tensor < 0 else at[:, tensor]
        if not relay:
            sent = (home == a) & (at[:, readers] == b).any(axis=1)
        elif a < b:
            sent = (home <= a) & (at[:, readers].max(axis=1) >= b)
        else:
            sent = (home >= a) & (at[:, readers].min(axis=1) <= b)
        count = count + sent
        mbit = mbit + sent * float(net.input_mbit if tensor < 0 else net.output_mbit[tensor])
    last = at[:, [v for v in range(net.n_layers) if not net.readers[v]]]
    if relay:
        returned = (a > b) & (last.max(axis=1) >= a)
    else:
        returned = (b == 0) & (last == a).any(axis=1)
    back = returned.astype(np.int64)
    return count, mbit, back, back * float(net.result_mbit)
