"""The process of one run: ``python -m results.sweep.child FOLDER`` does what ``FOLDER/job.json`` says.

Beside it appear, each whole or not at all: ``versions.json`` before anything else; ``best.json``, the best checked plan
so far; ``trace.jsonl``, a line an improvement; ``result.json``, the result; ``end.json``, how it went (``finished``,
``refused``, ``memory``, ``interrupted``, ``invalid`` or ``crashed``, and why). Nothing in them is believed before the
parent has checked it.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Any

from instances import files
from instances.errors import InputError
from instances.instance import Instance
from instances.json_text import read_json, write_json
from results.sweep.best import BestPlan, Trace
from results.sweep.versions import code_versions
from solvers.answer import Limits
from solvers.result_file import result_to_json
from solvers.solve import solve

__all__ = ["NO_ROOM", "main"]

NO_ROOM = 74
"""Exit code of a run that could not write what it had to."""


def main(folder: Path) -> int:
    """Do one run; the exit code."""
    try:
        write_json(folder / "versions.json", code_versions())
        status, error = _run(folder, read_json(folder / "job.json"))
        write_json(folder / "end.json", {"status": status, "error": error})
    except InputError as refusal:
        print(refusal, file=sys.stderr)
        return NO_ROOM
    return 0


def _run(folder: Path, job: dict[str, Any]) -> tuple[str, str]:
    """How it went, and why."""
    try:
        instance = _instance(job)
        with BestPlan(folder / "best.json", instance) as best, Trace(folder / "trace.jsonl") as trace:
            result = solve(instance, job["method"], limits=Limits(**job["limits"]), seed=job["seed"], on_progress=trace,
                           on_plan=best.offer, **job["options"])  # fmt: skip
    except InputError as error:
        if isinstance(error.__cause__, OSError):
            raise
        return "refused", str(error)
    except MemoryError:
        return "memory", "out of memory"
    except KeyboardInterrupt:
        return "interrupted", "interrupted before there was a result"
    except Exception as error:
        traceback.print_exc()
        return "crashed", f"{type(error).__name__}: {error}"
    try:
        write_json(folder / "result.json", result_to_json(result))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # a plan of things that there are not, NaN
        if isinstance(error.__cause__, OSError):
            raise
        return "invalid", f"the result cannot be written down: {error}"
    return "finished", ""


def _instance(job: dict[str, Any]) -> Instance:
    instance = files.load(job["instance"])
    if instance.fingerprint != job["fingerprint"]:
        raise InputError(job["instance"], "is not the instance that the run is of", "its fingerprint is another",
                         "put the file back, or run the sweep again for the new one")  # fmt: skip
    return instance


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
