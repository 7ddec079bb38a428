"""Branch and price: optima of enumeration, certificates that hold, limits that keep the best."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np
import pytest

from instances.certificate import Certificate, Dropped, Leaf, Links, Node, ServerSplit, UserSplit
from instances.certificate_file import certificate_from_json, certificate_to_json
from instances.certify import certify
from instances.errors import InputError
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.options import OptionTable
from solvers import METHODS, Limits, Verdict, solve
from solvers.answer import Answer, Clock, Progress, Stop
from solvers.branch.bound import bound_case, lagrangian
from solvers.branch.cases import OFF, ON, OPEN, Case, Record
from solvers.branch.fitting import Fitting
from solvers.branch.master import Master
from solvers.branch.offers import Offers, Shares
from solvers.branch.pieces import Pieces
from solvers.branch.rates import Rates
from solvers.branch.search import Search
from solvers.prices.dual import Dual
from solvers.prices.maximise import ceiling_j
from solvers.result_file import result_from_json, result_to_json, verify
from tests.builders import tiny_instance

RULES = ("continuous", "units")


def offers_of(table: OptionTable) -> Offers:
    return Shares(table) if table.allocation == "continuous" else Pieces(table)


def random_rates(table: OptionTable, rng: np.random.Generator, size: float) -> Rates:
    """Prices and links of any size, some of them 0."""
    n = table.n_users * table.n_servers
    pair = np.sort(rng.choice(n, rng.integers(0, n + 1), replace=False)) if n else np.zeros(0, dtype=np.int64)
    prices = size * rng.exponential(size=(3, table.n_servers)) * (rng.random((3, table.n_servers)) < 0.7)
    return Rates(prices, pair.astype(np.int64), size * rng.exponential(size=len(pair)))


@pytest.mark.parametrize("allocation", RULES)
def test_p15_any_rates_bound_every_case(allocation: str) -> None:
    """No bound of a case, at any rates, is above what a plan of that case costs."""
    tried = 0
    for seed in range(60):
        instance = tiny_instance(seed, users=3, servers=2, layers=2, allocation=allocation)
        table, rng = expand(instance), np.random.default_rng(seed)
        offers = offers_of(table)
        answers = [_best_without(table, off) for off in ([], [0])]
        for state in ([OPEN, OPEN], [OFF, OPEN], [OPEN, ON], [ON, ON]):
            live = ~np.isin(offers.server, np.flatnonzero(np.array(state) == OFF))
            least = _optimum_with(table, state, answers[OFF in state])
            for size in (1e-9, 1e-3, 0.1, 1.0, 30.0):
                rates = random_rates(table, rng, size)
                case = Case(np.array(state), live, Record(rates, -math.inf))
                bound = lagrangian(table, case, rates, offers.price(rates, live, sharp=True))
                assert bound <= least * (1 + 1e-9) + 1e-12, (seed, state, size)
                tried += math.isfinite(least)
    assert tried > 300


def _best_without(table: OptionTable, off: list[int]) -> Answer | None:
    """Brute force where servers that are off serve nobody; None where a user then has no option."""
    kept = table.take(np.flatnonzero(~np.isin(table.server, off)))
    if (np.diff(kept.start) == 0).any():
        return None
    limits = Limits()
    return METHODS["brute_force"].solve(kept, limits=limits, rng=np.random.default_rng(0), clock=Clock(limits))


def _optimum_with(table: OptionTable, state: list[int], answer: Answer | None) -> float:
    """Cost of a good plan where servers that are off serve nobody, and those that are on are paid for anyway."""
    if answer is None or answer.decision is None:
        return math.inf
    # Brute force pays for servers in use only. With what else is on added, its plan belongs to the case, so the case's
    # optimum, and with it every bound, is no more than this.
    kept = table.take(np.flatnonzero(~np.isin(table.server, [s for s, how in enumerate(state) if how == OFF])))
    used = np.unique(kept.server[answer.decision.chosen])
    paid = [s for s, how in enumerate(state) if how == ON and s not in used]
    return answer.objective_j + float(table.static_j[paid].sum())


@pytest.mark.parametrize("allocation", RULES)
def test_bound_case_meets_its_master(allocation: str) -> None:
    """Where the loop says that it settled, bound and master's value are as near as was asked for."""
    instance = generate("campus", users=12, servers=3, seed=3, allocation=allocation)
    optimum = solve(instance, "branch", limits=Limits(gap=1e-6, nodes=3000)).objective_j
    table = expand(instance)
    offers = offers_of(table)
    case = Case(np.full(3, OPEN), np.ones(len(offers.user), dtype=bool), Record(Rates(np.full((3, 3), 0.1)), -math.inf))
    bounded = bound_case(Master(offers, ceiling_j(Dual(table))), case, enough=optimum, rounds=80, tolerance=1e-8)
    if bounded.bound_j < optimum:
        assert bounded.settled and bounded.relaxed is not None
        missing = bounded.relaxed.value_j - bounded.bound_j
        assert -1e-9 <= missing <= 0.05 * (optimum - bounded.bound_j) + 1e-7
        assert np.bincount(offers.user, bounded.relaxed.weight) == pytest.approx(1, abs=1e-6)
    assert bounded.bound_j <= optimum * (1 + 1e-9)


