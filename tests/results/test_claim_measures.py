"""Claims that take long, on fewer draws: what is measured holds by itself, and the verdict follows from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from instances.dnn import load_network
from instances.generate import generate
from instances.systems.uav import draw_mission
from results.claims import (
    cedot,
    coedge,
    dads,
    eddnn,
    eedpo,
    gma,
    iao,
    makaya,
    pemwn,
    pemwn_policy,
    qdmp,
    robust,
    uav,
)
from results.claims.registry import Finding
from solvers import solve


@pytest.fixture(autouse=True)
def afresh() -> Any:
    """What was measured with fewer draws is forgotten before and after."""
    cached = (eddnn.pairs, pemwn_policy.routes, uav.flights, cedot._regrets)
    for one in cached:
        one.cache_clear()
    yield
    for one in cached:
        one.cache_clear()


def judged(found: Finding, unit: str, good: bool) -> None:
    """The verdict is one of agreement exactly where it should be, and gives its reason."""
    assert found.unit == unit
    assert (found.verdict != "not reproducible") == good
    assert found.why or found.verdict == "reproduced"


def test_pieces_never_take_longer_than_one_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eddnn, "GEOMETRIES", ["alexnet"])
    monkeypatch.setattr(eddnn, "SERVER_MBPS", (5.0, 100.0))
    pairs = eddnn.pairs()
    assert len(pairs) == 2
    for pair in pairs:
        assert pair.pieces.latency_s <= pair.cut.latency_s * (1 + 1e-9)
        assert pair.source_j(pair.pieces) > 0
    ratios = [p.cut.latency_s / p.pieces.latency_s for p in pairs]
    found = eddnn.latency()
    assert found.value == pytest.approx(np.mean(ratios)) and found.value >= 1
    judged(found, "×", found.value > 1)
    for measure, of in (
        (eddnn.mobile_energy, lambda p, r: p.source_j(r)),
        (eddnn.server_load, lambda p, r: r.gflop[-1]),
    ):
        cut, pieces = (sum(of(p, getattr(p, way)) for p in pairs) for way in ("cut", "pieces"))
        found = measure()
        assert found.value == pytest.approx(cut / pieces)
        judged(found, "×", found.value > 1)


@pytest.mark.parametrize(("measure", "ratio"), [(eddnn.latency, 2.98), (eddnn.mobile_energy, 1.8),
                                                (eddnn.server_load, 2.57)])  # fmt: skip
def test_the_published_figure_itself_is_a_reproduction(
    measure: Callable[[], Finding], ratio: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings in which one cut is so many times what pieces are give the verdict that the figure deserves."""

    class Report:
        def __init__(self, size: float) -> None:
            self.latency_s, self.gflop = size, (size,)

    class Pair:
        cut, pieces = Report(ratio), Report(1.0)

        def source_j(self, report: Report) -> float:
            return report.latency_s

    monkeypatch.setattr(eddnn, "pairs", lambda: (Pair(), Pair()))
    found = measure()
    assert found.verdict == "reproduced" and found.value == pytest.approx(ratio)


def test_hardened_plans_keep_deadlines_and_save(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robust, "SEEDS", 1)
    monkeypatch.setattr(robust, "USERS", 2)
    monkeypatch.setattr(robust, "DRAWS", 4000)
    problem = robust.site("alexnet", 0)
    assert problem.instance.n_users == 2 and [n.name for n in problem.instance.networks] == ["alexnet"]
    saved = robust.savings("alexnet")
    assert len(saved) <= 1 and all(part < 1 for part in saved)
    found = robust.deadlines()
    judged(found, "%", found.value <= 5 + 400 * np.sqrt(0.05 / robust.DRAWS))
    assert 0 <= found.value <= 100
    monkeypatch.setattr(robust, "savings", lambda name: {"alexnet": [0.4, 0.2], "resnet101": [0.1]}[name])
    found = robust.energy_saving()
    assert found.value == pytest.approx(30)
    judged(found, "%", True)
    monkeypatch.setattr(robust, "savings", lambda name: [])
    judged(robust.energy_saving(), "%", False)


