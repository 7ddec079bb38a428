"""`edgecut sweep FILE`, `edgecut sweep status FILE`, `edgecut sweep retry --failed FILE`."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from edgecut.commands.options import AsJson, Quiet
from edgecut.exits import Exit
from edgecut.sweep_lines import SweepLines, duration
from edgecut.tables import print_table
from instances.errors import InputError, nearest
from results.lock import holder
from results.store import latest
from results.sweep.crew import Crew, LocalCrew, cores
from results.sweep.found import known_instances
from results.sweep.jobs import jobs_of
from results.sweep.judge import FAILED
from results.sweep.rows import read_sweep_rows
from results.sweep.runner import run_sweep
from results.sweep.settings import Sweep, read_sweep
from results.sweep.tally import Tally, tally_of

__all__ = ["app", "register"]


class _RunByDefault(TyperGroup):
    """`edgecut sweep FILE` is short for `edgecut sweep run FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in where there is none."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="sweep",
    cls=_RunByDefault,
    no_args_is_help=True,
    help="Run instances × methods × seeds from a file, each in a process with limits (docs/sweep.md).",
)

SweepFile = Annotated[Path, typer.Argument(metavar="FILE.toml", help="what to run")]
Jobs = Annotated[
    int | None, typer.Option(min=1, help="runs at once on this machine (default: the file's, or one a core)")
]
Where = Annotated[
    str | None,
    typer.Option("--cluster", metavar="WHERE", help="address of a Dask scheduler, or local:N worker processes"),
]
Mix = Annotated[bool, typer.Option("--mix-versions", help="add rows of this code to rows of other code")]


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app)


@app.command("run")
def run(
    file: SweepFile, jobs: Jobs = None, cluster: Where = None, mix_versions: Mix = False, quiet: Quiet = False
) -> None:
    """Do the runs that have no row yet (short: `edgecut sweep FILE.toml`). Ctrl-C stops; the same command goes on."""
    _work(read_sweep(file), frozenset(), jobs, cluster, mix_versions, quiet)


@app.command("retry")
def retry(
    file: SweepFile,
    failed: Annotated[bool, typer.Option("--failed", help="all runs that failed, in whatever way")] = False,
    kind: Annotated[list[str] | None, typer.Option(help="runs that failed in this way only; repeatable")] = None,
    jobs: Jobs = None,
    cluster: Where = None,
    mix_versions: Mix = False,
    quiet: Quiet = False,
) -> None:
    """Do failed runs again, and those that have no row yet. Old rows stay; the last attempt counts."""
    for name in kind or []:
        if name not in FAILED:
            raise InputError("--kind", f"'{name}' is no kind of failure", fix=nearest(name, FAILED))
    if failed == bool(kind):
        raise InputError("retry", "needs --failed, or --kind with what failed", fix="give one of them")
    _work(read_sweep(file), FAILED if failed else frozenset(kind or []), jobs, cluster, mix_versions, quiet)


@app.command("status")
def status(file: SweepFile, as_json: AsJson = False) -> None:
    """Show what is done, failed and open; exit 0 when all is done and well, 1 when not, 4 when a claim was refuted."""
    sweep = read_sweep(file)
    found = [instance for instance in known_instances(sweep) if instance is not None]
    unseen = len(sweep.instances) - len(found)
    rows = read_sweep_rows(sweep.rows)
    jobs, counting = jobs_of(sweep, found), latest(rows)
    width = sweep.jobs or cores()
    tally = tally_of(jobs, rows, counting, width)
    ahead = unseen * sum(len(runs.seeds) for runs in sweep.runs)
    tally = Tally(tally.total + ahead, tally.done, tally.used_s, None if ahead else tally.left_s)
    others = len(counting.keys() - {job.key for job in jobs})
    if as_json:
        print(json.dumps({"name": sweep.name, "rows": str(sweep.rows), **_plain(tally), "other_rows": others,
                          "runner": holder(sweep.lock)}, indent=1))  # fmt: skip
    else:
        methods = {name: [job for job in jobs if job.case["method"] == name] for name in
                   dict.fromkeys(runs.method for runs in sweep.runs)}  # fmt: skip
        _show(sweep, {name: tally_of(some, rows, counting, width) for name, some in methods.items()}, tally)
        if ahead:
            print(f"{unseen} instances have not been looked at yet: their {ahead} runs are open, and in no line above")
        if others:
            print(f"{others} runs with rows are no longer asked for by the file")
    raise typer.Exit(_exit(tally))


def _work(
    sweep: Sweep, again: frozenset[str], jobs: int | None, cluster: str | None, mix_versions: bool, quiet: bool
) -> None:
    if jobs is not None and cluster is not None:
        raise InputError("--jobs", "does not go with --cluster", "there each worker thread does one run at a time")
    crew = _crew(sweep, jobs, cluster)
    try:
        with SweepLines(sys.stderr, quiet=quiet) as lines:
            tally = run_sweep(sweep, crew=crew, retry=again, mix_versions=mix_versions, tell=lines)
    except KeyboardInterrupt:
        print("edgecut: interrupted; what ended has its row, and the same command goes on", file=sys.stderr)
        raise typer.Exit(Exit.INTERRUPTED) from None
    if not quiet:
        _show(sweep, {}, tally)
    raise typer.Exit(_exit(tally))


def _crew(sweep: Sweep, jobs: int | None, cluster: str | None) -> Callable[[], Crew]:
    if cluster is None:
        return functools.partial(LocalCrew, jobs or sweep.jobs or cores())
    from results.sweep.cluster_crew import ClusterCrew  # late: an extra

    return functools.partial(ClusterCrew, cluster)


def _exit(tally: Tally) -> Exit:
    if tally.done["wrong"]:
        return Exit.WRONG
    return Exit.NO_PLAN if tally.open or tally.failed else Exit.OK


def _show(sweep: Sweep, methods: dict[str, Tally], total: Tally) -> None:
    runner = holder(sweep.lock)
    if runner is not None and methods:
        print(f"at work: {runner}")
    print_table([_line(name, tally) for name, tally in {**methods, "all": total}.items()], sys.stdout)
    print(f"rows in {sweep.rows}")


def _line(name: str, tally: Tally) -> dict[str, Any]:
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(tally.done.items()) if kind in FAILED)
    left = "0 s" if not tally.open else "?" if tally.left_s is None else duration(tally.left_s)
    return {
        "method": name,
        "runs": tally.total,
        "finished": tally.done["finished"],
        "refused": tally.done["refused"],
        "failed": f"{tally.failed} ({kinds})" if kinds else "0",
        "open": tally.open,
        "time used": duration(tally.used_s),
        "time left": left,
    }


def _plain(tally: Tally) -> dict[str, Any]:
    return {"total": tally.total, "done": dict(sorted(tally.done.items())), "failed": tally.failed, "open": tally.open,
            "used_s": tally.used_s, "left_s": tally.left_s}  # fmt: skip
