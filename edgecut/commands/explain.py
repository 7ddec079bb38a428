"""`edgecut explain INSTANCE RESULT --user NAME`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from edgecut.commands.options import AsJson, InstanceFile, ResultFile
from edgecut.explain import explain_user, explanation_text
from edgecut.store import load


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(run)


def run(
    instance: InstanceFile,
    result: ResultFile,
    user: Annotated[str, typer.Option(help="name of the user")],
    as_json: AsJson = False,
) -> None:
    """Why this cut: what the user does, what binds, and what the next best choices would cost."""
    problem = load(instance)
    explanation = explain_user(load(result, problem), user)
    print(json.dumps(explanation, indent=1) if as_json else explanation_text(explanation))
