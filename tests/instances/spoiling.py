"""Changes that make a good file bad, and the error that reading it must raise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from instances.errors import InputError
from instances.files import load

__all__ = ["DROP", "FILE", "Text", "refused", "with_text", "with_value"]

Text = Callable[[str], str]

DROP = object()
"""Takes a field away, as a value of `with_value`."""
FILE = "bad.json"
"""Stands for the file's own path where an error points at it."""


def with_value(path: str, value: Any) -> Text:
    """Puts a value at a path like ``users.3.deadline_s``; ``value`` may be DROP."""

    def change(text: str) -> str:
        data = json.loads(text)
        *parents, last = [int(p) if p.isdigit() else p for p in path.split(".")]
        target = data
        for parent in parents:
            target = target[parent]
        if value is DROP:
            del target[last]
        else:
            target[last] = value
        return json.dumps(data)

    return change


def with_text(old: str, new: str) -> Text:
    """Replaces the first place of a text."""

    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


def refused(path: Path) -> InputError:
    """The error of loading the file; any other exception fails the test."""
    with pytest.raises(InputError) as caught:
        load(path)
    return caught.value
