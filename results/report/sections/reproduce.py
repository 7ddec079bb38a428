"""The commands that make the rows, and this page, again."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np

from results.experiment import known_experiments
from results.report.registry import Block, Listing, Material, Paragraph, section
from results.report.run import Run
from results.store import RUNS

__all__ = ["reproduce"]


@section("Reproduce", order=80)
def reproduce(material: Material, rng: np.random.Generator) -> list[Block]:
    """Commands, the sweep's file, and what the file of rows is recognised by."""
    run = material.run
    commands = [*_versions(run), *_rows(run), f"edgecut report {_quoted(run.path)} -o {_quoted(Path(run.name))}.html"]
    blocks: list[Block] = [Listing("\n".join(commands), "Commands")]
    if run.sweep_text is not None and run.sweep_path is not None:
        blocks.append(Listing(run.sweep_text.rstrip(), run.sweep_path.name))
    blocks.append(Paragraph(f"Rows: {run.path.name}, {len(run.rows)} of them, SHA-256 {run.digest}."))
    blocks.append(Paragraph("Conventions: docs/metrics.md. Intervals are drawn with a fixed seed: the same rows give "
                            "the same page."))  # fmt: skip
    return blocks


def _versions(run: Run) -> list[str]:
    """The packages, where all rows name the same."""
    named = [row.get("versions") for row in run.rows]
    if not isinstance(named[0], dict) or any(one != named[0] for one in named):
        return []
    pins = [f"{name}=={version}" for name, version in named[0].items()
            if name not in ("python", "edgecut") and " " not in str(name) and str(version)[:1].isdigit()]  # fmt: skip
    return [f"pip install {' '.join(map(shlex.quote, pins))}"] if pins else []


def _rows(run: Run) -> list[str]:
    if run.sweep_path is not None:
        return [f"edgecut sweep {_quoted(Path(run.sweep_path.name))}"]
    said = list(dict.fromkeys(str(row[name]) for row in run.rows for name in ("command",) if row.get(name)))
    if said:
        return said[:20]
    # Committed runs are recognised by their place: a file of the same name elsewhere may be of anything.
    if run.path.resolve().parent == RUNS.resolve() and run.name in known_experiments():
        return [f'python -c "from results.experiment import run_experiment; run_experiment({run.name!r})"']
    return ["# the rows do not say which command made them"]


def _quoted(path: Path) -> str:
    return shlex.quote(path.as_posix())