def test_links_keep_users_below_what_is_on() -> None:
    """After its rows for links the master has nobody at a server more than that is on."""
    table = expand(generate("roadside", users=15, servers=6, seed=2, load=0.2))
    offers = Shares(table)
    master = Master(offers, ceiling_j(Dual(table)))
    live = np.ones(len(offers.user), dtype=bool)
    case = Case(np.full(6, OPEN), live, Record(Rates(np.zeros((3, 6))), -math.inf))
    bounded = bound_case(master, case, enough=6.0, rounds=100, tolerance=1e-9)
    assert bounded.relaxed is not None and bounded.settled
    without = bound_case(_without_links(Master(offers, ceiling_j(Dual(table)))), case, 6.0, 100, 1e-9)
    assert bounded.bound_j > without.bound_j * 1.01  # they matter here
    remote = np.flatnonzero(offers.server >= 0)
    at = np.zeros((15, 6))
    np.add.at(at, (offers.user[remote], offers.server[remote]), bounded.relaxed.weight[remote])
    assert (at <= bounded.relaxed.on + 2e-4).all()


def _without_links(master: Master) -> Master:
    master.link = lambda relaxed: False  # type: ignore[method-assign]
    return master


@pytest.mark.parametrize("kind", ["campus", "factory", "roadside"])
def test_certified_to_a_millionth(kind: str) -> None:
    """Plan and tree recomputed: the verdict is CERTIFIED, and stays so in a file."""
    instance = generate(kind, users=15, servers=3, seed=4)
    got = solve(instance, "branch", limits=Limits(gap=1e-6, nodes=3000))
    assert got.verdict is Verdict.CERTIFIED and got.gap <= 1e-6 and got.certified_gap <= 1e-6
    document = json.loads(json.dumps(result_to_json(got)))
    assert verify(instance, document) == []
    again = result_from_json(instance, document)
    assert again.certified_j == got.certified_j


def test_units_carry_the_certificate_of_whole_pieces() -> None:
    instance = generate("campus", users=15, servers=3, seed=4, allocation="units")
    got = solve(instance, "branch", limits=Limits(gap=1e-6, nodes=3000))
    assert got.gap <= 1e-6 and got.verdict is Verdict.CERTIFIED
    assert got.certificate is not None and got.certificate.whole and got.certified_gap <= 1e-6
    assert verify(instance, json.loads(json.dumps(result_to_json(got)))) == []


def test_same_answer_again() -> None:
    instance = generate("campus", users=20, servers=3, seed=1)
    one, two = (solve(instance, "branch", limits=Limits(gap=1e-6), seed=5) for _ in range(2))
    assert one.objective_j == two.objective_j and one.bound_j == two.bound_j and one.detail == two.detail


