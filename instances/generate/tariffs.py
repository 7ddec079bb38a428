"""Prices that generators give to an instance of J-C. All quoted from memory or assumed: sweep them.

* Electricity, households in the United States: about 0.16 USD/kWh (U.S. Energy Information Administration, 2023).
* A joule of a device comes out of a battery, whose wear costs far more than the electricity in it: 15 Wh, 500 full
  cycles and 60 USD to replace it make 2.2e-6 USD/J [assumed, of the size of a phone's].
* A second of a server: a cloud machine with one NVIDIA T4 is let for about 0.526 USD/h (Amazon EC2 g4dn.xlarge, on
  demand, Virginia); its sustained 3,240 GFLOP/s (see the catalogue) make 4.5e-8 USD a GFLOP. Other machines are priced
  by their speed alike [assumed].
* A megabit sent: a small cell of 2,000 USD written off in 5 years that carries 10 Mbit/s on average: 1.3e-6 USD/Mbit
  [assumed]; public mobile data cost a hundred times as much and would settle most choices by themselves.
* Rent: the electricity of an idle server over the horizon.
"""

from __future__ import annotations

import numpy as np

from instances.instance import Servers
from instances.tariff import Tariff

__all__ = ["draw_up_tariff"]

USD_PER_KWH = 0.16
USD_PER_GRID_J = USD_PER_KWH / 3.6e6
USD_PER_BATTERY_J = USD_PER_GRID_J + 60.0 / (500 * 15 * 3600)
USD_PER_GFLOP = 0.526 / 3600 / 3240.0
USD_PER_MBIT = 2000.0 / (5 * 365 * 86400) / 10.0


def draw_up_tariff(servers: Servers, horizon_s: float) -> Tariff:
    """Tariff of these servers: seconds by speed, megabits at one price, rent by idle power."""
    return Tariff(
        per_j=USD_PER_BATTERY_J,
        per_server_s=USD_PER_GFLOP * servers.gflops,
        per_mbit=np.full(len(servers), USD_PER_MBIT),
        rent=USD_PER_GRID_J * servers.idle_w * horizon_s,
        currency="USD",
    )
