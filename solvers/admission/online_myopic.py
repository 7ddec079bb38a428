"""Requests admitted online whenever they fit: the baseline of online rules."""

from __future__ import annotations

import numpy as np

from instances.options import OptionTable
from solvers.admission.arrivals import Arrivals, Moves, Outlook, Request, admit
from solvers.admission.columns import why_not_admission
from solvers.admission.frame import Admitted, run
from solvers.answer import Answer, Clock, Limits
from solvers.registry import Kind, method

__all__ = ["AdmissionOnlineMyopic", "CheapestFit"]


class CheapestFit:
    """The column that takes least, Σ over resources, of those that fit."""

    def __init__(self, outlook: Outlook) -> None:
        self.level = np.zeros((outlook.n_servers, outlook.n_resources))

    def decide(self, request: Request) -> Moves:
        """See the class."""
        fits = request.fitting(self.level)
        if not len(fits):
            return Moves(-1)
        k = int(fits[np.argmin(request.demand[fits].sum(axis=1))])
        self.level[request.server[k]] += request.demand[k]
        return Moves(k)


@method
class AdmissionOnlineMyopic:
    """Users come in their order; each takes what fits and takes least, if anything fits."""

    name = "admission_online_myopic"
    title = "online admission of whatever fits"
    kind: Kind = "online"
    guarantee = None
    reference = "recurring baseline of online admission"

    def supports(self, table: OptionTable) -> str | None:
        """J-A only."""
        return why_not_admission(table)

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """One pass over the users; limits are not needed."""
        return run(table, clock, _search)


def _search(admitted: Admitted) -> None:
    arrivals = Arrivals(admitted.packing)
    taken, _ = admit(admitted.packing, arrivals, CheapestFit(arrivals.outlook))
    admitted.offer(taken)
