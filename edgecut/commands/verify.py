"""`edgecut verify INSTANCE RESULT`."""

from __future__ import annotations

import json
import sys

import typer

from edgecut.commands.options import AsJson, InstanceFile, ResultFile
from edgecut.exits import Exit
from edgecut.store import load
from instances.files import read_json
from solvers.result_file import verify


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(run)


def run(instance: InstanceFile, result: ResultFile, as_json: AsJson = False) -> None:
    """Recompute a result from its files alone; exit 0 when everything in it holds, 4 when something does not."""
    faults = verify(load(instance), read_json(result))
    if as_json:
        print(json.dumps({"valid": not faults, "faults": faults}, indent=1))
    elif faults:
        print(f"WRONG: {len(faults)} fault{'s' if len(faults) > 1 else ''}", file=sys.stdout)
        for fault in faults:
            print(f"  {fault}")
    else:
        print("valid: plan, objective and gap recomputed and confirmed")
    raise typer.Exit(Exit.WRONG if faults else Exit.OK)
