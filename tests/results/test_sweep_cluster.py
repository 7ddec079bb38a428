"""A sweep on a Dask cluster: the same rows; workers that cannot read files, die or are told to stop."""

from __future__ import annotations

import dataclasses
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from results.store import read_rows
from results.sweep import cluster_crew
from results.sweep.runner import News, run_sweep
from tests.sweeps import command, comparable, prepare, run_with_stand_in, write_sweep

pytest.importorskip("distributed", reason="the extra 'cluster' (Dask distributed) is not installed")


@pytest.mark.nightly
def test_rows_are_those_of_one_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = write_sweep(tmp_path, users=[4, 5], seeds=(0, 1))
    prepared = prepare(sweep, tmp_path / "prepared")
    run_with_stand_in(sweep, prepared)
    far = dataclasses.replace(sweep, folder=tmp_path / "far")

    class Crew(cluster_crew.ClusterCrew):
        """Its workers find no instance where it says: then they are sent the content. One of them is killed."""

        sent = killed = 0

        def submit(self, order: dict[str, Any]) -> Any:
            return super().submit({**order, "instance": order["instance"].replace(str(tmp_path), "/elsewhere")})

        def outcome(self, future: Any) -> Any:
            if not Crew.killed:
                pids = self._client.run(os.getpid)
                Crew.killed = next(iter(pids.values()))
                os.kill(Crew.killed, signal.SIGKILL)
            return super().outcome(future)

    def read(path: str) -> bytes:
        Crew.sent += 1
        return Path(path.replace("/elsewhere", str(tmp_path))).read_bytes()

    monkeypatch.setattr(cluster_crew, "read_bytes", read)
    told: list[News] = []
    tally = run_sweep(far, crew=lambda: Crew("local:2", command(prepared)), tell=told.append)
    assert tally.done == {"finished": 8} and Crew.sent >= 8 and Crew.killed
    here, there = ({row["key"]: comparable(row) for row in read_rows(s.rows)} for s in (sweep, far))
    assert here == there and len(here) == 8


@pytest.mark.nightly
def test_workers_are_told_to_stop(tmp_path: Path) -> None:
    sweep = write_sweep(tmp_path, methods=("greedy", "branch"))
    prepared = prepare(sweep, tmp_path / "prepared")

    def tell(news: News) -> None:
        if news.row is not None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_sweep(sweep, crew=lambda: cluster_crew.ClusterCrew("local:2", command(prepared, {"branch": "hang"})),
                  tell=tell)  # fmt: skip
    (row,) = read_rows(sweep.rows)
    assert row["case"]["method"] == "greedy" and row["status"] == "finished"
    hanging = [pid for pid in filter(str.isdecimal, os.listdir("/proc")) if str(prepared) in _command(pid)]
    assert hanging == []


def _command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
