"""Heuristic offloading decisions after Lyu, Tian et al., IEEE TVT 2017, and nobody offloading."""

from __future__ import annotations

import numpy as np

from instances.systems.hoda import Cell, CellPlan
from solvers.systems.hoda.terms import Terms, plan_of, set_value, terms_of
from solvers.systems.registry import system_method

__all__ = ["heuristic", "nobody"]


@system_method("hoda", system="HODA", kind="heuristic", reference="Lyu, Tian et al., IEEE TVT 66(4), 2017")
def heuristic(cell: Cell) -> CellPlan:
    """Sure decisions first, then one user after another.

    Who gains nothing even with the server to itself stays local; who gains even when all others come is remote. If
    those are too many, the ones of least utility go home again; otherwise users join in order of their own utility as
    long as there are sub-channels, the set gains, and no member would now better be left out.
    """
    terms = terms_of(cell)
    open_users = [i for i in range(cell.n_users) if set_value(terms, [i]) > 0]
    others = terms.load[open_users].sum()
    sure = [i for i in open_users if set_value(terms, [i]) - 2 * terms.load[i] * (others - terms.load[i]) >= 0]
    while len(sure) > cell.channels:
        total = terms.load[sure].sum()
        sure.remove(min(sure, key=lambda i: terms.gain[i] - terms.load[i] * total))
    return plan_of(cell, terms, _extend(cell, terms, sure, [i for i in open_users if i not in sure]))


def _extend(cell: Cell, terms: Terms, members: list[int], search: list[int]) -> list[int]:
    for user in sorted(search, key=lambda i: -set_value(terms, [i])):
        if len(members) >= cell.channels:
            break
        more = [*members, user]
        value = set_value(terms, more)
        lean = all(set_value(terms, [m for m in more if m != k]) < value for k in more)
        if value > set_value(terms, members) and lean:
            members = more
    return members


@system_method("hoda_nobody", system="HODA", kind="heuristic", reference="recurring baseline")
def nobody(cell: Cell) -> CellPlan:
    """Everyone local."""
    return plan_of(cell, terms_of(cell), np.zeros(0, dtype=np.int64).tolist())
