"""Clouds: a third tier behind servers. A server may pass the last layers of a request on to its cloud."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Columns, Floats, Names

__all__ = ["Clouds"]


@dataclasses.dataclass(frozen=True, eq=False)
class Clouds(Columns):
    """Clouds, each with room for everybody: a request's time there does not depend on who else is there.

    Columns: ``gflops``, ``memory_gb_s``, ``launch_s`` as for servers; ``j_per_gflop`` J of dynamic energy a GFLOP;
    ``backhaul_mbps`` Mbit/s between a server and its cloud, both ways; ``round_trip_s`` s between them;
    ``per_s`` money a second of computing and ``per_mbit`` money a megabit sent up to it (both of J-C only).
    """

    name: Names
    gflops: Floats
    memory_gb_s: Floats
    launch_s: Floats
    j_per_gflop: Floats
    backhaul_mbps: Floats
    round_trip_s: Floats
    per_s: Floats
    per_mbit: Floats

    @classmethod
    def none(cls) -> Clouds:
        """No clouds at all."""
        nothing = np.zeros(0)
        return cls(nothing.astype(np.str_), *(nothing for _ in dataclasses.fields(cls)[1:]))
