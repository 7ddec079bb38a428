"""`edgecut compare INSTANCE`."""

from __future__ import annotations

import json
import math
import sys
from typing import Annotated, Any

import typer

from edgecut.commands.options import AsJson, Gap, InstanceFile, Nodes, Quiet, Seed, TimeLimit, limits_of
from edgecut.exits import Exit
from edgecut.progress import ProgressLines
from edgecut.store import load
from edgecut.tables import print_table
from solvers.compare import compare, comparison_rows


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare")(run)


def run(
    instance: InstanceFile,
    methods: Annotated[str | None, typer.Option(help="names, separated by commas (default: all that can run)")] = None,
    time_limit: TimeLimit = None,
    gap: Gap = 1e-4,
    nodes: Nodes = None,
    seed: Seed = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run several methods on one instance: value, gap to the best bound of all, time, whether the guarantee held."""
    problem = load(instance)
    names = None
    if methods is not None:
        names = list(dict.fromkeys(name.strip() for name in methods.split(",") if name.strip()))
        if not names:
            raise typer.BadParameter("names no method", param_hint="--methods")
    with ProgressLines(quiet=quiet, unit=problem.unit) as lines:
        results = compare(problem, names, limits=limits_of(time_limit, gap, nodes), seed=seed, on_progress=lines)
    rows = comparison_rows(results)
    if as_json:
        print(json.dumps([{k: _plain(v) for k, v in row.items()} for row in rows], indent=1))
    else:
        columns = ("method", "kind", "objective_j", "bound_j", "gap_to_best_bound", "verdict", "held", "solve_s")
        print_table([{c: row[c] for c in columns} for row in rows], sys.stdout)
        for row in rows:
            if row["guarantee"] and row["held"] != "none":
                print(f"{row['method']} guarantees: {row['guarantee']}; {row['held']}")
            if row["message"]:
                print(f"{row['method']}: {row['message']}", file=sys.stderr)
    raise typer.Exit(Exit.WRONG if any(row["verdict"] == "wrong" for row in rows) else Exit.OK)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
