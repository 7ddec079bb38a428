"""Are variants, clouds and accuracy floors well formed, and do they fit the rest of the instance?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from instances.columns import Bools
from instances.errors import InputError

if TYPE_CHECKING:
    from instances.instance import Instance

__all__ = ["check_families"]

LARGEST, SMALLEST = 1e30, 1e-30
"""As in `instances.validate`."""

_CLOUD_RATES = ("gflops", "memory_gb_s", "backhaul_mbps")
_CLOUD_AMOUNTS = ("launch_s", "j_per_gflop", "round_trip_s", "per_s", "per_mbit")


def check_families(instance: Instance) -> None:
    """Refuse references to nothing, numbers that mean nothing, and accuracy where none is known.

    Raises:
        InputError: naming the first offender.
    """
    _check_clouds(instance)
    _check_variants(instance)
    _check_floors(instance)
    if instance.accuracy_floor is not None or instance.problem == "J-Q":
        _check_accuracy_known(instance)


def _check_clouds(instance: Instance) -> None:
    clouds, behind = instance.clouds, instance.server_cloud
    _unique("clouds", clouds.name.tolist())
    for column in (*_CLOUD_RATES, *_CLOUD_AMOUNTS):
        values, rate = getattr(clouds, column), column in _CLOUD_RATES
        fine = (values >= (SMALLEST if rate else 0.0)) & (values <= LARGEST)
        fine |= (values == np.inf) & (column == "backhaul_mbps")
        fix = "give a finite number, " + ("more than zero" if rate else "zero or more")
        _refuse_first("clouds", column, values, ~fine, "no cloud can be like that", fix)
    if len(behind) not in (0, instance.n_servers):
        raise InputError("server_cloud", f"has {len(behind)} rows", f"there are {instance.n_servers} servers",
                         "give every server a cloud, or -1")  # fmt: skip
    _refuse_first("servers", "cloud", behind, (behind < -1) | (behind >= len(clouds)),
                  f"there are {len(clouds)} clouds", "point at one of the clouds, or -1")  # fmt: skip
    if (behind >= 0).any() and instance.cut_rule != "efficient":
        raise InputError("cut_rule", f"is '{instance.cut_rule}'", "it is a choice among cuts, not among pairs of them",
                         "take efficient, or servers without clouds")  # fmt: skip


def _check_variants(instance: Instance) -> None:
    v, n = instance.variants, len(instance.networks)
    _unique("variants", v.name.tolist())
    for column in ("network", "runs"):
        rows = getattr(v, column)
        _refuse_first("variants", column, rows, (rows < 0) | (rows >= n), f"there are {n} networks", "point at one")
    for column in ("upload_factor", "input_factor"):
        values = getattr(v, column)
        _refuse_first("variants", column, values, ~((values >= SMALLEST) & (values <= LARGEST)),
                      "it multiplies what is sent", "give a finite number above zero")  # fmt: skip
    _refuse_first("variants", "accuracy", v.accuracy, ~((v.accuracy >= 0) & (v.accuracy <= 1)),
                  "it is a part of the answers", "give a number from 0 to 1")  # fmt: skip
    for k, loss in enumerate(v.loss):
        where, needed = f"variants[{k}].loss", instance.networks[int(v.runs[k])].n_layers + 1
        if len(loss) not in (0, needed):
            raise InputError(where, f"has {len(loss)} entries", "one a layer of what runs, and one for the input",
                             f"give {needed}, or none")  # fmt: skip
        if not ((loss >= 0) & (loss <= v.accuracy[k])).all():
            raise InputError(where, "holds a loss that is negative, no number or above the variant's accuracy",
                             fix="give numbers from 0 to its accuracy")  # fmt: skip


def _check_floors(instance: Instance) -> None:
    floor = instance.accuracy_floor
    if floor is None:
        return
    if len(floor) != instance.n_users:
        raise InputError("accuracy_floor", f"has {len(floor)} rows", f"there are {instance.n_users} users",
                         "give every one a floor, or 0")  # fmt: skip
    _refuse_first("users", "accuracy_floor", floor, ~((floor >= 0) & (floor <= 1)), "it is a part of the answers",
                  "give a number from 0 to 1")  # fmt: skip


def _check_accuracy_known(instance: Instance) -> None:
    floored = instance.accuracy_floor is not None and instance.accuracy_floor > 0
    asked = np.ones(instance.n_users, dtype=bool) if instance.problem == "J-Q" else floored
    for g in np.unique(instance.users.network[asked]).tolist():
        if instance.networks[g].accuracy is None:
            raise InputError(f"networks[{instance.networks[g].name}].accuracy", "is not known",
                             "the problem or a floor asks for it", "give the network its accuracy")  # fmt: skip


def _unique(table: str, names: list[str]) -> None:
    for row, name in enumerate(names):
        if not name or not name.isprintable() or name in names[:row]:
            raise InputError(f"{table}[{row}].name", f"is {name!r}", "empty, not printable, or there twice",
                             "give every row its own name")  # fmt: skip


def _refuse_first(table: str, column: str, values: np.ndarray[Any, Any], refused: Bools, why: str, fix: str) -> None:
    if refused.any():
        row = int(np.argmax(refused))
        raise InputError(f"{table}[{row}].{column}", f"is {values[row].item()!r}", why, fix)
