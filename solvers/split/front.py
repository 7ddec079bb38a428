"""The whole Pareto front of latency and energy of one request, no point missed (docs/theory.md, P24)."""

from __future__ import annotations

import dataclasses

import numpy as np

from formulations.split.layered import layered_graph
from instances.check_request import check_request
from instances.columns import Bools, Floats, Ints
from instances.cuts import enumerate_cuts
from instances.errors import InputError
from instances.request import Request
from solvers.split.labels import Sieve, keep_best, set_labels
from solvers.split.resources import ROOM, Resource, resources_of

__all__ = ["APART", "Front", "front_of", "front_of_cuts", "front_of_switching", "pareto_front"]

APART = 1e-12
"""Points that differ by less than this part in both figures are one point."""

FEW_CUTS = 20_000
"""As many are listed in well under a second."""


@dataclasses.dataclass(frozen=True, eq=False)
class Front:
    """Points that no placement beats in both figures, by rising latency and falling energy.

    ``latency_s``, ``energy_j`` [k], recomputed by the checker; ``placements`` [k, n_layers], one for each point. Empty
    when the request has no placement within its limits.
    """

    request: Request
    latency_s: Floats
    energy_j: Floats
    placements: Ints

    def __len__(self) -> int:
        return len(self.latency_s)

    @property
    def points(self) -> Floats:
        """[2, k] latency and energy."""
        return np.stack([self.latency_s, self.energy_j])

    @property
    def knee(self) -> int:
        """Point farthest below the line from the fastest to the most frugal point, both figures scaled to 0 … 1.

        Raises:
            InputError: the front is empty.
        """
        if not len(self):
            raise InputError("front", "is empty", "no placement keeps the request's limits")
        x, y = (_unit(figure) for figure in (self.latency_s, self.energy_j))
        return int(np.argmin(x + y))

    @property
    def supported(self) -> Bools:
        """[k] whether a point is a vertex of the lower hull: some weighted sum of the figures has no other optimum.

        The others are reached by limits on one figure, never by weights.
        """
        corner = np.zeros(len(self), dtype=bool)
        hull: list[int] = []
        for k in range(len(self)):
            while len(hull) > 1 and self._turn(hull[-2], hull[-1], k) <= 0:
                hull.pop()
            hull.append(k)
        corner[hull] = True
        return corner

    def hypervolume(self, latency_s: float, energy_j: float) -> float:
        """Area, J·s, between the front and a reference point, as far as points lie below it in both figures."""
        area, ceiling = 0.0, energy_j
        for x, y in zip(self.latency_s.tolist(), self.energy_j.tolist(), strict=True):
            if x < latency_s and y < ceiling:
                area += (latency_s - x) * (ceiling - y)
                ceiling = y
        return area

    def _turn(self, a: int, b: int, c: int) -> float:
        """Positive when b lies below the line from a to c."""
        x, y = self.latency_s, self.energy_j
        return float((x[b] - x[a]) * (y[c] - y[a]) - (x[c] - x[a]) * (y[b] - y[a]))


def pareto_front(request: Request) -> Front:
    """The front over all placements that the request allows.

    One way between two machines these are the cuts, which are sorted where they are few; otherwise label setting.

    Raises:
        InputError: too wide a frontier for `layered_graph`; `solvers.split.front_program` takes those.
    """
    if request.one_way and request.n_machines == 2:
        try:
            return front_of_cuts(request, most_cuts=FEW_CUTS)
        except InputError:
            pass  # too many to list quickly; the frontier may be narrow all the same
    return front_of_switching(request)


def front_of_cuts(request: Request, *, most_cuts: int = 200_000) -> Front:
    """Front over all cuts between two machines: each one counted, then sorted.

    Raises:
        InputError: other than two machines, or more cuts than can be listed.
    """
    if request.n_machines != 2:
        raise InputError("request.machines", f"are {request.n_machines}", "a cut has two sides", "front_of_switching")
    going = ~enumerate_cuts(request.network, limit=most_cuts).on_device
    latency, energy, possible = _count_cuts(request, going)
    rows = np.flatnonzero(possible)
    figures = np.stack([latency[rows], energy[rows]])
    kept = keep_best(figures, np.zeros(len(rows), dtype=np.int64), APART * figures.max(axis=1, initial=0.0))
    return front_of(request, going[rows[kept]].astype(np.int64))


