"""Command-line options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from solvers.answer import Limits

InstanceFile = Annotated[
    Path, typer.Argument(metavar="INSTANCE", help="instance file (.json or .parquet), or library:NAME")
]
ResultFile = Annotated[Path, typer.Argument(metavar="RESULT", help="result file (.json)")]
TimeLimit = Annotated[float | None, typer.Option("--time-limit", min=0.0, help="wall-clock seconds")]
Gap = Annotated[float, typer.Option(min=0.0, help="relative gap that counts as solved")]
Nodes = Annotated[int | None, typer.Option(min=0, help="branch-and-bound nodes for each MILP (reproducible)")]
Seed = Annotated[int, typer.Option(min=0, help="seed of all randomness")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON on stdout")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="no progress lines")]


def limits_of(time_limit: float | None, gap: float, nodes: int | None) -> Limits:
    """Limits from the options."""
    return Limits(time_s=time_limit, gap=gap, nodes=nodes)
