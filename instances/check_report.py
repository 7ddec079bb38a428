"""What the checker says of a plan: its figures, and the rules that it breaks."""

from __future__ import annotations

import dataclasses

from instances.columns import Bools, Floats

__all__ = ["RULES", "Report", "Violation"]

RULES = {
    "structure": "the plan has one row a user and refers to things that exist",
    "precedence": "the layers on the device contain every predecessor of each of them",
    "reach": "a user is served by a server that it has a link to, and by one if and only if a layer is remote",
    "share range": "uplink and compute shares lie in [0, 1] and are positive where there is work for them",
    "clock range": "the clock ratio lies between the device's limits",
    "deadline": "latency is at most the deadline",
    "device memory": "weights of the device's layers fit the device",
    "uplink capacity": "uplink shares of a server add up to at most 1",
    "compute capacity": "compute shares of a server add up to at most 1",
    "server memory": "weights of the remote layers of a server's users fit the server",
    "whole units": "under units allocation every share is a whole number of blocks or compute units",
    "admission": "only under J-A may users be turned away",
    "server energy": "what a server uses, idling included, is at most its energy budget",
    "device energy": "what computing and radio cost an admitted user's device is at most its budget",
    "variant": "a variant that is run is there, and is one of the user's network",
    "passing on": "only a server with a cloud passes layers on, and with a layer all that read it",
    "accuracy": "the answer is at least as accurate as the user asks for",
}


@dataclasses.dataclass(frozen=True)
class Violation:
    """A broken rule: which, where (user or server name), by how much in which unit."""

    rule: str
    where: str
    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{self.where}: {self.rule} broken by {self.amount:.6g} {self.unit} ({RULES[self.rule]})"


@dataclasses.dataclass(frozen=True, eq=False)
class Report:
    """What a plan amounts to.

    ``objective_j``, in the problem's unit: the sum (J-M: the maximum) of ``user_cost`` [n], what each user adds, weight
    included (J-E: energy; J-L: energy and latency; J-C: money; J-A: the weight of users that are turned away, all other
    figures of whom are 0; J-Q: what is not right; J-M: latency), and ``static_j``, what servers in use cost for being
    on (static energy; J-C: rent; J-A, J-Q, J-M: nothing). ``admitted`` [n]. ``accuracy`` [n]: 1 where a network does
    not say. Energies are those of the expected run, latencies those of the run that deadlines look at.
    ``user_energy_j`` [n]: E, J, with its parts ``compute_j``, ``radio_j`` (sending and receiving) and ``served_j``
    (weighted server energy). ``latency_s`` [n], with parts ``device_s``, ``uplink_s``, ``server_s``,
    ``fixed_s``. Per server ``uplink_load``, ``compute_load``, ``memory_mb``, ``server_energy_j`` (not weighted, idling
    included). ``violations``: empty when the plan is valid. A plan whose structure is broken has NaN figures.
    """

    objective_j: float
    static_j: float
    user_cost: Floats
    user_energy_j: Floats
    compute_j: Floats
    radio_j: Floats
    served_j: Floats
    latency_s: Floats
    device_s: Floats
    uplink_s: Floats
    server_s: Floats
    fixed_s: Floats
    uplink_load: Floats
    compute_load: Floats
    memory_mb: Floats
    server_energy_j: Floats
    admitted: Bools
    accuracy: Floats
    violations: tuple[Violation, ...]

    @property
    def valid(self) -> bool:
        """Whether no rule is broken."""
        return not self.violations
