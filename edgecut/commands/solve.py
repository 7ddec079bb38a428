"""`edgecut solve INSTANCE`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from edgecut.card import result_card
from edgecut.commands.options import AsJson, Gap, InstanceFile, Nodes, Quiet, Seed, TimeLimit, limits_of
from edgecut.exits import exit_code
from edgecut.progress import ProgressLines
from edgecut.store import check_result_path, load, save
from instances.errors import InputError
from solvers.cluster import solve_on_cluster
from solvers.result_file import result_to_json
from solvers.solve import solve


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("solve")(run)


def run(
    instance: InstanceFile,
    method: Annotated[str, typer.Option(help="see `edgecut methods`")] = "branch",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="result file to write (.json)")] = None,
    time_limit: TimeLimit = None,
    gap: Gap = 1e-4,
    nodes: Nodes = None,
    seed: Seed = 0,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="WHERE", help="for `prices`: address of a Dask scheduler, or local:N worker processes"),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    certify: Annotated[bool, typer.Option(help="recompute the bound from the method's certificate")] = True,
) -> None:
    """Solve an instance: progress on stderr, a result card (or JSON) on stdout. Ctrl-C keeps the best plan."""
    limits = limits_of(time_limit, gap, nodes)
    if output is not None:
        check_result_path(output)
        # os.path, unlike Path, says of a name that is too long that nothing is there.
        if os.path.exists(output) and os.path.exists(instance) and output.samefile(instance):
            raise InputError("--output", f"'{output}' is the instance itself", "it would be lost", "name another file")
    if cluster is not None and method != "prices":
        raise InputError("--cluster", f"does not go with the method '{method}'", fix="--method prices")
    problem = load(instance)
    with ProgressLines(quiet=quiet, unit=problem.unit) as lines:
        if cluster is None:
            result = solve(problem, method, limits=limits, seed=seed, on_progress=lines, certify=certify)
        else:
            file = instance if instance.suffix.lower() == ".parquet" else None
            result = solve_on_cluster(problem, cluster, limits=limits, seed=seed, on_progress=lines, path=file)
    if as_json:
        document = result_to_json(result)
        long = ("plan", "trace", "certificate")
        print(json.dumps({key: value for key, value in document.items() if key not in long}, indent=1))
    else:
        result_card(result, sys.stdout)
    if output is not None:
        save(result, output)
    raise typer.Exit(exit_code(result))
