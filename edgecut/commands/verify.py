"""`edgecut verify INSTANCE RESULT`."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from typing import Annotated, Any

import typer

from edgecut.card import percent_up
from edgecut.commands.options import AsJson, InstanceFile, ResultFile
from edgecut.exact import Exact, run_exactly
from edgecut.exits import Exit
from edgecut.store import load, of_file
from instances.errors import InputError
from instances.files import read_json
from solvers.answer import relative_gap
from solvers.result_file import Examination, examine

ExactlyToo = Annotated[
    bool | None,
    typer.Option("--exact/--no-exact", help="also in exact rational arithmetic [default: if the instance is small]"),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(run)


def run(instance: InstanceFile, result: ResultFile, exact: ExactlyToo = None, as_json: AsJson = False) -> None:
    """Recompute plan and bound from the files alone; exit 0 when all in the result holds, 4 when something does not."""
    problem, document = load(instance), read_json(result)
    try:
        found = examine(problem, document)
    except InputError as error:
        raise of_file(result, error) from None
    exactly = run_exactly(instance, problem, document, found, exact)
    found = dataclasses.replace(found, faults=[*found.faults, *exactly.faults])
    if as_json:
        print(json.dumps(_as_json(found, exactly), indent=1))
    elif found.faults:
        print(f"WRONG: {len(found.faults)} fault{'s' if len(found.faults) > 1 else ''}", file=sys.stdout)
        for fault in found.faults:
            print(f"  {fault}")
    else:
        print("\n".join(_confirmed(found)))
    if not as_json:
        print(exactly.line)
    raise typer.Exit(Exit.WRONG if found.faults else Exit.OK)


def _as_json(found: Examination, exactly: Exact) -> dict[str, Any]:
    gap = _certified_gap(found)
    certified = found.certified_j if math.isfinite(found.certified_j) and not found.faults else None
    return {
        "valid": not found.faults,
        "faults": found.faults,
        "certified_infeasible": found.certified_j == math.inf and not found.faults,
        "certified_j": certified,
        "certified_gap": gap if math.isfinite(gap) and not found.faults else None,
        "exact": {"ran": exactly.ran, "objective": exactly.objective, "bound": exactly.bound, "line": exactly.line},
    }


def _certified_gap(found: Examination) -> float:
    if found.result is None:
        return math.inf
    return max(relative_gap(found.result.objective_j, found.certified_j), 0.0)


def _confirmed(found: Examination) -> list[str]:
    """What is a fact, and what is still somebody's word."""
    result = found.result
    assert result is not None  # without faults there is one
    proven, unit = math.isfinite(found.certified_j), result.instance.unit
    if found.certified_j == math.inf:
        return ["certified: no plan exists, recomputed from the certificate (rounded outward; docs/theory.md, P43)"]
    if result.plan is None:
        lines = [f"not refuted: there is no plan to check, '{result.verdict.value}' is the method's word"]
        return (
            [*lines, f"certified: every plan costs at least {found.certified_j:.9g} {unit}, recomputed"]
            if proven
            else lines
        )
    if not proven:
        word = "; the bound is the solver's word" if math.isfinite(result.bound_j) else ""
        return [f"valid: plan, objective and gap recomputed and confirmed{word}"]
    lines = [f"certified: gap ≤ {percent_up(_certified_gap(found))}, recomputed"]
    lines.append(f"  fact: the plan breaks no rule and costs {result.objective_j:.9g} {unit}")
    lines.append(
        f"  fact: no plan costs less than {found.certified_j:.9g} {unit} (from the certificate, rounded outward)"
    )
    if result.bound_j > found.certified_j and result.gap < _certified_gap(found):
        lines.append(f"  the solver's word: bound {result.bound_j:.9g} {unit}, gap {percent_up(result.gap)}")
    return lines
