"""What users refer to by name: networks, devices or radios, given beside them or found in the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from instances.dnn import Dnn, load_network, network_names
from instances.errors import nearest
from instances.machines import model_names
from instances.records import Device, Radio
from instances.scalars import refuse, text

__all__ = ["References", "devices_among", "networks_among", "radios_among"]

_Entry = TypeVar("_Entry", Dnn, Device, Radio)


class References(Generic[_Entry]):
    """Entries in the order of their first mention, the given ones first.

    Args:
        word: what an entry is called in messages; its plural is the place of the given ones.
        kind: class of the entries.
        given: entries that come before the catalogue's.
        names: names in the catalogue.
        load: entry of a name in the catalogue.

    Raises:
        InputError: two given entries share a name, or one is of another class.
    """

    def __init__(
        self,
        word: str,
        kind: type[_Entry],
        given: Sequence[_Entry],
        names: Callable[[], Sequence[str]],
        load: Callable[[str], _Entry],
    ) -> None:
        self.word = word
        self.entries: list[_Entry] = []
        self._kind: type[_Entry] = kind
        self._names: Callable[[], Sequence[str]] = names
        self._load: Callable[[str], _Entry] = load
        self._rows: dict[str, int] = {}
        for i, entry in enumerate(given):
            where = f"{word}s[{i}]"
            if self.row(entry, where) < i:
                refuse(
                    f"{where}.name",
                    f"repeats '{entry.name}'",
                    f"users refer to a {word} by name",
                    "rename one",
                )

    def row(self, reference: str | _Entry, where: str) -> int:
        """Row of a name or an entry, entered at its first mention.

        Raises:
            InputError: nothing has that name, or the entry differs from another of its name.
        """
        if isinstance(reference, str):
            return self._row_of_name(reference, where)
        if not isinstance(reference, self._kind):
            refuse(where, f"is {reference!r}", fix=f"give a name or a {self._kind.__name__}")
        row = self._rows.get(text(reference.name, f"{where}.name"))
        if row is None:
            return self._enter(reference)
        if not _same(self.entries[row], reference):
            refuse(where, f"is another {self.word} called '{reference.name}'", "two that differ share a name",
                   "give one of them another name")  # fmt: skip
        return row

    def _row_of_name(self, name: str, where: str) -> int:
        if name in self._rows:
            return self._rows[name]
        known: Sequence[str] = self._names()
        if name not in known:
            refuse(where, f"no {self.word} is called '{name}'", "it is neither given nor in the catalogue",
                   nearest(name, {*self._rows, *known}))  # fmt: skip
        return self._enter(self._load(name))

    def _enter(self, entry: _Entry) -> int:
        self._rows[entry.name] = len(self.entries)
        self.entries.append(entry)
        return len(self.entries) - 1


def _same(one: Dnn | Device | Radio, other: Dnn | Device | Radio) -> bool:
    if isinstance(one, Dnn) and isinstance(other, Dnn):
        return one.fingerprint == other.fingerprint
    return one == other


def networks_among(given: Sequence[Dnn]) -> References[Dnn]:
    """Networks that users may refer to."""
    return References("network", Dnn, given, network_names, load_network)


def devices_among(given: Sequence[Device]) -> References[Device]:
    """Devices that users may refer to."""
    return References("device", Device, given, lambda: model_names(Device), lambda n: Device(n, model=n))


def radios_among(given: Sequence[Radio]) -> References[Radio]:
    """Radios that users may refer to."""
    return References("radio", Radio, given, lambda: model_names(Radio), lambda n: Radio(n, model=n))
