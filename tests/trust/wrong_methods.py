"""Methods that are wrong on purpose, each in one way: what the harness must catch."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from formulations.program import Decision
from instances.options import LOCAL, OptionTable
from solvers import METHODS, get_method
from solvers.answer import Answer, Clock, Limits, Stop

__all__ = ["FAULTS", "registered"]


@dataclasses.dataclass(frozen=True)
class Wrong:
    """Brute force whose answer is spoilt before it is handed over."""

    name: str
    spoil: Callable[[Answer, OptionTable], Answer]
    title: str = "wrong on purpose"
    kind: str = "exact"
    guarantee: str | None = "none"
    reference: str = "none"

    def supports(self, table: OptionTable) -> str | None:
        return get_method("brute_force").supports(table)

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        answer = get_method("brute_force").solve(table, limits=limits, rng=rng, clock=clock)
        return answer if answer.decision is None else self.spoil(answer, table)


def _bound_too_high(answer: Answer, table: OptionTable) -> Answer:
    """A bound that forgets the plan: 1 % too high, and no plan to hold it against."""
    return Answer(None, Stop.NODES, answer.bound_j * 1.01)


def _infeasible(answer: Answer, table: OptionTable) -> Answer:
    """Two users never fit a server together."""
    server = table.server[answer.decision.chosen] if answer.decision is not None else np.zeros(0)
    shared = len(server[server != LOCAL]) > len(np.unique(server[server != LOCAL]))
    return Answer(None, Stop.INFEASIBLE, math.inf) if shared else answer


def _next_option(answer: Answer, table: OptionTable) -> Answer:
    """Off by one: the last user's next option, with the shares of the one before, at the cost of the true one."""
    assert answer.decision is not None
    chosen = answer.decision.chosen.copy()
    chosen[-1] = min(chosen[-1] + 1, len(table) - 1)
    moved = Decision(chosen, answer.decision.uplink_share, answer.decision.compute_share)
    return dataclasses.replace(answer, decision=moved)


def _dearer(answer: Answer, table: OptionTable) -> Answer:
    """Forgets remote options: stays local wherever it can, and calls that the optimum."""
    local = table.is_local
    start = table.start
    first = start[:-1]
    if not local[first].all() or not np.isfinite(table.cost_j()[first]).all():
        return Answer(None, Stop.NODES)
    cost = float(table.cost_j()[first].sum())
    nothing = np.zeros(table.n_users)
    return Answer(Decision(first, nothing, nothing), Stop.FINISHED, cost, cost)


def _raises(answer: Answer, table: OptionTable) -> Answer:
    """Breaks down where a server is used."""
    assert answer.decision is not None
    if (table.server[answer.decision.chosen] != LOCAL).any():
        raise ZeroDivisionError("a share of nothing")
    return answer


FAULTS: dict[str, tuple[str, Callable[[Answer, OptionTable], Answer]]] = {
    "bound too high": ("bound", _bound_too_high),
    "infeasible": ("infeasible", _infeasible),
    "off by one": ("wrong", _next_option),
    "local only": ("bound", _dearer),
    "breaks down": ("raised", _raises),
}
"""Name, the kind of contradiction that it must be caught as, and what spoils the answer."""


@contextlib.contextmanager
def registered(name: str) -> Iterator[str]:
    """A wrong method under this name, for as long as the block lasts."""
    entry: Any = Wrong(name, FAULTS[name][1])
    with METHODS.restored():
        METHODS.add(name, entry)
        yield name
