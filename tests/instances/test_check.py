"""The checker: figures by hand, and every rule broken on purpose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from instances.check import RULES, check
from instances.dnn import Dnn
from instances.instance import Devices, Instance, Links, Radios, Servers, Users
from instances.plan import Cut, Plan
from instances.tariff import Tariff
from solvers import Limits, Result, Stop, Verdict
from solvers.answer import Answer


def by_hand(allocation: str = "continuous") -> Instance:
    """Two users with a diamond network of four layers, and round numbers everywhere."""
    net = Dnn(
        name="diamond",
        layers=("a", "b", "c", "d"),
        kind=("conv",) * 4,
        gflop=np.array([1.0, 2.0, 2.0, 1.0]),
        weight_mb=np.array([1.0, 2.0, 3.0, 4.0]),
        output_mbit=np.array([8.0, 4.0, 2.0, 1.0]),
        predecessors=((-1,), (0,), (0,), (1, 2)),
        input_mbit=6.0,
        result_mbit=0.5,
        source="by hand",
    )
    one = {"gflops": [10.0], "memory_gb_s": [1e6], "launch_s": [0.0]}
    return Instance(
        name="hand",
        networks=(net,),
        allocation=allocation,
        horizon_s=2.0,
        server_energy_weight=0.5,
        devices=Devices(
            name=["d"], clock_ghz=[1.0], kappa=[1e-27], clock_min=[0.5], clock_max=[2.0], memory_mb=[10.0], **one
        ),
        radios=Radios(name=["r"], tx_w=[2.0], tx_j_per_mbit=[0.1], rx_w=[1.0], rx_j_per_mbit=[0.2]),
        users=Users(
            name=["u", "v"], network=[0, 0], device=[0, 0], radio=[0, 0], deadline_s=[2.0, 2.0], weight=[1.0, 3.0]
        ),
        servers=Servers(
            name=["s"],
            gflops=[100.0],
            memory_gb_s=[1e6],
            launch_s=[0.0],
            memory_mb=[20.0],
            idle_w=[4.0],
            j_per_gflop=[0.04],
            bandwidth_mhz=[20.0],
            blocks=[10],
            units=[10],
        ),
        links=Links(
            user=[0, 1],
            server=[0, 0],
            efficiency=[4.0, 2.0],
            download_mbps=[50.0, 50.0],
            round_trip_s=[0.01, 0.01],
            backhaul_mbps=[np.inf, 100.0],
        ),
    )


def hand_plan() -> Plan:
    """User u keeps layers a and b, user v sends its input."""
    return Plan(
        server=[0, 0],
        cut=[0, 1],
        uplink_share=[0.5, 0.4],
        compute_share=[0.5, 0.4],
        clock=[1.0, 1.0],
        cuts=(Cut(0, np.array([True, True, False, False])), Cut(0, np.zeros(4, dtype=bool))),
    )


def test_figures_by_hand() -> None:
    report = check(by_hand(), hand_plan())
    assert report.violations == ()
    # u keeps a and b (3 GFLOP at 10 GFLOP/s = 0.3 s, 1 W). Tensors of a (read by c) and b (by d) cross:
    # 8 + 4 Mbit.
    # Uplink: 12 / (4·20·0.5) = 0.3 s. Server: layers c, d = 3 GFLOP / 100 = 0.03 s on a share of 0.5: 0.06 s.
    # Fixed: 0.01 + 0.5/50 = 0.02 s.
    np.testing.assert_allclose(report.device_s, [0.3, 0.0])
    np.testing.assert_allclose(report.uplink_s, [0.3, 6 / (2 * 20 * 0.4)])
    np.testing.assert_allclose(report.server_s, [0.06, 0.06 / 0.4])
    np.testing.assert_allclose(report.fixed_s, [0.02, 0.02 + 6.5 / 100])
    np.testing.assert_allclose(report.latency_s, [0.68, 0.375 + 0.15 + 0.085])
    # Radio u: 2·0.3 + 0.1·12 + 1·0.01 + 0.2·0.5; v: 2·0.375 + 0.1·6 + 0.01 + 0.1. Server: 0.5·0.04·GFLOP.
    np.testing.assert_allclose(report.compute_j, [0.3, 0.0])
    np.testing.assert_allclose(report.radio_j, [0.6 + 1.2 + 0.11, 0.75 + 0.6 + 0.11])
    np.testing.assert_allclose(report.served_j, [0.06, 0.12])
    # Static: 0.5 · 4 W · 2 s = 4 J. Objective: 1·2.27 + 3·1.58 + 4.
    assert report.static_j == pytest.approx(4.0)
    assert report.objective_j == pytest.approx(2.27 + 3 * 1.58 + 4.0)
    np.testing.assert_allclose(report.memory_mb, [7.0 + 10.0])


def test_a_tensor_counts_once_however_many_layers_read_it() -> None:
    plan = hand_plan().replace(cuts=(Cut(0, np.array([True, False, False, False])), Cut(0, np.zeros(4, dtype=bool))))
    report = check(by_hand(), plan)  # a's tensor is read by b and c
    assert report.uplink_s[0] == pytest.approx(8 / (4 * 20 * 0.5))


def test_clock_scales_time_and_energy() -> None:
    report = check(by_hand(), hand_plan().replace(clock=[2.0, 1.0]))
    assert report.device_s[0] == pytest.approx(0.15)
    assert report.compute_j[0] == pytest.approx(0.3 * 4)


def test_energy_and_latency_by_hand() -> None:
    plain, instance = check(by_hand(), hand_plan()), by_hand().replace(problem="J-L", latency_weight_w=7.0)
    report = check(instance, hand_plan())
    # What v adds counts three times, its latency too. Energies, times and static energy are those of J-E.
    np.testing.assert_allclose(report.user_cost, [2.27 + 7 * 0.68, 3 * (1.58 + 7 * 0.61)])
    assert report.objective_j == pytest.approx(2.27 + 7 * 0.68 + 3 * (1.58 + 7 * 0.61) + 4.0)
    for name in ("static_j", "user_energy_j", "latency_s", "compute_j", "radio_j", "served_j"):
        assert np.array_equal(getattr(report, name), getattr(plain, name)), name


def tariff(**changes: object) -> Tariff:
    prices: dict[str, object] = {"per_j": 2.0, "per_server_s": [50.0], "per_mbit": [0.25], "rent": [9.0]}
    return Tariff(**(prices | changes))  # type: ignore[arg-type]


def test_money_by_hand() -> None:
    report = check(by_hand().replace(problem="J-C", tariff=tariff()), hand_plan())
    # u: 2 · (0.3 + 1.91) J, 0.03 s of the whole server, 12 Mbit. v, three times: 2 · 1.46 J, 0.06 s, 6 Mbit. Rent 9.
    # The server's own energy (0.06 and 0.12 J) and static energy (4 J) are not in it.
    np.testing.assert_allclose(report.user_cost, [4.42 + 1.5 + 3.0, 3 * (2.92 + 3.0 + 1.5)])
    assert report.static_j == 9.0
    assert report.objective_j == pytest.approx(8.92 + 22.26 + 9.0)
    np.testing.assert_allclose(report.served_j, [0.06, 0.12])


def test_local_users_pay_no_server() -> None:
    plan = Plan([-1, -1], [0, 0], [0, 0], [0, 0], [1.0, 1.0], (Cut(0, np.ones(4, dtype=bool)),))
    report = check(by_hand().replace(problem="J-C", tariff=tariff()), plan)
    np.testing.assert_allclose(report.user_cost, [2 * 0.6, 3 * 2 * 0.6])
    assert report.static_j == 0.0


@pytest.mark.parametrize(
    ("change", "grows"),
    [({"per_j": 3.0}, 2.21 + 3 * 1.46), ({"per_server_s": [51.0]}, 0.03 + 3 * 0.06), ({"per_mbit": [1.25]}, 12 + 3 * 6),
     ({"rent": [10.0]}, 1.0)],
)  # fmt: skip
def test_every_price_counts_as_often_as_it_should(change: dict[str, object], grows: float) -> None:
    plain, dearer = (by_hand().replace(problem="J-C", tariff=t) for t in (tariff(), tariff(**change)))
    assert check(dearer, hand_plan()).objective_j - check(plain, hand_plan()).objective_j == pytest.approx(grows)


@pytest.mark.parametrize(
    ("claimed", "right"), [(7 * 0.68 + 3 * 7 * 0.61, True), (7 * 0.68 + 7 * 0.61, False), (0.0, False)]
)
def test_a_claim_that_leaves_latency_out_is_refuted(claimed: float, right: bool) -> None:
    instance = by_hand().replace(problem="J-L", latency_weight_w=7.0)
    answer = Answer(None, Stop.FINISHED, objective_j=2.27 + 3 * 1.58 + 4.0 + claimed)
    got = Result.checked(
        instance, answer, hand_plan(), method="none", seed=0, limits=Limits(), build_s=0.0, solve_s=0.0
    )
    assert (got.verdict is Verdict.WRONG) != right


def _cuts(mask: list[bool]) -> tuple[Cut, ...]:
    return (Cut(0, np.array(mask)), Cut(0, np.zeros(4, dtype=bool)))


MUTATIONS: dict[str, tuple[str, Callable[[Plan], Plan], Callable[[Instance], Instance]]] = {
    "user missing": (
        "structure",
        lambda p: Plan(p.server[:1], p.cut[:1], p.uplink_share[:1], p.compute_share[:1], p.clock[:1], p.cuts),
        lambda i: i,
    ),
    "unknown cut": ("structure", lambda p: p.replace(cut=[0, 2]), lambda i: i),
    "unknown server": ("structure", lambda p: p.replace(server=[0, 1]), lambda i: i),
    "NaN share": ("structure", lambda p: p.replace(uplink_share=[np.nan, 0.4]), lambda i: i),
    "unknown network": ("structure", lambda p: p.replace(cuts=(Cut(1, p.cuts[0].on_device), p.cuts[1])), lambda i: i),
    "mask too short": ("structure", lambda p: p.replace(cuts=(Cut(0, np.ones(3, dtype=bool)), p.cuts[1])), lambda i: i),
    "layer without predecessor": (
        "precedence",
        lambda p: p.replace(cuts=_cuts([False, True, False, False])),
        lambda i: i,
    ),
    "local with remote layers": (
        "reach",
        lambda p: p.replace(server=[-1, 0], uplink_share=[0, 0.4], compute_share=[0, 0.4]),
        lambda i: i,
    ),
    "server without remote layers": ("reach", lambda p: p.replace(cuts=_cuts([True] * 4)), lambda i: i),
    "no link": ("reach", lambda p: p, lambda i: i.replace(links=i.links.take(np.array([0])))),
    "negative share": ("share range", lambda p: p.replace(compute_share=[-0.5, 0.4]), lambda i: i),
    "share of nothing": ("share range", lambda p: p.replace(uplink_share=[0.0, 0.4]), lambda i: i),
    "clock too slow": ("clock range", lambda p: p.replace(clock=[0.4999, 1.0]), lambda i: i),
    "clock too fast": ("clock range", lambda p: p.replace(clock=[2.0001, 1.0]), lambda i: i),
    "late": ("deadline", lambda p: p, lambda i: i.replace(users=i.users.replace(deadline_s=[0.6799, 2.0]))),
    "device too small": (
        "device memory",
        lambda p: p,
        lambda i: i.replace(devices=i.devices.replace(memory_mb=[2.99])),
    ),
    "uplink overbooked": ("uplink capacity", lambda p: p.replace(uplink_share=[0.5, 0.500001]), lambda i: i),
    "compute overbooked": ("compute capacity", lambda p: p.replace(compute_share=[0.600001, 0.4]), lambda i: i),
    "server too small": (
        "server memory",
        lambda p: p,
        lambda i: i.replace(servers=i.servers.replace(memory_mb=[16.99])),
    ),
    "part of a block": (
        "whole units",
        lambda p: p.replace(uplink_share=[0.45, 0.4]),
        lambda i: i.replace(allocation="units"),
    ),
    "part of a unit": (
        "whole units",
        lambda p: p.replace(compute_share=[0.5, 0.4001]),
        lambda i: i.replace(allocation="units"),
    ),
    "turned away where everybody must be served": ("admission", lambda p: p.replace(server=[-2, 0]), lambda i: i),
    # Idle 4 W · 2 s, and 0.04 J for each of 3 + 6 GFLOP.
    "server over its budget": (
        "server energy",
        lambda p: p,
        lambda i: i.replace(problem="J-A", energy_budget_j=[8.3599]),
    ),
    # Computing 0.3 J, radio 1.91 J.
    "device over its budget": (
        "device energy",
        lambda p: p,
        lambda i: i.replace(problem="J-A", allocation="units", device_budget_j=[2.2099, np.inf]),
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_broken_rule_is_named_and_no_other(name: str) -> None:
    rule, spoil_plan, spoil_instance = MUTATIONS[name]
    for allocation in ("continuous", "units"):
        if rule in ("whole units", "device energy") and allocation == "continuous":
            continue
        instance, plan = by_hand(allocation), hand_plan()
        assert check(instance, plan).valid
        report = check(spoil_instance(instance), spoil_plan(plan))
        rules = {violation.rule for violation in report.violations}
        if allocation == "units" and rule in ("share range", "uplink capacity", "compute capacity"):
            rules -= {"whole units"}  # what breaks these is seldom a whole number of pieces either
        assert rules == {rule}, report.violations


def test_every_rule_has_a_mutation() -> None:
    from tests.instances.test_families import MUTATIONS as OF_FAMILIES  # option families have instances of their own

    of_families = {rule for rule, _, _ in OF_FAMILIES.values()}
    assert {rule for rule, _, _ in MUTATIONS.values()} | of_families == set(RULES)


def test_admission_by_hand() -> None:
    """User v is turned away: it counts its weight, and nothing else of its row does."""
    instance = by_hand("units").replace(problem="J-A", energy_budget_j=[8.12], device_budget_j=[2.21, 0.0])
    plan = hand_plan().replace(server=[0, -2], cut=[0, -1], uplink_share=[0.5, 7.0], clock=[1.0, 0.0])
    report = check(instance, plan)
    assert report.violations == ()
    assert report.objective_j == 3.0
    assert report.admitted.tolist() == [True, False]
    # Of the server's budget 8 J go to idling and 3 GFLOP take 0.12 J; weights do not count.
    np.testing.assert_allclose(report.server_energy_j, [8.12])
    np.testing.assert_allclose(report.memory_mb, [7.0])
    for part in (report.user_energy_j, report.latency_s, report.device_s, report.uplink_s):
        assert part[0] > 0 and part[1] == 0
    everybody = check(instance.replace(energy_budget_j=None, device_budget_j=None), hand_plan())
    assert everybody.valid and everybody.objective_j == 0.0
    nobody = check(instance, Plan([-2, -2], [-1, -1], [0, 0], [0, 0], [0, 0], ()))
    assert nobody.valid and nobody.objective_j == 4.0 and nobody.server_energy_j.tolist() == [0.0]


def test_no_server_below_rejection_exists() -> None:
    report = check(by_hand().replace(problem="J-A"), hand_plan().replace(server=[0, -3]))
    assert [v.rule for v in report.violations] == ["structure"]


def test_amounts_have_units_and_places() -> None:
    instance = by_hand()
    late = instance.replace(users=instance.users.replace(deadline_s=[0.5, 2.0]))
    (violation,) = check(late, hand_plan()).violations
    assert (violation.where, violation.unit) == ("user u", "s")
    assert violation.amount == pytest.approx(0.18)
    assert "user u: deadline broken by 0.18 s" in str(violation)


def test_no_users_left_unserved_silently() -> None:
    report = check(by_hand(), Plan([], [], [], [], [], ()))
    assert [v.rule for v in report.violations] == ["structure"]
    assert np.isnan(report.objective_j)
