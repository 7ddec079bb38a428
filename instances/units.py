"""Other units: a field whose name ends in its unit may be given in another unit of the same kind, under that name.

``"bandwidth_hz": 2e7`` says what ``"bandwidth_mhz": 20`` says. The number is scaled exactly, as the decimal that it was
written as, and rounded once: the same instance in other units is the same instance to the last bit. All else in the
package knows one unit a quantity.

``m`` stands for mega before Hz, bytes, bits, bit/s, FLOP and FLOP/s, and for milli before s, J and W; the other meaning
does not exist here. ``mb`` are megabytes, ``mbit`` megabits; prefixes are decimal.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, TypeVar

from instances.errors import nearest
from instances.scalars import LARGEST_WHOLE, number, refuse

__all__ = ["UNITS", "in_base_units", "in_units"]

_Record = TypeVar("_Record")

_KILO, _MEGA, _GIGA, _TERA = (Fraction(10) ** power for power in (3, 6, 9, 12))
_LARGE = {"": Fraction(1), "k": _KILO, "m": _MEGA, "g": _GIGA, "t": _TERA}
_SMALL = {"": Fraction(1), "m": 1 / _KILO, "u": 1 / _MEGA, "n": 1 / _GIGA}


def _prefixed(unit: str, prefixes: Mapping[str, Fraction]) -> dict[str, Fraction]:
    return {prefix + unit: factor for prefix, factor in prefixes.items()}


_TIME = {**_prefixed("s", _SMALL), "h": Fraction(3600)}
_ENERGY = {**_prefixed("j", {**_SMALL, "k": _KILO}), "wh": Fraction(3600), "kwh": Fraction(3600) * _KILO}
_BYTES = {"bytes": Fraction(8), **{k + "b": 8 * factor for k, factor in _LARGE.items() if k}}
_BITS = {"bits": Fraction(1), **{k + "bit": factor for k, factor in _LARGE.items() if k}}
_WORK = _prefixed("flop", _LARGE)


def _per(amounts: Mapping[str, Fraction], of: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Units of the amounts for each unit of something."""
    one = {"bits": "bit", "bytes": "byte"}  # J a bit, not J a bits
    return {f"{a}_per_{one.get(b, b)}": x / y for a, x in amounts.items() for b, y in of.items()}


UNITS: dict[str, dict[str, Fraction]] = {
    "frequency": _prefixed("hz", _LARGE),
    "time": _TIME,
    "energy": _ENERGY,
    "power": _prefixed("w", {**_SMALL, "k": _KILO}),
    "amount of data": {**_BYTES, **_BITS},
    "data rate": _prefixed("bps", _LARGE),
    "memory speed": {unit + "_s": factor for unit, factor in _BYTES.items()},
    "work": _WORK,
    "speed": _prefixed("flops", _LARGE),
    "energy for work": _per(_ENERGY, _WORK),
    "energy for data": _per(_ENERGY, {**_BYTES, **_BITS}),
    "price of energy": {f"per_{unit}": 1 / factor for unit, factor in _ENERGY.items()},
    "price of data": {f"per_{unit}": 1 / factor for unit, factor in {**_BYTES, **_BITS}.items()},
    "price of time": {f"per_{unit}": 1 / factor for unit, factor in _TIME.items()},
    "price of a server's time": {f"per_server_{unit}": 1 / factor for unit, factor in _TIME.items()},
}
"""Every unit of each kind of quantity, as a multiple of that kind's plain one."""


@dataclasses.dataclass(frozen=True)
class _Names:
    """``aliases``: other name → field and exact factor. ``stems``: what a field is called without its unit → kind."""

    aliases: Mapping[str, tuple[str, Fraction]]
    stems: Mapping[str, str]


@functools.lru_cache(maxsize=64)
def _names_of(fields: tuple[str, ...]) -> _Names:
    aliases: dict[str, tuple[str, Fraction]] = {}
    stems: dict[str, str] = {}
    for field in fields:
        found = [(len(unit), unit, kind) for kind, units in UNITS.items() for unit in units
                 if field == unit or field.endswith("_" + unit)]  # fmt: skip
        if not found:
            continue
        _, own, kind = max(found)  # the longest: memory_gb_s is no time
        stem = field[: len(field) - len(own)]
        if stem:
            stems[stem] = kind
        for unit, factor in UNITS[kind].items():
            if stem + unit not in fields:
                aliases[stem + unit] = (field, factor / UNITS[kind][own])
    return _Names(aliases, stems)


def in_base_units(data: Mapping[str, Any], fields: Iterable[str], where: str) -> dict[str, Any]:
    """The object with every field under its own name and in its own unit; lists are scaled number by number.

    Args:
        data: an object, perhaps with fields in other units.
        fields: names of the fields, which end in their units.
        where: its path, for errors.

    Raises:
        InputError: a field is given in two units, in a unit that is not known, or is no number in another unit.
    """
    known = tuple(fields)
    names, found = _names_of(known), {key: value for key, value in data.items() if key in known}
    for key, value in data.items():
        if key in known:
            continue
        place = f"{where}.{key}" if where else str(key)
        if key not in names.aliases:
            _refuse_unit(str(key), names, known, place)
            found[key] = value  # not a field at all, as the caller will say
            continue
        field, factor = names.aliases[key]
        if field in found:
            refuse(place, f"says again what '{field}' says", "only one of them can be meant", "keep one of them")
        found[field] = _scaled(value, factor, place)
    return found


def in_units(kind: type[_Record], **values: Any) -> _Record:
    """A record of `instances.records` from values in any units.

    ``in_units(Server, name="edge", gflops=9, bandwidth_hz=2e7)`` is ``Server("edge", gflops=9, bandwidth_mhz=20)``.

    Raises:
        InputError: as `in_base_units`, or the record has no such field.
    """
    fields = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    given = in_base_units(values, fields, kind.__name__)
    for name in given:
        if name not in fields:
            refuse(f"{kind.__name__}.{name}", "is not a field", fix=nearest(name, fields))
    return kind(**given)


def _scaled(value: Any, factor: Fraction, where: str) -> Any:
    """The value times the factor, rounded once; a whole number where that is one."""
    if value is None:
        return None
    if isinstance(value, list):
        return [_scaled(one, factor, f"{where}[{k}]") for k, one in enumerate(value)]
    plain = number(value, where)
    if not math.isfinite(plain):
        return plain
    # The shortest decimal is what was written: 0.1 GHz are 100 MHz, not 100.00000000000000555.
    exact = Fraction(int(value) if isinstance(value, int) else repr(plain)) * factor
    try:
        return int(exact) if exact.denominator == 1 and abs(exact) <= LARGEST_WHOLE else float(exact)
    except OverflowError:
        refuse(where, "is too large", "no number of 64 bits holds it", "check the unit")


def _refuse_unit(key: str, names: _Names, fields: tuple[str, ...], where: str) -> None:
    """Refuse a name that begins like a field and ends in no unit of its kind."""
    stem = max((stem for stem in names.stems if key.startswith(stem)), key=len, default=None)
    if stem is None:
        return
    kind = names.stems[stem]
    units = ", ".join(stem + unit for unit in sorted(UNITS[kind], key=lambda unit: UNITS[kind][unit]))
    refuse(where, "is not a field", f"'{stem.rstrip('_')}' is known in the units {units}", nearest(key, fields))
