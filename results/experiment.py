"""The registry of experiments, and the small runner that fills their stores.

An experiment is a list of cases (plain values) and a function from a case to a row of figures. Solving is here,
drawing in `paper_figures.py`; the store lies between.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from instances.errors import InputError, nearest
from results.store import RUNS, Store, case_key, read_rows
from solvers.result import Result
from solvers.result_file import versions

__all__ = ["EXPERIMENTS", "experiment", "figures_of", "known_experiments", "rows_of", "run_experiment"]

Case = dict[str, Any]
Cases = Callable[[bool], list[Case]]
Run = Callable[[Case], dict[str, Any]]

EXPERIMENTS: dict[str, tuple[Cases, Run]] = {}


def experiment(name: str, cases: Cases) -> Callable[[Run], Run]:
    """Decorator that registers a run function with its cases; ``cases(quick)`` gives the reduced list when quick."""

    def register(run: Run) -> Run:
        if name in EXPERIMENTS:
            raise ValueError(f"experiment '{name}' is registered twice")
        EXPERIMENTS[name] = (cases, run)
        return run

    return register


def known_experiments() -> list[str]:
    """Names of all experiments."""
    import results.experiments  # noqa: F401  registers them all

    return list(EXPERIMENTS)


def _get(name: str) -> tuple[Cases, Run]:
    import results.experiments  # noqa: F401  registers them all

    if name not in EXPERIMENTS:
        raise InputError("experiment", f"'{name}' is not known", fix=nearest(name, EXPERIMENTS))
    return EXPERIMENTS[name]


def run_experiment(name: str, *, quick: bool = False, folder: Path = RUNS) -> Path:
    """Run the cases that have no row yet; may be stopped and called again at any time.

    Raises:
        InputError: no such experiment.
    """
    cases, run = _get(name)
    store = Store(folder / f"{name}.jsonl")
    todo = [case for case in cases(quick) if case_key(case) not in store.known]
    for number, case in enumerate(todo, start=1):
        print(f"{name}: {number}/{len(todo)} {case}", file=sys.stderr)
        store.append(case, {**run(case), "versions": versions()})
    return store.path


def rows_of(name: str, *, quick: bool = False, folder: Path = RUNS) -> list[dict[str, Any]]:
    """Rows of an experiment's cases, case fields and figures side by side.

    Raises:
        InputError: a case has no row yet.
    """
    cases, _ = _get(name)
    wanted = {case_key(case) for case in cases(quick)}
    rows = [row for row in read_rows(folder / f"{name}.jsonl") if row["key"] in wanted]
    missing = len(wanted) - len({row["key"] for row in rows})
    if missing:
        raise InputError(name, f"{missing} of {len(wanted)} cases have no row", fix="python paper_figures.py --rerun")
    return [{**row["case"], **{k: v for k, v in row.items() if k not in ("case", "key", "versions")}} for row in rows]


def figures_of(result: Result) -> dict[str, Any]:
    """The figures of a result that experiments keep; infinite ones as None."""
    plain = {"objective_j": result.objective_j, "bound_j": result.bound_j, "certified_j": result.certified_j,
             "gap": result.gap, "build_s": result.build_s, "solve_s": result.solve_s}  # fmt: skip
    return {
        **{name: value if math.isfinite(value) else None for name, value in plain.items()},
        "verdict": result.verdict.value,
        "stop": result.stop.value,
    }