def test_begun_afresh_at_the_last_node_of_the_sketch_it_goes_on() -> None:
    """The search had outgrown its options at node 30, and whole pieces came before its new root was looked at."""
    instance = generate("factory", users=14, servers=3, seed=10_001, allocation="units")
    result = solve(instance, "branch", limits=Limits(gap=1e-3, nodes=60))
    assert result.verdict in (Verdict.CERTIFIED, Verdict.OPTIMAL, Verdict.BOUNDED) and result.plan is not None


@pytest.mark.parametrize("nodes", [0, 1, 3])
def test_node_limit_keeps_plan_bound_and_certificate(nodes: int) -> None:
    instance = generate("factory", users=40, servers=4, seed=1)
    got = solve(instance, "branch", limits=Limits(gap=1e-9, nodes=nodes))
    assert got.stop is Stop.NODES and got.valid and got.detail["nodes"] <= nodes
    assert got.verdict is not Verdict.WRONG
    assert 0 < got.certified_j <= got.objective_j


@pytest.mark.parametrize("when", range(2, 40, 6))
def test_interrupt_keeps_the_best(when: int) -> None:
    instance, calls = generate("campus", users=40, servers=4, seed=2), []

    def interrupt(progress: Progress) -> None:
        calls.append(progress)
        if len(calls) == when:
            raise KeyboardInterrupt

    got = solve(instance, "branch", limits=Limits(gap=1e-9), on_progress=interrupt)
    assert got.stop in (Stop.INTERRUPTED, Stop.FINISHED, Stop.STALLED)
    assert got.verdict is not Verdict.WRONG
    if math.isfinite(max(p.bound_j for p in calls)):
        assert math.isfinite(got.bound_j) or not got.valid


def _nodes(root: Node) -> list[Node]:
    found, stack = [], [root]
    while stack:
        node = stack.pop()
        found.append(node)
        if isinstance(node, ServerSplit):
            stack += [node.off, node.on]
        elif isinstance(node, UserSplit):
            stack += [node.among, node.other]
        elif isinstance(node, Dropped):
            stack.append(node.rest)
    return found


@pytest.fixture(scope="module")
def solved() -> tuple[Instance, Certificate, float]:
    instance = generate("roadside", users=15, servers=5, seed=3)
    got = solve(instance, "branch", limits=Limits(gap=1e-6, nodes=3000))
    assert got.verdict is Verdict.CERTIFIED and got.certificate is not None
    kinds = {type(node) for node in _nodes(got.certificate.root)}
    assert {Dropped, Leaf} <= kinds and any(len(n.links) for n in _nodes(got.certificate.root) if isinstance(n, Leaf))
    return instance, got.certificate, got.objective_j


def test_file_form_proves_the_same(solved: tuple[Instance, Certificate, float]) -> None:
    instance, certificate, _ = solved
    again = certificate_from_json(instance, json.loads(json.dumps(certificate_to_json(instance, certificate))))
    assert certify(instance, again) == certify(instance, certificate)


def _dearer(links: Links) -> Links:
    return Links(links.user, links.server, links.price_j * 3 + 0.01)


