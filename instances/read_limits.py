"""How much a file may hold before it is refused unread; set in the environment, for one process and its children.

A file that is larger than memory ends a process without a word, and one that somebody else sent may be made
for that. The defaults leave room for a million users.
"""

from __future__ import annotations

import math
import os

from instances.scalars import refuse

__all__ = ["FILE_MB", "TABLE_MB", "largest_file_mb", "largest_table_mb"]

FILE_MB, TABLE_MB = "EDGECUT_LARGEST_FILE_MB", "EDGECUT_LARGEST_TABLE_MB"
_DEFAULTS = {FILE_MB: 1024.0, TABLE_MB: 8192.0}


def largest_file_mb() -> float:
    """MB (1e6 bytes) that a file may have; ``EDGECUT_LARGEST_FILE_MB``, 1024 unless set.  Raises InputError."""
    return _setting(FILE_MB)


def largest_table_mb() -> float:
    """MB that a Parquet table may have once unpacked; ``EDGECUT_LARGEST_TABLE_MB``, 8192 unless set."""
    return _setting(TABLE_MB)


def _setting(name: str) -> float:
    given = os.environ.get(name, "").strip()
    if not given:
        return _DEFAULTS[name]
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not value > 0:
        refuse(name, f"is '{given}'", "it is a size in MB", "give a number above 0; inf lifts the limit")
    return value
