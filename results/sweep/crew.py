"""Who does the runs: threads of this process, each minding one child; or the workers of a Dask cluster.

A crew takes orders and hands back what came of them, in whatever order they end. Rows are written by the runner alone.
"""

from __future__ import annotations

import concurrent.futures
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

from results.sweep.jobs import Job
from results.sweep.launch import Keepers, Raw, launch

__all__ = ["Crew", "LocalCrew", "cores", "run_all"]

_LOOK_S = 0.2


class Crew(Protocol):
    """``width``: how many runs go on at once."""

    @property
    def width(self) -> int: ...

    def submit(self, order: dict[str, Any]) -> Any:
        """Begin a run; a future of its `Raw`."""

    def wait(self, futures: Sequence[Any], timeout_s: float) -> list[Any]:
        """Those that are done, after some time at most."""

    def outcome(self, future: Any) -> Raw:
        """What came of one that is done."""

    def close(self) -> None:
        """Kill all runs that go on, and wait until they are dead."""


class LocalCrew:
    """Runs on this machine.

    Args:
        width: how many at once.
        command: of a run, as in `launch.launch`.
    """

    def __init__(self, width: int, command: Sequence[str] | None = None) -> None:
        self.width, self._command = width, command
        self._keepers = Keepers()
        self._pool = concurrent.futures.ThreadPoolExecutor(width, thread_name_prefix="run")

    def submit(self, order: dict[str, Any]) -> concurrent.futures.Future[Raw]:
        """Begin a run."""
        return self._pool.submit(launch, order, self._keepers, self._command)

    def wait(self, futures: Sequence[Any], timeout_s: float) -> list[Any]:
        """Those that are done."""
        done = concurrent.futures.wait(futures, timeout_s, return_when=concurrent.futures.FIRST_COMPLETED).done
        return [future for future in futures if future in done]

    def outcome(self, future: concurrent.futures.Future[Raw]) -> Raw:
        """What came of one."""
        return future.result()

    def close(self) -> None:
        """Kill what goes on."""
        self._keepers.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_all(crew: Crew, jobs: Iterable[Job], pause: Callable[[int], None]) -> Iterator[tuple[Job, Raw]]:
    """Do the jobs; each with what came of it, as they end.

    ``pause(running)`` is called a few times a second, and may end it all by raising.
    """
    left, running = iter(jobs), dict[Any, Job]()
    while True:
        for job in islice(left, max(0, crew.width - len(running))):
            running[crew.submit(job.order)] = job
        if not running:
            return
        pause(len(running))
        for future in crew.wait(list(running), _LOOK_S):
            job, raw = running.pop(future), crew.outcome(future)
            for following in islice(left, 1):  # before the outcome is looked at, so that nobody waits for that
                running[crew.submit(following.order)] = following
            yield job, raw
