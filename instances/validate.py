"""Is an instance well formed? Every column at once, so that a million users take well under a second.

Only what can never be right is refused here. A deadline that nobody can meet, a user without links or a
network too large for its device are statements about the world; solvers explain them as infeasibility.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from instances.columns import Bools, Columns, Ints, Names
from instances.dnn import Dnn
from instances.errors import InputError
from instances.family_checks import check_families
from instances.problem_checks import check_latency_weight, check_tariff
from instances.validate_rules import LARGEST, RULES, Rule

if TYPE_CHECKING:
    from instances.instance import Instance

__all__ = ["validate_instance"]

_REFERENCES = (
    ("users", "network", "networks"),
    ("users", "device", "devices"),
    ("users", "radio", "radios"),
    ("links", "user", "users"),
    ("links", "server", "servers"),
)


def validate_instance(instance: Instance) -> None:
    """Refuse an instance that cannot mean anything.

    Raises:
        InputError: naming the first offender of the first broken rule (``users[3].deadline_s``), its value,
            how many more there are, why that cannot be used and what can.
    """
    _check_scalars(instance)
    _check_networks(instance.networks)
    if not len(instance.users):
        raise InputError("users", "there are none", "then there is nothing to decide", "give at least one")
    for table in ("devices", "radios", "servers", "users"):
        _check_names(table, getattr(instance, table).name)
    for table, column, target in _REFERENCES:
        rows = getattr(getattr(instance, table), column)
        _check_references(instance, table, column, rows, target)
    for table, rules in RULES.items():
        for column, rule in rules.items():
            _check_numbers(instance, table, column, rule)
    _check_clock_range(instance)
    _check_repeated_links(instance)
    _check_budget(instance, "servers", "energy_budget_j", Rule("energy budget in J", zero=True, infinite=True))
    _check_budget(instance, "users", "device_budget_j", Rule("energy budget in J", zero=True, infinite=True))
    check_families(instance)


def _check_scalars(instance: Instance) -> None:
    if not isinstance(instance.name, str):
        raise InputError("name", f"is {instance.name!r}", "a name is text")
    for field in ("horizon_s", "server_energy_weight", "latency_weight_w"):
        value: object = getattr(instance, field)
        if (
            not isinstance(value, (int, float, np.number))
            or isinstance(value, bool)
            or not 0.0 <= float(value) <= LARGEST
        ):
            raise InputError(field, f"is {value!r}", "a finite number, zero or more, is needed")
    check_latency_weight(instance)
    check_tariff(instance)
    if not isinstance(instance.provenance, Mapping):
        raise InputError(
            "provenance", f"is {type(instance.provenance).__name__}", fix="give a mapping of plain JSON data"
        )
    try:
        json.dumps(dict(instance.provenance), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            "provenance",
            f"is not plain JSON data ({error})",
            "it is saved with the instance",
            "use text, finite numbers, true, false, null, lists and mappings of these",
        ) from error


def _check_networks(networks: Iterable[Dnn]) -> None:
    seen: dict[str, int] = {}
    for index, network in enumerate(networks):
        if not isinstance(network, Dnn):
            raise InputError(f"networks[{index}]", f"is {type(network).__name__}", "a network is a Dnn")
        if network.name in seen:
            raise InputError(
                f"networks[{index}].name",
                f"repeats '{network.name}' of networks[{seen[network.name]}]",
                "users refer to networks by name",
                "give every network its own name",
            )
        seen[network.name] = index


def _check_names(table: str, names: Names) -> None:
    values = names.tolist()
    _refuse_first(
        table,
        "name",
        names,
        np.asarray(names == ""),
        "every row is referred to by its name",
        "give it a name",
    )
    _refuse_first(
        table,
        "name",
        names,
        _unprintable(names),
        "it holds a control character or half of a surrogate pair",
        "use printable text",
    )
    if len(set(values)) == len(values):
        return
    seen: dict[str, int] = {}
    for row, name in enumerate(values):
        if name in seen:
            more = len(values) - len(set(values)) - 1
            raise InputError(
                f"{table}[{row}].name",
                f"repeats '{name}' of {table}[{seen[name]}]{_and_more(more)}",
                "plans and links refer to rows by name",
                "give every row its own name",
            )
        seen[name] = row


def _unprintable(names: Names) -> Bools:
    """[n] which names hold a control character, a zero inside, or a lone surrogate (not UTF-8)."""
    width = names.dtype.itemsize // 4
    if not len(names) or not width:
        return np.zeros(len(names), dtype=bool)
    code = np.ascontiguousarray(names).view(np.uint32).reshape(len(names), width)
    if not names.dtype.isnative:
        code = code.byteswap()
    padding = code == 0
    bad = ((code < 0x20) & ~padding) | (code == 0x7F) | ((code >= 0xD800) & (code < 0xE000))
    bad[:, :-1] |= padding[:, :-1] & ~padding[:, 1:]
    return np.asarray(bad.any(axis=1))


def _check_references(instance: Instance, table: str, column: str, rows: Ints, target: str) -> None:
    size = len(getattr(instance, target))
    why = f"there are {size} {target}" + (f", numbered 0 to {size - 1}" if size else "")
    _refuse_first(table, column, rows, np.asarray((rows < 0) | (rows >= size)), why, f"point at one of the {target}")


def _check_numbers(instance: Instance, table: str, column: str, rule: Rule) -> None:
    struct: Columns = getattr(instance, table)
    values = getattr(struct, column)
    refused = rule.refused(values)
    if refused.any():
        row = int(np.argmax(refused))
        _refuse_first(
            table,
            column,
            values,
            refused,
            f"this is the {rule.meaning}",
            f"give {rule.accepts}",
            _label(instance, table, row),
        )


def _check_clock_range(instance: Instance) -> None:
    low, high = instance.devices.clock_min, instance.devices.clock_max
    refused = np.asarray(low > high)
    if refused.any():
        row = int(np.argmax(refused))
        _refuse_first(
            "devices",
            "clock_min",
            low,
            refused,
            f"its clock_max is {high[row]:g}, so no clock is left",
            "make clock_min at most clock_max",
            _label(instance, "devices", row),
        )


def _check_repeated_links(instance: Instance) -> None:
    links = instance.links  # sorted by user, then server
    repeated = np.zeros(len(links), dtype=bool)
    repeated[1:] = (np.diff(links.user) == 0) & (np.diff(links.server) == 0)
    if repeated.any():
        row, more = int(np.argmax(repeated)), int(repeated.sum()) - 1
        raise InputError(
            f"links[{row}]",
            f"repeats the link{_label(instance, 'links', row)}{_and_more(more)}",
            "a user reaches a server in one way",
            "keep one of them",
        )


def _check_budget(instance: Instance, table: str, field: str, rule: Rule) -> None:
    """Refuse budgets of a wrong length or value, and finite ones where they mean nothing."""
    budget = getattr(instance, field)
    if budget is None:
        return
    size = len(getattr(instance, table))
    if len(budget) != size:
        raise InputError(
            field, f"has {len(budget)} rows", f"there are {size} {table}", "give every one a budget, or inf"
        )
    refused = rule.refused(budget)
    label = _label(instance, table, int(np.argmax(refused))) if refused.any() else ""
    _refuse_first(table, field, budget, refused, f"this is an {rule.meaning}", f"give {rule.accepts}", label)
    finite = np.isfinite(budget)
    if instance.problem != "J-A":
        why = f"{instance.problem} counts energy and does not limit it"
        _refuse_first(table, field, budget, finite, why, "leave budgets out, or make the problem J-A")
    if field == "device_budget_j" and instance.allocation != "units":
        why = "with continuous shares no method here treats such a limit exactly"
        _refuse_first(table, field, budget, finite, why, "leave it out, or make the allocation units")


def _refuse_first(
    table: str, column: str, values: np.ndarray[Any, Any], refused: Bools, why: str, fix: str, label: str = ""
) -> None:
    """Raise for the first refused row, if there is one."""
    if not refused.any():
        return
    row, more = int(np.argmax(refused)), int(refused.sum()) - 1
    value = values[row].item()
    raise InputError(f"{table}[{row}].{column}", f"is {value!r}{label}{_and_more(more)}", why, fix)


def _label(instance: Instance, table: str, row: int) -> str:
    """The names that a reader knows the row by."""
    if table != "links":
        return f" ('{getattr(instance, table).name[row]}')"
    user, server = int(instance.links.user[row]), int(instance.links.server[row])
    return f" (user '{instance.users.name[user]}' to server '{instance.servers.name[server]}')"


def _and_more(count: int) -> str:
    return f", and {count} more like it" if count else ""
