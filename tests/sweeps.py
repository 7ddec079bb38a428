"""Small sweeps for tests, with a stand-in for the child process that hands over results solved beforehand.

The stand-in starts in some 20 ms, where the real child first loads the solvers. It can also misbehave on demand.
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Any

from instances.json_file import instance_from_json
from results.store import make_folder
from results.sweep.crew import LocalCrew
from results.sweep.found import find_all
from results.sweep.jobs import Job, jobs_of
from results.sweep.runner import run_sweep
from results.sweep.settings import Sweep, read_sweep
from results.sweep.tally import Tally
from results.sweep.versions import code_versions
from solvers import solve
from solvers.answer import Limits
from solvers.result_file import result_to_json

__all__ = ["STAND_IN", "TIMES", "command", "comparable", "jobs_in", "prepare", "run_with_stand_in", "write_sweep"]

STAND_IN = Path(__file__).parent / "trust" / "stand_in.py"
TIMES = ("wall_s", "cpu_s", "peak_mib", "build_s", "solve_s", "certify_s")
"""Fields of rows and results that are another each time."""

SMALL = """
seeds = {seeds}
wall_s = {wall_s}
grace_s = {grace_s}
memory_gib = {memory_gib}
limits = {{ gap = 1e-3, nodes = 20, rounds = 2 }}

[[instances]]
generator = "campus"
users = {users}
servers = 2
seed = 1
{more}

[[methods]]
name = {methods}
"""


def write_sweep(
    folder: Path,
    *,
    users: list[int] | int = 4,
    methods: tuple[str, ...] = ("branch", "greedy"),
    seeds: tuple[int, ...] = (0,),
    wall_s: float = 60.0,
    grace_s: float = 1.0,
    memory_gib: float = 2.0,
    name: str = "small",
    more: str = "",
) -> Sweep:
    """Write a sweep's file and read it."""
    path = folder / f"{name}.toml"
    path.write_text(SMALL.format(users=users, methods=list(methods), seeds=list(seeds), wall_s=wall_s, grace_s=grace_s,
                                 memory_gib=memory_gib, more=more))  # fmt: skip
    return read_sweep(path)


def jobs_in(sweep: Sweep) -> list[Job]:
    """All jobs of a sweep; its instances are made."""
    make_folder(sweep.folder)
    return jobs_of(sweep, find_all(sweep, code_versions()["code of instances"], lambda _: None))


def prepare(sweep: Sweep, folder: Path) -> Path:
    """Results of every job, solved in this process, for the stand-in; their folder."""
    folder.mkdir(exist_ok=True)
    for job in jobs_in(sweep):
        document = _solved(job.path.read_bytes(), job.case["method"], json.dumps(job.case["limits"]))
        (folder / f"{job.case['method']}-{job.seed}.json").write_text(json.dumps({**document, "seed": job.seed}))
    (folder / "versions.json").write_text(json.dumps(code_versions()))
    return folder


@functools.cache
def _solved(content: bytes, method: str, limits: str) -> dict[str, Any]:
    instance = instance_from_json(json.loads(content))
    return result_to_json(solve(instance, method, limits=Limits(**json.loads(limits))))


def command(prepared: Path, faults: dict[str, str] | None = None) -> list[str]:
    """Command of the stand-in; ``faults``: method → what goes wrong."""
    return [sys.executable, "-I", "-S", str(STAND_IN), str(prepared), json.dumps(faults or {})]


def run_with_stand_in(
    sweep: Sweep, prepared: Path, faults: dict[str, str] | None = None, *, width: int = 2, **options: Any
) -> Tally:
    """Run a sweep whose child is the stand-in."""
    return run_sweep(sweep, crew=lambda: LocalCrew(width, command(prepared, faults)), **options)


def comparable(document: dict[str, Any]) -> dict[str, Any]:
    """A row or result without what is another each time: times and peak memory."""
    plain = {name: value for name, value in document.items() if name not in TIMES}
    plain["trace"] = [row[1:] for row in document["trace"]]
    if "detail" in plain:
        plain["detail"] = {name: value for name, value in plain["detail"].items() if not name.endswith("_s")}
    return plain
