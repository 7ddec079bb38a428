"""The one error that bad input raises: what is wrong, where, why it matters and what would mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["InputError", "TooMuchError", "nearest"]


class InputError(ValueError):
    """Input that cannot be accepted.

    Args:
        where: the place in the input, e.g. ``users[3].deadline_s``.
        what: what was found there, with the value.
        why: why that cannot be used.
        fix: what would be accepted instead.
    """

    def __init__(self, where: str, what: str, why: str = "", fix: str = "") -> None:
        # Names in a file may hold anything; a place stands on one line.
        self.where, self.what, self.why, self.fix = _printable(where), what, why, fix
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}"
        if self.why:
            text += f"; {self.why}"
        if self.fix:
            text += f". Fix: {self.fix}"
        return text

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str, str, str]]:
        return (type(self), (self.where, self.what, self.why, self.fix))


class TooMuchError(InputError):
    """Input that may be right, but would take too much to check."""


def _printable(text: str) -> str:
    """The text with what cannot be printed written as an escape."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def nearest(name: str, known: Iterable[str]) -> str:
    """Phrase that points at the known name closest to ``name`` (or lists a few)."""
    choices = sorted(known)
    close = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    if close:
        return f"did you mean '{close[0]}'?"
    shown = ", ".join(choices[:8]) + (", …" if len(choices) > 8 else "")
    return f"known: {shown}"
