"""Requests: what is refused, what constructors mean, and the checker against hand-worked figures."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from instances.check import check
from instances.check_request import REQUEST_RULES, check_request
from instances.cuts import enumerate_cuts
from instances.dnn import load_network
from instances.errors import InputError
from instances.request import Request
from instances.request_build import Machine, Wire
from instances.request_costs import Goal, LinearCosts
from solvers.split import plan_of
from solvers.split.brute_force import all_placements
from solvers.split.figures import count_stages
from tests.builders import tiny_instance
from tests.request_builders import chain_network, tiny_request


def three_layers(**changes: object) -> Request:
    """Chain of 1, 2, 4 GFLOP that sends 10, 4, 1 Mbit, result 0.5; the device does 1 GFLOP/s, the server 10."""
    net = chain_network([1.0, 2.0, 4.0], [4.0, 1.0, 0.5], input_mbit=10.0, result_mbit=0.5)
    device = Machine("device", gflops=1.0, active_w=2.0)
    server = Machine("server", gflops=10.0, j_per_gflop=0.5)
    wire = Wire(2.0, 5.0, round_trip_s=0.25, tx_w=1.5, tx_j_per_mbit=0.1, rx_w=1.0, rx_j_per_mbit=0.2)
    request = Request.chain_of_tiers(net, (device, server), (wire,))
    return request.replace(**changes)


def test_figures_of_a_cut_by_hand() -> None:
    report = check_request(three_layers(), np.array([0, 0, 1]))
    assert report.valid
    # device 3 s, upload 1 Mbit at 2 Mbit/s, server 0.4 s, result 0.5 Mbit at 5 Mbit/s, round trip 0.25 s
    assert report.latency_s == pytest.approx(3 + 0.5 + 0.4 + 0.1 + 0.25)
    assert report.energy_j == pytest.approx(2 * 3 + (1.5 * 0.5 + 0.1) + 0.5 * 4 + (1.0 * 0.1 + 0.2 * 0.5))
    assert report.stage_s == pytest.approx(3)
    assert report.throughput == pytest.approx(1 / 3)
    assert report.sent_mbit.tolist() == [[0, 1.0], [0.5, 0]]
    assert report.used == ("device", "server")


def test_staying_costs_nothing_but_the_device() -> None:
    report = check_request(three_layers(), np.zeros(3, dtype=int))
    assert report.latency_s == 7 and report.energy_j == 14 and not report.sent_mbit.any()


def test_a_tensor_is_sent_once_however_many_layers_read_it() -> None:
    net = tiny_request(np.random.default_rng(0), 5).network
    fork = dataclasses.replace(net, predecessors=((-1,), (0,), (0,), (0,), (1, 2, 3)))
    base = tiny_request(np.random.default_rng(0), 5)
    request = base.replace(network=fork)
    report = check_request(request, np.array([0, 1, 1, 1, 1]))
    assert report.tensors[0, 1] == 1 and report.sent_mbit[0, 1] == fork.output_mbit[0]
    relayed = tiny_request(np.random.default_rng(0), 5, machines=3, route="relay").replace(network=fork)
    report = check_request(relayed, np.array([0, 1, 2, 2, 2]))
    assert report.tensors[0, 1] == 1 and report.tensors[1, 2] == 2 and report.tensors[0, 2] == 0
    direct = relayed.replace(route="direct")
    report = check_request(direct, np.array([0, 1, 2, 2, 2]))
    assert report.tensors[0, 1] == 1 and report.tensors[0, 2] == 1 and report.tensors[2, 0] == 1


def test_a_relay_opens_what_it_passes() -> None:
    request = tiny_request(np.random.default_rng(1), 3, machines=3, route="relay")
    assert check_request(request, np.array([0, 2, 2])).used == ("m0", "m1", "m2")
    assert check_request(request.replace(route="direct"), np.array([0, 2, 2])).used == ("m0", "m2")


@pytest.mark.parametrize(
    ("placement", "changes", "rule"),
    [
        ([0, 0], {}, "structure"),
        ([0, 0, 2], {}, "structure"),
        ([0.0, 0.0, 0.0], {}, "structure"),
        ([1, 0, 1], {}, "one way"),
        ([0, 0, 1], {"deadline_s": 4.2}, "deadline"),
        ([0, 0, 1], {"memory_mb": np.array([1.5, 9.0])}, "memory"),
        ([0, 0, 1], {"time_s": np.array([[1.0, 2.0, 4.0], [0.1, 0.2, np.inf]])}, "machine"),
        ([0, 0, 1], {"send_s_per_mbit": np.array([[0.0, np.inf], [0.2, 0.0]])}, "way"),
    ],
)
def test_each_rule_is_named(placement: list[float], changes: dict[str, object], rule: str) -> None:
    report = check_request(three_layers(**changes), np.array(placement))
    assert rule in {breach.rule for breach in report.breaches}
    assert {breach.rule for breach in report.breaches} <= {rule, "deadline"}
    assert rule in REQUEST_RULES and all(str(breach) for breach in report.breaches)


def test_two_ways_are_allowed_where_the_request_says_so() -> None:
    report = check_request(three_layers(one_way=False), np.array([1, 0, 1]))
    assert report.valid and report.sent_mbit.tolist() == [[0, 11.0], [4.5, 0]]


@pytest.mark.parametrize("seed", range(12))
def test_a_cut_is_worth_what_the_joint_checker_says(seed: int) -> None:
    instance = tiny_instance(seed, users=1, servers=2, layers=4, allocation="continuous", tightness=0.0,
                             memory_limits=False)  # fmt: skip
    net = instance.networks[int(instance.users.network[0])]
    for server in instance.links.server.tolist():
        request = Request.of(instance, 0, server)
        for on_device in enumerate_cuts(net).on_device:
            placement = (~on_device).astype(np.int64)
            mine = check_request(request, placement)
            theirs = check(instance, plan_of(instance, placement, server))
            assert mine.latency_s == pytest.approx(theirs.latency_s[0], rel=1e-12)
            assert mine.energy_j == pytest.approx(theirs.user_energy_j[0], rel=1e-12)
            assert {breach.rule for breach in mine.breaches} == {v.rule for v in theirs.violations}


@pytest.mark.parametrize("seed", range(20))
def test_brute_force_counts_as_the_checker_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    machines = 2 + seed % 2
    request = tiny_request(rng, 5, machines, one_way=seed % 3 == 0, route=("direct", "relay")[seed // 2 % 2],
                           sinks=seed % 5 == 0, limits=True, gaps=seed % 4 == 0)  # fmt: skip
    placements = all_placements(machines, 5)
    latency, energy, stage, fits = count_stages(request, placements)
    for k in range(len(placements)):
        report = check_request(request, placements[k])
        assert fits[k] == (not {b.rule for b in report.breaches} - {"deadline"})
        if fits[k]:
            assert latency[k] == pytest.approx(report.latency_s, rel=1e-12)
            assert energy[k] == pytest.approx(report.energy_j, rel=1e-12)
            assert stage[k] == pytest.approx(report.stage_s, rel=1e-12)


def test_catalogue_request() -> None:
    request = Request.from_catalog("alexnet", "jetson_tx2_cpu", "cloud_gpu", "wifi", server_weight=0.0)
    assert request.machines[0] == "jetson_tx2_cpu" and request.n_layers == load_network("alexnet").n_layers
    assert not request.energy_j[1].any() and request.energy_j[0].all()
    faster = Request.from_catalog("alexnet", "jetson_tx2_cpu", "cloud_gpu", "wifi", up_mbps=100.0)
    assert faster.send_s_per_mbit[0, 1] == 0.01


def test_linear_costs_add_up_to_the_value() -> None:
    request, goal = three_layers(), Goal.mixed(2.0)
    costs = LinearCosts.of(request, goal)
    total = costs.run[[0, 0, 1], [0, 1, 2]].sum() + costs.parcel(0, 1, 1.0) + costs.opening[1]
    total += costs.parcel(1, 0, 0.5, result=True)
    report = check_request(request, np.array([0, 0, 1]))
    assert total == pytest.approx(goal.value(report.latency_s, report.energy_j, report.stage_s))
    assert math.isinf(costs.parcel(1, 0, 0.5))


def test_bad_requests_are_refused() -> None:
    good = three_layers()
    for changes in ({"time_s": -good.time_s}, {"time_s": good.time_s[:1]}, {"machines": ("a", "a")},
                    {"route": "swim"}, {"send_j_per_mbit": np.full((2, 2), np.inf)},
                    {"hop_s": np.ones((2, 2))}, {"opening_s": np.ones(2)}, {"deadline_s": -1.0}):  # fmt: skip
        with pytest.raises(InputError):
            good.replace(**changes)
    for bad in (lambda: Goal(), lambda: Goal(1.0, longest=True), lambda: Goal(-1.0)):
        with pytest.raises(InputError):
            bad()
    with pytest.raises(InputError, match="no sum"):
        LinearCosts.of(good, Goal.stage())
    with pytest.raises(InputError, match="did you mean"):
        Request.of(tiny_instance(0, users=1), "u1")
    with pytest.raises(InputError, match="wires"):
        Request.chain_of_tiers(good.network, (Machine("a", 1.0),), (Wire(1.0, 1.0),))
    with pytest.raises(InputError, match="up_mbps"):
        Wire(0.0, 1.0)
