"""The checkers at the edges of their rules: what is just allowed, what just is not, and empty instances."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from instances.check import check
from instances.check_request import check_request
from instances.check_rows import check_rows
from instances.columns import Columns
from instances.instance import Instance, Links
from instances.plan import Cut, Plan
from instances.rows import RowProblem
from instances.tariff import PER_SERVER
from tests.instances.test_check import by_hand, hand_plan, tariff
from tests.instances.test_components import check_components, division, plain_task
from tests.instances.test_families import mixed_by_hand, mixed_plan
from tests.instances.test_request import three_layers
from tests.instances.test_rows import DEVICES, plan, two_convolutions

LOCAL = Plan([-1, -1], [0, 0], [0, 0], [0, 0], [1.0, 1.0], (Cut(0, np.ones(4, dtype=bool)),))


def limits(part: float) -> dict[str, tuple[Instance, Plan]]:
    """Rule → the example and its plan, where one amount is ``part`` of what is allowed."""
    instance, whole = by_hand(), hand_plan()
    users, devices, servers = instance.users, instance.devices, instance.servers
    units = by_hand("units")
    network = dataclasses.replace(instance.networks[0], accuracy=0.8)
    return {
        "deadline": (instance.replace(users=users.replace(deadline_s=[0.68 / part, 2.0])), whole),
        "device memory": (instance.replace(devices=devices.replace(memory_mb=[3.0 / part])), whole),
        "server memory": (instance.replace(servers=servers.replace(memory_mb=[17.0 / part])), whole),
        "uplink capacity": (instance, whole.replace(uplink_share=[0.5 * part, 0.5 * part])),
        "compute capacity": (instance, whole.replace(compute_share=[0.5 * part, 0.5 * part])),
        "clock range": (instance, whole.replace(clock=[2.0 * part, 1.0])),
        "accuracy": (instance.replace(networks=(network,), accuracy_floor=np.array([0.8 * part, 0.0])), whole),
        "server energy": (instance.replace(problem="J-A", energy_budget_j=[8.36 / part]), whole),
        "device energy": (
            units.replace(problem="J-A", device_budget_j=[2.21 / part, np.inf]),
            whole,
        ),
    }


@pytest.mark.parametrize("rule", limits(1.0))
def test_a_rule_leaves_room_for_rounding_and_for_no_more(rule: str) -> None:
    for part in (1.0, 1 + 1e-10):
        instance, given = limits(part)[rule]
        assert check(instance, given).violations == (), part
    instance, given = limits(1 + 1e-7)[rule]
    assert {v.rule for v in check(instance, given).violations} == {rule}


def test_the_slowest_clock_leaves_room_for_rounding_and_for_no_more() -> None:
    assert check(by_hand(), hand_plan().replace(clock=[0.5 * (1 - 1e-10), 1.0])).valid
    assert not check(by_hand(), hand_plan().replace(clock=[0.5 * (1 - 1e-7), 1.0])).valid


def test_shares_in_pieces_leave_room_for_rounding_and_for_no_more() -> None:
    instance = by_hand("units")
    assert check(instance, hand_plan().replace(uplink_share=[0.5 * (1 - 1e-11), 0.4])).valid
    (violation,) = check(instance, hand_plan().replace(uplink_share=[0.5 * (1 - 1e-6), 0.4])).violations
    assert (violation.rule, violation.unit, violation.where) == ("whole units", "blocks", "user u")


def test_a_share_of_more_than_everything() -> None:
    rules = [v.rule for v in check(by_hand(), hand_plan().replace(uplink_share=[1.25, 0.4])).violations]
    assert rules == ["share range", "uplink capacity"]
    alone = LOCAL.replace(uplink_share=[1 + 1e-10, 0.0], compute_share=[0.0, -0.25])
    (violation,) = check(by_hand(), alone).violations
    assert (violation.rule, violation.amount, violation.where) == ("share range", 0.25, "user v")


def test_the_slowest_user_counts() -> None:
    report = check(by_hand().replace(problem="J-M"), hand_plan())
    np.testing.assert_allclose(report.user_cost, [0.68, 3 * 0.61])
    assert report.objective_j == pytest.approx(3 * 0.61) and report.static_j == 0.0


def test_users_without_any_link() -> None:
    instance = by_hand()
    instance = instance.replace(links=instance.links.take(np.zeros(0, dtype=np.int64)))
    assert check(instance, LOCAL).valid
    assert {v.rule for v in check(instance, hand_plan()).violations} == {"reach"}


def test_links_are_found_in_any_order() -> None:
    instance = by_hand()
    turned = instance.replace(links=instance.links.take(np.array([1, 0])))
    assert np.array_equal(check(turned, hand_plan()).latency_s, check(instance, hand_plan()).latency_s)


def test_amounts_of_what_is_broken() -> None:
    instance, whole = by_hand(), hand_plan()
    found = {
        "structure": check(instance, whole.replace(cut=[0, 9])),
        "uplink capacity": check(instance, whole.replace(uplink_share=[0.75, 0.5])),
        "clock range": check(instance, whole.replace(clock=[2.25, 1.0])),
        "device memory": check(instance.replace(devices=instance.devices.replace(memory_mb=[2.0])), whole),
        "server memory": check(instance.replace(servers=instance.servers.replace(memory_mb=[15.0])), whole),
        "precedence": check(
            instance, whole.replace(cuts=(Cut(0, np.array([False, True, True, False])), whole.cuts[1]))
        ),
    }
    amounts = {rule: (report.violations[0].rule, report.violations[0].amount) for rule, report in found.items()}
    wanted = {"structure": 1.0, "uplink capacity": 0.25, "clock range": 0.25, "device memory": 1.0,
              "server memory": 2.0, "precedence": 2.0}  # fmt: skip
    assert {rule: rule for rule in wanted} == {rule: name for rule, (name, _) in amounts.items()}
    assert {rule: amount for rule, (_, amount) in amounts.items()} == pytest.approx(wanted, rel=1e-6)


def test_a_broken_structure_has_no_figures() -> None:
    report = check(by_hand(), hand_plan().replace(cut=[0, 9]))
    for field in dataclasses.fields(report):
        value = getattr(report, field.name)
        if field.name == "admitted":
            assert value.tolist() == [False, False]
        elif field.name != "violations":
            servers = field.name in ("uplink_load", "compute_load", "memory_mb", "server_energy_j")
            assert np.isnan(value).all() and np.shape(value) in ((), (1,) if servers else (2,)), field.name


def test_a_request_at_its_limits() -> None:
    """Latency 4.25 s, energy 9.05 J, the device busy for 3 s with 3 of 7 layers' work."""
    right = check_request(three_layers(), np.array([0, 0, 1]))
    for name, value, rule in (
        ("deadline_s", right.latency_s, "deadline"),
        ("energy_cap_j", right.energy_j, "energy cap"),
        ("load_cap_s", np.array([3.0, np.inf]), "load cap"),
        ("memory_mb", right.memory_mb, "memory"),
    ):
        assert check_request(three_layers(**{name: value}), np.array([0, 0, 1])).valid, name
        assert check_request(three_layers(**{name: value / (1 + 1e-10)}), np.array([0, 0, 1])).valid, name
        over = check_request(three_layers(**{name: value / (1 + 1e-7)}), np.array([0, 0, 1]))
        assert {breach.rule for breach in over.breaches} == {rule}
    half = check_request(three_layers(deadline_s=right.latency_s - 0.5), np.array([0, 0, 1]))
    assert half.breaches[0].amount == pytest.approx(0.5)
    drained = check_request(three_layers(energy_cap_j=right.energy_j - 0.5), np.array([0, 0, 1]))
    assert drained.breaches[0].amount == pytest.approx(0.5)
    loaded = check_request(three_layers(load_cap_s=np.array([2.5, 1.0])), np.array([0, 0, 1]))
    assert [(b.rule, b.where, b.amount) for b in loaded.breaches] == [("load cap", "device", 0.5)]


