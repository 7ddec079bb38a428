"""`edgecut prices INSTANCE [RESULT]`."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgecut.commands.options import AsJson, Gap, InstanceFile, Nodes, Quiet, Seed, limits_of
from edgecut.exits import Exit, exit_code
from edgecut.progress import ProgressLines
from edgecut.store import load
from edgecut.tables import print_table
from instances.instance import Instance
from solvers.answer import Limits
from solvers.registry import get_method
from solvers.result import Result
from solvers.sensitivity import Step, resolve
from solvers.solve import solve

if TYPE_CHECKING:
    import pandas as pd

EXACT = 30
"""Users up to which the exact method solves again unless another one is named."""
NONE = "none"

_SHOWN = ("server", "resource", "amount", "unit", "load", "price_j", "price_per_unit", "price_unit", "worth_j",
          "kept_j", "rank")  # fmt: skip
_RESOLVED = ("step", "predicted_j", "resolved_j", "least_j", "most_j", "verdict")
_WORDS = {"uplink": "uplink", "compute": "compute", "memory": "memory", "server": "one more server like"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("prices")(run)


def run(
    instance: InstanceFile,
    result: Annotated[
        Path | None, typer.Argument(metavar="[RESULT]", help="result file (default: solve first)")
    ] = None,
    method: Annotated[str | None, typer.Option(help="gives the prices, without RESULT (default: prices)")] = None,
    top: Annotated[int, typer.Option(min=1, help="rows to show, the best of each resource first")] = 5,
    step: Annotated[str, typer.Option(help="1%: that part of what is there; 2: two MHz, GFLOP/s, MB or pieces")] = "1%",
    resolve_with: Annotated[
        str | None, typer.Option("--resolve", help=f"method, or none (default: exact up to {EXACT} users, else prices)")
    ] = None,
    time_limit: Annotated[float, typer.Option("--time-limit", min=0.0, help="wall-clock seconds of each solve")] = 30.0,
    gap: Gap = 1e-5,
    nodes: Nodes = None,
    seed: Seed = 0,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="print CSV on stdout")] = False,
    quiet: Quiet = False,
) -> None:
    """Where the next megahertz, compute, memory or server is worth most, and what solving again with it gives."""
    _refuse_both(result is not None and method is not None, "RESULT", "--method")
    _refuse_both(as_json and as_csv, "--json", "--csv")
    much, limits, problem = Step.parse(step), limits_of(time_limit, gap, nodes), load(instance)
    again = resolve_with or ("branch" if problem.n_users <= EXACT else "prices")
    for name in {again, method or "prices"} - {NONE}:
        get_method(name)
    with ProgressLines(quiet=quiet, unit=problem.unit) as lines:
        if result is not None:
            found = load(result, problem)
        else:
            found = solve(problem, method or "prices", limits=limits, seed=seed, on_progress=lines)
        frame = _frame(found, again, much, top, limits, seed, lines)
    if frame is None:
        print(found.message or f"no prices: the result is {found.verdict.value}", file=sys.stderr)
        raise typer.Exit(exit_code(found))
    _print(frame, problem, as_json=as_json, as_csv=as_csv)
    refuted = "verdict" in frame and bool((frame["verdict"] == "wrong").any())
    raise typer.Exit(Exit.WRONG if refuted else exit_code(found))


def _refuse_both(both: bool, one: str, other: str) -> None:
    if both:
        raise typer.BadParameter(f"give {one} or {other}, not both", param_hint=other)


def _frame(
    found: Result, again: str, step: Step, top: int, limits: Limits, seed: int, lines: ProgressLines
) -> pd.DataFrame | None:
    """Rows to show; None when the result has neither prices nor a plan."""
    if not found.valid and (found.certificate is None or found.certificate.costless):
        return None
    if again == NONE:
        return found.prices.head(top)
    return resolve(found, again, step=step, top=top, limits=limits, seed=seed, on_progress=lines)


def _print(frame: pd.DataFrame, problem: Instance, *, as_json: bool, as_csv: bool) -> None:
    if as_csv:
        frame.to_csv(sys.stdout, index=False)
        return
    rows = [{str(name): _plain(value) for name, value in row.items()} for row in frame.to_dict("records")]
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    columns = [name for name in (*_SHOWN, *_RESOLVED) if name in frame]
    print_table([{name: row[name] for name in columns} for row in rows], sys.stdout)
    for line in _summary(rows, problem.unit.removeprefix("in ")):
        print(line)


def _summary(rows: list[dict[str, Any]], unit: str) -> list[str]:
    """The best of each resource in words, and what the figures are."""
    lines = []
    for row in rows:
        if row["rank"] == 1 and row["worth_j"]:
            each = "" if row["resource"] == "server" else f" for each {row['unit']}"
            what = f"{_WORDS[row['resource']]} {'' if row['resource'] == 'server' else 'of '}{row['server']}"
            lines.append(f"{what}: {row['worth_j']:.4g} {unit}{each} by the slope{_found(row, unit)}")
    if rows:
        of = "the bound" if rows[0]["source"] == "bound" else "the plan's cost with all choices kept"
        lines.append(f"worth_j is the slope of {of}: a prediction. kept_j: the slope when all keep cut and server.")
    if rows and "least_j" in rows[0]:
        lines.append("The true saving of a step lies between least_j and most_j, as far as the methods' bounds hold.")
    return lines


def _found(row: dict[str, Any], unit: str) -> str:
    if row.get("resolved_j") is None:
        return ""
    more = f"{row['step']:.4g} {row['unit']} more"
    return f"; solved again with {more}: {row['resolved_j']:.4g} {unit} ({row['predicted_j']:.4g} {unit} predicted)"


def _plain(value: Any) -> Any:
    """A value that JSON knows; None for what is missing or infinite."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
