"""`edgecut plot INSTANCE RESULT -o FILE`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from edgecut.commands.options import InstanceFile, ResultFile
from edgecut.store import load
from results.plan_picture import draw_plan


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("plot")(run)


def run(
    instance: InstanceFile,
    result: ResultFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="picture to write (.png, .pdf or .svg)")],
) -> None:
    """Draw a plan: cut map, latency against deadline, energy, server load."""
    draw_plan(load(result, load(instance)), output)
    print(output, file=sys.stderr)
