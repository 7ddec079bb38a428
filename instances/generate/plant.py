"""How large a generator builds its servers for the users that it is asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from instances.generate.settings import Settings
from instances.generate.tables import server_table
from instances.instance import Servers

__all__ = ["Plant", "Request"]


@dataclasses.dataclass(frozen=True)
class Request:
    """What is asked for: how many users and servers; the name and the origin that the instance gets."""

    users: int
    servers: int
    name: str
    provenance: Mapping[str, Any]

    @property
    def crowd(self) -> float:
        """Users per server, at least 1."""
        return max(self.users / self.servers, 1.0)


@dataclasses.dataclass(frozen=True)
class Plant:
    """Size of a server at load 1 for its reference crowd: one catalogue machine and ``bandwidth_mhz`` of
    uplink.

    Capacity is proportional to the crowd and to 1/load. ``crowd``: users per server that the reference is
    built for. ``sharers``: how many of these share it at once, the others running locally; a *fair share*,
    from which deadlines are drawn, is that of one of them: the same part of a machine and the same MHz
    whatever the size and load. ``blocks``, ``units``: pieces of uplink and compute for the reference crowd.
    """

    crowd: float
    sharers: float
    bandwidth_mhz: float
    blocks: int
    units: int

    @property
    def fair_mhz(self) -> float:
        """MHz of a fair share of the uplink."""
        return self.bandwidth_mhz / self.sharers

    def machines(self, request: Request, settings: Settings) -> float:
        """How many catalogue machines a server amounts to."""
        return request.crowd / self.crowd / settings.load

    def servers(self, names: Sequence[str], labels: Sequence[str], request: Request, settings: Settings) -> Servers:
        """Servers of these catalogue machines, sized for the request."""
        growth = max(request.crowd / self.crowd, 1.0)
        machines = self.machines(request, settings)
        return server_table(
            names,
            labels,
            machines=machines,
            racks=growth,
            bandwidth_mhz=settings.bandwidth_mhz or self.bandwidth_mhz * machines,
            blocks=settings.blocks or round(self.blocks * growth),
            units=settings.units or round(self.units * growth),
        )
