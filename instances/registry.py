"""Registries: what others add to without editing. A name stands for one entry; who adds it twice is told."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from instances.errors import InputError, nearest

__all__ = ["Registry"]

Entry = TypeVar("Entry")
Class = TypeVar("Class", bound=type)


class Registry(Mapping[str, Entry]):
    """Entries by name, in the order in which they were added; it is read like a dict.

    Args:
        what: what an entry is called in errors, e.g. "method".
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._entries: dict[str, Entry] = {}

    def __getitem__(self, name: str) -> Entry:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"Registry({self.what!r}: {', '.join(self)})"

    def add(self, name: str, entry: Entry) -> None:
        """Add an entry.

        Raises:
            ValueError: there is one of this name.
        """
        if name in self._entries:
            raise ValueError(f"{self.what} '{name}' is registered twice")
        self._entries[name] = entry

    def add_made(self, cls: Class) -> Class:
        """Class decorator: what the class makes without arguments is added under its ``name``.

        Raises:
            ValueError: there is one of this name.
        """
        made: Any = cls()
        self.add(made.name, made)
        return cls

    def under(self, name: str) -> Callable[[Entry], Entry]:
        """Decorator: what it stands above is added under this name.

        Raises:
            ValueError: there is one of this name.
        """

        def register(entry: Entry) -> Entry:
            self.add(name, entry)
            return entry

        return register

    def find(self, name: str) -> Entry:
        """Entry by name.

        Raises:
            InputError: no such entry; names the nearest.
        """
        if name not in self._entries:
            raise InputError(self.what, f"'{name}' is not known", fix=nearest(str(name), self))
        return self._entries[name]

    @contextlib.contextmanager
    def restored(self, *without: str) -> Iterator[None]:
        """For tests: at the end of the block all is as it was before it; during it, entries ``without`` are gone."""
        before, during = self._entries, dict(self._entries)
        for name in without:
            del during[name]
        self._entries = during
        try:
            yield
        finally:
            self._entries = before
