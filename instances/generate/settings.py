"""Options of a generator: typed, checked one by one, and written into the provenance."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from instances.catalog import devices as device_models
from instances.device_file import read_device
from instances.dnn import load_network, network_names
from instances.errors import InputError, nearest
from instances.instance import ALLOCATIONS, CUT_RULES, PROBLEMS

__all__ = ["Settings", "choice", "count", "number"]


def number(default: float | None, low: float, high: float) -> Any:
    """Number from ``low`` to ``high``, in the unit that its name ends in; None: left to the generator."""
    return dataclasses.field(default=default, metadata={"check": "number", "low": low, "high": high})


def count(default: int | None, low: int, high: int) -> Any:
    """Whole number from ``low`` to ``high``; None: left to the generator."""
    return dataclasses.field(default=default, metadata={"check": "count", "low": low, "high": high})


def choice(default: str, known: tuple[str, ...]) -> Any:
    """One of the known words."""
    return dataclasses.field(default=default, metadata={"check": "choice", "known": known})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Options that all generators share; a generator subclasses this with its own defaults and more options.

    ``load``: demand relative to capacity: uplink and compute of every server are divided by it. At 1
    (critical) what users would choose if alone just about fills the servers, so that shares are contended, and
    everybody can still be served (of a few users, some draws are an exception); 0.3 is light; above 1
    (overloaded) there may be no plan at all, since some users cannot run locally in time. Capacities are also
    proportional to users per server, so
    ``load=users / 20`` keeps the infrastructure of 20 users while the crowd grows. ``deadline_scale``
    multiplies every deadline (never below what the user could reach alone). ``bandwidth_mhz``: MHz of uplink
    of each server as it stands, whatever the load and the number of users. ``networks``: names, or name →
    weight of being drawn; a name that ends in ``.json`` is a file. ``devices``: likewise, catalogue names or files that
    `edgecut dnn measure` wrote, in place of the generator's own mix. ``cut_rule``, ``allocation``,
    ``server_energy_weight``: as in `Instance`.
    ``blocks``, ``units``: pieces of each server's uplink and compute. ``kappa``: W/Hz³ of every device in
    place of its own. ``problem``: what is minimised, as in `Instance`; J-C gets the tariff of `generate.tariffs`; under
    J-A (admission) a ``load`` above 1 makes sense. ``latency_weight_w``: W that a second of latency counts as under
    J-L; None: 1 W [assumed, about what a phone draws]. ``weight_ratio``: largest over smallest weight of users, drawn
    on a log scale around 1; 1: all weigh 1. ``energy_part``: energy budgets of servers as a part of what all users'
    networks would take there (J-A only; None: no budgets). ``device_energy_part``: what each device may spend, as a
    part of what computing everything there at the nominal clock costs (J-A with units only; None: no limit).
    """

    allocation: str = choice("continuous", ALLOCATIONS)
    load: float = number(1.0, 1e-3, 1e3)
    deadline_scale: float = number(1.0, 1e-3, 1e3)
    bandwidth_mhz: float | None = number(None, 1e-2, 1e6)
    networks: Mapping[str, float] | None = dataclasses.field(default=None, metadata={"check": "networks"})
    devices: Mapping[str, float] | None = dataclasses.field(default=None, metadata={"check": "devices", "late": True})
    cut_rule: str = choice("efficient", CUT_RULES)
    blocks: int | None = count(None, 1, 10**6)
    units: int | None = count(None, 1, 10**6)
    kappa: float | None = number(None, 1e-32, 1e-22)
    server_energy_weight: float = number(0.02, 0.0, 1e3)
    problem: str = choice("J-E", PROBLEMS)
    latency_weight_w: float | None = number(None, 0.0, 1e6)
    weight_ratio: float = number(1.0, 1.0, 1e6)
    energy_part: float | None = number(None, 0.0, 1e6)
    device_energy_part: float | None = number(None, 0.0, 1e6)

    @classmethod
    def read(cls, options: Mapping[str, Any], where: str) -> Self:
        """Settings from keyword options.

        Raises:
            InputError: an unknown option (with the nearest name) or a value out of its range, named
            ``where.option``.
        """
        fields = {field.name: field for field in dataclasses.fields(cls)}
        values = {}
        for name, value in options.items():
            if name not in fields:
                raise InputError(f"{where}.{name}", "is not an option of this generator", fix=nearest(name, fields))
            values[name] = _checked(fields[name], value, f"{where}.{name}")
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """The options as plain JSON values; those that came later than others only where they are given."""
        return {
            f.name: dict(v) if isinstance(v := getattr(self, f.name), Mapping) else v
            for f in dataclasses.fields(self)
            if not (f.metadata.get("late") and getattr(self, f.name) is None)
        }


def _checked(field: dataclasses.Field[Any], value: Any, where: str) -> Any:
    rule = field.metadata
    if value is None and field.default is None:
        return None
    if rule["check"] == "choice":
        if not isinstance(value, str) or value not in rule["known"]:
            raise InputError(where, f"{value!r} is not known", fix=nearest(str(value), rule["known"]))
        return value
    if rule["check"] == "networks":
        return _checked_weights(value, where, "network", network_names(), load_network)
    if rule["check"] == "devices":
        return _checked_weights(value, where, "device", tuple(device_models()), read_device)
    return _checked_number(rule, value, where)


def _checked_number(rule: Mapping[str, Any], value: Any, where: str) -> float | int:
    whole = rule["check"] == "count"
    span = f"a {'whole ' if whole else ''}number from {rule['low']:g} to {rule['high']:g}"
    if isinstance(value, bool) or not hasattr(value, "__float__") or isinstance(value, str):
        raise InputError(where, f"{value!r} is not a number", fix=span)
    try:
        plain = float(value)
    except OverflowError:
        plain = math.inf
    if not math.isfinite(plain) or not rule["low"] <= plain <= rule["high"] or (whole and plain != int(plain)):
        raise InputError(where, f"is {value!r}", "it is out of range", fix=span)
    return int(plain) if whole else plain


def _checked_weights(
    value: Any, where: str, what: str, known: tuple[str, ...], read: Callable[[str], Any]
) -> dict[str, float]:
    """Weights of the names, each of which is known or a file that can be read."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, Iterable):
        raise InputError(where, f"{value!r} is not a list of {what}s", fix="names, or a mapping from name to weight")
    names = list(value)
    for name in names:
        if not isinstance(name, str):
            raise InputError(
                where, f"{name!r:.60} is no name of a {what}", fix="names, or a mapping from name to weight"
            )
    weights = dict(value) if isinstance(value, Mapping) else dict.fromkeys(names, 1.0)
    if not weights:
        raise InputError(where, "is empty", f"every user has a {what}", "name at least one")
    rule = {"check": "number", "low": 1e-9, "high": 1e9}
    for name in weights:
        if str(name).lower().endswith(".json"):
            read(str(name))
        elif name not in known:
            fix = f"{nearest(str(name), known)} or give a file (.json)"
            raise InputError(where, f"no {what} {name!r} in the catalogue", fix=fix)
    return {str(name): float(_checked_number(rule, w, f"{where}[{name}]")) for name, w in weights.items()}