def test_a_row_plan_at_its_deadline() -> None:
    layouts = plan(("rows", (0, 2, 8)), ("rows", (0, 2, 8)))
    latency_s = check_rows(RowProblem(two_convolutions(), DEVICES), layouts).latency_s
    for part, valid in ((1.0, True), (1 + 1e-10, True), (1 + 1e-7, False)):
        report = check_rows(RowProblem(two_convolutions(), DEVICES, deadline_s=latency_s / part), layouts)
        assert report.valid == valid


def test_a_row_plan_with_a_layout_too_few() -> None:
    report = check_rows(RowProblem(two_convolutions(), DEVICES), plan(("rows", (0, 2, 8))))
    assert report.broken == ("the plan has 1 layouts for 2 layers",) and report.gflop == ()


def test_components_at_their_deadlines() -> None:
    free = check_components(plain_task(), division([2, 2], [1, 0]))
    assert free.energy_j == pytest.approx(sum(free.device_j))
    for part, valid in ((1.0, True), (1 + 1e-10, True), (1 + 1e-7, False)):
        task = plain_task(deadline_s=[free.time_s[0] / part, 9.0])
        assert check_components(task, division([2, 2], [1, 0])).valid == valid


def beside(table: Columns) -> Any:
    """The table with a row in front of it that is nobody's, of other numbers."""
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(table):
        column = getattr(table, field.name)
        first = [f"{column[0]}2"] if field.type == "Names" else (3 * column[:1] + 1)
        changes[field.name] = np.concatenate([first, column])
    return table.replace(**changes)