def test_only_the_cloud_has_what_all_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(makaya, "USERS", 8)
    monkeypatch.setattr(makaya, "SEEDS", 1)
    whole = makaya.site(0)
    cloud = makaya.only_the_cloud(whole)
    last = whole.n_servers - 1
    assert (cloud.links.server == last).all() and len(cloud.links) > 0
    assert cloud.servers.bandwidth_mhz[last] == pytest.approx(whole.servers.bandwidth_mhz.sum())
    assert cloud.servers.gflops[last] == pytest.approx(whole.servers.gflops.sum())
    found = makaya.premises_against_cloud()
    assert found.value >= 0 and found.unit in ("of the cloud's", "pairs")
    monkeypatch.setattr(makaya, "site", lambda seed: whole.replace(
        users=whole.users.replace(deadline_s=np.full(8, 1e-6))))  # fmt: skip
    late = makaya.premises_against_cloud()
    judged(late, "pairs", False)


def test_matching_saves_no_more_than_the_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gma, "SEEDS", 2)
    monkeypatch.setattr(gma, "SMALL", ((0.5, 4, 6),))
    monkeypatch.setattr(gma, "FINE", (0.25, 8, 10))
    for of_bound, shape in ((False, gma.SMALL[0]), (True, gma.FINE)):
        matched, greedy = gma.ratios(*shape, of_bound=of_bound)
        assert (matched <= 1 + 1e-9).all() and (greedy <= 1 + 1e-9).all() and (matched > 0).all()
    found = gma.average()
    assert found.value == pytest.approx(100 * gma.ratios(*gma.SMALL[0], of_bound=False)[0].mean())
    judged(found, "%", abs(found.value - 97) <= 0.03 * 97)
    fine = gma.fine_parts()
    judged(fine, "%", fine.value >= 99)


def test_the_optimal_route_costs_least(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, some in {"NETWORKS": ("alexnet",), "DELAY_W": (5.0,), "SURE": (0.6,)}.items():
        monkeypatch.setattr(pemwn_policy, name, some)
    routes = pemwn_policy.routes()
    assert len(routes) == 1
    for route in routes:
        assert route.optimal.cost <= min(route.fixed.cost, route.learned.cost) * (1 + 1e-9)
    saved = [100 * (1 - r.optimal.cost / r.fixed.cost) for r in routes]
    found = pemwn_policy.by_input()
    assert found.value == pytest.approx(np.mean(saved)) and found.value >= 0
    judged(found, "%", np.mean(np.array(saved) > 1e-6) > 0.5)
    over = pemwn_policy.q_learning()
    assert over.value >= -1e-9
    judged(over, "%", over.value <= 5)


def test_nothing_completes_more_than_the_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, some in {"SEEDS": 1, "USERS": 4, "PARTS": (0.02, 0.5)}.items():
        monkeypatch.setattr(eedpo, name, some)
    rates = eedpo.completion()
    for name in eedpo.METHODS:
        assert rates[name].shape == (2,) and ((rates[name] >= 0) & (rates[name] <= 1)).all()
        assert (rates[name] <= rates["exact"] + 2e-3).all()
    monkeypatch.setattr(eedpo, "completion", lambda: rates)
    gain = eedpo.near_optimal()
    best = np.maximum(rates["all_local"], rates["all_remote"])
    judged(gain, "points", bool((rates["eedpo"] > best).all()))
    assert gain.value == pytest.approx(100 * (rates["eedpo"] - best).mean())
    cap = eedpo.energy_cap()
    assert cap.value == pytest.approx(100 * (rates["eedpo"][-1] - rates["eedpo"][0]))
    judged(cap, "points", bool(rates["eedpo"][-1] > rates["eedpo"][0]))


def test_planned_flights_are_held_against_simple_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, some in {"SEEDS": range(1), "SLOTS": 4, "ROUNDS": 10}.items():
        monkeypatch.setattr(uav, name, some)
    monkeypatch.setattr(uav, "draw_mission", lambda rng, **sizes: draw_mission(rng, **{**sizes, "users": 3, "side": 3}))
    [flights] = uav.flights()
    ours = flights["uav_decomposition"]
    assert np.isfinite(ours.cost) and ours.bound <= min(f.cost for f in flights.values()) * (1 + 1e-9)
    mean, gap, count = uav.saving("uav_local")
    assert count == 1 and gap == pytest.approx(100 * ours.gap)
    assert mean == pytest.approx(100 * (1 - ours.cost / flights["uav_local"].cost))
    judged(uav.finding("uav_local"), "%", mean > 0)


def test_rows_shared_in_time_cost_less_energy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coedge, "GEOMETRIES", ["alexnet"])
    saved = coedge.savings()
    assert list(saved) == ["alexnet"] and saved["alexnet"] < 1
    found = coedge.energy_saving()
    assert found.value == pytest.approx(100 * saved["alexnet"])
    judged(found, "%", saved["alexnet"] > 0)


