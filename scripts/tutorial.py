"""Tutorials: scripts in jupytext's percent format, run cell by cell, as a page with what comes out.

`jupytext --to notebook docs/tutorial/FILE.py` makes a notebook of one; here no kernel is needed.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import io
import re
from pathlib import Path
from typing import Any

__all__ = ["TutorialPage", "run_tutorial"]


@dataclasses.dataclass(frozen=True)
class TutorialPage:
    """Markdown of the page, the pictures in it (name → content), and the names that the script leaves."""

    markdown: str
    pictures: dict[str, bytes]
    names: dict[str, Any]


def run_tutorial(path: Path, folder: Path) -> TutorialPage:
    """Run a tutorial in a folder of its own.

    Output is what a cell prints, and the value of its last line if that is an expression; pictures that a text cell
    shows (``![…](plan.png)``) are taken from the folder.

    Raises:
        Exception: whatever a cell raises, with the tutorial's path in the traceback.
    """
    import jupytext

    book = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    names: dict[str, Any] = {"__name__": "tutorial"}
    parts: list[str] = []
    with contextlib.chdir(folder):
        for cell in book.cells:
            if cell.cell_type == "markdown":
                parts.append(cell.source)
                continue
            parts.append(f"```python\n{cell.source}\n```")
            told = _run(cell.source, str(path), names)
            if told:
                parts.append(f"```text\n{told}\n```")
    text = (
        "\n\n".join(parts)
        + f"\n\n---\n\nThis page is the script `docs/tutorial/{path.name}`, run when the site was built.\n"
    )
    shown = re.findall(r"!\[[^\]]*\]\(([\w.-]+)\)", text)
    return TutorialPage(text, {name: (folder / name).read_bytes() for name in shown}, names)


def _run(source: str, file: str, names: dict[str, Any]) -> str:
    tree = ast.parse(source, file)
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        tree.body.pop()
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        exec(compile(tree, file, "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), file, "eval"), names)
            if value is not None:
                print(value.to_string() if hasattr(value, "to_string") else value)
    return told.getvalue().rstrip()