MUTATIONS: dict[str, Callable[[Leaf], Leaf]] = {
    "no links": lambda leaf: Leaf(leaf.prices),
    "dearer links": lambda leaf: Leaf(leaf.prices, _dearer(leaf.links)),
    "no prices": lambda leaf: Leaf(np.zeros_like(leaf.prices), leaf.links),
    "dearer prices": lambda leaf: Leaf(leaf.prices * 2 + 0.01, leaf.links),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_changed_rates_prove_no_more(solved: tuple[Instance, Certificate, float], name: str) -> None:
    """Rates are a choice of the author: other ones prove something else, and never more than the optimum."""
    instance, certificate, objective = solved

    def change(node: Node) -> Node:
        if isinstance(node, Leaf):
            return MUTATIONS[name](node)
        if isinstance(node, Dropped):
            return Dropped(node.prices, change(node.rest), node.links)
        if isinstance(node, ServerSplit):
            return ServerSplit(node.server, change(node.off), change(node.on))
        return UserSplit(node.user, node.options, change(node.among), change(node.other))

    proof = certify(instance, Certificate(change(certificate.root), certificate.bound_j))
    assert proof.bound_j <= certify(instance, certificate).bound_j + 1e-12 <= objective * (1 + 1e-9)


def test_a_sieve_proves_no_more_than_its_author_says(solved: tuple[Instance, Certificate, float]) -> None:
    """Claiming more drops fewer options; claiming less drops more, and then no more than the claim is proven."""
    instance, certificate, objective = solved
    for claim in (0.0, 0.5 * objective, 0.99 * objective, 1.5 * objective, 10 * objective):
        assert certify(instance, Certificate(certificate.root, claim)).bound_j <= min(claim, objective * (1 + 1e-9))


@pytest.mark.parametrize(
    ("links", "says"),
    [
        (Links(np.array([99]), np.array([0]), np.array([0.1])), "out of range"),
        (Links(np.array([0]), np.array([-1]), np.array([0.1])), "out of range"),
        (Links(np.array([0]), np.array([0]), np.array([-0.1])), "negative"),
        (Links(np.array([0]), np.array([0]), np.array([math.nan])), "negative or not finite"),
        (Links(np.array([0, 0]), np.array([1, 1]), np.array([0.1, 0.2])), "twice"),
        (Links(np.array([0, 1]), np.array([1]), np.array([0.1])), "different lengths"),
        (Links(np.array([0.5]), np.array([1]), np.array([0.1])), "column"),
        ("links", "are a str"),
    ],
)
def test_links_that_make_no_sense(solved: tuple[Instance, Certificate, float], links: Links, says: str) -> None:
    instance = solved[0]
    leaf = Leaf(np.zeros((3, instance.n_servers)), links)
    with pytest.raises(InputError, match=says):
        certify(instance, Certificate(leaf, 0.0))


def test_rates_mix() -> None:
    one = Rates(np.ones((3, 2)), np.array([1, 3]), np.array([1.0, 2.0]))
    two = Rates(np.zeros((3, 2)), np.array([0, 3]), np.array([4.0, 6.0]))
    mixed = one.mixed(two, 0.25)
    assert mixed.pair.tolist() == [0, 1, 3] and mixed.link_j.tolist() == [3.0, 0.25, 5.0]
    assert (mixed.prices == 0.25).all()
    assert np.asarray(mixed.links_of(np.array([0, 0, 1, 1]), np.array([0, -1, 0, 1]))).tolist() == [3.0, 0.0, 0.0, 5.0]
    assert mixed.paid_j.tolist() == [0.75 + 3.0, 0.75 + 5.25]


def test_a_search_that_a_limit_ended_goes_on_where_it_was() -> None:
    """One node at a time: no case is lost, so the bound is proven by the leaves of the tree at any time."""
    table = expand(generate("campus", users=15, servers=3, seed=4, allocation="units"))
    offers, clock = Shares(table.take(np.flatnonzero(np.isfinite(table.cost_j())))), Clock(Limits())
    dual = Dual(offers.table)
    rates = Rates(np.zeros((2 + len(table.stocks), table.n_servers)))
    root = Case(np.full(table.n_servers, OPEN), np.ones(len(offers.user), dtype=bool), Record(rates, -math.inf))
    fit = Fitting(offers, dual, rates.prices[:3], np.random.default_rng(0), clock)
    search = Search(offers, root, 1.01 * ceiling_j(dual), 1e-4, None, math.inf, fit, clock)
    for most in range(1, 20):
        search.run(most)
        leaves, todo = [], [root.record]
        while todo:
            record = todo.pop()
            todo += record.parts or ()
            leaves += [] if record.parts else [record.bound_j]
        assert search.bound_j <= min(leaves)
    assert search.nodes > 3
