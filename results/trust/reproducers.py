"""Reproducers: a contradiction in one JSON file, and the command that shows it again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from instances.errors import InputError
from instances.files import plan_to_json, write_json
from instances.instance import Instance
from instances.json_file import instance_from_json, instance_to_json
from instances.json_text import check_object, check_schema, parse_json
from instances.scalars import whole
from instances.storage import read_bytes
from results.trust.askers import Asker
from results.trust.contradictions import Contradiction, ask_all, contradictions
from results.trust.shrink import MOST_TRIES, shrink

__all__ = ["minimise", "replay", "write_reproducer"]

FAMILY, VERSION = "edgecut-contradiction", 1


def minimise(
    instance: Instance, found: Contradiction, askers: Sequence[Asker], seed: int, most_tries: int = MOST_TRIES
) -> tuple[Instance, Contradiction]:
    """The smallest instance found with the same kind of contradiction by the same claimant, and that contradiction.

    Only claimant and witness are asked again.
    """
    parties = [entry for entry in askers if entry.name in (found.claimant, found.witness)]
    said = [found]  # the last is that of the smallest: a peer need not say the same again

    def shows(smaller: Instance) -> bool:
        claims = contradictions(ask_all(smaller, parties, seed))
        same = next((c for c in claims if (c.kind, c.claimant) == (found.kind, found.claimant)), None)
        if same is not None:
            said.append(same)
        return same is not None

    small = shrink(instance, shows, most_tries)
    return small, said[-1]


def write_reproducer(folder: Path, instance: Instance, found: Contradiction, seed: int, modules: Sequence[str]) -> Path:
    """Write instance, claims and command; the file's name says what it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{found.kind}-{_word(found.claimant)}-{instance.name}.json"
    result = found.result
    claim: dict[str, Any] = {} if result is None else {
        "verdict": result.verdict.value, "stop": result.stop.value, "objective_j": _finite(result.objective_j),
        "bound_j": _finite(result.bound_j), "certified_j": _finite(result.certified_j),
    }  # fmt: skip
    more = "".join(f" --with {module}" for module in modules)
    write_json(path, {
        "schema": f"{FAMILY}/{VERSION}",
        "kind": found.kind,
        "claimant": found.claimant,
        "witness": found.witness,
        "message": found.message,
        "claim": claim,
        "seed": seed,
        "command": f"python -m results.trust replay {path.name}{more}",
        "instance": instance_to_json(instance),
        "plan": None if found.plan is None else plan_to_json(instance, found.plan),
    })  # fmt: skip
    return path


def replay(path: Path, askers: Sequence[Asker]) -> list[Contradiction]:
    """What claimant and witness of a reproducer say now; empty: they agree.

    Raises:
        InputError: not a reproducer, or its parties are not known here.
    """
    data = parse_json(read_bytes(path), str(path))
    check_schema(data, FAMILY, VERSION)
    for field in ("claimant", "witness", "seed", "instance"):
        if field not in data:
            raise InputError(f"{path}, {field}", "is missing", "without it nobody can be asked again", "get it again")
    seed = whole(data["seed"], f"{path}, seed")
    instance = check_object(data["instance"], ("schema", "users"), f"{path}, instance")
    names = {str(data.get("claimant")), str(data.get("witness"))}
    parties = [entry for entry in askers if entry.name in names]
    missing = names - {entry.name for entry in parties}
    if missing:
        raise InputError(str(path), f"needs {sorted(missing)[0]!r}", "nobody is called that here",
                         "name the module that registers it: --with MODULE")  # fmt: skip
    return contradictions(ask_all(instance_from_json(instance), parties, seed))


def _word(text: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in text)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
