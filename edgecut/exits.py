"""Exit codes of the command line, in one place."""

from __future__ import annotations

import enum

from solvers.answer import Stop
from solvers.result import Result, Verdict

__all__ = ["Exit", "exit_code"]


class Exit(enum.IntEnum):
    """What a command's exit status means."""

    OK = 0
    NO_PLAN = 1  # a limit was reached before any plan was found
    USAGE = 2
    INFEASIBLE = 3
    WRONG = 4  # a claim or file was refuted by the checker
    BAD_INPUT = 65
    INTERRUPTED = 130


def exit_code(result: Result) -> Exit:
    """Exit status for a result."""
    if result.verdict is Verdict.WRONG:
        return Exit.WRONG
    if result.verdict.infeasible:
        return Exit.INFEASIBLE
    if result.plan is None:
        return Exit.INTERRUPTED if result.stop is Stop.INTERRUPTED else Exit.NO_PLAN
    return Exit.OK
