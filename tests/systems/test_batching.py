"""Batches on one GPU: chains from the catalogue, grouping against all plans, IP-SSA against all streams, evaluator."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from instances.dnn import load_network
from instances.errors import InputError
from instances.systems.batching import Batching, BatchingPlan, Group, draw_batching
from instances.systems.chains import Chain, chain_of
from instances.systems.check_batching import evaluate
from solvers.systems.batching import all_local, enumerate_groups, group_optimally, independent_cuts, one_group
from solvers.systems.batching.costs import device_j, speed_gflops

SHORT = Chain("short", np.array([0.2, 0.25, 0.15]), np.array([1.2, 0.6, 0.2, 0.03]))


def tiny(seed: int, devices: int = 4, *, alike: bool = True, **settings: object) -> Batching:
    """Short networks, two GPU clocks; devices alike but for deadlines, or not."""
    rng = np.random.default_rng(seed)
    problem = draw_batching(devices, rng, deadline_s=(0.035, 0.09), parts=SHORT, **settings)  # type: ignore[arg-type]
    problem = dataclasses.replace(problem, clocks=np.array([0.4, 1.0]), gpu_w=float(rng.uniform(2, 40)))
    if alike:
        return dataclasses.replace(problem, rate_mbps=np.full(devices, float(rng.uniform(30, 120))))
    return dataclasses.replace(problem, kappa=problem.kappa * rng.uniform(0.3, 3, devices))


@pytest.mark.parametrize("name", ["mobilenet_v2", "vgg16", "resnet18"])
def test_chain_of_a_network_keeps_its_work(name: str) -> None:
    network = load_network(name)
    for shrinking in (False, True):
        chain = chain_of(network, shrinking=shrinking)
        assert chain.gflop.sum() == pytest.approx(network.total_gflop)
        assert (chain.output_mbit[0], chain.output_mbit[-1]) == (network.input_mbit, network.result_mbit)
    assert (np.diff(chain.output_mbit[:-1]) < 0).all()
    assert len(chain_of(load_network("vgg16")).gflop) == load_network("vgg16").n_layers


def test_p30a_slowest_speed_is_the_best() -> None:
    problem = tiny(0, alike=False)
    for cut in range(4):
        due = np.full(4, 0.06)
        speed, energy = speed_gflops(problem, cut, due), device_j(problem, cut, due)
        slow = problem.chain.before_gflop[cut] / (speed * 0.999)
        air = 0.0 if cut == 3 else problem.chain.output_mbit[cut] / problem.rate_mbps
        late = slow + air > due
        assert (late | (speed <= problem.slowest_gflops)).all()
        assert (device_j(problem, cut, due * 1.2) <= energy).all()


@pytest.mark.parametrize(("seed", "devices"), [(0, 4), (1, 4), *((k, 3) for k in range(2, 14))])
def test_p30b_groups_are_the_best_of_all_plans_for_devices_alike(seed: int, devices: int) -> None:
    problem = tiny(seed, devices)
    if devices == 4:  # one clock keeps the list of all plans short
        problem = dataclasses.replace(problem, clocks=np.array([0.6]))
    ours, listed = (evaluate(problem, method(problem)) for method in (group_optimally, enumerate_groups))
    assert not (ours.violations or listed.violations)
    assert ours.total_j == pytest.approx(listed.total_j, rel=1e-9)


def test_groups_of_devices_that_differ_are_plans_and_mostly_the_best() -> None:
    extra = []
    for seed in range(8):
        problem = tiny(seed, 3, alike=False)
        ours, listed = (evaluate(problem, method(problem)) for method in (group_optimally, enumerate_groups))
        assert not ours.violations and ours.total_j >= listed.total_j * (1 - 1e-9)
        extra.append(ours.total_j / listed.total_j - 1)
    assert np.mean(extra) < 0.05


def test_baselines_are_no_better() -> None:
    problem = draw_batching(5, np.random.default_rng(2), deadline_s=(0.04, 0.1))
    best = evaluate(problem, group_optimally(problem)).total_j
    for method in (one_group, all_local):
        report = evaluate(problem, method(problem))
        assert not report.violations and report.total_j >= best


def streams(problem: Batching) -> float:
    """Least device energy over all cuts, and all ways to run the remote devices as streams one after another."""
    n, parts, deadline = problem.n_devices, len(problem.chain.gflop), float(problem.deadline_s[0])
    best = np.inf
    for cuts in itertools.product(range(parts + 1), repeat=n):
        for stream in itertools.product(range(n), repeat=n):
            energy, end = 0.0, deadline
            for k in sorted(set(stream)):
                members = [i for i in range(n) if stream[i] == k and cuts[i] < parts]
                if members:
                    begin = [end - problem.fixed_s[c:].sum() for c in range(parts)]
                    for i in members:
                        energy += device_j(problem, cuts[i], np.full(n, begin[cuts[i]]))[i]
                    end = min(begin[cuts[i]] for i in members)
            energy += sum(device_j(problem, parts, problem.deadline_s)[i] for i in range(n) if cuts[i] == parts)
            best = min(best, energy)
    return best


@pytest.mark.parametrize("seed", range(4))
def test_p30d_independent_cuts_are_optimal_for_constant_batches(seed: int) -> None:
    problem = tiny(seed, 3, alike=False, constant=True)
    problem = dataclasses.replace(problem, deadline_s=np.full(3, 0.05))
    report = evaluate(problem, independent_cuts(problem))
    assert not report.violations
    assert report.device_j.sum() == pytest.approx(streams(problem), rel=1e-9)


def test_ip_ssa_says_what_it_assumes() -> None:
    with pytest.raises(InputError, match="equal"):
        independent_cuts(tiny(0, constant=True))
    equal = dataclasses.replace(tiny(0), deadline_s=np.full(4, 0.05))
    with pytest.raises(InputError, match="constant time"):
        independent_cuts(equal)


@pytest.mark.parametrize(
    ("groups", "rule"),
    [
        ((Group((0, 1), (1, 1), 1.0, 0.06),), "device 0: deadline"),
        ((Group((0, 1), (1, 1), 0.7, 0.03),), "clock of the GPU"),
        ((Group((0,), (1,), 1.0, 0.03), Group((1,), (1,), 1.0, 0.031)), "groups overlap"),
        ((Group((0, 0), (1, 1), 1.0, 0.03),), "a device in two groups, or none such"),
        ((Group((0, 1), (1, 3), 1.0, 0.03),), "cuts of a group"),
        ((Group((0, 1), (1, 1), 1.0, 0.005),), "device 0: late"),
    ],
)
def test_broken_rules_are_named(groups: tuple[Group, ...], rule: str) -> None:
    problem = dataclasses.replace(tiny(1), deadline_s=np.full(4, 0.06), rate_mbps=np.full(4, 100.0))
    good = BatchingPlan((Group((0, 1), (1, 1), 1.0, 0.03),), np.full(4, 15.0))
    assert not evaluate(problem, good).violations
    assert rule in evaluate(problem, dataclasses.replace(good, groups=groups)).violations
    fast = dataclasses.replace(good, speed_gflops=np.full(4, 30.0))
    assert "device 0: speed" in evaluate(problem, fast).violations


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="clocks"):
        dataclasses.replace(tiny(0), clocks=np.array([1.5]))
    with pytest.raises(InputError, match="cannot meet"):
        all_local(dataclasses.replace(tiny(0), deadline_s=np.full(4, 0.001)))


@pytest.mark.parametrize("seed", range(4))
def test_whoever_cannot_send_in_time_stays_home(seed: int) -> None:
    problem = tiny(seed, 3)
    slow = dataclasses.replace(problem, rate_mbps=np.full(3, 1e-3), deadline_s=problem.deadline_s + 0.5)
    ours, alone = (evaluate(slow, method(slow)) for method in (group_optimally, all_local))
    assert ours.total_j == pytest.approx(alone.total_j) and not group_optimally(slow).groups
