"""From a name to what is drawn: the load behind each level, the options of features and systems, the tags."""

from __future__ import annotations

from typing import Any

from instances.library.entries import JOINT, Entry
from instances.library.features import FEATURES
from instances.library.naming import LEVELS, SYSTEM_NAMES, Name, parse_name
from instances.library.systems import get_system

__all__ = ["LOADS", "entry_of"]

LOADS = {
    ("campus", True): (0.2, 1.0, 1.5),
    ("campus", False): (0.2, 0.5, 0.75),
    ("factory", True): (0.2, 0.8, 1.2),
    ("factory", False): (0.2, 0.8, 1.2),
    ("metro", True): (0.2, 1.5, 2.5),
    ("metro", False): (0.1, 0.25, 0.4),
    ("roadside", True): (0.2, 1.0, 1.2),
    ("roadside", False): (0.2, 1.0, 1.1),
    ("mixed", True): (0.3, 1.0, 1.5),
    ("mixed", False): (0.3, 0.8, 1.0),
}
"""Option ``load`` of each generator, with and without local execution, at the first three of `LEVELS`.

Found by measurement (`python -m benchmarks.peers.loads`). *Light*: capacity hardly matters; *critical*: users compete;
*overloaded*: many are pushed to worse options, and not much more would leave no plan at all.
"""
IMPOSSIBLE = 12.0
"""Load at which no plan is left."""
ADMISSION = (1.0, 2.0, 4.0)
"""What loads are multiplied by when users may be turned away (J-A)."""
SIZES = {"tiny": 10, "small": 60, "medium": 1000, "large": 10_000, "huge": 10**9}
"""Tags of size, and the most users of each."""
JSON_USERS, FILE_USERS = {"mixed": 100}, 10_000
"""Users up to which an instance is stored as JSON (20 unless said here), and at all."""
MIXED_NETWORKS = ["alexnet", "resnet18"]
"""Networks of the generator mixed: each comes with exits, bit widths and a cascade, which are most of a file."""


def entry_of(name: str, fingerprint: str = "") -> Entry:
    """The entry of a name.

    Raises:
        InputError: the name does not keep the grammar.
    """
    said = parse_name(name)
    if said.family in SYSTEM_NAMES:
        return _system_entry(name, said, fingerprint)
    options: dict[str, Any] = {"load": _load(said)}
    if said.family == "mixed":
        options["networks"] = MIXED_NETWORKS
    for feature in said.features:
        options |= FEATURES[feature].options
    stored = "json" if said.users <= JSON_USERS.get(said.family, 20) else "parquet"
    stored = stored if said.users <= FILE_USERS else ""
    tags = (_size(said.users), *said.features, *(["families"] if said.family == "mixed" else []))
    return Entry(name, JOINT, said.problem, said.rule, said.family, options, said.seed, said.users, said.servers,
                 said.level, tags, stored, fingerprint)  # fmt: skip


def _load(said: Name) -> float:
    if said.level == "impossible":
        return IMPOSSIBLE
    level = LEVELS.index(said.level)
    load = LOADS[said.family, "remote" not in said.features][level]
    return load * ADMISSION[level] if said.problem == "J-A" else load


def _size(users: int) -> str:
    return next(word for word, most in SIZES.items() if users <= most)


_SYSTEM_OPTIONS: dict[str, dict[str, Any]] = {
    "batching": {"deadline_s": [0.05, 0.05]},
    "droo": {},
    "hoda": {},
    "iao": {"cuts": 8},
    "mad2rl": {},
    "online": {"slots": 20, "rate": 3.0, "mean_stay": 5.0, "blocks": 25, "units": 10},
    "uav": {"slots": 10, "side": 4},
}
_SYSTEM_FEATURES: dict[str, dict[str, Any]] = {
    "serial": {"serial_part": 0.2},
    "queues": {"queues_gflop": 20.0},
    "spread": {"deadline_s": [0.04, 0.08]},
    "admission": {"problem": "J-A", "weight_ratio": 20.0},
}


def _system_entry(name: str, said: Name, fingerprint: str) -> Entry:
    options = dict(_SYSTEM_OPTIONS[said.family])
    for feature in said.features:
        options |= _SYSTEM_FEATURES[feature]
    if said.family == "iao":
        options["units"] = said.users * 4
    tags = (_size(said.users), "system", *said.features)
    return Entry(name, said.family, get_system(said.family).says, "", said.family, options, said.seed, said.users,
                 said.servers, "", tags, "", fingerprint)  # fmt: skip
