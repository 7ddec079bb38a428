"""Progress of a sweep on stderr: a bar with time left on a terminal, else a line for each run that ended."""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import Any, Self, TextIO

from results.sweep.runner import News

__all__ = ["SweepLines", "duration"]


class SweepLines:
    """Context manager and listener of `run_sweep`."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        self._stream, self._quiet = stream, quiet
        self._stack = contextlib.ExitStack()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if not self._quiet and self._stream.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
            bar = Progress(*columns, console=Console(file=self._stream), transient=True)
            self._bar = self._stack.enter_context(bar)
            self._task = self._bar.add_task("", total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def __call__(self, news: News) -> None:
        """Show what is new."""
        if self._quiet:
            return
        left = f"{duration(news.left_s)} left" if news.left_s is not None else "time left not known yet"
        if self._bar is not None:
            self._bar.update(self._task, completed=news.number, total=news.of or None,
                             description=news.message or f"{news.running} running, {left}")  # fmt: skip
        if news.message and self._bar is None:
            self._print(news.message)
        if news.row is not None:
            row = f"{news.number}/{news.of}  {_described(news.row, news.instance)}"
            self._print(row if self._bar is not None else f"{row}  ({left})")

    def _print(self, text: str) -> None:
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            print(text, file=self._stream, flush=True)


def _described(row: dict[str, Any], instance: str) -> str:
    case = row["case"]
    parts = [instance or case["instance"], case["method"], f"seed {case['seed']}", row["status"]]
    if row["attempt"] > 1:
        parts.insert(3, f"attempt {row['attempt']}")
    if row["status"] == "finished":
        parts.append(f"({row['verdict']})")
    if row["objective_j"] is not None:
        gap = "" if row["gap"] is None else f", gap {100 * row['gap']:.3g} %"
        parts.append(f"{row['objective_j']:.6g}{gap}")
    if row["status"] != "finished" and row["error"]:
        parts.append("– " + row["error"].splitlines()[-1][:100])
    wall = row["wall_s"]
    return "  ".join(parts if wall is None else [*parts, duration(wall)])


def duration(seconds: float) -> str:
    """Seconds in the unit that fits."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes = seconds / 60
    if minutes < 100:
        return f"{minutes:.0f} min"
    hours = minutes / 60
    return f"{hours:.1f} h" if hours < 100 else f"{hours / 24:.1f} days"
