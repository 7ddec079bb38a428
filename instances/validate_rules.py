"""What the numbers of an instance may be: one rule a column."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from instances.columns import Bools

__all__ = ["LARGEST", "RULES", "SMALLEST", "Rule"]

LARGEST, SMALLEST = 1e30, 1e-30
"""Numbers beyond these are refused: products of a few of them overflow, and nothing physical is that size."""


@dataclasses.dataclass(frozen=True)
class Rule:
    """What a number may be."""

    meaning: str  # "a deadline is a time in s"
    zero: bool = False
    infinite: bool = False
    least: float = 0.0

    @property
    def accepts(self) -> str:
        """What is fine, in words."""
        low = f"at least {self.least:g}" if self.least else "zero or more" if self.zero else "more than zero"
        return f"a finite number, {low}" + (", or infinite for no limit" if self.infinite else "")

    def refused(self, column: np.ndarray[Any, Any]) -> Bools:
        """[n] which values break the rule; NaN fails every comparison."""
        low = self.least if self.least or self.zero else SMALLEST
        good = (column >= low) & (column <= LARGEST)
        return np.asarray(~(good | (column == math.inf)) if self.infinite else ~good)


_SPEED = Rule("sustained speed in GFLOP/s")
_MEMORY_SPEED = Rule("memory speed in GB/s")
_LAUNCH = Rule("overhead a layer in s", zero=True)
_ROOM = Rule("room for weights in MB", infinite=True)

RULES: dict[str, dict[str, Rule]] = {
    "devices": {
        "gflops": _SPEED,
        "memory_gb_s": _MEMORY_SPEED,
        "launch_s": _LAUNCH,
        "clock_ghz": Rule("nominal clock in GHz"),
        "kappa": Rule("switching capacitance in W/Hz³", zero=True),
        "clock_min": Rule("slowest clock over the nominal one"),
        "clock_max": Rule("fastest clock over the nominal one"),
        "memory_mb": _ROOM,
    },
    "radios": {
        "tx_w": Rule("power while sending in W", zero=True),
        "tx_j_per_mbit": Rule("energy to send a Mbit in J", zero=True),
        "rx_w": Rule("power while receiving in W", zero=True),
        "rx_j_per_mbit": Rule("energy to receive a Mbit in J", zero=True),
    },
    "servers": {
        "gflops": _SPEED,
        "memory_gb_s": _MEMORY_SPEED,
        "launch_s": _LAUNCH,
        "memory_mb": _ROOM,
        "idle_w": Rule("power while on in W", zero=True),
        "j_per_gflop": Rule("dynamic energy of a GFLOP in J", zero=True),
        "bandwidth_mhz": Rule("uplink in MHz"),
        "blocks": Rule("number of equal pieces of the uplink", least=1),
        "units": Rule("number of equal pieces of the compute", least=1),
    },
    "users": {
        "deadline_s": Rule("deadline in s"),
        "weight": Rule("weight of the user's energy", zero=True),
    },
    "links": {
        "efficiency": Rule("spectral efficiency in bit/s/Hz"),
        "download_mbps": Rule("download rate in Mbit/s", infinite=True),
        "round_trip_s": Rule("round trip in s", zero=True),
        "backhaul_mbps": Rule("rate of the wide-area hop in Mbit/s", infinite=True),
    },
}
