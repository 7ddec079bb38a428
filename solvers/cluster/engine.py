"""A cluster to work on: one that runs already, or one of processes on this machine."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from instances.errors import InputError

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["connect"]

_LOCAL = re.compile(r"local:([1-9][0-9]{0,3})")
_PATIENCE = "10s"
_SETTINGS = {
    # Dask gives up a task that more workers than this died over; it is not our tasks that kill.
    "distributed.scheduler.allowed-failures": 1000,
    # A local worker that dies again within this time (or starts slowly) would not be started again.
    "distributed.deploy.lost-worker-timeout": "7 days",
}


@contextlib.contextmanager
def connect(where: str) -> Iterator[Client]:
    """A Dask client of the cluster ``where``; closed at the end, as is a local cluster.

    Args:
        where: address of a Dask scheduler (``tcp://host:8786``), or ``local:N`` for N worker processes on this machine.
            Dask's messages are pickles: connect only to clusters whose every machine you trust.

    Raises:
        InputError: the extra is not installed, or no scheduler answers there.
    """
    dask, distributed = _engine()
    local = _LOCAL.fullmatch(where)
    if where.startswith("local") and local is None:
        raise InputError("cluster", f"'{where}' names no cluster", "", "local:N with N worker processes, e.g. local:4")
    with contextlib.ExitStack() as stack:
        address: Any = where
        if local is not None:
            stack.enter_context(dask.config.set(_SETTINGS))
            address = stack.enter_context(distributed.LocalCluster(
                n_workers=int(local[1]), threads_per_worker=1, processes=True, memory_limit=0,
                dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL, preload="solvers.cluster.preload",
            ))  # fmt: skip
        try:
            client = distributed.Client(address, timeout=_PATIENCE)
        except (OSError, ValueError) as error:  # TimeoutError is an OSError
            raise InputError("cluster", f"no scheduler answers at '{where}'", str(error)[:200],
                             "start one with `dask scheduler`, or use local:N") from error  # fmt: skip
        yield stack.enter_context(client)


def _engine() -> tuple[Any, Any]:
    try:
        import dask
        import distributed
    except ImportError as error:
        raise InputError("cluster", "Dask distributed is not installed", str(error),
                         "pip install 'edgecut[cluster]'") from error  # fmt: skip
    return dask, distributed
