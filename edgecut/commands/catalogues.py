"""`edgecut methods`, `edgecut splitters` and `edgecut formulations`."""

from __future__ import annotations

import json
import sys

import typer

import edgecut
from edgecut.commands.options import AsJson
from edgecut.tables import print_table
from solvers.split import SPLITTERS


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("methods")(methods)
    app.command("splitters")(splitters)
    app.command("formulations")(formulations)


def methods(as_json: AsJson = False) -> None:
    """List the methods for many users; those for one request are under `edgecut splitters`."""
    rows = edgecut.methods()
    print(json.dumps(rows, indent=1)) if as_json else print_table(rows, sys.stdout)


def splitters(as_json: AsJson = False) -> None:
    """List the methods that split one request: what they are, what they guarantee, where they come from."""
    keys = ("name", "title", "kind", "guarantee", "reference")
    rows = [{key: getattr(known, key) for key in keys} for known in SPLITTERS.values()]
    print(json.dumps(rows, indent=1)) if as_json else print_table(rows, sys.stdout)


def formulations(as_json: AsJson = False) -> None:
    """List the formulations: problem, allocation rule, relation to the true problem, source."""
    rows = edgecut.formulations()
    print(json.dumps(rows, indent=1)) if as_json else print_table(rows, sys.stdout)
