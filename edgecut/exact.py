"""The exact verifier beside the checker: whether it is run, what it finds, and whether the two agree.

`instances.verify` shares no code with checker and certifier and computes in fractions and whole numbers. It is meant
for files of moderate size; what it does not know (whole pieces in certificates, option families …) it says.
"""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

from instances.errors import InputError
from instances.instance import Instance
from instances.json_file import instance_to_json
from instances.json_text import format_json, parse_json
from instances.verify import NO_SENSE, Wrong, verify
from solvers.result_file import Examination

__all__ = ["MOST_LINKS", "Exact", "run_exactly"]

MOST_LINKS = 1000
"""Links of an instance up to which the exact verifier is run unasked: some seconds."""
AGREEMENT = 1e-9
"""Relative difference at which figures of the two differ: what the checker's arithmetic may have lost."""
UNKNOWN = 65
"""Status of what the exact verifier does not know."""


@dataclasses.dataclass(frozen=True)
class Exact:
    """``line``: what it came to. ``ran``: whether plan and bound were recomputed. ``faults``: where it contradicts the
    checker. ``objective``, ``bound``: recomputed; None where there are none."""

    line: str
    ran: bool = False
    faults: tuple[str, ...] = ()
    objective: float | None = None
    bound: float | None = None


def run_exactly(
    path: Path, instance: Instance, document: dict[str, Any], found: Examination, wanted: bool | None
) -> Exact:
    """Run the exact verifier on the instance as edgecut stores it, and on the result's file.

    Args:
        path: file of the instance. instance: what was read from it.
        document: of the result. found: what checker and certifier made of it.
        wanted: whether to run it; None: if the instance has at most `MOST_LINKS` links.

    Raises:
        InputError: the file of the instance cannot be read.
    """
    if wanted is False:
        return Exact("exact arithmetic: not run (--no-exact); by the checker alone")
    if path.suffix.lower() != ".json":
        return Exact("exact arithmetic: not run, the instance is no JSON file; by the checker alone")
    if wanted is None and len(instance.links) > MOST_LINKS:
        return Exact(
            f"exact arithmetic: not run with more than {MOST_LINKS} links unless --exact; by the checker alone"
        )
    try:
        cost, proven = verify(_stored(instance), document)
    except Wrong as error:
        why, status = error.args
        if status != UNKNOWN:
            return _refuted(why, found)
        return _plan_alone(instance, document, found, why)
    except InputError:
        raise
    except NO_SENSE as error:
        return _refuted(f"the files make no sense to it: {error!r}", found)
    return _compared(cost, proven, found)


def _stored(instance: Instance) -> dict[str, Any]:
    """The instance as edgecut stores it: one written by hand may leave out what has a default."""
    stored: dict[str, Any] = parse_json(format_json(instance_to_json(instance)), "instance")
    return stored


def _plan_alone(instance: Instance, document: dict[str, Any], found: Examination, why: str) -> Exact:
    """What is left when the certificate is not handled: the plan, the bound being somebody's word."""
    verdict = "feasible" if document["bound_j"] is None else "bounded"
    rest = {**document, "certificate": None, "certified_j": None, "verdict": verdict}
    try:
        cost, _ = verify(_stored(instance), rest)
    except Wrong as error:
        if document["plan"] is None or error.args[1] == UNKNOWN:
            return Exact(f"exact arithmetic: not handled ({why}); by the checker alone")
        return _refuted(error.args[0], found)
    compared = _compared(cost, found.certified_j, found)
    line = f"exact arithmetic: the plan holds, objective {float(cost):.9g}; not handled: {why}, by the checker alone"
    return dataclasses.replace(compared, bound=None, line=compared.line if compared.faults else line)


def _refuted(why: str, found: Examination) -> Exact:
    if found.faults:
        return Exact(f"exact arithmetic: refuted as well ({why})", True)
    fault = f"the exact verifier refutes what the checker confirms: {why}"
    return Exact(f"exact arithmetic: refuted ({why})", True, (fault,))


def _compared(cost: Any, proven: Any, found: Examination) -> Exact:
    objective = None if cost == math.inf else float(cost)
    bound = None if abs(proven) == math.inf else float(proven)
    if found.faults:
        line = "exact arithmetic: plan and proven bound hold; what is wrong is something else that the file says"
        return Exact(line, True, (), objective, bound)
    assert found.result is not None  # without faults there is one
    faults = [
        f"checker and exact verifier disagree on the {name}: {float(ours):.12g} and {float(exact):.12g}"
        for name, ours, exact in (("objective", found.result.objective_j, cost), ("bound", found.certified_j, proven))
        if not _agree(ours, exact, cost)
    ]
    if proven == math.inf and not faults:
        return Exact("exact arithmetic: the same (no plan exists)", True)
    shown = [f"{word} {x:.9g}" for word, x in (("objective", objective), ("bound", bound)) if x is not None]
    line = f"exact arithmetic: the same ({', '.join(shown) or 'no plan, no bound'})"
    return Exact(line if not faults else "exact arithmetic: something else", True, tuple(faults), objective, bound)


def _agree(ours: float, exact: Any, cost: Any) -> bool:
    if not (math.isfinite(ours) and abs(exact) < math.inf):
        return bool(ours == exact)
    size = max(abs(exact), cost if cost < math.inf else 0, Fraction(1, 1000))
    return bool(abs(Fraction(ours) - exact) <= Fraction(AGREEMENT) * size)
