"""Instances with a little more of something: uplink, compute, memory, energy, or one more copy of a server."""

from __future__ import annotations

import dataclasses
import math
from typing import Self

import numpy as np

from instances.columns import Floats, Ints
from instances.errors import InputError
from instances.instance import Instance, Servers

__all__ = ["Step", "amount_of", "grow", "unit_of"]

_UNITS = {
    "continuous": {"uplink": "MHz", "compute": "GFLOP/s", "memory": "MB", "energy": "J", "server": "server"},
    "units": {"uplink": "block", "compute": "unit", "memory": "MB", "energy": "J", "server": "server"},
}


@dataclasses.dataclass(frozen=True)
class Step:
    """How much more: a part of what is there (``relative``), or so many units of it.

    Raises:
        InputError: not a finite number above zero.
    """

    size: float
    relative: bool = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.size) and self.size > 0):
            raise InputError("step", f"is {self.size}", "a step is a finite number above zero", "write 1% or 2")

    @classmethod
    def parse(cls, text: str) -> Self:
        """``1%``: that part of what is there; ``2``: two units (MHz, GFLOP/s, MB, J, blocks, compute units).

        Raises:
            InputError: neither.
        """
        number, percent = text.strip().removesuffix("%"), text.strip().endswith("%")
        try:
            value = float(number)
        except ValueError:
            raise InputError("step", f"'{text}' is not a number", fix="write 1% or 2") from None
        return cls(value / 100 if percent else value, percent)

    def amount(self, instance: Instance, server: int, resource: str) -> float:
        """How much more that is: whole pieces, at least one, of what comes in pieces, and one server of a server."""
        if resource == "server":
            return 1.0
        there = amount_of(instance, server, resource)
        more = self.size * there if self.relative else self.size
        return float(math.ceil(more * (1 - 1e-12))) if _in_pieces(instance, resource) else more


def unit_of(instance: Instance, resource: str) -> str:
    """Unit that a resource is counted in: blocks and compute units where the instance divides it so."""
    return _UNITS[instance.allocation][resource]


def amount_of(instance: Instance, server: int, resource: str) -> float:
    """How much of a resource a server has, in `unit_of`."""
    servers, pieces = instance.servers, _in_pieces(instance, resource)
    column = {
        "uplink": servers.blocks if pieces else servers.bandwidth_mhz,
        "compute": servers.units if pieces else servers.gflops,
        "memory": servers.memory_mb,
        "energy": instance.dynamic_budget_j,
        "server": np.ones(len(servers)),
    }[resource]
    return float(column[server])


def _in_pieces(instance: Instance, resource: str) -> bool:
    return instance.allocation == "units" and resource in ("uplink", "compute")


def grow(instance: Instance, server: int, resource: str, amount: float) -> Instance:
    """The instance with more of one resource of one server, or one more server like it.

    More compute is a machine that is faster in proportion: GFLOP/s and memory speed up, launch overhead down, so that
    every time on it shrinks alike; under J-C its work costs what it did. Under ``units`` there are more pieces of the
    old size. A copy of a server has links to the same users, each as good as the old one, and the same prices and
    budget. Every plan of the old instance is one of the new (theory, P14).

    Args:
        instance: to start from.
        server: row of its servers.
        resource: uplink, compute, memory, energy (of the server's budget) or server.
        amount: how much more, in `unit_of`; 1 of a server.
    """
    name = str(instance.servers.name[server])
    what = f"{name} {resource} +{amount:.6g} {unit_of(instance, resource)}"
    provenance = {**instance.provenance, "changed": what}
    renamed = instance.replace(name=f"{instance.name}, {what}", provenance=provenance)
    if resource == "server":
        return _with_copy(renamed, server)
    if resource == "energy":
        return _with_energy(renamed, server, amount)
    factor = 1 + amount / amount_of(instance, server, resource)
    tariff = instance.tariff
    if tariff is not None and resource == "compute":  # a second of the faster machine does more, and costs more
        tariff = tariff.replace(per_server_s=_scaled(tariff.per_server_s, server, factor))
    return renamed.replace(servers=_GROWTH[resource](instance, server, factor), tariff=tariff)


def _more_uplink(instance: Instance, server: int, factor: float) -> Servers:
    servers = instance.servers.replace(bandwidth_mhz=_scaled(instance.servers.bandwidth_mhz, server, factor))
    return (
        servers.replace(blocks=_pieces(servers.blocks, server, factor)) if _in_pieces(instance, "uplink") else servers
    )


def _more_compute(instance: Instance, server: int, factor: float) -> Servers:
    old = instance.servers
    servers = old.replace(
        gflops=_scaled(old.gflops, server, factor),
        memory_gb_s=_scaled(old.memory_gb_s, server, factor),
        launch_s=_scaled(old.launch_s, server, 1 / factor),
    )
    return servers.replace(units=_pieces(servers.units, server, factor)) if _in_pieces(instance, "compute") else servers


def _more_memory(instance: Instance, server: int, factor: float) -> Servers:
    return instance.servers.replace(memory_mb=_scaled(instance.servers.memory_mb, server, factor))


def _with_energy(instance: Instance, server: int, amount: float) -> Instance:
    if instance.energy_budget_j is None:
        return instance
    budget = np.array(instance.energy_budget_j)
    budget[server] += amount
    return instance.replace(energy_budget_j=budget)


_GROWTH = {"uplink": _more_uplink, "compute": _more_compute, "memory": _more_memory}


def _scaled(column: Floats, server: int, factor: float) -> Floats:
    changed = np.array(column)
    changed[server] *= factor
    return changed


def _pieces(column: Ints, server: int, factor: float) -> Ints:
    changed = np.array(column)
    changed[server] = round(changed[server] * factor)
    return changed


def _with_copy(instance: Instance, server: int) -> Instance:
    servers, links = instance.servers, instance.links
    names = {str(name) for name in servers.name}
    number = next(k for k in range(2, len(names) + 3) if f"{servers.name[server]} ({k})" not in names)
    rows = np.append(np.arange(len(servers)), server)
    label = np.array([*(str(name) for name in servers.name), f"{servers.name[server]} ({number})"])
    mine = np.flatnonzero(links.server == server)
    all_links = links.take(np.concatenate([np.arange(len(links)), mine]))
    goal = np.array(all_links.server)
    goal[len(links) :] = len(servers)
    return instance.replace(
        servers=servers.take(rows).replace(name=label),
        links=all_links.replace(server=goal),
        tariff=None if instance.tariff is None else instance.tariff.take(rows),
        energy_budget_j=None if instance.energy_budget_j is None else instance.energy_budget_j[rows],
        server_cloud=instance.cloud_of[rows],
    )
