"""Single values from a hand-written record or file: accepted in one type each, never guessed at."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from instances.errors import InputError

__all__ = ["LARGEST_WHOLE", "number", "refuse", "text", "whole"]

LARGEST_WHOLE = 2**53
"""Whole numbers up to here survive a reader that holds every number as a float."""


def text(value: object, where: str) -> str:
    """The value, if it is text.  Raises InputError otherwise."""
    if not isinstance(value, str):
        refuse(where, f"is {_shown(value)}", "a name is text", "put it in quotes")
    return str(value)


def number(value: object, where: str) -> float:
    """The value, if it is a number, even an infinite one.  Raises InputError otherwise, as for true."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        refuse(
            where,
            f"is {_shown(value)}",
            "a number is needed",
            "write one without quotes, in the field's unit",
        )
    try:
        return float(value)
    except OverflowError:
        refuse(where, "is too large", "no number of 64 bits holds it", "check the unit")


def whole(value: object, where: str) -> int:
    """The value, if it is a whole number.  Raises InputError otherwise, also for 3.0."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        refuse(where, f"is {_shown(value)}", "a whole number is needed", "write one without quotes or a point")
    if abs(int(value)) > LARGEST_WHOLE:
        refuse(where, "is too large", f"whole numbers go up to {LARGEST_WHOLE}", "check it")
    return int(value)


def refuse(where: str, what: str, why: str = "", fix: str = "") -> NoReturn:
    """Raise the InputError of these four parts."""
    raise InputError(where, what, why, fix)


def _shown(value: object) -> str:
    """The value as a reader of the file knows it, cut short."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
