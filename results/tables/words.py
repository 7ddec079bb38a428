"""Text from data, made fit to be shown."""

from __future__ import annotations

__all__ = ["one_line", "shortened"]


def one_line(text: str) -> str:
    """On one line; signs that nobody can see (control characters, changes of direction) become U+FFFD."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in " ".join(text.split()))


def shortened(text: str, length: int) -> str:
    """At most so many signs, the middle left out: names differ at their ends."""
    if len(text) <= length:
        return text
    end = (length - 1) // 2
    return f"{text[: length - 1 - end]}…{text[len(text) - end :]}"