def test_tiers_and_exits_are_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without either no layer is left to chance and no cloud is known; with both, no plan is dearer."""
    instance = generate("mixed", users=3, servers=1, seed=0, networks=["alexnet"])
    plain = pemwn.without_cloud(pemwn.without_exits(instance))
    assert not any(net.is_conditional for net in plain.networks) and len(plain.clouds) == 0
    assert len(instance.clouds) > 0
    monkeypatch.setattr(pemwn, "SEEDS", range(1))
    monkeypatch.setattr(pemwn, "generate", lambda *a, **k: instance)
    found = pemwn.tiers_and_exits()
    judged(found, "%", found.value > 0)
    both, neither = (solve(i, "branch") for i in (instance, plain))
    if both.valid and neither.valid:
        assert found.value == pytest.approx(100 * (1 - both.objective_j / neither.objective_j), abs=0.1)


def test_decisions_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qdmp, "RATES_MBPS", (5.85,))
    monkeypatch.setattr(qdmp, "MANY_LAYERS", 10**6)
    assert qdmp._decide(load_network("alexnet"), 5.85) > 0
    monkeypatch.setattr(qdmp, "MANY_LAYERS", 100)
    for seconds, good in ((0.1, True), (0.4, False)):
        monkeypatch.setattr(qdmp, "_decide", lambda net, mbps, s=seconds: s)
        found = qdmp.decision_time()
        assert found.value == (100 if good else 0)
        judged(found, "%", good)


def test_iaos_methods_reach_every_division(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iao, "PROBLEMS", 2)
    found = iao.optimal()
    assert 0 <= found.value < 1 and found.verdict == "reproduced"
    monkeypatch.setattr(iao, "optimum", lambda problem: 1e-9)
    judged(iao.optimal(), "ppm", False)


def test_dads_stays_within_its_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= dads.worst_ratio(3, None) <= 3
    assert dads.worst_ratio(2, 0) >= 1
    monkeypatch.setattr(dads, "worst_ratio", lambda count, rounds: 1.5)
    judged(dads.ratio(), "times", True)
    monkeypatch.setattr(dads, "worst_ratio", lambda count, rounds: 3.5)
    judged(dads.ratio(), "times", False)


def test_accuracies_of_a_policy_are_means_of_the_weightings(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn", reason="the extra learn is not installed")
    made = cedot.try_policy(next(iter(cedot.WEIGHTINGS)), "places and sizes", seed=1, training=20, testing=8)
    monkeypatch.setattr(cedot, "try_policy", lambda *a, **k: made)
    found = cedot.offload_accuracy()
    assert found.value == pytest.approx(100 * made.bit)
    judged(found, "%", made.bit >= 0.89)
    sizes = cedot.partition_accuracy()
    assert sizes.value == pytest.approx(100 * made.size)
    judged(sizes, "%", made.size >= 0.77)
