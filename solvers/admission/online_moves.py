"""Requests admitted online with re-offloading: one that is served may move to make room for a newcomer."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats
from instances.options import OptionTable
from solvers.admission.arrivals import Arrivals, Moves, Outlook, Request, admit
from solvers.admission.columns import why_not_admission
from solvers.admission.frame import Admitted, run
from solvers.admission.packing import ROOM
from solvers.answer import Answer, Clock, Limits
from solvers.registry import Kind, method

__all__ = ["AdmissionOnlineMoves", "MovingFit"]

MOST_TRIED = 200
"""Users in a newcomer's way that are tried, those that give most room first."""


@dataclasses.dataclass(eq=False)
class _Served:
    """An admitted request: its number among the arrivals, and the column that it has now."""

    arrival: int
    request: Request
    column: int


class MovingFit:
    """The column that takes least of those that fit; where none does, one admitted user moves to another of its
    columns, on the same server or another one, if that makes room. One move an arrival at most, nobody is dropped; and
    no move for a newcomer that would take more for its weight than those served do on average."""

    def __init__(self, outlook: Outlook) -> None:
        self.level = np.zeros((outlook.n_servers, outlook.n_resources))
        self._served: list[list[_Served]] = [[] for _ in range(outlook.n_servers)]
        self._arrived = 0
        self._weight = self._demand = 0.0

    def decide(self, request: Request) -> Moves:
        """See the class."""
        arrival, self._arrived = self._arrived, self._arrived + 1
        moved: tuple[tuple[int, int], ...] = ()
        fits = request.fitting(self.level)
        if len(fits):
            k = int(fits[np.argmin(request.demand[fits].sum(axis=1))])
        else:
            found = self._make_room(request)
            if found is None:
                return Moves(-1)
            k, served, column = found
            self._move(served, column)
            moved = ((served.arrival, column),)
        self._place(_Served(arrival, request, k))
        return Moves(k, moved)

    def _make_room(self, request: Request) -> tuple[int, _Served, int] | None:
        """(column of the newcomer, who moves, where to), those that take least first; None where nobody can."""
        total = request.demand.sum(axis=1)
        for k in np.argsort(total, kind="stable").tolist():
            if total[k] * self._weight > request.weight * self._demand:
                return None
            server = int(request.server[k])
            excess = self.level[server] + request.demand[k] - ROOM
            for served in self._in_the_way(server, excess):
                column = self._new_place(served, server, request.demand[k])
                if column is not None:
                    return k, served, column
        return None

    def _in_the_way(self, server: int, excess: Floats) -> list[_Served]:
        """Those that have enough of what is short."""
        enough = [s for s in self._served[server] if (s.request.demand[s.column] >= excess).all()]
        return sorted(enough, key=lambda s: -float(s.request.demand[s.column][excess > 0].sum()))[:MOST_TRIED]

    def _new_place(self, served: _Served, server: int, needed: Floats) -> int | None:
        """The column, of least demand, where it fits once it has left and the newcomer has come."""
        level = self.level.copy()
        level[server] += needed - served.request.demand[served.column]
        fits = served.request.fitting(level)
        fits = fits[fits != served.column]
        return int(fits[np.argmin(served.request.demand[fits].sum(axis=1))]) if len(fits) else None

    def _place(self, served: _Served) -> None:
        server, demand = int(served.request.server[served.column]), served.request.demand[served.column]
        self.level[server] += demand
        self._served[server].append(served)
        self._weight, self._demand = self._weight + served.request.weight, self._demand + float(demand.sum())

    def _move(self, served: _Served, column: int) -> None:
        server, demand = int(served.request.server[served.column]), served.request.demand[served.column]
        self.level[server] -= demand
        self._served[server].remove(served)
        self._weight, self._demand = self._weight - served.request.weight, self._demand - float(demand.sum())
        served.column = column
        self._place(served)


@method
class AdmissionOnlineMoves:
    """Users come in their order; a newcomer that fits nowhere may have one admitted user move (another cut, another
    server). Nobody who was admitted is dropped."""

    name = "admission_online_moves"
    title = "online admission with re-offloading"
    kind: Kind = "online"
    guarantee = None
    reference = "dynamic re-offloading after Xu et al., IEEE TPDS 32(4), 2021, doi:10.1109/TPDS.2020.3032443; rule ours"

    def supports(self, table: OptionTable) -> str | None:
        """J-A only."""
        return why_not_admission(table)

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """One pass over the users; limits are not needed."""
        return run(table, clock, _search)


def _search(admitted: Admitted) -> None:
    arrivals = Arrivals(admitted.packing)
    taken, moves = admit(admitted.packing, arrivals, MovingFit(arrivals.outlook))
    admitted.offer(taken)
    admitted.detail = {"moves": float(moves)}
