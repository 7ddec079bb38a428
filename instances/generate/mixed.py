"""Mixed: users whose networks have early exits, bit widths, shorter versions or a cascade; servers with a cloud behind.

How many requests leave at an exit, how accurate they are there and what fewer bits cost are assumptions to sweep; the
networks' own accuracies are published (`instances.accuracy`).
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.accuracy import with_accuracy
from instances.build import Cloud, Variant
from instances.cascade import cascade
from instances.catalog import path_losses
from instances.catalog import servers as server_models
from instances.dnn import Dnn
from instances.exits import Exit, boundary_at, truncated, with_exits
from instances.families import cloud_columns, variant_columns
from instances.generate.assemble import assemble
from instances.generate.channels import Air, correlated_shadowing_db, distance_m, link_table, places_in_disc
from instances.generate.deadlines import Span
from instances.generate.draws import Draws
from instances.generate.people import Mix, People, draw_people
from instances.generate.plant import Plant, Request
from instances.generate.registry import generator
from instances.generate.settings import Settings, choice, number
from instances.generate.tables import name_rows
from instances.generate.tariffs import USD_PER_GFLOP, USD_PER_MBIT
from instances.instance import DEADLINE_RULES, Instance
from instances.quantise import bit_variants
from instances.references import networks_among

MIX = Mix(
    networks={"alexnet": 1.0, "squeezenet1_1": 1.0, "mobilenet_v2": 1.0, "resnet18": 2.0},
    devices={"phone": 1.0, "raspberry_pi_4": 2.0, "jetson_tx2_cpu": 1.0, "iot_camera": 1.0},
    radios={"nr_5g": 0.5, "wifi": 0.5},
)
MACHINES = ("edge_gpu_small", "edge_cpu_8core")
CLOUD = "cloud_gpu"
PLANT = Plant(crowd=8.0, sharers=5.0, bandwidth_mhz=20.0, blocks=50, units=16)
SPAN = Span(tight=1.1, loose=1.2, shortest_s=0.05, longest_s=2.0)
KINDS = ("bits and shorter versions", "exits", "cascade")
"""What a user's network offers, drawn evenly."""

