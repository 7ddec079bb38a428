"""DADS (Hu et al., INFOCOM 2019): the cut that moves with the rate, two loads, and the ratio 3."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from instances.check_request import check_request
from instances.columns import Ints
from instances.dnn import Dnn, load_network
from instances.request import Request
from results.claims.registry import Finding, claim, within
from solvers.answer import Limits
from solvers.split import Goal, dads, split

PAPER = "Hu et al., INFOCOM 2019"

INPUT_MBIT, MAX5_MBIT = 0.95 * 8, 0.08 * 8
AT_18_S, SAVED_AT_4 = 0.59, 0.62
"""Published: latency with all layers in the cloud at 18 Mbit/s; part of it saved at 4 Mbit/s by the cut at max5."""


def tiny_yolo(mbps: float) -> Request:
    """Tiny YOLOv2 as two pieces, up to max5 and from there on, with the times that the published figures imply.

    All in the cloud takes 0.59 s − 7.6 Mbit/(18 Mbit/s); the cut at max5 takes 38 % of what all in the cloud takes at
    4 Mbit/s. Only the sum of the device's first piece and the cloud's second is known, and only the sum matters.
    """
    cloud_s = AT_18_S - INPUT_MBIT / 18
    split_s = (1 - SAVED_AT_4) * (cloud_s + INPUT_MBIT / 4) - MAX5_MBIT / 4
    network = Dnn("tiny_yolo_v2", ("to max5", "rest"), ("conv", "conv"), np.ones(2), np.zeros(2),
                  np.array([MAX5_MBIT, 0.0]), ((-1,), (0,)), INPUT_MBIT, 0.0)  # fmt: skip
    times = np.array([[split_s - cloud_s / 2, np.inf], [cloud_s / 2, cloud_s / 2]])
    rate = np.array([[0.0, 1 / mbps], [0.0, 0.0]])
    return Request(network, ("device", "cloud"), times, np.zeros((2, 2)), np.full(2, np.inf), rate, np.zeros((2, 2)),
                   one_way=True)  # fmt: skip


def cut_of(mbps: float) -> tuple[int, float]:
    """Layers on the device, and latency, s."""
    result = split(tiny_yolo(mbps), "min_cut")
    assert result.placement is not None  # there is no limit
    return int(np.sum(result.placement == 0)), result.value


@claim(
    "dads.crossover",
    system="DADS",
    says="tiny YOLOv2 is best cut at its input at 18 Mbit/s (0.59 s), and at max5 at 4 Mbit/s, 62 % faster there",
    source=f"{PAPER}, Fig. 3; the crossover of 15.2 Mbit/s follows from its figures",
    evidence="full text; crossover own",
    published="between 4 and 18 Mbit/s (15.2 from the figures)",
    measures="rate at which the minimum cut changes, by bisection",
    tolerance="trend: 2 % of 15.2 Mbit/s, the published cuts at both ends, 0.59 s at 18 Mbit/s",
)
def crossover() -> Finding:
    """Rate at which the cut moves, Mbit/s."""
    low, high = 4.0, 18.0
    ends, fast_s = (cut_of(low)[0], cut_of(high)[0]), cut_of(high)[1]
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if cut_of(middle)[0] == 1 else (low, middle)
    if ends == (1, 0) and within(low, 15.2, 0.02) and within(fast_s, AT_18_S, 0.01):
        why = "times of the two pieces follow from the same figure: what is tested is that its numbers fit together"
        return Finding(low, "Mbit/s", "trend", why)
    return Finding(low, "Mbit/s", "not reproducible", f"pieces kept at 4 and 18 Mbit/s: {ends}")


@claim(
    "dads.mode_switch",
    system="DADS",
    says="at one request a second ResNet18 goes from heavy to light load when the rate passes 1.51 Mbit/s",
    source=f"{PAPER}, Fig. 17",
    evidence="full text",
    published="1.51 Mbit/s",
    measures="lowest rate of light load with ResNet18 on our Pi 3B at half as many requests again as it can run alone",
    tolerance="trend: heavy load below one rate, light load above it",
)
def mode_switch() -> Finding:
    """Rate at which the load changes, Mbit/s."""
    alone = _pi("resnet18", 1.0)
    arrivals = 1.5 / float(alone.time_s[0].sum())
    rates = np.geomspace(0.1, 20.0, 200).tolist()
    loads = [dads(_pi("resnet18", mbps), arrivals, heavy="scan").load for mbps in rates]
    switches = sum(a != b for a, b in pairwise(loads))
    at = rates[loads.index("light")] if "light" in loads else rates[-1]
    if switches == 1 and loads[0] == "heavy":
        why = (
            f"layer times are plotted, not printed; our Pi is faster, so {arrivals:.2f} requests a second stand for one"
        )
        return Finding(at, "Mbit/s", "trend", why)
    return Finding(at, "Mbit/s", "not reproducible", f"the load changes {switches} times between 0.1 and 20 Mbit/s")


def _pi(network: str, mbps: float) -> Request:
    return Request.from_catalog(network, "raspberry_pi_3b", "cloud_gpu", "lte", up_mbps=mbps, round_trip_s=0.02)


@claim(
    "dads.light_load_is_exact",
    system="DADS",
    says="the minimum cut of its graph is the best partition of a DAG under light load",
    source=f"{PAPER}, theorem on DSL",
    evidence="full text",
    published="optimal",
    measures="part of 300 random DAGs of 2 to 7 layers on which the minimum cut equals the best of all placements",
    tolerance="100 %",
)
def light_load_is_exact() -> Finding:
    """Part of random graphs on which the cut is optimal, %."""
    requests = [random_request(seed) for seed in range(300)]
    same = [within(split(r, "min_cut").value, split(r, "brute_force").value, 1e-9) for r in requests]
    part = 100 * float(np.mean(same))
    why = "with infinite reverse arcs, which the printed graph lacks: a 3-layer chain then gets 4.0 instead of 7.5"
    return Finding(part, "%", "reproduced" if all(same) else "not reproducible", why)


@claim(
    "dads.ratio",
    system="DADS",
    says="DSH is within 3 times the shortest longest stage",
    source=f"{PAPER}, theorem on DSH",
    evidence="full text",
    published="3",
    measures="largest ratio of `dsh` to the optimum over 150 random DAGs of 2 to 7 layers",
    tolerance="at most 3",
    slow=True,
)
def ratio() -> Finding:
    """Largest ratio seen."""
    worst = worst_ratio(150, None)
    sums = worst_ratio(150, 0)
    if worst <= 3:
        return Finding(worst, "times", "reproduced", f"the least sum alone, without other weights: {sums:.3f}")
    return Finding(worst, "times", "not reproducible", "the ratio is broken, which contradicts its proof")


def worst_ratio(count: int, rounds: int | None) -> float:
    """Largest ratio of `dsh` to the optimum over random requests; ``rounds`` of its grid."""
    worst = 1.0
    for seed in range(count):
        request = random_request(seed)
        best = split(request, "brute_force", Goal.stage()).value
        worst = max(worst, split(request, "dsh", Goal.stage(), limits=Limits(rounds=rounds)).value / best)
    return worst


def random_request(seed: int) -> Request:
    """A random graph of 2 to 7 layers, a device, and a server that is up to ten times as fast."""
    rng = np.random.default_rng([seed, 2019])
    n = int(rng.integers(2, 8))
    drawn = [{int(rng.integers(-1, v)), *([v - 1] if rng.random() < 0.6 else [])} for v in range(n)]
    reads = [tuple(sorted(some)) for some in drawn]
    unread = set(range(n - 1)) - {p for layer in reads for p in layer}
    reads[-1] = tuple(sorted({*reads[-1], *unread}))
    work = rng.uniform(0.1, 2.0, n)
    network = Dnn(f"random{seed}", tuple(f"layer{v}" for v in range(n)), ("conv",) * n, work, np.zeros(n),
                  rng.uniform(0.1, 4.0, n), tuple(reads), float(rng.uniform(0.5, 6.0)), 0.01)  # fmt: skip
    times = np.array([network.gflop * rng.uniform(0.5, 2.0, n), network.gflop / rng.uniform(1.0, 10.0)])
    rate = np.array([[0.0, rng.uniform(0.05, 1.0)], [0.1, 0.0]])
    return Request(network, ("device", "server"), times, np.zeros((2, n)), np.full(2, np.inf), rate, np.zeros((2, 2)),
                   one_way=True)  # fmt: skip


@claim(
    "dads.endpoints",
    system="DADS",
    says="over four rates its latency is never worse, and up to 8 times better, than all on either side",
    source=f"{PAPER}, Figs. 12, 15 and 16",
    evidence="full text",
    published="1.91 to 6.45 times against the device, 1.35 to 8.08 times against the cloud (means over networks)",
    measures="largest speed-up against the worse end point, ResNet18, 0.13, 1.1, 5.85 and 18.88 Mbit/s, our Pi 3B",
    tolerance="trend: never slower than either end point",
)
def endpoints() -> Finding:
    """Largest speed-up against an end point, times."""
    n, best, worse = load_network("resnet18").n_layers, 1.0, False
    for mbps in (0.13, 1.1, 5.85, 18.88):
        request = _pi("resnet18", mbps)
        value = split(request, "min_cut").value
        ends = [_value(request, np.full(n, side)) for side in (0, 1)]
        worse |= value > min(ends) * (1 + 1e-9)
        best = max(best, max(ends) / value)
    if worse:
        return Finding(best, "times", "not reproducible", "an end point beats the minimum cut")
    return Finding(best, "times", "trend", "layer times of the paper's Pi and cloud are plotted, not printed")


def _value(request: Request, placement: Ints) -> float:
    return check_request(request, placement).latency_s
