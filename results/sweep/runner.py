"""The runner: does what has no row yet, one process a run, and writes a row as each ends."""

from __future__ import annotations

import dataclasses
import functools
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from instances import files
from instances.errors import InputError
from instances.instance import Instance
from instances.json_text import write_json
from instances.scalars import refuse
from results.lock import hold
from results.store import Store, latest, make_folder
from results.sweep.crew import Crew, LocalCrew, cores, run_all
from results.sweep.found import find_all
from results.sweep.jobs import Job, jobs_of
from results.sweep.judge import judge, versions_of
from results.sweep.labels import labels
from results.sweep.launch import Raw, no_room
from results.sweep.rows import read_sweep_rows
from results.sweep.settings import Sweep
from results.sweep.tally import Tally, tally_of, time_left_s
from results.sweep.versions import code_versions, differences, require_same

__all__ = ["News", "run_sweep"]

_NEWS_S = 1.0


@dataclasses.dataclass(frozen=True)
class News:
    """What the runner tells on the way: a message; or how far it is, with the row that was just written, if one was.

    ``number``, ``of``: runs that ended, of those that this call does. ``left_s``: s for the rest, or None.
    ``instance``: what tells the instance of the row from the others.
    """

    message: str = ""
    number: int = 0
    of: int = 0
    running: int = 0
    left_s: float | None = None
    row: dict[str, Any] | None = None
    instance: str = ""


def run_sweep(
    sweep: Sweep,
    *,
    crew: Callable[[], Crew] | None = None,
    retry: frozenset[str] = frozenset(),
    mix_versions: bool = False,
    tell: Callable[[News], None] = lambda _: None,
) -> Tally:
    """Do the runs that have no row. May be stopped at any moment, in any way, and called again.

    Args:
        sweep: what to do.
        crew: makes who does it; None: this machine, ``sweep.jobs`` at once.
        retry: statuses; runs whose last attempt ended so are done again.
        mix_versions: add rows of this code to rows of another.
        tell: hears how far it is.

    Raises:
        InputError: another runner is at work, rows of other code are there, an instance cannot be had, or something
            cannot be written. What has a row keeps it.
        KeyboardInterrupt: SIGINT or SIGTERM came; all runs were stopped.
    """
    if sys.platform == "win32":
        refuse("sweep", "needs a POSIX system", "runs are held to limits that Windows lacks", "use Linux, macOS or WSL")
    make_folder(sweep.folder)
    with hold(sweep.lock, f"a runner of '{sweep.name}'"):
        work = _Work(sweep, tell, mix_versions)
        todo = work.todo(retry)
        if todo:
            work.do(todo, crew or (lambda: LocalCrew(sweep.jobs or cores())))
        return work.tally()