SMALL = "mobilenet_v3_small"
"""What answers first in a cascade."""
EXIT_PLACES, EXIT_LEAVES = (1 / 3, 2 / 3), (0.4, 0.25)
"""Part of the GFLOP before each exit, and of the requests that leave there [assumed]."""
EXIT_ACCURACY, SHORT_ACCURACY = (1.15, 1.1), (0.7, 0.9)
"""Accuracy over the network's own: of requests that leave (the easy ones), and of all when all must leave [assumed]."""
BIT_WIDTHS = (8, 4)
HANDED_OVER = 0.35
"""Part of a cascade's requests that the big network sees [assumed]."""
FLOOR_SPREAD = 0.1
"""Floors lie up to this part below the accuracy of the user's own network."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MixedSettings(Settings):
    """Options of `mixed`: ``radius_m`` m of the cell; ``shadowing_db`` dB of standard deviation; ``round_trip_s`` s to
    every server; ``cloud_round_trip_s`` s and ``cloud_mbps`` Mbit/s between servers and their cloud; ``floor_part``
    part of the users with an accuracy floor; ``deadline_rule`` as in `Instance`. ``networks``: image networks."""

    radius_m: float = number(120.0, 10.0, 1e4)
    shadowing_db: float = number(6.0, 0.0, 30.0)
    round_trip_s: float = number(0.005, 0.0, 10.0)
    cloud_round_trip_s: float = number(0.02, 0.0, 10.0)
    cloud_mbps: float = number(300.0, 1e-3, 1e6)
    floor_part: float = number(0.5, 0.0, 1.0)
    deadline_rule: str = choice("expected", DEADLINE_RULES)


@generator("mixed", MixedSettings)
def mixed(request: Request, settings: MixedSettings, draws: Draws) -> Instance:
    """One cell whose servers have a cloud behind them; every user has a way out of its deadline besides cutting.

    A third each of the users may send in fewer bits or run shorter versions, has early exits, or runs a cascade.
    """
    names = list(settings.networks or MIX.networks)
    aspect = draws.uniform("families", 2)
    kind = np.minimum((aspect[:, 0] * len(KINDS)).astype(np.int64), len(KINDS) - 1)
    drawn = draw_people(settings, draws, MIX)
    own = [with_accuracy(name) for name in names]
    networks = tuple(net for plain in own for net in (plain, _exiting(plain), _cascaded(plain)))
    people = dataclasses.replace(drawn, networks=networks, network=drawn.network * len(KINDS) + kind)
    plain = _plain(request, settings, draws, people)
    known = networks_among(networks)
    variants = variant_columns([v for net in own for v in _variants(net)], known)
    model = server_models()[CLOUD]
    cloud = Cloud("cloud", float(model.gflops), memory_gb_s=float(model.memory_gb_s), launch_s=float(model.launch_s),
                  j_per_gflop=float(model.j_per_gflop), backhaul_mbps=settings.cloud_mbps,
                  round_trip_s=settings.cloud_round_trip_s, per_s=USD_PER_GFLOP * float(model.gflops),
                  per_mbit=USD_PER_MBIT)  # fmt: skip
    accuracy = np.array([net.accuracy for net in networks], dtype=np.float64)[people.network]
    place = aspect[:, 1] / max(settings.floor_part, 1e-12)
    floor = np.where(place < 1, accuracy * (1 - FLOOR_SPREAD * place), 0.0)
    return plain.replace(
        networks=tuple(known.entries),
        variants=variants,
        clouds=cloud_columns([cloud]),
        server_cloud=np.zeros(request.servers, dtype=np.int64),
        accuracy_floor=floor,
        deadline_rule=settings.deadline_rule,
    )


def _plain(request: Request, settings: MixedSettings, draws: Draws, people: People) -> Instance:
    n = request.servers
    servers = PLANT.servers([MACHINES[s % len(MACHINES)] for s in range(n)], name_rows("edge", n), request, settings)
    angle = 2 * np.pi * np.arange(n) / n
    sites = (settings.radius_m / 2 if n > 1 else 0.0) * np.column_stack([np.cos(angle), np.sin(angle)])
    places = places_in_disc(draws.uniform("places", 2), settings.radius_m)
    loss = path_losses()["small_cell"].loss_db(distance_m(places, sites))
    loss = loss + correlated_shadowing_db(draws.normal("shadowing", 1 + n), settings.shadowing_db)
    user, server = np.divmod(np.arange(request.users * n), n)
    trip, wide_area = np.full(len(user), settings.round_trip_s), np.full(len(user), np.inf)
    links = link_table(user, server, loss.ravel(), people.up_dbm[user], Air(), trip, wide_area)
    return assemble(request, settings, draws, people, servers, links, PLANT, SPAN)


def _accuracy(network: Dnn, factor: float) -> float:
    assert network.accuracy is not None  # `with_accuracy` gave it
    return min(network.accuracy * factor, 0.99)


def _exiting(network: Dnn) -> Dnn:
    exits = [Exit(boundary_at(network, part), leaves, _accuracy(network, factor))
             for part, leaves, factor in zip(EXIT_PLACES, EXIT_LEAVES, EXIT_ACCURACY, strict=True)]  # fmt: skip
    # The easy requests are gone: what reaches the end is right less often, so that all together are as before.
    left = sum(e.leaves for e in exits)
    rest = (_accuracy(network, 1.0) - sum(e.leaves * e.accuracy for e in exits)) / (1 - left)
    return with_exits(dataclasses.replace(network, accuracy=max(rest, 0.0)), exits)


def _cascaded(network: Dnn) -> Dnn:
    """Together they are taken to be as right as the better one."""
    small = with_accuracy(SMALL)
    together = max(_accuracy(network, 1.0), _accuracy(small, 1.0))
    return cascade(small, network, handed_over=HANDED_OVER, accuracy=together)


def _variants(network: Dnn) -> list[Variant]:
    short = [truncated(network, Exit(boundary_at(network, part), 1.0, _accuracy(network, factor)))
             for part, factor in zip(EXIT_PLACES, SHORT_ACCURACY, strict=True)]  # fmt: skip
    found = bit_variants(network, BIT_WIDTHS)
    return [*found, *(Variant(net.name, network, _accuracy(net, 1.0), runs=net) for net in short)]
