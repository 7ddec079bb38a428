"""Metro: a city of many cells, each with a server; every user reaches the three best of them."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.catalog import path_losses
from instances.columns import Floats, Ints
from instances.generate.assemble import assemble
from instances.generate.channels import Air, correlated_shadowing_db, link_table
from instances.generate.deadlines import Span
from instances.generate.draws import Draws
from instances.generate.people import Mix, draw_people
from instances.generate.plant import Plant, Request
from instances.generate.registry import generator
from instances.generate.settings import Settings, choice, count, number
from instances.generate.tables import name_rows
from instances.instance import CUT_RULES, Instance

MIX = Mix(
    networks={
        "alexnet": 1.0,
        "resnet18": 1.0,
        "resnet50": 1.0,
        "mobilenet_v2": 1.5,
        "squeezenet1_1": 1.0,
        "googlenet": 1.0,
    },
    devices={"phone": 0.4, "phone_flagship": 0.2, "glasses": 0.2, "iot_camera": 0.2},
    radios={"nr_5g": 0.6, "lte": 0.4},
)
MACHINES = {"edge_gpu_a2": 0.4, "edge_gpu": 0.3, "edge_gpu_small": 0.3}
PLANT = Plant(crowd=20.0, sharers=8.0, bandwidth_mhz=40.0, blocks=100, units=40)
SPAN = Span(tight=1.5, loose=1.5, shortest_s=0.05, longest_s=3.0)
SPARE = 3
"""Nearest sites looked at beyond those kept: shadowing may make a farther one better."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MetroSettings(Settings):
    """Options of `metro`: ``reach``, how many servers each user has a link to; ``spacing_m`` m between
    neighbouring sites; ``shadowing_db`` dB of standard deviation; ``round_trip_s`` s to every server."""

    cut_rule: str = choice("supported", CUT_RULES)
    reach: int = count(3, 1, 16)
    spacing_m: float = number(300.0, 10.0, 1e5)
    shadowing_db: float = number(8.0, 0.0, 30.0)
    round_trip_s: float = number(0.01, 0.0, 10.0)


@generator("metro", MetroSettings)
def metro(request: Request, settings: MetroSettings, draws: Draws) -> Instance:
    """A city of many cells with one server each; every user reaches its three best servers.

    Sites stand on a square grid, each moved by up to a quarter of the spacing; users are spread evenly.
    Servers grow with the users per site, as a few machines and the carriers of a site's sectors do.
    """
    people = draw_people(settings, draws, MIX)
    which = draws.pick("servers", np.array(list(MACHINES.values())), rows=request.servers)
    labels = name_rows("site", request.servers)
    servers = PLANT.servers([list(MACHINES)[m] for m in which], labels, request, settings)
    server, loss_db = _best_sites(request, settings, draws)
    user = np.repeat(np.arange(request.users), server.shape[1])
    links = link_table(
        user,
        server.ravel(),
        loss_db.ravel(),
        people.up_dbm[user],
        Air(),
        np.full(request.servers, settings.round_trip_s),
        np.full(request.servers, np.inf),
    )
    return assemble(request, settings, draws, people, servers, links, PLANT, SPAN)


def _best_sites(request: Request, settings: MetroSettings, draws: Draws) -> tuple[Ints, Floats]:
    """[users, reach] servers of least loss, by server number, and their losses in dB."""
    from scipy.spatial import cKDTree  # slow to load, and few commands need it

    side = int(np.ceil(np.sqrt(request.servers)))
    sites = _sites(request.servers, side, settings.spacing_m, draws)
    places = draws.uniform("places", 2) * [side, -(-request.servers // side)] * settings.spacing_m
    looked_at = min(settings.reach + SPARE, request.servers)
    distance, near = cKDTree(sites).query(places, k=np.arange(1, looked_at + 1))
    shadow = correlated_shadowing_db(draws.normal("shadowing", 1 + looked_at), settings.shadowing_db)
    loss = path_losses()["small_cell"].loss_db(distance) + shadow
    kept = np.argsort(loss, axis=1)[:, : settings.reach]
    server, loss = np.take_along_axis(near, kept, axis=1), np.take_along_axis(loss, kept, axis=1)
    order = np.argsort(server, axis=1)
    return np.take_along_axis(server, order, axis=1).astype(np.int64), np.take_along_axis(loss, order, axis=1)


def _sites(servers: int, side: int, spacing_m: float, draws: Draws) -> Floats:
    """[servers, 2] places of the sites, m."""
    row, column = np.divmod(np.arange(servers), side)
    moved = 0.5 * (draws.uniform("sites", 2, rows=servers) - 0.5)
    return np.asarray((np.column_stack([column, row]) + 0.5 + moved) * spacing_m)
