"""How deep JSON may nest and how long its lists may be; set in the environment, for one process and its children.

Files of this package nest 8 levels; a list has an entry a user. Whoever reads files of strangers may want less.
"""

from __future__ import annotations

import os

from instances.scalars import refuse

__all__ = ["DEEPEST", "LONGEST", "deepest_nesting", "longest_list"]

DEEPEST, LONGEST = "EDGECUT_DEEPEST_NESTING", "EDGECUT_LONGEST_LIST"
_DEFAULTS = {DEEPEST: 64, LONGEST: 20_000_000}


def deepest_nesting() -> int:
    """Levels that JSON may nest; ``EDGECUT_DEEPEST_NESTING``, 64 unless set.  Raises InputError."""
    return _setting(DEEPEST)


def longest_list() -> int:
    """Entries that a list or object may have; ``EDGECUT_LONGEST_LIST``, 20 million unless set.  Raises InputError."""
    return _setting(LONGEST)


def _setting(name: str) -> int:
    given = os.environ.get(name, "").strip()
    if not given:
        return _DEFAULTS[name]
    if not (given.isdecimal() and given.isascii() and 0 < int(given[:18]) == int(given)):
        refuse(name, f"is '{given[:40]}'", "it is a count", "give a whole number above 0")
    return int(given)
