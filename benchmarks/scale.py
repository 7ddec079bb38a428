"""What an evaluation of the dual function costs for each user and each server, on one machine and on a local cluster.

Metro, seed 1; warm evaluations (two Newton steps for λ), medians. CPU seconds are those of all processes that evaluate:
they can be read on a busy machine too, wall seconds cannot. ``python -m benchmarks scale`` is the full run;
``python -m benchmarks.scale`` leaves out the largest crowd.
"""

from __future__ import annotations

import pickle
import statistics
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Any

import numpy as np

from benchmarks.measure import store
from instances.expand import expand
from instances.generate import generate
from solvers.cluster import ClusterDual, connect, generated
from solvers.cluster.tasks import evaluate, make_options, make_shard
from solvers.prices import Dual
from solvers.prices.ascent import first_prices

USERS, SERVERS = (10_000, 30_000, 100_000, 300_000, 1_000_000), (10, 30, 100, 300, 1_000)
FIXED_USERS, FIXED_SERVERS, SEED, REPEATS, SHARDS = 100_000, 100, 1, 9, 4


def main(users: Sequence[int] = USERS) -> None:
    """Measure, print and store."""
    crowds = dict.fromkeys([*((n, FIXED_SERVERS) for n in users), *((FIXED_USERS, n) for n in SERVERS)])
    points = [on_threads(*crowd) for crowd in crowds]
    for workers in (1, 2):
        with connect(f"local:{workers}") as client:
            points += [on_workers(client, workers, *crowd) for crowd in crowds]
    by_users = [point for point in points if point["servers"] == FIXED_SERVERS and point["users"] in users]
    by_servers = [point for point in points if point["users"] == FIXED_USERS]
    store("scale", {
        "dask": metadata.version("dask"), "distributed": metadata.version("distributed"),
        "generator": "metro", "seed": SEED, "median_of": REPEATS, "shards": SHARDS, "points": points,
        "fit_by_users": fits(by_users, "users"), "fit_by_servers": fits(by_servers, "servers"),
        "messages": [messages(n) for n in SERVERS],
    })  # fmt: skip


def on_threads(users: int, servers: int) -> dict[str, Any]:
    """Figures of one crowd, by threads of this process.

    Per user: ``bytes_per_user`` held between evaluations, ``favoured_per_user`` options that a plan is made of.
    """
    table = expand(generate("metro", users=users, servers=servers, seed=SEED))
    dual = Dual(table)
    held = dual.shard.__sizeof__() + dual.force.nbytes
    favoured = dual.favoured(dual.at(first_prices(dual)))
    dual.force = dual.shard.no_force()
    return {"engine": "threads", "users": users, "servers": servers, "options": len(table),
            "evaluated_options": len(dual.work), "bytes_per_user": round(held / users),
            "favoured_per_user": round(len(favoured.rows) / users, 2),
            **evaluations(dual, len(dual.work), time.process_time)}  # fmt: skip


def on_workers(client: Any, workers: int, users: int, servers: int) -> dict[str, Any]:
    """Figures of one crowd, by worker processes of one thread each, which draw their users themselves."""

    def cpu() -> float:
        return float(sum(client.run(time.process_time).values()))

    begin, before = time.perf_counter(), cpu()
    far = ClusterDual(client, generated("metro", users=users, servers=servers, seed=SEED, shards=SHARDS))
    built_s, spent = time.perf_counter() - begin, cpu() - before
    return {"engine": f"{workers} worker" + "s" * (workers > 1), "users": users, "servers": servers,
            "options": far.n_options, "evaluated_options": far.n_evaluated, "build_s": round(built_s, 3),
            "build_cpu_s": round(spent, 3), **evaluations(far, far.n_evaluated, cpu)}  # fmt: skip


def evaluations(dual: Dual | ClusterDual, options: int, cpu: Callable[[], float]) -> dict[str, Any]:
    """Wall and CPU seconds of a warm evaluation; every one at other prices, as in a climb."""
    prices = first_prices(dual)
    busy = cpu()
    dual.at(prices)
    cold, walls, cpus = cpu() - busy, [], []
    for k in range(REPEATS):
        busy, begin = cpu(), time.perf_counter()
        dual.at(prices * (1 + 0.01 * (k + 1)))
        walls.append(time.perf_counter() - begin)
        cpus.append(cpu() - busy)
    wall, spent = statistics.median(walls), statistics.median(cpus)
    return {"cold_cpu_s": round(cold, 5), "wall_s": round(wall, 5), "cpu_s": round(spent, 5),
            "wall_ns_per_option": round(1e9 * wall / options, 1),
            "cpu_ns_per_option": round(1e9 * spent / options, 1)}  # fmt: skip


def fits(points: Sequence[dict[str, Any]], over: str) -> list[dict[str, Any]]:
    """Seconds = constant + slope · size for each engine, by relative least squares; ``worst``: relative residual."""
    found = []
    for engine in dict.fromkeys(point["engine"] for point in points):
        own = [point for point in points if point["engine"] == engine]
        size = np.array([point[over] for point in own], dtype=float)
        for clock in ("wall_s", "cpu_s"):
            seconds = np.array([point[clock] for point in own])
            constant, slope = np.linalg.lstsq(
                np.column_stack([np.ones(len(own)), size]) / seconds[:, None], np.ones(len(own)), rcond=None
            )[0]
            worst = float(np.abs((constant + slope * size) / seconds - 1).max())
            found.append({"engine": engine, "clock": clock, "constant_s": float(f"{constant:.4g}"),
                          f"s_per_{over[:-1]}": float(f"{slope:.4g}"), "worst": round(worst, 3)})  # fmt: skip
    return found


def messages(servers: int) -> dict[str, Any]:
    """Bytes that an evaluation sends to a shard (prices) and gets from it (sums), as pickled."""
    recipe = generated("metro", users=50 * servers, servers=servers, seed=SEED, shards=1)[0]
    shard = make_shard(make_options(recipe))
    prices = np.ones((3, servers))
    sums = evaluate(shard, None, prices, 2).sums
    sizes = [len(pickle.dumps(thing, protocol=5)) for thing in (prices, sums)]
    return {"servers": servers, "prices_bytes": sizes[0], "sums_bytes": sizes[1]}


if __name__ == "__main__":
    main(USERS[:-1])
