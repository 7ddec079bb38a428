"""Variants, clouds, conditional layers: figures by hand, broken rules, files, and what must change nothing."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from instances.check import check
from instances.clouds import Clouds
from instances.dnn import Dnn
from instances.errors import InputError
from instances.expand import expand
from instances.files import load, save
from instances.instance import Instance
from instances.options import OptionTable
from instances.plan import Cut, Plan
from instances.plan_file import plan_from_json, plan_to_json
from instances.variants import Variants
from instances.ways import undominated
from solvers import solve
from tests.builders import tiny_instance
from tests.family_builders import tiny_families
from tests.instances.test_check import by_hand, tariff

HALF = np.array([1.0, 1.0, 0.5, 0.25])
"""Probabilities of the diamond's layers a, b, c, d."""


def mixed_by_hand(**changes: object) -> Instance:
    """`by_hand` with a conditional network, a variant in half the bits and a cloud behind the server."""
    plain = by_hand()
    net = dataclasses.replace(plain.networks[0], run_probability=HALF, accuracy=0.9)
    return plain.replace(
        networks=(net,),
        variants=Variants(["half"], [0], [0], [0.5], [1.0], [0.8], ([0.1, 0.05, 0.2, 0.0, 0.3],)),  # type: ignore[arg-type]
        clouds=Clouds(["far"], [1000.0], [1e6], [0.0], [0.02], [40.0], [0.05], [7.0], [3.0]),  # type: ignore[arg-type]
        server_cloud=[0],
        **changes,
    )


def mixed_plan(variant: int = 0) -> Plan:
    """User u keeps a, its server b and c, the cloud d; user v is local."""
    cut = Cut(0, np.array([True, False, False, False]), variant, np.array([False, False, False, True]))
    return Plan([0, -1], [0, 1], [0.5, 0], [0.5, 0], [1.0, 1.0], (cut, Cut(0, np.ones(4, dtype=bool))))  # type: ignore[arg-type]


def test_expected_figures_by_hand() -> None:
    report = check(mixed_by_hand(), mixed_plan())
    assert report.violations == ()
    # a's tensor, 8 Mbit in half the bits, is read by b (always) and c: 4 Mbit. Uplink 4 / (4·20·0.5) = 0.1 s.
    # Device: a, 1 GFLOP / 10. Server: b + 0.5 c = 3 GFLOP / 100 on half. Cloud: 0.25 · 1 GFLOP / 1000.
    # To the cloud: b and c, 2 + 1 Mbit, with d's 0.25: 0.75, the result 0.5 · 0.25 back, at 40 Mbit/s; round trip 0.25.
    np.testing.assert_allclose(report.device_s, [0.1, 0.1 + 0.2 + 0.1 + 0.025])
    np.testing.assert_allclose(report.uplink_s, [0.1, 0.0])
    np.testing.assert_allclose(report.server_s, [0.06, 0.0])
    cloud_s = 0.25 * 0.05 + (0.75 + 0.125) / 40 + 0.25 / 1000
    np.testing.assert_allclose(report.fixed_s, [0.01 + 0.5 / 50 + cloud_s, 0.0])
    np.testing.assert_allclose(report.radio_j, [2 * 0.1 + 0.1 * 4 + 0.01 + 0.1, 0.0])
    np.testing.assert_allclose(report.served_j, [0.5 * (0.04 * 3 + 0.02 * 0.25), 0.0])
    np.testing.assert_allclose(report.accuracy, [0.8 - 0.2, 0.9])  # a, b and c are sent; c loses most
    np.testing.assert_allclose(report.memory_mb, [5.0])


def test_worst_run_by_hand() -> None:
    report = check(mixed_by_hand(deadline_rule="worst"), mixed_plan(variant=-1))
    # All layers run: server 4 GFLOP, cloud 1; the tensors in full. Energy stays that of the expected run.
    np.testing.assert_allclose(report.server_s, [0.08, 0.0])
    np.testing.assert_allclose(report.uplink_s, [8 / (4 * 20 * 0.5), 0.0])
    np.testing.assert_allclose(report.fixed_s[0], 0.02 + 0.05 + (4 + 2 + 0.5) / 40 + 1 / 1000)
    np.testing.assert_allclose(report.device_s, [0.1, 0.6])
    np.testing.assert_allclose(report.compute_j, [0.1, 0.1 + 0.2 + 0.1 + 0.025])
    np.testing.assert_allclose(report.radio_j[0], 2 * 0.2 + 0.1 * 8 + 0.01 + 0.1)
    np.testing.assert_allclose(report.served_j[0], 0.5 * (0.04 * 3 + 0.02 * 0.25))


