"""Neurosurgeon (Kang et al., ASPLOS 2017): the best cut against sending everything, over 3G, LTE and WiFi."""

from __future__ import annotations

import numpy as np

from instances.check_request import check_request
from instances.dnn import network_names
from instances.request import Request
from results.claims.registry import Finding, claim
from solvers.split import Goal, SplitResult, split

PAPER = "Kang et al., ASPLOS 2017"
RADIOS = ("3g", "lte", "wifi")
WHY = "its Jetson TK1, K40 server and eight applications are not in the catalogue; a phone and our networks stand in"
SETTING = "21 catalogue networks on the catalogue's phone and cloud GPU; the device's energy; 3G, LTE and WiFi"


def best(network: str, radio: str, goal: Goal) -> tuple[SplitResult, float]:
    """The best cut, and what the goal is with everything in the cloud; the device's energy alone counts."""
    request = Request.from_catalog(network, "phone", "cloud_gpu", radio, server_weight=0.0, round_trip_s=0.05)
    result = split(request, "scan", goal)
    report = check_request(request, np.ones(request.n_layers, dtype=np.int64))
    return result, goal.value(report.latency_s, report.energy_j, report.stage_s)


def gains(goal: Goal) -> list[float]:
    """What everything in the cloud costs over what the best cut does, for every network and radio."""
    found = (best(network, radio, goal) for network in network_names() for radio in RADIOS)
    return [cloud / result.value for result, cloud in found]


@claim(
    "neurosurgeon.latency",
    system="Neurosurgeon",
    says="the best cut is 3.1 times as fast as all in the cloud on average, and 40.7 times at most",
    source=f"{PAPER}, abstract",
    evidence="abstract",
    published="3.1 times on average, 40.7 at most",
    measures=f"mean speed-up against all in the cloud; {SETTING}",
    tolerance="trend: faster on average, never slower",
)
def latency() -> Finding:
    """Mean speed-up, times."""
    found = gains(Goal.latency())
    mean = float(np.mean(found))
    if min(found) < 1 - 1e-9 or mean <= 1:
        return Finding(mean, "times", "not reproducible", "the cloud alone is as fast")
    return Finding(mean, "times", "trend", f"{WHY}; largest here: {max(found):.1f} times")


@claim(
    "neurosurgeon.energy",
    system="Neurosurgeon",
    says="the best cut saves 59.5 % of the device's energy on average against all in the cloud, and 94.7 % at most",
    source=f"{PAPER}, abstract",
    evidence="abstract",
    published="59.5 % on average, 94.7 % at most",
    measures=f"mean saving of device energy against all in the cloud; {SETTING}",
    tolerance="trend: a saving on average, never a loss",
)
def energy() -> Finding:
    """Mean saving of device energy, %."""
    saved = [100 * (1 - 1 / gain) for gain in gains(Goal.energy())]
    mean = float(np.mean(saved))
    if min(saved) < -1e-7 or mean <= 0:
        return Finding(mean, "%", "not reproducible", "the cut saves nothing")
    return Finding(mean, "%", "trend", f"{WHY}; largest here: {max(saved):.1f} %")


@claim(
    "neurosurgeon.rates",
    system="Neurosurgeon",
    says="the faster the radio, the more of a network is best run in the cloud",
    source=f"{PAPER}, evaluation over 3G, LTE and WiFi",
    evidence="abstract, details unverified",
    published="–",
    measures=f"part of networks whose fastest cut sends no less work away from 3G to LTE to WiFi; {SETTING}",
    tolerance="trend: at least 90 %",
)
def rates() -> Finding:
    """Part of the networks that follow the order, %."""
    follow = []
    for network in network_names():
        away = [_work_away(best(network, radio, Goal.latency())[0]) for radio in RADIOS]
        follow.append(away[0] <= away[1] <= away[2])
    part = 100 * float(np.mean(follow))
    return Finding(part, "%", "trend" if part >= 90 else "not reproducible", WHY)


@claim(
    "neurosurgeon.radio_order",
    system="Neurosurgeon",
    says="with the best cut a query costs the device most energy over 3G, less over LTE, least over WiFi",
    source=f"{PAPER}, evaluation over 3G, LTE and WiFi; power models of Huang et al., MobiSys 2012",
    evidence="abstract, details unverified",
    published="–",
    measures=f"part of the networks that keep this order; {SETTING}",
    tolerance="trend: 100 %",
)
def radio_order() -> Finding:
    """Part of the networks that keep the order of energies, %."""
    keep = []
    for network in network_names():
        joules = [best(network, radio, Goal.energy())[0].value for radio in RADIOS]
        keep.append(joules[0] >= joules[1] >= joules[2])
    part = 100 * float(np.mean(keep))
    return Finding(part, "%", "trend" if all(keep) else "not reproducible", WHY)


def _work_away(result: SplitResult) -> float:
    """GFLOP in the cloud."""
    assert result.placement is not None  # there is no limit
    return float(result.request.network.gflop[result.placement == 1].sum())