def _count_cuts(request: Request, going: Bools) -> tuple[Floats, Floats, Bools]:
    """[cuts] latency, energy and whether all limits are kept; ``going`` [cuts, n_layers]: what machine 1 runs."""
    net, sides = request.network, (~going, going)
    count, mbit = _uploads(request, going)
    back = going[:, [v for v in range(net.n_layers) if not net.readers[v]]].any(axis=1)
    used = going.any(axis=1)
    up_s, down_s = (float(request.send_s_per_mbit[a, b]) for a, b in ((0, 1), (1, 0)))
    possible = (count == 0) | np.isfinite(up_s)
    possible &= ~back | np.isfinite(down_s)
    up_s, down_s = (rate if np.isfinite(rate) else 0.0 for rate in (up_s, down_s))
    latency = mbit * up_s + count * request.hop_s[0, 1] + used * request.opening_s[1]
    latency += back * (down_s * net.result_mbit + request.hop_s[1, 0])
    energy = mbit * request.send_j_per_mbit[0, 1] + used * request.opening_j[1]
    energy += back * (request.send_j_per_mbit[1, 0] * net.result_mbit)
    for k, side in enumerate(sides):
        runs = np.isfinite(request.time_s[k])
        busy = side @ np.where(runs, request.time_s[k], 0.0)
        possible &= ~side[:, ~runs].any(axis=1) & (busy <= request.load_cap_s[k] * ROOM)
        possible &= side @ net.weight_mb <= request.memory_mb[k] * ROOM
        latency, energy = latency + busy, energy + side @ request.energy_j[k]
    possible &= (latency <= request.deadline_s * ROOM) & (energy <= request.energy_cap_j * ROOM)
    return np.asarray(latency), np.asarray(energy), possible


def _uploads(request: Request, going: Bools) -> tuple[Floats, Floats]:
    """[cuts] how many tensors go up, and their Mbit."""
    net = request.network
    sent = going[:, list(net.readers[-1])].any(axis=1)
    count, mbit = sent.astype(np.float64), sent * net.input_mbit
    for layer in range(net.n_layers):
        if net.readers[layer]:
            sent = ~going[:, layer] & going[:, list(net.readers[layer])].any(axis=1)
            count, mbit = count + sent, mbit + sent * net.output_mbit[layer]
    return np.asarray(count), np.asarray(mbit)


def front_of_switching(request: Request) -> Front:
    """Front over all placements, any number of switches: label setting over (latency, energy), limits as further rows.

    Raises:
        InputError: see `formulations.split.layered.layered_graph` and `solvers.split.labels.set_labels`.
    """
    graph = layered_graph(request)
    limits = resources_of(graph)
    extra = [r for r in limits if r.name not in ("deadline", "energy cap")]
    figures = np.stack([graph.seconds, graph.joules, *(r.amount for r in extra)])
    labels = set_labels(graph.structure, figures, _sieves(limits, extra))
    figures = labels.figures[:2]
    kept = keep_best(figures, np.zeros(len(labels), dtype=np.int64), APART * figures.max(axis=1, initial=0.0))
    placements = [graph.placement(labels.path(int(label))) for label in kept]
    return front_of(request, np.array(placements, dtype=np.int64).reshape(len(kept), request.n_layers))


def front_of(request: Request, placements: Ints) -> Front:
    """The best of some placements [k, n_layers], recomputed by the checker; those that break a rule are left out."""
    reports = [check_request(request, placement) for placement in placements]
    valid = [k for k, report in enumerate(reports) if report.valid]
    figures = np.array([(reports[k].latency_s, reports[k].energy_j) for k in valid]).reshape(len(valid), 2).T
    kept = keep_best(figures, np.zeros(len(valid), dtype=np.int64), APART * figures.max(axis=1, initial=0.0))
    rows = np.array(valid, dtype=np.int64)[kept]
    return Front(request, figures[0, kept], figures[1, kept], placements[rows])


def _sieves(limits: list[Resource], extra: list[Resource]) -> list[Sieve]:
    width = 2 + len(extra)
    place = {"deadline": 0, "energy cap": 1, **{r.name: 2 + j for j, r in enumerate(extra)}}
    return [Sieve(np.eye(width)[place[r.name]], r.cap * ROOM) for r in limits]


def _unit(figure: Floats) -> Floats:
    low, high = float(figure.min()), float(figure.max())
    return np.zeros(len(figure)) if high <= low else np.asarray((figure - low) / (high - low))
