"""The checker of one request: recomputes a placement from the request alone and names every rule that it breaks.

It shares no code with what chooses placements: the model of `instances.request.Request` is restated here, tensor by
tensor, so that an error there cannot hide here.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from instances.columns import Floats, Ints
from instances.request import Request

__all__ = ["REQUEST_RULES", "Breach", "RequestReport", "check_request"]

TOLERANCE = 1e-9
"""Relative room for rounding in deadline, energy cap, load caps and memory."""

REQUEST_RULES = {
    "structure": "a placement names one machine for every layer",
    "machine": "a layer runs on a machine that can run it",
    "way": "data are sent over links that exist",
    "one way": "data flow to machines later in the order only, the result excepted",
    "memory": "weights of a machine's layers fit it",
    "deadline": "latency is at most the deadline",
    "energy cap": "energy is at most the energy cap",
    "load cap": "a machine is busy with a request for at most its load cap",
}


@dataclasses.dataclass(frozen=True)
class Breach:
    """A broken rule: which, where, by how much in which unit."""

    rule: str
    where: str
    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{self.where}: {self.rule} broken by {self.amount:.6g} {self.unit} ({REQUEST_RULES[self.rule]})"


@dataclasses.dataclass(frozen=True, eq=False)
class RequestReport:
    """What a placement amounts to; NaN where its structure is broken, inf where something is impossible.

    ``latency_s``: layers, transfers, hops and openings one after the other. ``energy_j``: what counts of it.
    ``machine_s`` [m], ``link_s`` [m, m] (row sends to column): busy s for each request; ``stage_s`` the longest of them
    and ``throughput`` requests/s when requests follow each other (inf when nothing takes time). ``sent_mbit`` [m, m],
    ``tensors`` [m, m]: what each link carries. ``memory_mb`` [m]. ``used``: names of machines in use. ``breaches``:
    empty when the placement is valid.
    """

    latency_s: float
    energy_j: float
    machine_s: Floats
    link_s: Floats
    sent_mbit: Floats
    tensors: Ints
    memory_mb: Floats
    used: tuple[str, ...]
    breaches: tuple[Breach, ...]

    @property
    def valid(self) -> bool:
        """Whether no rule is broken."""
        return not self.breaches

    @property
    def stage_s(self) -> float:
        """Longest stage: the busiest machine or link, s."""
        return max(float(self.machine_s.max()), float(self.link_s.max()))

    @property
    def throughput(self) -> float:
        """Requests a second that the busiest stage lets through."""
        return 1 / self.stage_s if self.stage_s > 0 else math.inf


def check_request(request: Request, placement: ArrayLike) -> RequestReport:
    """Recompute ``placement`` ([n_layers] machine of each layer); a bad one is no error: what is wrong is named."""
    given = np.asarray(placement)
    wrong = _structure(request, given)
    if wrong is not None:
        m = request.n_machines
        nothing = np.full((m, m), np.nan)
        return RequestReport(math.nan, math.nan, np.full(m, np.nan), nothing, nothing, np.zeros((m, m), dtype=np.int64),
                             np.full(m, np.nan), (), (wrong,))  # fmt: skip
    at = [int(machine) for machine in given]
    return _report(request, at, list(_parcels(request, at)))


def _structure(request: Request, placement: np.ndarray) -> Breach | None:
    if placement.shape != (request.n_layers,):
        return Breach("structure", "placement", float(placement.size - request.n_layers), "layers")
    if placement.dtype.kind not in "iu":
        return Breach("structure", "placement", float(request.n_layers), "layers that are no whole numbers")
    strange = int(np.sum((placement < 0) | (placement >= request.n_machines)))
    return Breach("structure", "placement", float(strange), "layers on no machine") if strange else None


def _parcels(request: Request, at: list[int]) -> Iterator[tuple[int, int, float, bool]]:
    """Everything sent: from, to, Mbit, whether it is the result."""
    net = request.network
    for tensor in range(-1, net.n_layers):
        home = 0 if tensor < 0 else at[tensor]
        size = float(net.input_mbit if tensor < 0 else net.output_mbit[tensor])
        targets = {at[reader] for reader in net.readers[tensor]}
        for a, b in _legs(request, home, targets):
            yield a, b, size, False
    last = {at[layer] for layer in range(net.n_layers) if not net.readers[layer]}
    if request.route == "relay":
        for k in range(max(last, default=0), 0, -1):
            yield k, k - 1, float(net.result_mbit), True
    else:
        for machine in sorted(last - {0}):
            yield machine, 0, float(net.result_mbit), True


def _legs(request: Request, home: int, targets: set[int]) -> Iterator[tuple[int, int]]:
    """Links that a tensor takes from its home to all who read it."""
    if request.route == "direct":
        yield from ((home, target) for target in sorted(targets - {home}))
        return
    highest, lowest = max(targets, default=home), min(targets, default=home)
    yield from ((k, k + 1) for k in range(home, highest))
    yield from ((k, k - 1) for k in range(home, lowest, -1))


def _report(request: Request, at: list[int], parcels: list[tuple[int, int, float, bool]]) -> RequestReport:
    m, net = request.n_machines, request.network
    layers = range(net.n_layers)
    in_use = set(range(1, max(at, default=0) + 1)) if request.route == "relay" else set(at) - {0}
    machine_s, memory = np.zeros(m), np.zeros(m)
    for v in layers:
        machine_s[at[v]] += request.time_s[at[v], v]
        memory[at[v]] += net.weight_mb[v]
    link_s, sent, tensors = np.zeros((m, m)), np.zeros((m, m)), np.zeros((m, m), dtype=np.int64)
    for a, b, mbit, _ in parcels:
        tensors[a, b] += 1
        sent[a, b] += mbit
        link_s[a, b] += mbit * request.send_s_per_mbit[a, b] if np.isfinite(request.send_s_per_mbit[a, b]) else math.inf
    delay = [float(request.hop_s[a, b]) for a, b, _, _ in parcels]
    opening = [float(request.opening_s[k]) for k in sorted(in_use)]
    energy = [*(float(request.energy_j[at[v], v]) for v in layers),
              *(mbit * float(request.send_j_per_mbit[a, b]) for a, b, mbit, _ in parcels),
              *(float(request.opening_j[k]) for k in sorted(in_use))]  # fmt: skip
    latency = float(machine_s.sum()) + float(link_s.sum()) + math.fsum(delay) + math.fsum(opening)
    report = RequestReport(latency, math.fsum(energy), machine_s, link_s, sent, tensors, memory,
                           tuple(request.machines[k] for k in sorted({0, *in_use})), ())  # fmt: skip
    return dataclasses.replace(report, breaches=tuple(_breaches(request, at, parcels, report)))


def _breaches(
    request: Request, at: list[int], parcels: list[tuple[int, int, float, bool]], report: RequestReport
) -> Iterator[Breach]:
    names = request.machines
    for v, machine in enumerate(at):
        if math.isinf(request.time_s[machine, v]):
            yield Breach("machine", f"layer {request.network.layers[v]} on {names[machine]}", 1.0, "layer")
    for a in range(len(names)):
        for b in range(len(names)):
            where = f"{names[a]} to {names[b]}"
            if report.tensors[a, b] and math.isinf(request.send_s_per_mbit[a, b]):
                yield Breach("way", where, float(report.tensors[a, b]), "tensors")
            back = sum(1 for x, y, _, result in parcels if (x, y) == (a, b) and b < a and not result)
            if request.one_way and back:
                yield Breach("one way", where, float(back), "tensors")
    for k, name in enumerate(names):
        excess = float(report.memory_mb[k] - request.memory_mb[k] * (1 + TOLERANCE))
        if excess > 0:
            yield Breach("memory", name, excess, "MB")
        load, cap = float(report.machine_s[k]), float(request.load_cap_s[k])
        if load > cap * (1 + TOLERANCE):  # both may be inf
            yield Breach("load cap", name, load - cap, "s")
    late = report.latency_s - request.deadline_s * (1 + TOLERANCE)
    if late > 0:
        yield Breach("deadline", "request", late, "s")
    drained = report.energy_j - request.energy_cap_j * (1 + TOLERANCE)
    if drained > 0:
        yield Breach("energy cap", "request", drained, "J")
