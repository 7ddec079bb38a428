"""What instances are called where several stand side by side: by name, and by more where names are the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

__all__ = ["labels"]

_LONGEST = 60


def labels(instances: Iterable[tuple[str, str, Any]]) -> dict[str, str]:
    """Fingerprint → label, no two alike, for (fingerprint, name, specification) of each instance.

    The label is the name; where others have the same, with those parts of its specification in which they differ, as in
    ``campus-6x2-0 (load 0.5)``; where that does not tell them apart, with the begin of the fingerprint.
    """
    kept = {fingerprint: (name, _parts(spec)) for fingerprint, name, spec in reversed(list(instances))}
    same: dict[str, list[str]] = {}
    for fingerprint, (name, _) in reversed(kept.items()):
        same.setdefault(name, []).append(fingerprint)
    found = {}
    for name, prints in same.items():
        if len(prints) == 1:
            found[prints[0]] = name
        else:
            found |= _told_apart(name, {fingerprint: kept[fingerprint][1] for fingerprint in prints})
    return found


def _parts(spec: Any) -> dict[str, str]:
    """Parts of a specification in words; one that was broken on the disk has none."""
    if not isinstance(spec, dict):
        return {}
    return {str(key): _short(value) for key, value in spec.items() if key not in ("source", "bytes", "changed_ns")}


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _LONGEST else "…" + text[-_LONGEST:]


def _told_apart(name: str, parts: dict[str, dict[str, str]]) -> dict[str, str]:
    """Labels of instances that have one name."""
    keys = dict.fromkeys(key for own in parts.values() for key in own)
    differ = [key for key in keys if len({own.get(key) for own in parts.values()}) > 1]
    told = {
        fingerprint: ", ".join(f"{key} {own[key]}" for key in differ if key in own)
        for fingerprint, own in parts.items()
    }
    often = Counter(told.values())
    found = {}
    for fingerprint, words in told.items():
        alone = words and often[words] == 1
        found[fingerprint] = (f"{name} ({words})" if words else name) + ("" if alone else f" #{fingerprint[:6]}")
    return found
