"""`edgecut methods` and `edgecut formulations`."""

from __future__ import annotations

import json
import sys

import typer

import edgecut
from edgecut.commands.options import AsJson
from edgecut.tables import print_table


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("methods")(methods)
    app.command("formulations")(formulations)


def methods(as_json: AsJson = False) -> None:
    """List the methods: what they are, what they guarantee, where they come from."""
    rows = edgecut.methods()
    print(json.dumps(rows, indent=1)) if as_json else print_table(rows, sys.stdout)


def formulations(as_json: AsJson = False) -> None:
    """List the formulations: problem, allocation rule, relation to the true problem, source."""
    rows = edgecut.formulations()
    print(json.dumps(rows, indent=1)) if as_json else print_table(rows, sys.stdout)
