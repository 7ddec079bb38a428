"""The same question put to a solver: the instance grown by one step, solved again, beside what the slope predicts.

A prediction is never the truth. What is sure about the saving optimum(old) − optimum(new) follows from bounds and plans
of both instances alone (docs/theory.md, P14): it is at least bound(old) − plan(new) and at most plan(old) − bound(new).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from instances.columns import Floats
from instances.expand import expand
from instances.instance import Instance
from instances.options import OptionTable
from solvers.answer import Limits, Progress
from solvers.prices.dual import Dual
from solvers.result import Result, Verdict
from solvers.sensitivity.growth import Step, amount_of, grow
from solvers.sensitivity.slopes import RESOURCES, Slopes, slopes_of
from solvers.solve import solve

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["resolve"]

_SHARP = 12


@dataclasses.dataclass(frozen=True)
class _Known:
    """What is known of an optimum, J."""

    bound_j: float = -math.inf
    best_j: float = math.inf

    @classmethod
    def of(cls, result: Result) -> _Known:
        """Of a result; nothing of one that the checker contradicts."""
        return cls() if result.verdict is Verdict.WRONG else cls(result.bound_j, result.objective_j)

    def and_also(self, other: _Known) -> _Known:
        """Both together, about the same optimum."""
        return _Known(max(self.bound_j, other.bound_j), min(self.best_j, other.best_j))


def resolve(
    result: Result,
    method: str = "exact",
    *,
    step: Step | None = None,
    top: int = 5,
    limits: Limits | None = None,
    seed: int = 0,
    on_progress: Callable[[Progress], None] | None = None,
) -> pd.DataFrame:
    """The first rows of ``result.prices``, each with a re-solve of the instance grown by one step.

    Further columns: ``step`` (in ``unit``), ``predicted_j`` (saving by the slope), ``resolved_j`` (saving of the
    recomputed plans), ``least_j`` and ``most_j`` (the true saving lies between them, if the bounds hold), ``verdict``
    (of the re-solve), ``solve_s``. NaN where a plan or a bound is missing.

    Args:
        result: of the instance as it is.
        method: solves the grown instances, and the old one if ``result`` is of another method.
        step: how much more of a resource; 1 % by default. Whole pieces, at least one, under ``units``.
        top: rows to look at.
        limits, seed, on_progress: of every solve.

    Raises:
        InputError: no such method, or the result has no prices.
    """
    step, slopes = step or Step(0.01), slopes_of(result)
    frame = slopes.frame().head(top).copy()
    old = _Known.of(result)
    if result.method != method and len(frame):
        old = old.and_also(_Known.of(solve(result.instance, method, limits=limits, seed=seed, on_progress=on_progress)))
    names = [str(name) for name in result.instance.servers.name]
    trials = [
        _try(slopes, names.index(server), resource, step, method, limits, seed, on_progress, old)
        for server, resource in zip(frame["server"], frame["resource"], strict=True)
    ]
    # The old optimum is no lower than any of the new ones: what bounds one of these bounds it too.
    old = _Known(max([old.bound_j, *(trial.new.bound_j for trial in trials)]), old.best_j)
    for name in ("step", "predicted_j", "resolved_j", "least_j", "most_j", "verdict", "solve_s"):
        frame[name] = [trial.figures(old)[name] for trial in trials]
    return frame


@dataclasses.dataclass(frozen=True)
class _Trial:
    """One grown instance: the step, the saving predicted, what is known of its optimum, and the result behind it."""

    step: float
    predicted_j: float
    new: _Known
    verdict: str
    solve_s: float

    def figures(self, old: _Known) -> dict[str, float | str]:
        """Columns of its row."""
        least = max(old.bound_j - self.new.best_j, 0.0)
        most = max(old.best_j - self.new.bound_j, least)
        resolved = old.best_j - self.new.best_j
        if not math.isfinite(self.step):  # a part of endless memory: nothing changes
            least = most = resolved = 0.0
        return {
            "step": self.step,
            "predicted_j": self.predicted_j,
            "resolved_j": _finite(resolved),
            "least_j": _finite(least),
            "most_j": _finite(most),
            "verdict": self.verdict,
            "solve_s": self.solve_s,
        }


def _try(
    slopes: Slopes,
    server: int,
    resource: str,
    step: Step,
    method: str,
    limits: Limits | None,
    seed: int,
    on_progress: Callable[[Progress], None] | None,
    old: _Known,
) -> _Trial:
    amount = step.amount(slopes.instance, server, resource)
    if not math.isfinite(amount):
        return _Trial(amount, 0.0, _Known(), "unchanged", 0.0)
    predicted = amount * slopes.worth_j(server, resource)
    grown = grow(slopes.instance, server, resource, amount)
    table = expand(grown)
    again = solve(grown, method, limits=limits, seed=seed, on_progress=on_progress, table=table)
    floor = _at_old_unit_prices(slopes, grown, table, server, resource)
    # Every old plan is one of the grown instance.
    new = _Known.of(again).and_also(_Known(floor, old.best_j))
    return _Trial(amount, predicted, new, again.verdict.value, again.solve_s)


def _at_old_unit_prices(slopes: Slopes, grown: Instance, table: OptionTable, server: int, resource: str) -> float:
    """Bound on the grown instance at the old prices a unit: any prices give one."""
    prices: Floats = np.array(slopes.prices)
    if resource == "server":
        prices = np.column_stack([prices, prices[:, server]])
    else:
        factor = amount_of(grown, server, resource) / amount_of(slopes.instance, server, resource)
        prices[RESOURCES.index(resource), server] *= factor
    return Dual(table).at(prices, steps=_SHARP).bound_j


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan
