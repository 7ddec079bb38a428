"""Speed of building: NumPy arrays against the Pyomo statement, for the units columns at about 240,000 of them.

Both sides start from the same list of columns; the array side ends with a CSR matrix ready to be handed to HiGHS, the
Pyomo side with a ConcreteModel. Listing the columns of the pruned table is timed beside them.
"""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable
from typing import Any

import pyomo.environ  # noqa: F401 - before the clock starts: its 0.4 s are not building

from benchmarks.measure import seconds, store
from formulations.joint_units import build_program, state_in_pyomo
from formulations.parts.unit_columns import list_columns
from instances.expand import expand
from instances.generate import generate
from instances.options import OptionTable
from instances.prune import prune

COLUMNS, RUNS = 240_000, 5


def table_of(users: int) -> OptionTable:
    """Pruned options of a campus with units allocation."""
    return prune(expand(generate("campus", users=users, servers=3, seed=7, allocation="units")))


def large_table() -> tuple[int, OptionTable]:
    """Users, and table, of the smallest campus (in steps of 5) with the columns wanted."""
    users = 20
    while True:
        table = table_of(users)
        if len(list_columns(table)) >= COLUMNS:
            return users, table
        users += 5


def tidy_seconds(work: Callable[[], Any], repeats: int) -> list[float]:
    """Wall times, s; garbage of the run before is not counted."""
    times = []
    for _ in range(repeats):
        gc.collect()
        times += seconds(work, 1)
    return times


def main() -> None:
    """Measure and store."""
    users, table = large_table()
    columns = list_columns(table)
    program = build_program(table, columns)
    arrays_s = tidy_seconds(lambda: build_program(table, columns), RUNS)
    pyomo_s = tidy_seconds(lambda: state_in_pyomo(table, columns), RUNS)
    listing_s = tidy_seconds(lambda: list_columns(table), RUNS)
    listing, arrays, pyomo_build = (statistics.median(times) for times in (listing_s, arrays_s, pyomo_s))
    store(
        "build",
        {
            "what": "joint_units: arrays against Pyomo, from the same columns",
            "instance": {"generator": "campus", "users": users, "servers": 3, "seed": 7, "allocation": "units"},
            "columns": program.n_columns,
            "rows": len(program.rows),
            "entries": int(program.rows.matrix.nnz),
            "median_of": RUNS,
            "list_columns_s": listing_s,
            "arrays_s": arrays_s,
            "pyomo_s": pyomo_s,
            "ratio_from_listed_columns": pyomo_build / arrays,
            "ratio_with_listing_on_both_sides": (listing + pyomo_build) / (listing + arrays),
            "ratio_wanted": 10,
        },
    )


if __name__ == "__main__":
    main()
