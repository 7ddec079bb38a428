"""Who is asked about an instance: every exact method, in several ways, and whoever else is registered.

An asker has a name, a reason against an instance (or None) and an answer: a `Result`, made by the checker as always.
Methods of `solvers.METHODS` need no entry here: those that are exact or give bounds are asked as they are. Others
register themselves with `asker`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Protocol

import numpy as np

from instances.errors import InputError
from instances.expand import expand
from instances.instance import Instance
from instances.options import OptionTable
from instances.registry import Registry
from solvers import METHODS, Limits, solve
from solvers.answer import Answer, Stop
from solvers.exact import FormulationMethod
from solvers.highs import HighsOptions
from solvers.registry import Method, get_method, reason_against
from solvers.result import Result

__all__ = ["ASKERS", "LIMITS", "Asker", "MethodAsker", "asker", "askers_now"]

LIMITS = Limits(gap=1e-6, nodes=5000, rounds=60)
"""Of every method: no clock, so that the same draw gives the same answers on any machine."""

MOST_CHOICES = 3000
"""Enumeration is asked up to here; larger draws have the other methods."""

HEURISTICS = ("greedy", "local_search")
"""Asked for their plans: quick, and made in another way than the exact ones."""


class Asker(Protocol):
    """One way to have an instance solved."""

    @property
    def name(self) -> str:
        """What it is called in claims and reproducers."""

    def reason(self, instance: Instance, table: OptionTable) -> str | None:
        """Why it cannot be asked, or None."""

    def ask(self, instance: Instance, table: OptionTable, seed: int) -> Result:
        """Its answer, recomputed by the checker."""


ASKERS = Registry[Asker]("asker")


def asker(entry: Asker) -> Asker:
    """Register an asker under its name."""
    ASKERS.add(entry.name, entry)
    return entry


@dataclasses.dataclass(frozen=True)
class MethodAsker:
    """A method of ours. ``salt`` is added to the seed, so that one method can be asked with several."""

    name: str
    make: Callable[[], Method]
    salt: int = 0

    def reason(self, instance: Instance, table: OptionTable) -> str | None:
        """That of the method; enumerations of many choices take too long here."""
        if self.name == "brute_force" and math.prod(int(k) for k in np.diff(table.start)) > MOST_CHOICES:
            return f"it has more than {MOST_CHOICES} choices"
        return reason_against(self.make(), table)

    def ask(self, instance: Instance, table: OptionTable, seed: int) -> Result:
        """`solve` with it."""
        return solve(instance, self.make(), limits=LIMITS, seed=seed + self.salt, table=table)


def askers_now() -> list[Asker]:
    """Everybody that can be asked, methods registered at run time included.

    An exact method that hands its formulation to HiGHS is asked with presolve on and off, each with a seed of its own.
    """
    found: list[Asker] = []
    for name, entry in METHODS.items():
        if entry.kind not in ("exact", "bound") and name not in (*HEURISTICS, "prices"):
            continue
        found.append(MethodAsker(name, lambda name=name: get_method(name)))  # type: ignore[misc]
        if isinstance(entry, FormulationMethod):
            for presolve in ("on", "off"):
                salt = len(found)
                found.append(MethodAsker(f"{name}, presolve {presolve}, seed +{salt}", _with(entry, presolve), salt))
    return [*found, *ASKERS.values()]


def _with(entry: FormulationMethod, presolve: str) -> Callable[[], Method]:
    kind: Callable[[HighsOptions], Method] = type(entry)  # type: ignore[assignment]
    return lambda: kind(HighsOptions({"presolve": presolve}))


class Threshold:
    """J-M by bisection: a largest latency T can be kept if J-E with deadlines min(D, T/w) has a plan, by enumeration.

    It shares nothing with the method `bottleneck` but the allocation of shares.
    """

    name = "threshold"
    WIDTH = 1e-7

    def reason(self, instance: Instance, table: OptionTable) -> str | None:
        """Only J-M, and few choices."""
        if instance.problem != "J-M":
            return f"it is {instance.problem}"
        return MethodAsker("brute_force", lambda: get_method("brute_force")).reason(instance, dataclasses.replace(
            table, aggregate="sum"))  # fmt: skip

    def ask(self, instance: Instance, table: OptionTable, seed: int) -> Result:
        """Bisect until T is known to `WIDTH`, from the plan down."""
        first = self._try(instance, math.inf)
        if first.plan is None:
            return Result.checked(instance, Answer(None, Stop.INFEASIBLE, math.inf), None, method=self.name)
        best = Result.checked(instance, Answer(None, Stop.FINISHED), first.plan, method=self.name)
        low, high = 0.0, best.objective_j
        while high - low > self.WIDTH * high:
            middle = 0.5 * (low + high)
            found = self._try(instance, middle)
            if found.plan is None:
                low = middle
                continue
            best = Result.checked(instance, Answer(None, Stop.FINISHED), found.plan, method=self.name)
            high = min(best.objective_j, middle)
        answer = Answer(None, Stop.FINISHED, low * (1 - 1e-9), best.objective_j)
        return Result.checked(instance, answer, best.plan, method=self.name, limits=LIMITS)

    def _try(self, instance: Instance, largest_s: float) -> Result:
        weight = instance.users.weight
        with np.errstate(divide="ignore", invalid="ignore"):
            most = np.where(weight > 0, largest_s / weight, math.inf)
        deadline = np.maximum(np.minimum(instance.users.deadline_s, most), 1e-29)
        problem = instance.replace(problem="J-E", users=instance.users.replace(deadline_s=deadline))
        if (np.diff(expand(problem).start) == 0).any():
            return Result.checked(problem, Answer(None, Stop.INFEASIBLE, math.inf), None, method=self.name)
        result = solve(problem, "brute_force", limits=LIMITS)
        if result.plan is None and result.stop is not Stop.INFEASIBLE:
            raise InputError(self.name, "enumeration neither found a plan nor ruled one out", result.message)
        return result


asker(Threshold())