def in_second_place(instance: Instance, given: Plan) -> tuple[Instance, Plan]:
    """The same, where device, radio, server and cloud are the second of their kind, and links lead to both servers."""
    n, users, links = instance.n_users, instance.users, instance.links
    near = Links(np.arange(n), np.zeros(n, dtype=np.int64), *(np.full(n, 3.0) for _ in range(4)))
    both = {f.name: np.concatenate([getattr(near, f.name), getattr(links, f.name)]) for f in dataclasses.fields(links)}
    both["server"][n:] += 1
    changes: dict[str, Any] = {}
    if len(instance.clouds):
        changes = {"clouds": beside(instance.clouds), "server_cloud": [0, *(instance.cloud_of + 1)]}
    if instance.tariff is not None:
        prices = {name: [7.0, *getattr(instance.tariff, name)] for name in PER_SERVER}
        changes["tariff"] = dataclasses.replace(instance.tariff, **prices)
    two = instance.replace(
        devices=beside(instance.devices).replace(clock_min=[1.0, 0.5], clock_max=[1.0, 2.0]),
        radios=beside(instance.radios),
        servers=beside(instance.servers),
        users=users.replace(device=users.device + 1, radio=users.radio + 1),
        links=Links(**both),
        **changes,
    )
    return two, given.replace(server=np.where(given.server >= 0, given.server + 1, given.server))


PLAIN, FAMILIES = (by_hand, hand_plan), (mixed_by_hand, mixed_plan)


@pytest.mark.parametrize(
    ("made", "problem"),
    [*((PLAIN, problem) for problem in ("J-E", "J-L", "J-M", "J-C")),
     *((FAMILIES, problem) for problem in ("J-E", "J-L", "J-M", "J-C", "J-Q"))],
)  # fmt: skip
def test_the_second_of_everything_counts_as_if_it_were_alone(made: Any, problem: str) -> None:
    prices = {"tariff": tariff()} if problem == "J-C" else {"latency_weight_w": 7.0} if problem == "J-L" else {}
    instance, given = made[0]().replace(problem=problem, **prices), made[1]()
    alone, second = check(instance, given), check(*in_second_place(instance, given))
    assert second.violations == ()
    for field in dataclasses.fields(alone):
        value = getattr(second, field.name)
        if field.name in ("uplink_load", "compute_load", "memory_mb", "server_energy_j"):
            assert value[0] == 0
            value = value[1:]
        if field.name != "violations":
            np.testing.assert_allclose(value, getattr(alone, field.name), rtol=1e-12, err_msg=field.name)


def test_the_result_is_that_of_the_users_own_network() -> None:
    """Though the other user's network has another result, and its cut stands beside this one."""
    instance, given = mixed_by_hand(), mixed_plan()
    plain = check(instance, given)
    other = dataclasses.replace(instance.networks[0], name="other", result_mbit=5.0)
    two = instance.replace(networks=(instance.networks[0], other), users=instance.users.replace(network=[0, 1]))
    for cuts, cut in (((0, 1), [0, 1]), ((1, 0), [1, 0])):
        both = (given.cuts[0], dataclasses.replace(given.cuts[1], network=1))
        report = check(two, given.replace(cuts=tuple(both[k] for k in cuts), cut=np.array(cut)))
        assert report.violations == ()
        np.testing.assert_allclose(report.fixed_s, plain.fixed_s)


def test_starting_a_layer_takes_time_everywhere() -> None:
    """b, c and d start on the server and in the cloud, a on the device: each once, as often as it is run."""
    instance, given = mixed_by_hand(), mixed_plan()
    plain = check(instance, given)
    slower = instance.replace(
        devices=instance.devices.replace(launch_s=[0.01]),
        servers=instance.servers.replace(launch_s=[0.002]),
        clouds=instance.clouds.replace(launch_s=[0.004]),
    )
    report = check(slower, given)
    np.testing.assert_allclose(report.device_s - plain.device_s, [0.01, 0.01 * 2.75])
    np.testing.assert_allclose(report.server_s - plain.server_s, [0.002 * 1.5 / 0.5, 0.0])
    np.testing.assert_allclose(report.fixed_s - plain.fixed_s, [0.004 * 0.25, 0.0])
