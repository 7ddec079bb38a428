"""p43: trees without costs prove that there is no plan, and never deny one."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from instances.certificate import Certificate, Dropped, Leaf, Node, ServerSplit
from instances.certificate_file import certificate_from_json, certificate_to_json
from instances.certify import certify
from instances.certify_nothing import with_least_aim, without_costs
from instances.check import check
from instances.errors import InputError
from instances.expand import expand
from instances.instance import Instance
from instances.plan import Plan
from solvers import Limits, Verdict, solve
from solvers.prices.dual import Dual
from solvers.prices.maximise import ceiling_j
from tests.builders import tiny_admission, tiny_instance
from tests.instances.crowds import attack, denies, exactly_enough, has_plan, remote
from tests.instances.random_trees import random_prices, random_tree

PROBLEMS = ("J-E", "J-L", "J-C")


def trees(instance: Instance, rng: np.random.Generator) -> list[Node]:
    """A tree at random, one below a sieve, and one leaf of good prices a little off."""
    table = expand(instance)
    made = random_tree(table, rng, 2)
    good = attack(instance) * rng.choice([1e-3, 1.0, 1e3])
    return [made, Dropped(random_prices(table.n_servers, rng), made), Dropped(good, made), Leaf(good),
            ServerSplit(0, Leaf(good), Leaf(good * 1.01))]  # fmt: skip


def denials(seeds: range, allocation: str) -> tuple[int, int]:
    """How many instances have a plan, and how many trees deny one, which none of the former may."""
    feasible = denied = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        made = remote(seed, allocation, PROBLEMS[seed % 3], users=3, narrow=float(rng.uniform(0.35, 1.1)))
        if (np.diff(expand(made).start) == 0).any() or len(Dual(expand(without_costs(made))).stuck):
            continue
        valid = has_plan(made)
        feasible += valid
        for root in trees(made, rng):
            for whole in (False, True) if allocation == "units" else (False,):
                if denies(made, root, whole):
                    assert not valid, f"seed {seed}: {root}"
                    denied += 1
    return feasible, denied


@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_p43_no_tree_denies_a_plan_that_exists(allocation: str) -> None:
    """Random trees, and prices that were made to deny; the same ones do deny where there is no plan."""
    feasible, denied = denials(range(80), allocation)
    assert feasible >= 33 and denied >= 20, (feasible, denied)


@pytest.mark.nightly
@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_p43_no_tree_denies_a_plan_that_exists_among_many(allocation: str) -> None:
    feasible, denied = denials(range(80, 640), allocation)
    assert feasible >= 200 and denied >= 100, (feasible, denied)


@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_p43_what_is_exactly_enough_is_never_denied(allocation: str) -> None:
    """Nor what is enough with what the checker forgives. A millionth less than enough is denied for some."""
    edges = denied = 0
    for seed in range(14):
        found = exactly_enough(remote(seed, allocation))
        if found is None:
            continue
        edge, plan = found
        for part in (1.0, 1 - 0.95e-9):
            tight = edge.replace(users=edge.users.replace(deadline_s=edge.users.deadline_s * part))
            assert check(tight, plan).valid
            good = attack(tight)
            for factor in (1.0, 1e6, 1e-6):
                assert not denies(tight, Leaf(good * factor))
                assert not denies(tight, Dropped(good * factor, Leaf(good)), whole=allocation == "units")
            edges += 1
        less = edge.replace(users=edge.users.replace(deadline_s=edge.users.deadline_s * (1 - 1e-6)))
        answer = solve(less, "branch", limits=Limits(nodes=100))
        assert answer.valid or answer.verdict is not Verdict.INFEASIBLE
        denied += answer.verdict is Verdict.CERTIFIED_INFEASIBLE
    assert edges >= 14 and denied >= 2, (edges, denied)


def twins(instance: Instance, plan: Plan, missing: int) -> Instance:
    """The only user twice, at servers with twice the pieces that its plan takes there, or ``missing`` blocks less."""
    users, links, servers, s = instance.users, instance.links, instance.servers, int(plan.server[0])
    taken = [int(np.round(share[0] * count[s])) for share, count in
             ((plan.uplink_share, servers.blocks), (plan.compute_share, servers.units))]  # fmt: skip
    blocks, units = max(2 * taken[0] - missing, 1), max(2 * taken[1], 1)
    rows = np.tile(np.flatnonzero(links.server == s), 2)
    one = servers.take(np.array([s]))
    return instance.replace(
        users=users.take(np.array([0, 0])).replace(
            name=np.array(["ann", "bob"]), deadline_s=np.repeat(users.deadline_s * (1 + 1e-7), 2)
        ),
        links=links.take(rows).replace(user=np.repeat([0, 1], len(rows) // 2), server=np.zeros(len(rows), dtype=int)),
        servers=one.replace(
            blocks=np.array([blocks]), units=np.array([units]), gflops=one.gflops * units / one.units,
            memory_gb_s=one.memory_gb_s * units / one.units, launch_s=one.launch_s * one.units / units,
            bandwidth_mhz=one.bandwidth_mhz * blocks / one.blocks,
        ),
    )  # fmt: skip


def test_p43_as_many_blocks_as_are_needed_and_one_less() -> None:
    enough = short = 0
    for seed in range(16):
        found = exactly_enough(remote(seed, users=1))
        if found is None:
            continue
        for missing in (0, 1):
            pair = twins(*found, missing)
            if len(Dual(expand(without_costs(pair))).stuck):
                continue
            good, there = attack(pair), has_plan(pair)
            assert there or missing, seed
            answer = solve(pair, "branch", limits=Limits(nodes=300))
            if there:
                assert answer.valid and not denies(pair, Leaf(good)) and not denies(pair, Leaf(good), whole=True)
                enough += not missing
            else:
                assert answer.verdict is Verdict.CERTIFIED_INFEASIBLE
                short += 1
    assert enough >= 8 and short >= 4, (enough, short)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_p43_costs_are_worth_no_more_than_their_ceiling(problem: str) -> None:
    """L − ceiling ≤ the bound without costs, which grows with the prices in proportion."""
    for seed in range(12):
        instance = remote(seed, problem=problem)
        dual = Dual(expand(instance))
        if len(dual.stuck):
            continue
        free, prices = without_costs(instance), random_prices(2, np.random.default_rng(seed))

        def bound(of: Instance, at: np.ndarray, whole: bool) -> float:
            return certify(of, Certificate(Leaf(at), math.inf, whole)).bound_j

        for whole in (False, True):
            less = bound(free, prices, whole)
            size = float(prices.sum()) + 1.0
            assert less >= bound(instance, prices, whole) - ceiling_j(dual) - 1e-6 * size
            assert bound(free, 64 * prices, whole) == pytest.approx(64 * less, rel=1e-5, abs=1e-5 * size)


def test_every_plan_costs_nothing_without_costs() -> None:
    """Under every problem, static energy and rent, rejections included; and it remains a plan."""
    made = [tiny_instance(seed, problem=problem) for seed in range(6) for problem in PROBLEMS]
    made += [tiny_admission(seed) for seed in range(4)]
    plans = 0
    for instance in made:
        plan = solve(instance, "greedy").plan
        if plan is None:
            continue
        report = check(without_costs(instance), plan)
        assert report.valid and report.objective_j == 0.0
        plans += 1
    assert plans >= 15


def test_nobody_is_denied_who_can_stay_on_the_device_or_be_turned_away() -> None:
    rng = np.random.default_rng(1)
    for seed in range(10):
        plain, admission = tiny_instance(seed, tightness=0.2, memory_limits=False), tiny_admission(seed)
        slow = plain.replace(users=plain.users.replace(deadline_s=np.full(3, 1e3)))
        for instance in (slow, admission):
            table = expand(instance)
            for root in (random_tree(table, rng, 2), Leaf(np.full((3, 2), 1e9)), Leaf(np.zeros((3, 2)))):
                assert not denies(instance, root) and not denies(instance, root, whole=True)


def test_energy_budgets_deny_nobody_who_may_be_turned_away() -> None:
    """Four rows of prices are read, and to be turned away is free like all else."""
    instance = tiny_admission(3)
    assert instance.energy_budget_j is not None
    assert not denies(instance, Leaf(np.full((4, 2), 1e6)))


def test_p43_what_breaks_a_rule_by_more_than_is_forgiven() -> None:
    """A user who is late by 0.9e-9 of its deadline may be served, one who is late by 3e-8 of it may not."""
    instance = remote(2, users=1)
    table = expand(without_costs(instance))
    fastest = (table.device_s / table.clock_max[table.user] + table.uplink_s + table.server_s + table.fixed_s).min()
    for part, stuck in ((1.0, False), (1 - 0.9e-9, False), (1 - 3e-8, True)):
        late = instance.replace(users=instance.users.replace(deadline_s=np.array([fastest * part])))
        assert denies(late, Leaf(np.zeros((3, 2)))) == stuck, part


def test_memory_that_is_too_small_is_denied_and_what_is_forgiven_is_not() -> None:
    """Two users at one server whose memory holds what both move there at least, all but a part."""
    instance = remote(0, "continuous", users=2)
    alone = instance.links.take(np.flatnonzero(instance.links.server == 0))
    assert alone.user.tolist() == [0, 1]
    one = instance.replace(
        servers=instance.servers.take(np.array([0])), links=alone,
        users=instance.users.replace(deadline_s=np.full(2, 1e3)),
    )  # fmt: skip
    table = expand(one)
    moved = sum(float(table.server_mb[table.user == i].min()) for i in range(2))
    for part, denied in ((1.0, False), (1 - 0.9e-9, False), (1 - 1e-6, True), (0.7, True)):
        tight = one.replace(servers=one.servers.replace(memory_mb=np.array([moved * part])))
        assert denies(tight, Leaf(np.array([[0.0], [0.0], [1.0]]))) == denied, part


def test_limits_at_the_largest_number_stay() -> None:
    instance = remote(1)
    users, servers = instance.users, instance.servers
    wide = instance.replace(users=users.replace(deadline_s=np.full(4, 1e30)),
                            servers=servers.replace(memory_mb=np.array([1e30, np.inf])))  # fmt: skip
    free = without_costs(wide)
    assert (free.users.deadline_s == 1e30).all() and free.servers.memory_mb.tolist() == [1e30, np.inf]
    ordinary = without_costs(instance)
    assert (ordinary.users.deadline_s > users.deadline_s * (1 + 5e-9)).all()
    assert (ordinary.users.deadline_s < users.deadline_s * (1 + 2e-8)).all()


def test_figures_of_a_proof() -> None:
    instance = remote(5, narrow=0.01)
    leaf = Leaf(np.ones((3, 2)))
    proof = certify(instance, Certificate(ServerSplit(0, leaf, leaf), math.inf, costless=True))
    assert (proof.bound_j, proof.room_j, proof.leaves) == (math.inf, 0.0, 2)
    aim = with_least_aim(Certificate(leaf, math.inf, costless=True))
    assert 0 < aim.bound_j < 1e-300 and not aim.costless


def crowded() -> tuple[Instance, np.ndarray]:
    """An instance without a plan in which each user alone could be served, and prices that show it."""
    for seed in range(40):
        instance = remote(seed, narrow=0.5)
        if len(Dual(expand(without_costs(instance))).stuck):
            continue
        good = attack(instance)
        if denies(instance, Leaf(good)):
            return instance, good
    raise AssertionError("none of these is crowded")


def test_a_sieve_alone_may_decide() -> None:
    """What it drops costs more than the plans there are: those of 0. Prices that say nothing drop nothing."""
    instance, good = crowded()
    nothing = Leaf(np.zeros((3, 2)))
    assert denies(instance, Dropped(good, nothing))
    assert denies(instance, Dropped(good, nothing), whole=True)
    assert denies(instance, Dropped(np.zeros((3, 2)), Leaf(good)))
    assert not denies(instance, nothing) and not denies(instance, Dropped(nothing.prices, nothing))
    assert not denies(instance, ServerSplit(0, Leaf(good), nothing))


@pytest.mark.parametrize(
    ("certificate", "where"),
    [
        (Certificate(Leaf(np.zeros((3, 2))), 1.0, costless=True), "certificate.bound_j"),
        (Certificate(Leaf(np.zeros((3, 2))), -math.inf, costless=True), "certificate.bound_j"),
        (Certificate(Leaf(np.zeros((3, 2))), math.nan, costless=True), "certificate.bound_j"),
        (Certificate(Leaf(np.zeros((3, 2))), math.inf, costless=1), "certificate.costless"),  # type: ignore[arg-type]
        (Certificate(Leaf(np.zeros((3, 2))), math.inf, costless="yes"), "certificate.costless"),  # type: ignore[arg-type]
        (Certificate(Leaf(-np.ones((3, 2))), math.inf, costless=True), "certificate.nodes[0].prices[0][0]"),
    ],
)
def test_what_makes_no_sense_is_refused(certificate: Certificate, where: str) -> None:
    with pytest.raises(InputError) as caught:
        certify(tiny_instance(1), certificate)
    assert caught.value.where == where


def test_files() -> None:
    instance = tiny_instance(1)
    certificate = Certificate(Leaf(np.ones((3, 2))), math.inf, whole=True, costless=True)
    document = certificate_to_json(instance, certificate)
    assert list(document) == ["bound_j", "whole", "costless", "servers", "nodes"]
    assert document["bound_j"] is None and document["costless"] is True
    again = certificate_from_json(instance, document)
    assert (again.bound_j, again.whole, again.costless) == (math.inf, True, True)
    plain = certificate_to_json(instance, dataclasses.replace(certificate, costless=False, whole=False, bound_j=1.0))
    assert list(plain) == ["bound_j", "servers", "nodes"]
    assert certificate_from_json(instance, plain).costless is False
    for wrong in (1, "true", None):
        with pytest.raises(InputError, match="costless"):
            certificate_from_json(instance, {**document, "costless": wrong})
