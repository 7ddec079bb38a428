"""What one user should do at every bandwidth: the most accurate plan as a step function of the uplink.

After Edgent (Li, Zhou, Chen, SIGCOMM MECOMM 2018, doi:10.1145/3229556.3229562; its dynamic mode looks plans up by
bandwidth). Theirs is a table of sampled bandwidths; this one has every breakpoint, exactly (docs/theory.md, P19d).
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats, Ints
from instances.errors import InputError
from instances.expand import expand
from instances.instance import Instance
from instances.options import OptionTable
from instances.plan import Plan

__all__ = ["BandwidthMap", "map_bandwidth"]


@dataclasses.dataclass(frozen=True, eq=False)
class BandwidthMap:
    """``uplink_mhz`` [k], growing: from each of these widths of the uplink on, row ``option`` [k] of ``table`` is best.

    Below the first of them no option meets the deadline.
    """

    uplink_mhz: Floats
    option: Ints
    table: OptionTable

    def option_at(self, uplink_mhz: float) -> int:
        """Row of the table's best option at a width of the uplink; −1: none is in time."""
        place = int(np.searchsorted(self.uplink_mhz, uplink_mhz, side="right")) - 1
        return int(self.option[place]) if place >= 0 else -1

    def plan_at(self, uplink_mhz: float) -> Plan | None:
        """The plan at a width of the uplink, for the instance whose server has that much; None: none is in time."""
        option = self.option_at(uplink_mhz)
        if option < 0:
            return None
        table = dataclasses.replace(self.table, bandwidth_mhz=np.full(self.table.n_servers, uplink_mhz))
        return Plan.from_options(table, np.array([option]), 1.0, 1.0)


def map_bandwidth(instance: Instance) -> BandwidthMap:
    """The map of an instance of J-Q with one user and one server, whose width of uplink is what varies.

    Raises:
        InputError: another problem, or more than one user or server.
    """
    if instance.problem != "J-Q" or instance.n_users != 1 or instance.n_servers > 1:
        what = f"is {instance.problem} with {instance.n_users} users, {instance.n_servers} servers"
        raise InputError(
            "instance", what, "the map is that of one user's accuracy", "take one user, one server and J-Q"
        )
    widest = instance.replace(servers=instance.servers.replace(bandwidth_mhz=np.full(instance.n_servers, 1e30)))
    table = expand(widest)
    # An option is in time from the width on at which its upload takes all that device, server and fixed time leave.
    with np.errstate(divide="ignore"):
        left_s = table.slack_s - table.server_s
        needed = np.where(table.uplink_mhz_s > 0, table.uplink_mhz_s / np.maximum(left_s, 0.0), 0.0)
    order = np.lexsort((table.fixed_j, needed))
    best = np.inf
    mhz: list[float] = []
    option: list[int] = []
    for o in order.tolist():
        if table.fixed_j[o] < best:
            best = float(table.fixed_j[o])
            mhz.append(float(needed[o]))
            option.append(o)
    return BandwidthMap(np.array(mhz), np.array(option, dtype=np.int64), table)
