"""The registry of experiments, and the small runner that fills their stores.

An experiment is a list of cases (plain values) and a function from a case to a row of figures. Solving is here,
drawing in `results.drawings`; the store lies between.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from instances.errors import InputError
from instances.processor import processor_name
from instances.registry import Registry
from results.store import RUNS, Store, case_key, read_rows
from solvers.result import Result
from solvers.result_file import versions

__all__ = ["EXPERIMENTS", "RECORDS", "experiment", "figures_of", "known_experiments", "record", "rows_of",
           "run_experiment"]  # fmt: skip

Case = dict[str, Any]
Cases = Callable[[bool], list[Case]]
Run = Callable[[Case], dict[str, Any]]
Read = Callable[[], list[dict[str, Any]]]

ABOUT = ("case", "key", "versions", "machine")
"""Fields of a row that are not figures."""

EXPERIMENTS = Registry[tuple[Cases, Run]]("experiment")
RECORDS = Registry[Read]("record")
"""Rows that another command writes into a committed file of its own."""


def experiment(name: str, cases: Cases) -> Callable[[Run], Run]:
    """Decorator that registers a run function with its cases; ``cases(quick)`` gives the reduced list when quick."""

    def register(run: Run) -> Run:
        EXPERIMENTS.add(name, (cases, run))
        return run

    return register


def record(name: str) -> Callable[[Read], Read]:
    """Decorator that registers a function that reads committed rows; nothing is run for them."""

    def register(read: Read) -> Read:
        if name in EXPERIMENTS:
            raise ValueError(f"'{name}' is registered twice")
        RECORDS.add(name, read)
        return read

    return register


def _register_all() -> None:
    import results.experiments  # noqa: F401


def known_experiments() -> list[str]:
    """Names of all experiments."""
    import results.experiments  # noqa: F401  registers them all

    return list(EXPERIMENTS)


def _get(name: str) -> tuple[Cases, Run]:
    _register_all()
    return EXPERIMENTS.find(name)


def run_experiment(name: str, *, quick: bool = False, folder: Path = RUNS) -> None:
    """Run the cases that have no row yet; may be stopped and called again at any time.

    Raises:
        InputError: no such experiment.
    """
    _register_all()
    if name in RECORDS:
        return
    cases, run = _get(name)
    store = Store(folder / f"{name}.jsonl")
    todo = [case for case in cases(quick) if case_key(case) not in store.known]
    for number, case in enumerate(todo, start=1):
        print(f"{name}: {number}/{len(todo)} {case}", file=sys.stderr)
        store.append(case, {**run(case), "versions": versions(), "machine": machine()})


def machine() -> dict[str, Any]:
    """What rows say of the machine that they were measured on."""
    return {"processor": processor_name(), "cores": os.cpu_count()}


def rows_of(name: str, *, quick: bool = False, folder: Path = RUNS) -> list[dict[str, Any]]:
    """Rows of an experiment's cases, case fields and figures side by side.

    Raises:
        InputError: a case has no row yet.
    """
    _register_all()
    if name in RECORDS:
        return RECORDS[name]()
    cases, _ = _get(name)
    wanted = {case_key(case) for case in cases(quick)}
    rows = [row for row in read_rows(folder / f"{name}.jsonl") if row["key"] in wanted]
    missing = len(wanted) - len({row["key"] for row in rows})
    if missing:
        raise InputError(name, f"{missing} of {len(wanted)} cases have no row", fix="python paper_figures.py --rerun")
    return [{**row["case"], **{k: v for k, v in row.items() if k not in ABOUT}} for row in rows]


def figures_of(result: Result) -> dict[str, Any]:
    """The figures of a result that experiments keep; infinite ones as None."""
    plain = {"objective_j": result.objective_j, "bound_j": result.bound_j, "certified_j": result.certified_j,
             "gap": result.gap, "build_s": result.build_s, "solve_s": result.solve_s}  # fmt: skip
    return {
        **{name: value if math.isfinite(value) else None for name, value in plain.items()},
        "verdict": result.verdict.value,
        "stop": result.stop.value,
    }
