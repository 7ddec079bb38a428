"""The seed of a night: another one each day, so that no night asks what an earlier one has asked."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

from instances.errors import InputError

__all__ = ["VARIABLE", "night"]

VARIABLE = "EDGECUT_NIGHT"
"""Set it to an earlier night's number to go on with that one, or to see again what it found."""


def night() -> tuple[int, Path]:
    """Seed, and the folder of its rows: the number of the day, counted from 1 January of the year 1, unless told."""
    given = os.environ.get(VARIABLE, "").strip()
    if given and not (given.isascii() and given.isdecimal() and len(given) < 16):
        raise InputError(VARIABLE, f"is '{given[:40]}'", "it is a seed", "give a whole number from 0 on")
    seed = int(given) if given else datetime.datetime.now(datetime.UTC).date().toordinal()
    return seed, Path("out") / "trust" / "nightly" / str(seed)
