"""Kinds of files that are read to be checked: by the exact verifier, which has a reader of its own, and reproducers."""

from __future__ import annotations

import contextlib
import functools
import io
from pathlib import Path

from instances import verify
from instances.errors import InputError
from instances.files import save
from instances.generate import generate
from instances.instance import Instance
from instances.json_text import write_json
from results.trust.askers import askers_now
from results.trust.contradictions import Contradiction
from results.trust.fuzz.broken import JSON
from results.trust.fuzz.kinds import FileKind, file_kind, small_instance, small_result, written
from results.trust.reproducers import replay, write_reproducer
from solvers import Limits, Result, solve
from solvers.result_file import result_to_json

__all__: list[str] = []

_PARTIES = ("greedy", "local_search")


@functools.cache
def _case() -> tuple[Instance, Result]:
    """An instance that the exact verifier handles, and its optimum."""
    instance = generate("campus", users=2, servers=1, seed=0, networks=["alexnet"])
    return instance, solve(instance, "branch", limits=Limits(gap=1e-6, nodes=50))


def _by_exact_verifier(instance: Path, result: Path) -> None:
    """Its status says what became of the files; all but 0 counts as refused."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        status = verify.main(str(instance), str(result))
    if status:
        raise InputError("exact verifier", said.getvalue().strip() or "says nothing")


def _instances() -> list[bytes]:
    return [written(functools.partial(save, _case()[0]), ".json")]


def _use_instance(path: Path) -> None:
    result = Path("result.json")
    write_json(result, result_to_json(_case()[1]))
    _by_exact_verifier(path, result)


def _results() -> list[bytes]:
    return [written(lambda path: write_json(path, result_to_json(_case()[1])), ".json")]


def _use_result(path: Path) -> None:
    instance = Path("instance.json")
    save(_case()[0], instance)
    _by_exact_verifier(instance, path)


def _reproducers() -> list[bytes]:
    found = Contradiction("bound", *_PARTIES, "a bound of 3 above a plan of 2", small_result(), small_result().plan)
    return [written(lambda path: _write(found, path), ".json")]


def _write(found: Contradiction, path: Path) -> None:
    write_reproducer(path.parent, small_instance(), found, 3, ("benchmarks.witnesses",)).rename(path)


def _use_reproducer(path: Path) -> None:
    for found in replay(path, [entry for entry in askers_now() if entry.name in _PARTIES]):
        raise RuntimeError(found.message)  # they agree about whatever instance is read


for _kind in (
    FileKind("instance, exact verifier", ".json", _instances, _use_instance, JSON),
    FileKind("result, exact verifier", ".json", _results, _use_result, JSON),
    FileKind("reproducer", ".json", _reproducers, _use_reproducer, JSON),
):
    file_kind(_kind)