def test_air_energy_of_a_tensor_that_is_often_not_sent() -> None:
    plan = Plan([0, -1], [0, 1], [0.5, 0], [0.5, 0], [1.0, 1.0],
                (Cut(0, np.array([True, True, False, False])), Cut(0, np.ones(4, dtype=bool))))  # type: ignore[arg-type]  # fmt: skip
    worst = check(mixed_by_hand(deadline_rule="worst"), plan)
    # a is sent to c (0.5), b to d (0.25): 4 + 1 Mbit of 12 in expectation; air time 12 / (4·20·0.5) = 0.3 s.
    np.testing.assert_allclose(worst.uplink_s[0], 0.3)
    receiving = 0.5 * (1 * 0.01 + 0.2 * 0.5)
    np.testing.assert_allclose(worst.radio_j[0], 2 * 0.3 * 5 / 12 + 0.1 * 5 + receiving)
    expected = check(mixed_by_hand(), plan)
    np.testing.assert_allclose(expected.radio_j[0], worst.radio_j[0])  # air time in proportion: the same energy


def test_money_and_quality_by_hand() -> None:
    bill = check(mixed_by_hand(problem="J-C", tariff=tariff()), mixed_plan())
    prices = tariff()
    own = prices.per_j * (0.1 + 0.71) + prices.per_server_s[0] * 0.03 + prices.per_mbit[0] * 4
    np.testing.assert_allclose(bill.user_cost[0], own + 7 * 0.25 / 1000 + 3 * 0.75)
    quality = check(mixed_by_hand(problem="J-Q"), mixed_plan())
    np.testing.assert_allclose(quality.user_cost, [1 * (1 - 0.6), 3 * (1 - 0.9)])
    assert quality.static_j == 0.0


def _first(cut: Cut) -> Callable[[Plan], Plan]:
    return lambda p: p.replace(cuts=(cut, p.cuts[1]))


A, D = np.array([True, False, False, False]), np.array([False, False, False, True])
MUTATIONS: dict[str, tuple[str, Callable[[Plan], Plan], Callable[[Instance], Instance]]] = {
    "no such variant": ("variant", _first(Cut(0, A, 1, D)), lambda i: i),
    "below the network itself": ("variant", _first(Cut(0, A, -2, D)), lambda i: i),
    "variant of another network": (
        "variant",
        lambda p: p,
        lambda i: i.replace(
            networks=(*i.networks, dataclasses.replace(i.networks[0], name="other")),
            variants=dataclasses.replace(i.variants, network=np.array([1])),
        ),
    ),
    "mask of the cloud too short": ("structure", _first(Cut(0, A, 0, D[:3])), lambda i: i),
    "no cloud": ("passing on", lambda p: p, lambda i: i.replace(server_cloud=[-1])),
    "passed on from the device": (
        "passing on",
        lambda p: p.replace(server=[-1, -1], uplink_share=[0, 0], compute_share=[0, 0]),
        lambda i: i,
    ),
    "read nearer": ("passing on", _first(Cut(0, A, 0, np.array([False, True, False, False]))), lambda i: i),
    "on the device and in the cloud": ("passing on", _first(Cut(0, A, 0, np.ones(4, dtype=bool))), lambda i: i),
    "not accurate enough": ("accuracy", lambda p: p, lambda i: i.replace(accuracy_floor=[0.600001, 0.0])),
}  # fmt: skip


@pytest.mark.parametrize("name", list(MUTATIONS))
def test_a_broken_rule_is_named(name: str) -> None:
    rule, change_plan, change_instance = MUTATIONS[name]
    report = check(change_instance(mixed_by_hand()), change_plan(mixed_plan()))
    # A plan put on its device breaks "reach" as well: its layers are remote.
    assert {v.rule for v in report.violations} - {"reach"} == {rule}


