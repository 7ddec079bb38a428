"""Runs on the workers of a Dask cluster: each starts the same keeper and child as on one machine.

A worker that dies takes its runs with it (their keepers see to that), and Dask gives them to another. Workers that
cannot read an instance's file get its content.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from instances.errors import InputError
from instances.storage import read_bytes
from results.sweep.launch import Cancelled, Keepers, Raw, launch
from solvers.cluster.engine import connect

__all__ = ["ClusterCrew"]

_KEEPERS = "edgecut_keepers"


class ClusterCrew:
    """Runs on a cluster, one for each thread of its workers.

    Args:
        where: as for `solvers.cluster.engine.connect`.
        command: of a run, as in `launch.launch`; None: each worker's own.
    """

    def __init__(self, where: str, command: Sequence[str] | None = None) -> None:
        self._stack = contextlib.ExitStack()
        self._client = self._stack.enter_context(connect(where))
        self._command = None if command is None else list(command)
        self._orders: dict[str, dict[str, Any]] = {}
        self._now: dict[str, Any] = {}
        self._raw: dict[str, Raw] = {}

    @property
    def width(self) -> int:
        """Threads of all workers there are now."""
        return max(1, int(sum(self._client.nthreads().values())))

    def submit(self, order: dict[str, Any]) -> Any:
        """Begin a run."""
        future = self._client.submit(_do, order, self._command, None, pure=False)
        self._orders[future.key], self._now[future.key] = order, future
        return future

    def wait(self, futures: Sequence[Any], timeout_s: float) -> list[Any]:
        """Those that are done; a run whose worker lacks the instance is given it, and goes on."""
        import distributed

        with contextlib.suppress(distributed.TimeoutError):
            distributed.wait([self._now[f.key] for f in futures], timeout=timeout_s, return_when="FIRST_COMPLETED")
        return [future for future in futures if self._now[future.key].done() and not self._sent_on(future)]

    def _sent_on(self, future: Any) -> bool:
        """Whether a run that came back without its instance was sent out again, with it."""
        now = self._now[future.key]
        if now.status != "finished":
            return False
        raw = now.result()
        if not raw.get("missing"):
            self._raw[future.key] = raw
            return False
        order = self._orders[future.key]
        self._now[future.key] = self._client.submit(
            _do, order, self._command, read_bytes(order["instance"]), pure=False
        )
        return True

    def outcome(self, future: Any) -> Raw:
        """What came of one."""
        import distributed

        del self._orders[future.key]
        now = self._now.pop(future.key)
        try:
            raw: Raw | None = self._raw.pop(future.key, None)
            return now.result() if raw is None else raw
        except distributed.KilledWorker as error:
            return {"files": {}, "report": {"ended": "lost", "code": None, "wall_s": None, "cpu_s": None,
                                            "peak_mib": None, "output": f"its workers died: {error}"}}  # fmt: skip
        except (OSError, distributed.CancelledError) as error:
            raise InputError("cluster", "is lost", str(error)[:200],
                             "start it again; the same command goes on") from error  # fmt: skip

    def close(self) -> None:
        """Kill what goes on, on every worker."""
        with contextlib.suppress(Exception):  # a cluster that is gone has nothing to stop
            self._client.run(_stop)
        self._stack.close()


def _do(order: dict[str, Any], command: list[str] | None, content: bytes | None) -> Raw:
    """On a worker: one run; ``missing`` when the instance's file cannot be read here."""
    from distributed import get_worker

    if content is None and not Path(order["instance"]).is_file():
        return {"missing": True}
    worker = get_worker()
    keepers: Keepers = worker.__dict__.setdefault(_KEEPERS, Keepers())
    try:
        return launch(order, keepers, command, content)
    except Cancelled:
        raise RuntimeError("cancelled") from None  # nobody listens any more


def _stop(dask_worker: Any) -> None:
    """On a worker: kill all its runs; those of a later sweep get keepers of their own."""
    keepers: Keepers | None = dask_worker.__dict__.pop(_KEEPERS, None)
    if keepers is not None:
        keepers.stop()
