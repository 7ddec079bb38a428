"""Campus: one cell with several servers beside it and, from three on, the cloud behind a wide-area link."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.catalog import path_losses
from instances.columns import Floats, Ints
from instances.generate.assemble import assemble
from instances.generate.channels import Air, correlated_shadowing_db, distance_m, link_table, places_in_disc
from instances.generate.deadlines import Span
from instances.generate.draws import Draws
from instances.generate.people import Mix, draw_people
from instances.generate.plant import Plant, Request
from instances.generate.registry import generator
from instances.generate.settings import Settings, number
from instances.instance import Instance, Links

MIX = Mix(
    networks={
        "alexnet": 1.5,
        "vgg16": 1.5,
        "resnet50": 1.5,
        "inception_v3": 1.0,
        "mobilenet_v2": 2.5,
        "efficientnet_b0": 1.5,
        "squeezenet1_1": 1.0,
        "densenet121": 0.5,
    },
    devices={"phone": 1.0, "glasses": 1.0, "raspberry_pi_4": 3.0, "jetson_tx2_cpu": 2.0, "iot_camera": 3.0},
    radios={"nr_5g": 0.35, "lte": 0.3, "wifi": 0.35},
)
MACHINES = ("edge_gpu_small", "edge_cpu_8core", "edge_gpu_a2", "edge_gpu")
PLANT = Plant(crowd=20 / 3, sharers=4.0, bandwidth_mhz=10.0, blocks=50, units=16)
SPAN = Span(tight=1.1, loose=1.5, shortest_s=0.05, longest_s=3.0)

EDGE_ROUND_TRIP_S = 0.010
"""Round trip to a server beside the access point; 5G networks in use measure about this much [assumed]."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class CampusSettings(Settings):
    """Options of `campus`: ``radius_m`` m of the cell; ``shadowing_db`` dB of standard deviation; the cloud's
    ``cloud_round_trip_s`` s and ``cloud_mbps`` Mbit/s of its wide-area link."""

    radius_m: float = number(200.0, 10.0, 1e4)
    shadowing_db: float = number(8.0, 0.0, 30.0)
    cloud_round_trip_s: float = number(0.04, 0.0, 10.0)
    cloud_mbps: float = number(100.0, 1e-3, 1e6)


@generator("campus", CampusSettings)
def campus(request: Request, settings: CampusSettings, draws: Draws) -> Instance:
    """One cell, users at random places, several unequal servers and the cloud; everyone reaches every server.

    Access points stand on a ring at half the radius, the cloud's in the middle. Users run a mix of networks
    on phones, glasses, boards and cameras.
    """
    people = draw_people(settings, draws, MIX)
    clouds = 1 if request.servers >= 3 else 0
    edges = request.servers - clouds
    machines = [MACHINES[s % len(MACHINES)] for s in range(edges)] + ["cloud_gpu"] * clouds
    servers = PLANT.servers(machines, [f"edge{s}" for s in range(edges)] + ["cloud"] * clouds, request, settings)
    links = _links(request, settings, draws, clouds, people.up_dbm)
    return assemble(request, settings, draws, people, servers, links, PLANT, SPAN)


def _links(request: Request, settings: CampusSettings, draws: Draws, clouds: int, up_dbm: Floats) -> Links:
    places = places_in_disc(draws.uniform("places", 2), settings.radius_m)
    loss = path_losses()["small_cell"].loss_db(distance_m(places, _sites(request.servers, clouds, settings.radius_m)))
    loss = loss + correlated_shadowing_db(draws.normal("shadowing", 1 + request.servers), settings.shadowing_db)
    user, server = _everyone_everywhere(request)
    far = np.arange(request.servers) >= request.servers - clouds
    return link_table(
        user,
        server,
        loss.ravel(),
        up_dbm[user],
        Air(),
        EDGE_ROUND_TRIP_S + np.where(far, settings.cloud_round_trip_s, 0.0),
        np.where(far, settings.cloud_mbps, np.inf),
    )


def _everyone_everywhere(request: Request) -> tuple[Ints, Ints]:
    user, server = np.divmod(np.arange(request.users * request.servers), request.servers)
    return user, server


def _sites(servers: int, clouds: int, radius_m: float) -> Floats:
    """[servers, 2] access points, m: edge servers on a ring, one alone and the cloud in its centre."""
    edges = servers - clouds
    angle = 2 * np.pi * np.arange(edges) / edges
    ring = radius_m / 2 if edges > 1 else 0.0
    return np.vstack([ring * np.column_stack([np.cos(angle), np.sin(angle)]), np.zeros((clouds, 2))])
