"""`edgecut verify INSTANCE RESULT`."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer

from edgecut.commands.options import AsJson, InstanceFile, ResultFile
from edgecut.exits import Exit
from edgecut.store import load, of_file
from instances.errors import InputError
from instances.files import read_json
from solvers.result_file import verify


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(run)


def run(instance: InstanceFile, result: ResultFile, as_json: AsJson = False) -> None:
    """Recompute a result from its files alone; exit 0 when everything in it holds, 4 when something does not."""
    problem, document = load(instance), read_json(result)
    try:
        faults = verify(problem, document)
    except InputError as error:
        raise of_file(result, error) from None
    if as_json:
        print(json.dumps({"valid": not faults, "faults": faults}, indent=1))
    elif faults:
        print(f"WRONG: {len(faults)} fault{'s' if len(faults) > 1 else ''}", file=sys.stdout)
        for fault in faults:
            print(f"  {fault}")
    else:
        print(_confirmed(document))
    raise typer.Exit(Exit.WRONG if faults else Exit.OK)


def _confirmed(document: dict[str, Any]) -> str:
    """What was confirmed, and what is still somebody's word."""
    if document["plan"] is None:
        return f"not refuted: there is no plan to check, '{document['verdict']}' is the method's word"
    bound = "; the bound is the solver's word" if document["bound_j"] is not None else ""
    return f"valid: plan, objective and gap recomputed and confirmed{bound}"
