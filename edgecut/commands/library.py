"""`edgecut library ...`: named instances, the best that is known about them, and better ones."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Argument, Option

from edgecut.commands.options import AsJson, ResultFile
from edgecut.exits import Exit
from edgecut.store import check_result_path, of_file, save
from edgecut.tables import print_table
from instances.errors import InputError
from instances.files import read_json
from instances.instance import Instance
from instances.library import HOME, Record, best, check, names, submit
from instances.library.entries import entry
from instances.library.loading import load_instance
from solvers.answer import Answer, Stop
from solvers.result import Result

app = typer.Typer(name="library", help="Named instances, and the best known about them: list, write, submit, check.",
                  no_args_is_help=True)  # fmt: skip

Name = Annotated[str, Argument(metavar="NAME", help="see `edgecut library list`")]
Folder = Annotated[Path, Option("--library", metavar="FOLDER", help="a copy of the library, in place of the package's")]


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app)


@app.command("list")
def list_names(
    problem: Annotated[str | None, Option(help="J-E, J-L, J-C, J-A, J-M or J-Q")] = None,
    allocation: Annotated[str | None, Option(help="continuous or units")] = None,
    level: Annotated[str | None, Option(help="light, critical, overloaded or impossible")] = None,
    system: Annotated[str | None, Option(help="joint, or a system with a model of its own")] = None,
    tag: Annotated[str | None, Option(help="tiny, small, medium, large, huge, or a feature of names")] = None,
    most_users: Annotated[int | None, Option(min=1, help="no more users than these")] = None,
    as_json: AsJson = False,
    folder: Folder = HOME,
) -> None:
    """List names, with the best objective, bound and gap known."""
    found = names(problem=problem, allocation=allocation, level=level, system=system, tag=tag, most_users=most_users,
                  folder=folder)  # fmt: skip
    rows = [_row(best(name, folder=folder)) for name in found]
    print(json.dumps([_plain(row) for row in rows], indent=1)) if as_json else print_table(rows, sys.stdout)


def _row(record: Record) -> dict[str, Any]:
    one, found = record.entry, record.by or record.bound_by
    return {
        "name": one.name,
        "problem": one.problem if one.is_joint else one.system,
        "users": one.users,
        "servers": one.servers,
        "best": record.objective if record.by else None,
        "bound": record.bound if record.word and math.isfinite(record.bound) else None,
        "gap": record.gap if math.isfinite(record.gap) else None,
        "word": "no plan: " + record.word if record.infeasible else record.word or None,
        "method": found.method if found else None,
    }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}


@app.command("show")
def show(name: Name, as_json: AsJson = False, folder: Folder = HOME) -> None:
    """Show what a name stands for and what is known about it."""
    record = best(name, folder=folder)
    signed = {"found_by": _signed(record.by), "bound_by": _signed(record.bound_by)}
    rows = {**record.entry.to_json(), **_row(record), **signed, "note": record.note}
    if as_json:
        print(json.dumps(_plain(rows), indent=1))
        return
    for key, value in rows.items():
        if value not in (None, "", [], {}):
            print(f"{key:12} {f'{value:.9g}' if isinstance(value, float) else value}")


def _signed(signature: Any) -> str:
    if signature is None:
        return ""
    return f"{signature.method}, seed {signature.seed}, edgecut {signature.edgecut}, {signature.date}"


@app.command("write")
def write(
    name: Name,
    output: Annotated[Path, Option("--output", "-o", help="instance file to write (.json or .parquet)")],
    result: Annotated[Path | None, Option(help="result file to write beside it, with the best plan (.json)")] = None,
    folder: Folder = HOME,
) -> None:
    """Write the instance of a name to a file, and with --result the best that is known about it."""
    instance = load_instance(name, folder=folder)
    if result is not None:
        check_result_path(result)
    save(instance, output)
    if result is not None:
        save(_result(best(name, folder=folder), instance), result)


def _result(record: Record, instance: Instance) -> Result:
    """The record as a result, which is recomputed on the way."""
    found = record.by or record.bound_by
    if found is None:
        raise InputError(record.entry.name, "has no record", "nothing is known about it yet", "leave out --result")
    stop = Stop.INFEASIBLE if record.infeasible else Stop.FINISHED
    answer = Answer(None, stop, bound_j=record.bound, certificate=record.certificate(instance), message=record.note)
    return Result.checked(instance, answer, record.plan(instance), method=found.method, seed=found.seed)


@app.command("submit")
def submit_result(name: Name, result: ResultFile, folder: Folder = HOME) -> None:
    """Offer a result; it is taken (exit 0) when it is better and holds, else not (exit 1; 4 when it does not hold)."""
    try:
        outcome = submit(name, read_json(result), folder=folder)
    except InputError as error:
        raise of_file(result, error) from None
    print(("taken: " if outcome.accepted else "not taken: ") + outcome.why)
    raise typer.Exit(Exit.OK if outcome.accepted else Exit.WRONG if outcome.refuted else Exit.NO_PLAN)


@app.command("check")
def check_records(
    given: Annotated[list[str] | None, Argument(metavar="[NAME...]", help="all when left out")] = None,
    most_users: Annotated[int | None, Option(min=1, help="of all, those with no more users than these")] = None,
    folder: Folder = HOME,
) -> None:
    """Recompute fingerprints, plans and certificates; exit 0 when all hold, 4 when something does not."""
    wrong = 0
    wanted = given or names(most_users=most_users, folder=folder)
    for name in wanted:
        entry(name, folder)
    for name in wanted:
        faults = check(name, folder=folder)
        wrong += bool(faults)
        for fault in faults:
            print(f"{name}: {fault}", flush=True)
    print(f"{len(wanted)} checked, {wrong} with faults")
    raise typer.Exit(Exit.WRONG if wrong else Exit.OK)