class _Work:
    """One call of the runner."""

    def __init__(self, sweep: Sweep, tell: Callable[[News], None], mix_versions: bool) -> None:
        self.sweep, self.tell, self.mix_versions = sweep, tell, mix_versions
        self.versions = code_versions()
        _tidy(sweep)
        self.store = Store(sweep.rows)
        self.rows = read_sweep_rows(sweep.rows)
        self.counting = latest(self.rows)
        if not mix_versions:
            require_same(self.rows, self.versions, sweep.rows)
        code = self.versions["code of instances"]
        found = find_all(sweep, code, lambda message: tell(News(message)))
        self.labels = labels((one.fingerprint, one.name, one.spec) for one in found)
        self.jobs = jobs_of(sweep, found)
        # The last instances that were looked at: jobs come instance by instance.
        self.load = functools.lru_cache(maxsize=2)(_load)

    def todo(self, retry: frozenset[str]) -> list[Job]:
        """Jobs without a row, and those to be tried again."""
        found = []
        for job in self.jobs:
            row = self.counting.get(job.key)
            if row is None:
                found.append(job)
            elif row["status"] in retry:
                found.append(dataclasses.replace(job, attempt=self.store.attempts[job.key] + 1))
        return found

    def do(self, todo: list[Job], crew: Callable[[], Crew]) -> None:
        """Do the jobs; a row each."""
        waiting, told = {job.key: job for job in todo}, 0.0
        with _signals() as stop, _opened(crew) as chosen:

            def news(running: int, row: dict[str, Any] | None = None) -> None:
                left_s = time_left_s(waiting.values(), self.counting.values(), chosen.width)
                instance = "" if row is None else self.labels[row["case"]["fingerprint"]]
                self.tell(News("", len(todo) - len(waiting), len(todo), running, left_s, row, instance))

            def pause(running: int) -> None:
                nonlocal told
                stop.check(1)
                if time.monotonic() - told >= _NEWS_S:
                    told = time.monotonic()
                    news(running)

            for job, raw in run_all(chosen, todo, pause):
                row = self._take(job, raw, stop)
                del waiting[job.key]
                news(min(chosen.width, len(waiting)), row)

    def _take(self, job: Job, raw: Raw, stop: _Stop) -> dict[str, Any]:
        """Judge a run; its plan's file, then its row, through to the disk."""
        no_place = no_room(raw)
        if no_place is not None:
            raise no_place
        versions = versions_of(raw)
        if versions is not None and not self.mix_versions:
            self._require_ours(versions)
        judged = judge(job, raw, lambda: self.load(str(job.path), job.case["fingerprint"]))
        stop.check(2)  # whoever interrupts twice interrupts the checker as well, so that nothing rests on it
        plan = None
        if judged.document is not None:
            plan = f"plans/{job.label}.json"
            make_folder(self.sweep.folder / "plans")
            write_json(self.sweep.folder / plan, judged.document)
        outcome = {**judged.outcome, "plan": plan, "solver_seed": job.seed, "spec": job.spec,
                   "versions": versions or self.versions}  # fmt: skip
        self.store.append(job.case, outcome, attempt=job.attempt)
        row = {"key": job.key, "case": job.case, "attempt": job.attempt, **outcome}
        self.rows.append(row)
        self.counting[job.key] = row
        return row

    def _require_ours(self, versions: dict[str, str]) -> None:
        found = differences(self.versions, versions)
        if found:
            raise InputError("a run", f"worked with other code than the runner ({'; '.join(found)})",
                             "code was changed meanwhile, or a worker has another",
                             "start again, install the same everywhere, or allow it with --mix-versions")  # fmt: skip

    def tally(self) -> Tally:
        """How far the sweep is."""
        return tally_of(self.jobs, self.rows, self.counting, self.sweep.jobs or cores())


def _tidy(sweep: Sweep) -> None:
    """Remove what a runner that was killed left half written."""
    for folder in ("plans", "instances"):
        for part in (sweep.folder / folder).glob(".*.part"):
            part.unlink(missing_ok=True)


def _load(path: str, fingerprint: str) -> Instance:
    instance = files.load(Path(path))
    if instance.fingerprint != fingerprint:
        raise InputError(path, "was changed since the sweep began", "its fingerprint is another", "start again")
    return instance


@contextmanager
def _opened(crew: Callable[[], Crew]) -> Iterator[Crew]:
    """A crew that is closed whatever happens before its first run, too."""
    chosen = crew()
    try:
        yield chosen
    finally:
        chosen.close()


class _Stop:
    """How often somebody asked to stop."""

    def __init__(self) -> None:
        self.asked = 0

    def check(self, times: int) -> None:
        """Raise KeyboardInterrupt if it was asked so often."""
        if self.asked >= times:
            raise KeyboardInterrupt


@contextmanager
def _signals() -> Iterator[_Stop]:
    """Note SIGINT and SIGTERM instead of dying of them, so that a row is written whole; the second one interrupts."""
    stop = _Stop()

    def note(number: int, frame: object) -> None:
        stop.asked += 1
        if stop.asked > 1:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
