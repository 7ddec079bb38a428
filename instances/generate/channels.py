"""Links from path losses: shadowing, the efficiency of uplinks, the rate of downlinks."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import ArrayLike

from instances import physics
from instances.columns import Floats, Ints
from instances.instance import Links

__all__ = ["Air", "correlated_shadowing_db", "distance_m", "link_table", "places_in_disc"]


@dataclasses.dataclass(frozen=True)
class Air:
    """Radio figures of one kind of cell.

    ``down_dbm``: transmit power of access points. ``channel_mhz``: width over which noise is
    counted; a server with more bandwidth has more such channels, not more noise in each. ``noise_figure_db``:
    of the receiver. ``floor``, ``ceiling``: bit/s/Hz of the most robust and the densest modulation and coding
    (3GPP TS 36.213 table 7.2.3-1 starts at 0.1523; 256-QAM ends at about 7.4). ``down_mhz``: MHz that one
    user's result is sent over.
    """

    down_dbm: float = 33.0
    channel_mhz: float = 20.0
    noise_figure_db: float = 5.0
    floor: float = 0.1523
    ceiling: float = 7.4
    down_mhz: float = 3.0

    def efficiency(self, tx_dbm: ArrayLike, loss_db: Floats) -> Floats:
        """[links] bit/s/Hz at this transmit power; the cell's edge is covered at the floor."""
        shannon = physics.spectral_efficiency(
            tx_dbm, loss_db, self.channel_mhz, ceiling=self.ceiling, noise_figure_db=self.noise_figure_db
        )
        return np.asarray(np.maximum(shannon, self.floor))


def link_table(
    user: Ints,
    server: Ints,
    loss_db: Floats,
    up_dbm: Floats,
    air: Air,
    round_trip_s: Floats,
    backhaul_mbps: Floats,
) -> Links:
    """Links with the efficiencies that these losses leave.

    Args:
        user, server, loss_db, up_dbm: [links] who, to where, the loss, and the transmit power of the user's
        radio. round_trip_s, backhaul_mbps: [servers].
    """
    return Links(
        user=user,
        server=server,
        efficiency=air.efficiency(up_dbm, loss_db),
        download_mbps=air.down_mhz * air.efficiency(air.down_dbm, loss_db),
        round_trip_s=round_trip_s[server],
        backhaul_mbps=backhaul_mbps[server],
    )


def places_in_disc(uniform: Floats, radius_m: float) -> Floats:
    """[n, 2] places spread evenly over a disc, from [n, 2] numbers in [0, 1)."""
    radius, angle = radius_m * np.sqrt(uniform[:, 0]), 2 * np.pi * uniform[:, 1]
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def distance_m(places: Floats, sites: Floats) -> Floats:
    """[places, sites] distances, m."""
    offsets = places[:, None, :] - sites[None, :, :]
    return np.asarray(np.hypot(offsets[..., 0], offsets[..., 1]))


def correlated_shadowing_db(normal: Floats, deviation_db: float) -> Floats:
    """[n, sites] log-normal shadowing from [n, 1 + sites] normal numbers, dB.

    What stands around a user shades it from every site: half of the variance is common (3GPP TR 36.814, table
    A.2.1.1.2-3: correlation 0.5 between sites).
    """
    return np.asarray(deviation_db * np.sqrt(0.5) * (normal[:, :1] + normal[:, 1:]))
