"""Roadside: vehicles on a road with roadside units, with the constants of MAD2RL.

Z. Liu et al., IEEE Trans. Mobile Computing, doi:10.1109/TMC.2024.3486728: V2I gain −38.4 − 21.0 log10 d dB,
unit-mean Rayleigh power, 10 MHz, noise −114 dBm, 23 dBm, clients of 4 to 6 GHz and roadside units of 30 GHz
at 1 FLOP a cycle; AlexNet, ResNet18, VGG16. Ours are the deadlines (the paper minimises time) and how units
stand along the road.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances import physics
from instances.catalog import path_losses
from instances.columns import Floats, Ints
from instances.generate.assemble import assemble
from instances.generate.channels import Air, link_table
from instances.generate.deadlines import Span
from instances.generate.draws import Draws
from instances.generate.people import Mix, draw_people
from instances.generate.plant import Plant, Request
from instances.generate.registry import generator
from instances.generate.settings import Settings, number
from instances.generate.tables import device_table, name_rows
from instances.instance import Devices, Instance

CLOCKS_GHZ = np.array([4.0, 4.5, 5.0, 5.5, 6.0])
MIX = Mix(
    networks={"alexnet": 1.0, "resnet18": 1.0, "vgg16": 1.0},
    devices={f"vehicle_{clock:.1f}ghz": 1.0 for clock in CLOCKS_GHZ},
    radios={"v2i_mad2rl": 1.0},
)
CHANNEL_MHZ, NOISE_DBM = 10.0, -114.0
PLANT = Plant(crowd=4.0, sharers=3.0, bandwidth_mhz=CHANNEL_MHZ, blocks=50, units=12)
SPAN = Span(tight=1.3, loose=1.5, shortest_s=0.05, longest_s=8.0)
NEIGHBOURS = (-1, 0, 1)
KERB_M = 10.0
"""Distance of roadside units from the vehicles' lane, m [assumed]."""

# The paper gives the noise of the whole channel, which is 10 dB below the thermal noise of 10 MHz at 290 K.
_THERMAL_DBM = physics.THERMAL_NOISE_DBM_PER_HZ + 60 + 10 * np.log10(CHANNEL_MHZ)
AIR = Air(
    down_dbm=23.0,
    channel_mhz=CHANNEL_MHZ,
    noise_figure_db=float(NOISE_DBM - _THERMAL_DBM),
    ceiling=np.inf,
    down_mhz=CHANNEL_MHZ / PLANT.sharers,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RoadsideSettings(Settings):
    """Options of `roadside`: ``spacing_m`` m between roadside units; ``range_m`` m that they reach (the
    nearest always counts as reached); ``round_trip_s`` s to them."""

    spacing_m: float = number(200.0, 1.0, 1e5)
    range_m: float = number(250.0, 1.0, 1e5)
    round_trip_s: float = number(0.002, 0.0, 10.0)


@generator("roadside", RoadsideSettings)
def roadside(request: Request, settings: RoadsideSettings, draws: Draws) -> Instance:
    """Vehicles along a straight road; each reaches the nearest two or three roadside units in range."""
    people = draw_people(settings, draws, MIX, _vehicles(settings))
    labels = name_rows("rsu", request.servers)
    servers = PLANT.servers(["rsu_30gflops"] * request.servers, labels, request, settings)
    user, server, loss_db = _in_range(request, settings, draws)
    links = link_table(
        user,
        server,
        loss_db,
        people.up_dbm[user],
        AIR,
        np.full(request.servers, settings.round_trip_s),
        np.full(request.servers, np.inf),
    )
    return assemble(request, settings, draws, people, servers, links, PLANT, SPAN)


def _vehicles(settings: Settings) -> Devices:
    """The paper's clients of 4 to 6 GHz in steps of 0.5, 1 FLOP a cycle; else the catalogue's vehicle."""
    table = device_table(["vehicle"] * len(CLOCKS_GHZ), settings)
    names = [f"vehicle_{clock:.1f}ghz" for clock in CLOCKS_GHZ]
    return table.replace(name=names, gflops=CLOCKS_GHZ, clock_ghz=CLOCKS_GHZ)


def _in_range(request: Request, settings: RoadsideSettings, draws: Draws) -> tuple[Ints, Ints, Floats]:
    """Links: vehicle, roadside unit, and loss with fading, dB."""
    place = draws.uniform("places")[:, 0] * request.servers * settings.spacing_m
    nearest = np.minimum((place / settings.spacing_m).astype(np.int64), request.servers - 1)
    server = nearest[:, None] + np.array(NEIGHBOURS)
    along = place[:, None] - (server + 0.5) * settings.spacing_m
    distance = np.hypot(along, KERB_M)
    reached = (
        (server >= 0) & (server < request.servers) & ((distance <= settings.range_m) | (np.array(NEIGHBOURS) == 0))
    )
    # Exponential power of mean 1 by inversion; the numbers lie in [0, 1), so the logarithm is finite.
    power = np.maximum(-np.log1p(-draws.uniform("fading", len(NEIGHBOURS))), 1e-9)
    loss = path_losses()["v2i"].loss_db(distance) - 10 * np.log10(power)
    user = np.broadcast_to(np.arange(request.users)[:, None], server.shape)
    return user[reached], server[reached], loss[reached]
