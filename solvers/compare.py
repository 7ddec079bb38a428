"""Several methods on one instance, side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from instances.expand import expand
from instances.instance import Instance
from solvers.answer import Limits, Progress, relative_gap
from solvers.guarantees import held
from solvers.registry import METHODS, reason_against, require_support
from solvers.result import Result
from solvers.solve import solve

__all__ = ["compare", "comparison_rows"]


def compare(
    instance: Instance,
    methods: Iterable[str] | None = None,
    *,
    limits: Limits | None = None,
    seed: int = 0,
    on_progress: Callable[[Progress], None] | None = None,
) -> list[Result]:
    """Results of several methods (all that support the instance, unless named), best first.

    Each is held against the best verified plan of all: a bound above it, or a claim that there is none, is WRONG.

    Raises:
        InputError: a named method does not exist or cannot run on the instance.
    """
    table = expand(instance)
    if methods is None:
        names = [name for name, entry in METHODS.items() if reason_against(entry, table) is None]
    else:
        names = list(methods)
        for name in names:  # before any of them is run
            require_support(name, table)
    results = [solve(instance, name, limits=limits, seed=seed, on_progress=on_progress, table=table) for name in names]
    results.sort(key=lambda result: result.objective_j)
    best = next((result.plan for result in results if result.valid), None)
    return results if best is None else [result.refuted_by(best) for result in results]


def comparison_rows(results: list[Result]) -> list[dict[str, Any]]:
    """One row a result: its figures, its gap to the best bound that any of them found, whether its guarantee held."""
    bound = max(
        (r.bound_j for r in results if math.isfinite(r.bound_j) and r.verdict.value != "wrong"), default=-math.inf
    )
    best = min((r.objective_j for r in results if r.verdict.value != "wrong"), default=math.inf)
    return [
        {
            "method": r.method,
            "kind": METHODS[r.method].kind if r.method in METHODS else "",
            "objective_j": r.objective_j,
            "bound_j": r.bound_j,
            "certified_j": r.certified_j,
            "gap_to_best_bound": max(relative_gap(r.objective_j, bound), 0.0),
            "verdict": r.verdict.value,
            "stop": r.stop.value,
            "build_s": r.build_s,
            "solve_s": r.solve_s,
            "guarantee": METHODS[r.method].guarantee if r.method in METHODS else None,
            "held": held(r, bound_j=bound, best_j=best).value,
            "message": r.message,
        }
        for r in results
    ]
