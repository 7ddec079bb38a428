"""Methods hand out a certificate with "there is no plan", and what it proves is what the result says."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from instances.certificate import Certificate, Dropped, Leaf, Node, PieceSplit, ServerSplit, UserSplit
from instances.certify import certify
from instances.check import check
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.stocks import stocks_bind
from solvers import Limits, Result, Verdict, get_method, solve
from solvers.answer import Answer, Clock, Stop
from solvers.no_plan import no_option, no_plan
from solvers.result import weigh
from tests.builders import tiny_instance
from tests.instances.crowds import exactly_enough, has_plan, remote

LIMITS = Limits(gap=1e-4, nodes=300)


def answer_of(instance: Instance, name: str, limits: Limits = LIMITS) -> Answer:
    """Of the method itself: nobody looks for reasons."""
    rng = np.random.default_rng(0)
    return get_method(name).solve(expand(instance), limits=limits, rng=rng, clock=Clock(limits))


def crowd(generator: str, seed: int, allocation: str, load: float = 2.0) -> Instance:
    """More than servers carry, and devices that hold no network."""
    made = generate(generator, users=10, servers=3, seed=seed, load=load, allocation=allocation)
    return made.replace(devices=made.devices.replace(memory_mb=np.full(len(made.devices), 4.5)))


@pytest.mark.parametrize("allocation", ["units", "continuous"])
@pytest.mark.parametrize("generator", ["campus", "factory", "metro", "roadside"])
def test_overloaded_places_are_certified_to_have_no_plan(generator: str, allocation: str) -> None:
    for seed in range(2):
        instance = crowd(generator, seed, allocation)
        for name in ("branch", "prices"):
            answer = answer_of(instance, name)
            assert answer.stop is Stop.INFEASIBLE and answer.certificate is not None, (seed, name)
            assert certify(instance, answer.certificate).bound_j == math.inf, (seed, name)


def test_roads_are_certified_along_the_row() -> None:
    whole = 0
    for seed in range(6):
        instance = crowd("roadside", seed, "units", 1.5)
        answer = answer_of(instance, "corridor")
        if answer.decision is not None:
            continue
        assert answer.stop is Stop.INFEASIBLE and answer.certificate is not None, seed
        assert certify(instance, answer.certificate).bound_j == math.inf, seed
        whole += answer.certificate.whole
    assert whole >= 3


@pytest.mark.parametrize("problem", ["J-E", "J-L", "J-C"])
@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_branch_certifies_what_brute_force_finds_to_have_no_plan(allocation: str, problem: str) -> None:
    certified = 0
    for seed in range(24):
        instance = remote(seed, allocation, problem, users=3, narrow=0.6)
        if (np.diff(expand(instance).start) == 0).any() or has_plan(instance):
            continue
        answer = answer_of(instance, "branch")
        assert answer.stop is Stop.INFEASIBLE and answer.certificate is not None
        assert certify(instance, answer.certificate).bound_j == math.inf, seed
        certified += 1
    assert certified >= 5


def test_deadlines_that_are_short_by_a_millionth() -> None:
    """Most of them by whole pieces only."""
    whole = []
    for seed in range(16):
        found = exactly_enough(remote(seed))
        if found is None:
            continue
        users = found[0].users
        short = found[0].replace(users=users.replace(deadline_s=users.deadline_s * (1 - 1e-6)))
        if (np.diff(expand(short).start) == 0).any() or has_plan(short):
            continue
        answer = answer_of(short, "branch")
        assert answer.certificate is not None and certify(short, answer.certificate).bound_j == math.inf
        whole.append(answer.certificate.whole)
    assert any(whole) and not all(whole)


def zeroed(node: Node, leaf: int) -> tuple[Node, int]:
    """The tree with a leaf (by number) of zero prices, and the number of its leaves; sieves say nothing any more."""
    if isinstance(node, Leaf):
        return (Leaf(0 * node.prices) if leaf == 0 else node), 1
    fields = {
        UserSplit: ("among", "other"),
        PieceSplit: ("few", "more"),
        ServerSplit: ("off", "on"),
        Dropped: ("rest",),
    }
    parts, count = {}, 0
    for name in fields[type(node)]:
        parts[name], more = zeroed(getattr(node, name), leaf - count)
        count += more
    if isinstance(node, Dropped):
        parts["prices"] = 0 * node.prices
    return dataclasses.replace(node, **parts), count


@pytest.mark.parametrize(
    ("seed", "users", "narrow", "allocation"),
    [(0, 6, 0.8, "units"), (9, 6, 0.7, "units"), (12, 4, 0.7, "units"), (10, 6, 0.7, "continuous"),
     (21, 4, 0.8, "continuous")],
)  # fmt: skip
def test_trees_of_several_cases(seed: int, users: int, narrow: float, allocation: str) -> None:
    """Every case is ruled out by itself: with no prices in one of them, and no sieves, nothing is proven."""
    instance = remote(seed, allocation, users=users, narrow=narrow)
    answer = answer_of(instance, "branch")
    assert answer.certificate is not None
    proof = certify(instance, answer.certificate)
    assert proof.bound_j == math.inf and proof.leaves > 1
    assert zeroed(answer.certificate.root, 0)[1] == proof.leaves
    broken = [dataclasses.replace(answer.certificate, root=zeroed(answer.certificate.root, k)[0])
              for k in range(proof.leaves)]  # fmt: skip
    assert any(certify(instance, one).bound_j == -math.inf for one in broken)


def test_memories_that_are_too_small() -> None:
    """A stock that can run out, with prices of its own; each user alone could be served."""
    told = 0
    for seed in range(12):
        instance = remote(seed, "continuous", users=3)
        users = instance.users.replace(deadline_s=np.full(3, 1e3))
        easy = instance.replace(users=users)
        table = expand(easy)
        least = max(float(table.server_mb[table.user == i].min(initial=np.inf)) for i in range(3))
        if not math.isfinite(least):
            continue
        small = easy.replace(servers=easy.servers.replace(memory_mb=np.full(2, 1.01 * least)))
        if has_plan(small):
            continue
        assert stocks_bind(expand(small)).any()
        answer = answer_of(small, "branch")
        assert answer.certificate is not None and certify(small, answer.certificate).bound_j == math.inf
        told += 1
    assert told >= 2


@pytest.mark.parametrize("name", ["branch", "prices", "greedy", "vertex_rounding"])
def test_a_user_without_any_option(name: str) -> None:
    """Whatever method was asked; zero prices prove it."""
    instance = tiny_instance(1)
    deadline = instance.users.deadline_s.copy()
    deadline[1] = 1e-6
    result = solve(instance.replace(users=instance.users.replace(deadline_s=deadline)), name)
    assert result.verdict is Verdict.CERTIFIED_INFEASIBLE and "user u1: best possible" in result.message
    assert result.certificate is not None and (result.certificate.root.prices == 0).all()  # type: ignore[union-attr]
    assert result.bound_j == result.certified_j == result.objective_j == math.inf


def test_methods_asked_about_a_user_without_any_option() -> None:
    """Tables from elsewhere may hold options that nobody can use in time."""
    instance = tiny_instance(1)
    late = instance.replace(users=instance.users.replace(deadline_s=np.array([1e-6, 1.0, 1.0])))
    table = expand(late, feasible_only=False)
    for name in ("branch", "prices", "vertex_rounding"):
        answer = get_method(name).solve(table, limits=LIMITS, rng=np.random.default_rng(0), clock=Clock(LIMITS))
        assert answer.stop is Stop.INFEASIBLE and answer.certificate is not None, name
        assert certify(late, answer.certificate).bound_j == math.inf, name


def test_without_certificates_it_is_the_word_of_the_method() -> None:
    instance = remote(5, narrow=0.01)
    result = solve(instance, "branch", certify=False)
    assert result.verdict is Verdict.INFEASIBLE and result.verdict.infeasible and result.certified_j == -math.inf
    assert result.certificate is not None  # kept, for whoever wants to recompute it


def test_a_certificate_that_proves_nothing_leaves_the_word() -> None:
    """A plan that uses what the checker forgives exists, where a method that forgives less sees none."""
    found = exactly_enough(remote(3))
    assert found is not None
    edge, plan = found
    users = edge.users
    short = edge.replace(users=users.replace(deadline_s=users.deadline_s * (1 - 0.9e-9)))
    assert check(short, plan).valid
    answer = answer_of(short, "branch")
    assert answer.stop is Stop.INFEASIBLE and answer.certificate is not None
    result = Result.checked(short, answer, None, method="branch")
    assert result.verdict is Verdict.INFEASIBLE and result.certificate is None and result.certified_j == -math.inf
    assert result.refuted_by(plan).verdict is Verdict.WRONG


def test_a_plan_beside_a_certificate_that_there_is_none() -> None:
    instance = tiny_instance(1)
    best = solve(instance, "greedy")
    assert best.plan is not None
    claim = Answer(None, Stop.FINISHED, certificate=no_option(2))
    result = Result.checked(instance, claim, best.plan, method="test")
    assert result.verdict is Verdict.WRONG and "claims inf and proves 0" in result.message
    proof, faults = weigh(instance, no_option(2))
    assert proof is not None and proof.bound_j == 0.0 and faults
    infeasible = solve(remote(5, narrow=0.01), "prices")
    moved = dataclasses.replace(infeasible, instance=instance)
    wrong = moved.refuted_by(best.plan)
    assert wrong.verdict is Verdict.WRONG and "claimed infeasible" in wrong.message and wrong.certified_j == -math.inf


def test_verdicts_that_say_there_is_no_plan() -> None:
    assert [v for v in Verdict if v.infeasible] == [Verdict.CERTIFIED_INFEASIBLE, Verdict.INFEASIBLE]


def test_the_tree_stays_as_it_is() -> None:
    leaf = Leaf(np.ones((3, 2)))
    tree = Certificate(UserSplit(0, ((0, 1),), leaf, leaf), 3.5, whole=True)
    made = no_plan(tree)
    assert (made.root, made.bound_j, made.whole, made.costless) == (tree.root, math.inf, True, True)
    nothing = no_option(4)
    assert nothing.root.prices.shape == (3, 4) and not nothing.root.prices.any()  # type: ignore[union-attr]
    assert nothing.costless and nothing.bound_j == math.inf
