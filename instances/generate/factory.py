"""Factory: a hall of cameras and boards with tight deadlines, a few networks and strong local radio."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.catalog import path_losses
from instances.generate.assemble import assemble
from instances.generate.channels import Air, correlated_shadowing_db, distance_m, link_table
from instances.generate.deadlines import Span
from instances.generate.draws import Draws
from instances.generate.people import Mix, draw_people
from instances.generate.plant import Plant, Request
from instances.generate.registry import generator
from instances.generate.settings import Settings, number
from instances.generate.tables import name_rows
from instances.instance import Instance

MIX = Mix(
    networks={"mobilenet_v2": 1.0, "squeezenet1_1": 1.0, "resnet18": 1.0},
    devices={"iot_camera": 0.3, "raspberry_pi_3b": 0.4, "raspberry_pi_4": 0.3},
    radios={"wifi": 0.5, "nr_5g": 0.5},
)
MACHINES = ("edge_gpu_small", "edge_cpu_8core")
PLANT = Plant(crowd=10.0, sharers=6.0, bandwidth_mhz=40.0, blocks=50, units=20)
SPAN = Span(tight=1.3, loose=1.2, shortest_s=0.05, longest_s=0.5)


@dataclasses.dataclass(frozen=True, kw_only=True)
class FactorySettings(Settings):
    """Options of `factory`: ``length_m``, ``width_m`` m of the hall; ``shadowing_db`` dB of standard
    deviation; ``round_trip_s`` s to every server."""

    length_m: float = number(120.0, 1.0, 1e4)
    width_m: float = number(60.0, 1.0, 1e4)
    shadowing_db: float = number(8.0, 0.0, 30.0)
    round_trip_s: float = number(0.004, 0.0, 10.0)


@generator("factory", FactorySettings)
def factory(request: Request, settings: FactorySettings, draws: Draws) -> Instance:
    """A hall of weak devices with tight deadlines and strong local radio; every one reaches every server.

    Access points stand in a row along the hall; what most devices cannot do in time themselves has to be
    served.
    """
    people = draw_people(settings, draws, MIX)
    n = request.servers
    servers = PLANT.servers([MACHINES[s % len(MACHINES)] for s in range(n)], name_rows("rack", n), request, settings)
    hall = np.array([settings.length_m, settings.width_m])
    sites = np.column_stack([(np.arange(n) + 0.5) / n, np.full(n, 0.5)]) * hall
    loss = path_losses()["small_cell"].loss_db(distance_m(draws.uniform("places", 2) * hall, sites))
    loss = loss + correlated_shadowing_db(draws.normal("shadowing", 1 + n), settings.shadowing_db)
    user, server = np.divmod(np.arange(request.users * n), n)
    links = link_table(
        user,
        server,
        loss.ravel(),
        people.up_dbm[user],
        Air(),
        np.full(n, settings.round_trip_s),
        np.full(n, np.inf),
    )
    return assemble(request, settings, draws, people, servers, links, PLANT, SPAN)
