"""Deadlines drawn between what is hard and what is easy for each user; alone, every user can meet its own."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances import physics
from instances.columns import Floats, Ints
from instances.dnn import Dnn
from instances.generate.people import People
from instances.generate.plant import Plant
from instances.instance import Links, Servers

__all__ = ["Span", "draw_deadlines"]

ALONE = 1.02
"""No deadline is below this multiple of what the user reaches with a whole server to itself."""


@dataclasses.dataclass(frozen=True)
class Span:
    """Deadlines lie from ``tight`` × the quicker to ``loose`` × the slower of device and edge, in limits."""

    tight: float
    loose: float
    shortest_s: float
    longest_s: float


def draw_deadlines(
    people: People,
    servers: Servers,
    links: Links,
    span: Span,
    plant: Plant,
    machines: float,
    scale: float,
    place: Floats,
) -> Floats:
    """[users] deadlines, s.

    Two ways to run are looked at: all layers on the device at its fastest clock, and all of them on a server
    over a fair share of its resources (`Plant`); cuts in between can only be quicker. The quicker of the two
    times ``tight`` is the low end, the slower times ``loose`` the high end, and ``place`` in [0, 1] says
    where in between, on a log scale.

    Args:
        machines: how many catalogue machines a server amounts to.
        scale: factor on all deadlines, as long as the user alone can meet them.
        place: [users] 0 tight to 1 loose.
    """
    local = _local_s(people)
    edge, alone = _edge_s(people, servers, links, plant, machines)
    quick = np.minimum(local, edge)
    slow = np.where(np.isfinite(local), np.maximum(local, edge), edge)
    low = np.clip(span.tight * quick, span.shortest_s, span.longest_s)
    high = np.clip(span.loose * slow, low, span.longest_s)
    drawn = low * (high / low) ** place
    reachable = np.minimum(local, alone)
    return np.maximum(scale * np.maximum(drawn, quick * span.tight), ALONE * reachable)


def _local_s(people: People) -> Floats:
    """[users] time on the device at the fastest clock; inf where the weights do not fit."""
    d = people.devices
    table = np.array([_whole_s(net, d.gflops, d.memory_gb_s, d.launch_s) / d.clock_max for net in people.networks])
    weights = np.array([net.total_weight_mb for net in people.networks])
    table = np.where(weights[:, None] <= d.memory_mb, table, np.inf)
    return np.asarray(table[people.network, people.device])


def _edge_s(people: People, servers: Servers, links: Links, plant: Plant, machines: float) -> tuple[Floats, Floats]:
    """[users] time of the input sent to the user's best server: with a fair share, and with all of it."""
    run = np.array([_whole_s(net, servers.gflops, servers.memory_gb_s, servers.launch_s) for net in people.networks])
    weights = np.array([net.total_weight_mb for net in people.networks])
    run = np.where(weights[:, None] <= servers.memory_mb, run, np.inf)
    sent, result = (np.array([getattr(net, name) for net in people.networks]) for name in ("input_mbit", "result_mbit"))
    network = people.network[links.user]
    run_s, air = run[network, links.server], physics.uplink_mhz_s(sent[network], links.efficiency)
    fixed = physics.fixed_time_s(
        links.round_trip_s, sent[network], result[network], links.download_mbps, links.backhaul_mbps
    )
    # machines × sharers undoes the size of the server: what is left is one machine shared by the reference
    # crowd.
    fair = air / plant.fair_mhz + run_s * machines * plant.sharers + fixed
    alone = air / servers.bandwidth_mhz[links.server] + run_s + fixed
    return _least(fair, links.user, len(people.network)), _least(alone, links.user, len(people.network))


def _whole_s(net: Dnn, gflops: Floats, memory_gb_s: Floats, launch_s: Floats) -> Floats:
    """[machines] time of all layers on each machine."""
    times = physics.layer_time_s(net.gflop[:, None], net.traffic_mb[:, None], gflops, memory_gb_s, launch_s)
    return np.asarray(times.sum(axis=0))


def _least(values: Floats, user: Ints, n: int) -> Floats:
    """[n] least value of each user; inf for a user without one. Links are sorted by user."""
    least = np.full(n, np.inf)
    np.minimum.at(least, user, values)
    return least
