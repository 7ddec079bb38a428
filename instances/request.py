"""One request: one network, the machines that may run its layers, and what each layer and each transfer costs there."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from instances.columns import Floats
from instances.dnn import Dnn
from instances.errors import InputError

if TYPE_CHECKING:
    from instances.instance import Instance
    from instances.request_build import Machine, Wire

__all__ = ["ROUTES", "Request"]

ROUTES = ("direct", "relay")


@dataclasses.dataclass(frozen=True, eq=False)
class Request:
    """One inference on m machines; machine 0 holds the input and must receive the result. Arrays are read-only.

    Args:
        network: the n layers.
        machines: names, in an order that `one_way` and `relay` refer to.
        time_s: [m, n] s of a layer on the whole machine; inf: it cannot run there.
        energy_j: [m, n] J of it, as far as they count in the objective.
        memory_mb: [m] room for weights, MB; inf: no limit.
        send_s_per_mbit: [m, m] s that a Mbit keeps the link from row to column busy; inf: no such link. Diagonal 0.
        send_j_per_mbit: [m, m] J of it that count.
        hop_s: [m, m] s of delay of each tensor sent, whatever its size. Diagonal 0; zeros when left out.
        opening_s, opening_j: [m] paid once if the machine is used; 0 for machine 0; zeros when left out.
        deadline_s: most latency; inf: none.
        energy_cap_j: most energy, as far as it counts (a battery's share for one request); inf: none.
        load_cap_s: [m] most s that one request may keep each machine busy (a server's load); inf when left out.
        one_way: data flow only to machines later in the order; the result's return is always allowed.
        route: ``direct``: a tensor is sent once to each other machine that reads it, the result from each machine but 0
            that holds a last layer, and a machine is used when a layer runs there. ``relay``: the machines stand in a
            line; a tensor travels from neighbour to neighbour, once over each link between its layer and its furthest
            readers on either side, the result once over each link from the furthest last layer down to machine 0, and a
            machine is used when a layer runs there or further up. The two agree for two machines.

    Raises:
        InputError: a wrong shape, a negative or missing number, an infinite energy, a diagonal that is not 0.
    """

    network: Dnn
    machines: tuple[str, ...]
    time_s: Floats
    energy_j: Floats
    memory_mb: Floats
    send_s_per_mbit: Floats
    send_j_per_mbit: Floats
    hop_s: Floats = dataclasses.field(default_factory=lambda: np.zeros(0))
    opening_s: Floats = dataclasses.field(default_factory=lambda: np.zeros(0))
    opening_j: Floats = dataclasses.field(default_factory=lambda: np.zeros(0))
    deadline_s: float = math.inf
    energy_cap_j: float = math.inf
    load_cap_s: Floats = dataclasses.field(default_factory=lambda: np.zeros(0))
    one_way: bool = False
    route: str = "direct"

    def __post_init__(self) -> None:
        object.__setattr__(self, "machines", tuple(self.machines))
        if not self.machines or len(set(self.machines)) != len(self.machines):
            raise InputError("request.machines", f"is {self.machines}", fix="give one name or more, all different")
        if self.route not in ROUTES:
            raise InputError("request.route", f"'{self.route}' is not known", fix="one of " + ", ".join(ROUTES))
        m, n = self.n_machines, self.network.n_layers
        shapes = {"time_s": (m, n), "energy_j": (m, n), "memory_mb": (m,), "send_s_per_mbit": (m, m),
                  "send_j_per_mbit": (m, m), "hop_s": (m, m), "opening_s": (m,), "opening_j": (m,),
                  "load_cap_s": (m,)}  # fmt: skip
        for name, shape in shapes.items():
            object.__setattr__(self, name, _array(getattr(self, name), shape, name))
        for name in ("send_s_per_mbit", "send_j_per_mbit", "hop_s"):
            if np.diagonal(getattr(self, name)).any():
                raise InputError(f"request.{name}", "has a diagonal that is not 0", "nothing is sent to oneself")
        for name in ("opening_s", "opening_j"):
            if getattr(self, name)[0] != 0:
                raise InputError(f"request.{name}[0]", f"is {getattr(self, name)[0]}", "machine 0 is always in use")
        for name, unit in (("deadline_s", "seconds"), ("energy_cap_j", "joules")):
            value = getattr(self, name)
            if math.isnan(value) or value < 0:
                raise InputError(f"request.{name}", f"is {value}", fix=f"give 0 or more {unit}, or inf")

    @property
    def n_machines(self) -> int:
        """Number of machines m."""
        return len(self.machines)

    @property
    def n_layers(self) -> int:
        """Number of layers n."""
        return self.network.n_layers

    def replace(self, **changes: Any) -> Self:
        """Copy with some fields changed (checked again)."""
        return dataclasses.replace(self, **changes)

    @staticmethod
    def of(instance: Instance, user: int | str = 0, server: int | str = 0, *, one_way: bool = True) -> Request:
        """A user of an instance and one server that it reaches, both undivided and the device at its nominal clock.

        For a down-closed cut, latency and energy are those of `instances.check.check` for the plan of that user alone
        with shares 1 and clock 1 (energy without the server's idling).

        Raises:
            InputError: no such user or server, or no link between them.
        """
        from instances.request_build import request_of

        return request_of(instance, user, server, one_way=one_way)

    @staticmethod
    def from_catalog(network: Dnn | str, device: str, server: str, radio: str, **settings: Any) -> Request:
        """A device and a server of the catalogue, a radio between them: see `instances.request_build.from_catalog`."""
        from instances.request_build import from_catalog

        return from_catalog(network, device, server, radio, **settings)

    @staticmethod
    def chain_of_tiers(network: Dnn, tiers: Sequence[Machine], wires: Sequence[Wire], **settings: Any) -> Request:
        """Machines in a line (device, edge, cloud …): see `instances.request_build.chain_of_tiers`."""
        from instances.request_build import chain_of_tiers

        return chain_of_tiers(network, tiers, wires, **settings)


_MAY_BE_INFINITE = ("time_s", "memory_mb", "send_s_per_mbit", "load_cap_s")
_LEFT_OUT = {"hop_s": 0.0, "opening_s": 0.0, "opening_j": 0.0, "load_cap_s": math.inf}
"""What stands for an array that is not given."""


def _array(value: ArrayLike, shape: tuple[int, ...], name: str) -> Floats:
    given = np.array(value, dtype=np.float64)
    array = np.full(shape, _LEFT_OUT[name]) if given.shape == (0,) and name in _LEFT_OUT else given
    if array.shape != shape:
        raise InputError(f"request.{name}", f"has shape {array.shape}", fix=f"give shape {shape}")
    bad = ~(array >= 0) | (np.isinf(array) & (name not in _MAY_BE_INFINITE))
    if bad.any():
        where = tuple(int(k) for k in np.argwhere(bad)[0])
        fix = "0 or more" if name in _MAY_BE_INFINITE else "0 or more, and finite"
        raise InputError(f"request.{name}{list(where)}", f"is {array[where]}", fix=f"give {fix}")
    array.setflags(write=False)
    return array
