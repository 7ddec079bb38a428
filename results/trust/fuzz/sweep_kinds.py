"""Kinds of files around sweeps: what is to be run, its rows, its list of instances; and the rows behind a report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from results.report import page_text, parts_of, read_run
from results.store import Store, latest
from results.sweep.found import known_instances
from results.sweep.jobs import jobs_of
from results.sweep.rows import read_sweep_rows
from results.sweep.settings import Sweep, read_sweep
from results.sweep.sources import load_spec
from results.sweep.tally import tally_of
from results.sweep.versions import require_same
from results.trust.fuzz.broken import ROWS
from results.trust.fuzz.kinds import FileKind, file_kind, small_instance, small_result, written
from results.trust.fuzz.toml_values import TOML

__all__: list[str] = []

_EXAMPLE = """# what is run
name = "small"
output = "out"
jobs = 2
memory_gib = 2.0
grace_s = 1
limits = { time_s = 20, gap = 1e-3 }

[[instances]]
generator = "campus"
users = [2, 3]
servers = 1
load = [0.5, 1.0]
networks = [["alexnet"], ["alexnet", "squeezenet1_1"]]

[[methods]]
name = ["branch", "greedy"]
options = { certify = false }

[[methods]]
name = "local_search"
seeds = [0, 1]
wall_s = 50
limits = { rounds = 5, nodes = 10 }
"""
_SHORT = """wall_s = 60
[[instances]]
library = ["campus-e-5x2-light-c-1", "campus-e-10x2-critical-c-1"]
[[instances]]
generator = "factory"
users = 2
servers = 2
[[methods]]
name = "greedy"
"""
_LARGEST, _MOST = 10, 3
"""Users and servers up to which what a file asks for is drawn, and how many of its instances are: more is no fault."""


def _sweeps() -> list[bytes]:
    return [_EXAMPLE.encode(), _SHORT.encode()]


def _use_sweep(path: Path) -> None:
    """As `edgecut sweep status` does, and what a run begins with."""
    sweep = read_sweep(path)
    _tally(sweep)
    for spec in sweep.instances[:_MOST]:
        if max(spec.get("users", 0), spec.get("servers", 0)) <= _LARGEST:
            load_spec(spec)


def _tally(sweep: Sweep) -> None:
    found = [instance for instance in known_instances(sweep) if instance is not None]
    rows = read_sweep_rows(sweep.rows)
    tally_of(jobs_of(sweep, found), rows, latest(rows), 2)


def _place(folder: Path) -> Sweep:
    """The example in a folder, without rows."""
    path = folder / "sweep.toml"
    path.write_text(_EXAMPLE)
    shutil.rmtree(folder / "out", ignore_errors=True)
    (folder / "out" / "instances").mkdir(parents=True)
    return read_sweep(path)


def _row(seed: int, method: str, status: str) -> dict[str, Any]:
    result = small_result()
    case = {"instance": "small", "fingerprint": small_instance().fingerprint, "method": method, "options": {},
            "seed": seed, "limits": {"time_s": 20.0, "gap": 1e-3, "nodes": None, "rounds": None}, "wall_s": 60.0,
            "grace_s": 5.0, "memory_gib": 2.0}  # fmt: skip
    return {"key": f"{seed:016x}", "case": case, "attempt": 1, "status": status, "stop": "finished",
            "verdict": "certified", "objective_j": result.objective_j, "bound_j": result.bound_j,
            "certified_j": result.certified_j, "gap": result.gap, "wall_s": 1.5 + seed, "cpu_s": 1.0, "peak_mib": 90.5,
            "build_s": 0.1, "solve_s": 0.5, "certify_s": 0.1, "trace": [[0.1, None, 0.5], [0.4, 2.0, 1.5]],
            "error": "" if status == "finished" else "reached its wall limit", "plan": None, "solver_seed": 3,
            "spec": {"source": "generator", "generator": "campus", "users": 2, "servers": 1, "seed": seed},
            "versions": {"edgecut": "0.1.0", "numpy": "2.0"}}  # fmt: skip


def _lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _rows() -> list[bytes]:
    return [_lines([_row(0, "branch", "finished"), _row(1, "branch", "time"), _row(0, "greedy", "finished"),
                    _row(1, "greedy", "refused")])]  # fmt: skip


def _use_rows(path: Path) -> None:
    sweep = _place(Path.cwd())
    shutil.copy(path, sweep.rows)
    _tally(sweep)
    require_same(read_sweep_rows(sweep.rows), {"edgecut": "0.1.0", "numpy": "2.0"}, sweep.rows)
    Store(sweep.rows)


def _index() -> list[bytes]:
    return [written(_write_index, ".jsonl")]


def _write_index(path: Path) -> None:
    store = Store(path)
    for spec in _place(path.parent).instances:
        store.append(spec, {"name": "campus", "fingerprint": small_instance().fingerprint, "code": "1"}, attempt=1)


def _use_index(path: Path) -> None:
    sweep = _place(Path.cwd())
    shutil.copy(path, sweep.folder / "instances" / "index.jsonl")
    _tally(sweep)


def _use_report(path: Path) -> None:
    run = read_run(path)
    page_text(run, parts_of(run))


for _kind in (
    FileKind("sweep TOML", ".toml", _sweeps, _use_sweep, TOML),
    FileKind("rows of a sweep", ".jsonl", _rows, _use_rows, ROWS),
    FileKind("index of a sweep", ".jsonl", _index, _use_index, ROWS),
    FileKind("rows for a report", ".jsonl", _rows, _use_report, ROWS),
):
    file_kind(_kind)
