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
from solvers.split.figures import count_stages
from solvers.split.registry import splitter

__all__ = ["BruteForce", "all_placements"]

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