def test_a_floor_that_is_just_met() -> None:
    assert check(mixed_by_hand(accuracy_floor=[0.6, 0.9]), mixed_plan()).violations == ()


@pytest.mark.parametrize("suffix", [".json", ".parquet"])
@pytest.mark.parametrize("seed", range(4))
def test_files_keep_everything(tmp_path: Path, suffix: str, seed: int) -> None:
    instance = tiny_families(seed, problem=("J-E", "J-Q", "J-C", "J-L")[seed])
    save(instance, tmp_path / f"a{suffix}")
    again = load(tmp_path / f"a{suffix}")
    save(again, tmp_path / f"b{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
    assert again.fingerprint == instance.fingerprint
    one, two = expand(instance), expand(again)
    assert len(one) == len(two)
    np.testing.assert_array_equal(one.fixed_j, two.fixed_j)


def test_plans_in_files() -> None:
    instance, plan = mixed_by_hand(), mixed_plan()
    data = plan_to_json(instance, plan)
    assert data["cuts"]["diamond/half/1+1"]["variant"] == "half"
    again = plan_from_json(instance, data)
    assert again.cuts[0].variant == 0 and again.cuts[1].variant == -1 and again.cuts[1].passed_on is None
    np.testing.assert_array_equal(again.cuts[0].passed_on, D)  # type: ignore[arg-type]
    assert check(instance, again).objective_j == check(instance, plan).objective_j
    data["cuts"]["diamond/half/1+1"]["variant"] = "hlaf"
    with pytest.raises(InputError, match="hlaf"):
        plan_from_json(instance, data)


def test_plain_instances_stay_as_they_were() -> None:
    """Their fingerprints, recorded before there were families."""
    assert tiny_instance(1).fingerprint == "cc23c69c054bb4f187dd222f3204e0879258daf3000c770cd6932b64556de116"
    assert tiny_instance(1).networks[0].to_json()["schema"] == "edgecut-dnn/1"


FAMILIES: dict[str, Callable[[Instance], Instance]] = {
    "accuracy floor": lambda i: i.replace(accuracy_floor=[0.5, 0.0, 0.0]),
    "deadline rule": lambda i: i.replace(deadline_rule="worst" if i.deadline_rule == "expected" else "expected"),
    "cloud of a server": lambda i: i.replace(server_cloud=(i.cloud_of + 2) % 3 - 1),
    "what a cloud costs": lambda i: i.replace(clouds=i.clouds.replace(j_per_gflop=i.clouds.j_per_gflop + 1)),
    "a loss": lambda i: i.replace(
        variants=dataclasses.replace(i.variants, loss=(i.variants.loss[0] / 2, *i.variants.loss[1:]))
    ),
    "a factor": lambda i: i.replace(
        variants=dataclasses.replace(i.variants, upload_factor=i.variants.upload_factor * 0.5)
    ),
    "no variants": lambda i: i.replace(variants=Variants.none()),
    "a probability": lambda i: i.replace(
        networks=(dataclasses.replace(i.networks[0], run_probability=np.full(3, 0.99)), *i.networks[1:])
    ),
}


@pytest.mark.parametrize("name", list(FAMILIES))
def test_fingerprints_tell_families_apart(name: str) -> None:
    instance = tiny_families(3, floors=False).replace(server_cloud=[0, 1])
    assert FAMILIES[name](instance).fingerprint != instance.fingerprint


BAD: list[tuple[str, Callable[[], object], str]] = [
    ("probability above a predecessor's", lambda: _net(run_probability=[0.5, 1.0, 0.5, 0.5]), "run_probability[1]"),
    ("probability above 1", lambda: _net(run_probability=[2.0, 1.0, 0.5, 0.5]), "run_probability[0]"),
    ("three probabilities", lambda: _net(run_probability=[1.0, 1.0, 0.5]), "shape"),
    ("accuracy in per cent", lambda: _net(accuracy=90), "accuracy"),
    ("no such network", lambda: _variant(network=[1]), "variants[0].network"),
    ("bits below none", lambda: _variant(upload_factor=[0.0]), "upload_factor"),
    ("loss of too few tensors", lambda: _variant(loss=([0.1, 0.1],)), "variants[0].loss"),
    ("loss above the accuracy", lambda: _variant(loss=([0.9] * 5,)), "variants[0].loss"),
    ("no such cloud", lambda: mixed_by_hand().replace(server_cloud=[1]), "servers[0].cloud"),
    ("a floor above 1", lambda: mixed_by_hand(accuracy_floor=[2.0, 0.0]), "users[0].accuracy_floor"),
    ("a cloud without speed", lambda: mixed_by_hand().replace(
        clouds=mixed_by_hand().clouds.replace(gflops=[0.0])), "clouds[0].gflops"),
    ("supported cuts with a cloud", lambda: mixed_by_hand(cut_rule="supported"), "cut_rule"),
    ("a rule of deadlines", lambda: mixed_by_hand(deadline_rule="usual"), "deadline_rule"),
    ("quality that is not known", lambda: by_hand().replace(problem="J-Q"), "accuracy"),
]  # fmt: skip


def _net(**changes: object) -> Dnn:
    return dataclasses.replace(by_hand().networks[0], **changes)  # type: ignore[arg-type]


def _variant(**changes: object) -> Instance:
    return mixed_by_hand().replace(variants=dataclasses.replace(mixed_by_hand().variants, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("make", "where"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_bad_families_are_refused(make: Callable[[], object], where: str) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert where in str(caught.value)


# What must change nothing.


def _same_costs(one: OptionTable, two: OptionTable) -> None:
    """Equal options up to order and repetition."""

    def rows(t: OptionTable) -> set[tuple[float, ...]]:
        columns = (t.user, t.server, t.device_s, t.device_j, t.uplink_mhz_s, t.tx_w, t.server_s, t.fixed_s, t.fixed_j,
                   t.server_mb)  # fmt: skip
        return {tuple(float(f"{x:.12g}") for x in row) for row in zip(*columns, strict=True)}

    assert rows(one) == rows(two)


@pytest.mark.parametrize("seed", range(6))
def test_a_variant_equal_to_the_network_adds_nothing(seed: int) -> None:
    plain = tiny_instance(seed)
    twin = Variants(["32 bits"], [0], [0], [1.0], [1.0], [1.0], ([],))  # type: ignore[arg-type]
    _same_costs(expand(plain), expand(plain.replace(variants=twin)))


@pytest.mark.parametrize("seed", range(6))
def test_certain_layers_make_both_deadline_rules_equal(seed: int) -> None:
    plain = tiny_instance(seed)
    sure = tuple(dataclasses.replace(n, run_probability=np.ones(n.n_layers)) for n in plain.networks)
    _same_costs(expand(plain), expand(plain.replace(networks=sure, deadline_rule="worst")))


@pytest.mark.parametrize("seed", range(6))
def test_a_cloud_that_is_too_slow_is_no_cloud(seed: int) -> None:
    mixed = tiny_families(seed, allocation="continuous")
    slow = mixed.replace(clouds=mixed.clouds.replace(gflops=[1e-9, 1e-9]))
    none = mixed.replace(clouds=Clouds.none(), server_cloud=np.zeros(0, dtype=np.int64))
    one, two = solve(slow, "brute_force"), solve(none, "brute_force")
    assert one.verdict is two.verdict
    assert one.objective_j == pytest.approx(two.objective_j) or math.isinf(two.objective_j)


def test_undominated_rows() -> None:
    group = np.array([0, 0, 0, 0, 1])
    amounts = np.array([[1.0, 2.0], [2.0, 1.0], [2.0, 2.0], [1.0, 2.0], [9.0, 9.0]])
    assert undominated(group, amounts).tolist() == [0, 1, 4]


def test_certificates_are_refused_politely() -> None:
    from instances.certify import certify

    got = solve(tiny_instance(2, allocation="continuous"), "branch")
    assert got.certificate is not None
    with pytest.raises(InputError, match="not restated"):
        certify(tiny_families(2, allocation="continuous"), got.certificate)
