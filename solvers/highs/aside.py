"""HiGHS in a thread of its own, so that the calling one can report and hear Ctrl-C."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable

import highspy

__all__ = ["run_aside"]

_SOON_S, _POLL_S = 0.005, 0.05


def run_aside(model: highspy.Highs, stop: Callable[[], None], meanwhile: Callable[[], None] = lambda: None) -> bool:
    """Run a model to its end; whether that was interrupted.

    Args:
        model: what to run.
        stop: called on Ctrl-C; makes a callback of the model interrupt it.
        meanwhile: called from the calling thread again and again, but not after an interrupt. It may raise
            KeyboardInterrupt too.

    Raises:
        BaseException: whatever HiGHS' thread raised.
    """
    failure: list[BaseException] = []
    # Not `Thread`: in Python 3.11, Ctrl-C within `join` makes a thread that runs count as ended, and `start` may raise
    # KeyboardInterrupt before or after the thread has begun.
    done = threading.Event()

    def work() -> None:
        try:
            model.run()
        except BaseException as error:  # handed to the calling thread below
            failure.append(error)
        finally:
            highspy.Highs.resetGlobalScheduler(False)
            done.set()

    interrupted, wait_s = False, _SOON_S
    try:
        _thread.start_new_thread(work, ())
    except KeyboardInterrupt:  # heard once it has begun
        interrupted = True
        stop()
    while not done.is_set():
        try:
            done.wait(wait_s)
            wait_s = _POLL_S
            if not interrupted:
                meanwhile()
        except KeyboardInterrupt:
            interrupted = True
            stop()
    if failure:
        raise failure[0]
    return interrupted
