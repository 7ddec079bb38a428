"""The certifier: its bounds are below every optimum, and as good as the solver's own."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from instances.certificate import Certificate, Leaf, Node, ServerSplit, UserSplit
from instances.certificate_file import certificate_from_json, certificate_to_json
from instances.certify import certify
from instances.certify_options import Offers
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.options import OptionTable
from instances.plan import Plan
from solvers import solve
from solvers.prices import Dual
from solvers.prices.ascent import climb, first_prices
from tests.builders import tiny_instance
from tests.instances.random_trees import prove, random_prices, random_tree


@pytest.mark.parametrize("block", range(10))
def test_p13_never_above_the_optimum(block: int) -> None:
    """300 instances: both allocation and both cut rules, memory limits, static energy; leaves and trees at random."""
    rng = np.random.default_rng(block)
    compared = 0
    for seed in range(30 * block, 30 * (block + 1)):
        allocation = "units" if seed % 2 else "continuous"
        instance = tiny_instance(seed, users=3 if seed % 2 else 2, servers=2, layers=3, allocation=allocation)
        instance = instance.replace(cut_rule="supported" if seed % 4 < 2 else "efficient")
        table = expand(instance)
        best = solve(instance, "brute_force").objective_j
        roots = [Leaf(random_prices(2, rng)), random_tree(table, rng, 3), random_tree(table, rng, 3)] if len(
            np.unique(table.user)) == table.n_users else [Leaf(random_prices(2, rng))]  # fmt: skip
        for root in roots:
            bound = prove(instance, root)
            assert bound <= best * (1 + 1e-12), (seed, root)
            compared += math.isfinite(best) and bound > 0.5 * best
    assert compared >= 10  # many of the bounds are close enough to be wrong if anything were


@pytest.mark.parametrize("kind", ["campus", "factory", "roadside", "metro"])
@pytest.mark.parametrize("rule", ["efficient", "supported"])
def test_p13_equals_the_solvers_bound(kind: str, rule: str) -> None:
    sizes = {"users": 400, "servers": 8} if kind == "metro" else {"users": 30, "servers": 3}
    instance = generate(kind, seed=2, **sizes).replace(cut_rule=rule)
    dual = Dual(expand(instance))
    prices = climb(dual, first_prices(dual), 12).prices
    for scale in (1.0, 0.3, 3.0):
        claimed = dual.at(prices * scale, steps=60).bound_j
        assert prove(instance, Leaf(prices * scale)) == pytest.approx(claimed, rel=1e-9)


def parts_by_the_solver(table: OptionTable, node: Node) -> list[float]:
    """Bounds of the leaves of a tree, each by the solver's own dual function on a changed table."""
    if isinstance(node, Leaf):
        dual = Dual(table)
        return [math.inf if len(dual.stuck) else dual.at(node.prices, steps=60).bound_j]
    if isinstance(node, ServerSplit):
        off = table.take(np.flatnonzero(table.server != node.server))
        free = dataclasses.replace(
            table, static_j=np.where(np.arange(table.n_servers) == node.server, 0.0, table.static_j)
        )
        static, cost = float(table.static_j[node.server]), []
        # Dual never charges a server that is off: without options its prices are its own affair.
        cost = [b + max(0.0, _paid(leaf, node.server) - static)
                for b, leaf in zip(parts_by_the_solver(off, node.off), _leaves(node.off), strict=True)]  # fmt: skip
        return cost + [b + static for b in parts_by_the_solver(free, node.on)]
    rows = np.array([(int(s), int(c)) in node.options for s, c in zip(table.server, table.cut, strict=True)])
    of_user = table.user == node.user
    return [
        *parts_by_the_solver(table.take(np.flatnonzero(~of_user | rows)), node.among),
        *parts_by_the_solver(table.take(np.flatnonzero(~of_user | ~rows)), node.other),
    ]


def worthwhile(table: OptionTable) -> OptionTable:
    """Without remote options that cost no less than running locally: before any split nobody needs them (P8a)."""
    cost, local = table.cost_j(), np.full(table.n_users, np.inf)
    np.minimum.at(local, table.user[table.is_local], cost[table.is_local])
    return table.take(np.flatnonzero(table.is_local | (cost < local[table.user])))


def _leaves(node: Node) -> list[Leaf]:
    if isinstance(node, Leaf):
        return [node]
    parts = (node.off, node.on) if isinstance(node, ServerSplit) else (node.among, node.other)
    return [leaf for part in parts for leaf in _leaves(part)]


def _paid(leaf: Leaf, server: int) -> float:
    return float(leaf.prices[:, server].sum())


@pytest.mark.parametrize("seed", range(12))
def test_p13_trees_are_the_least_of_their_leaves(seed: int) -> None:
    instance = tiny_instance(seed, users=3, servers=3, layers=3, tightness=0.3, memory_limits=False)
    table, rng = expand(instance), np.random.default_rng(seed)
    for depth in (1, 2, 4):
        root = random_tree(table, rng, depth)
        # Prices at which the solver's own rounding up to 1e-12 does not show.
        expected = min(parts_by_the_solver(worthwhile(table), root))
        got = prove(instance, root)
        assert got == expected or got == pytest.approx(expected, rel=1e-8, abs=1e-8)


def test_options_mean_the_same_cut() -> None:
    """A split by the row of a table is about the cut of that row, for every user, server and cut."""
    for rule in ("efficient", "supported"):
        instance = tiny_instance(5, users=4, servers=2, layers=4, tightness=0.0, memory_limits=False)
        instance = instance.replace(cut_rule=rule)
        table, offers = expand(instance, feasible_only=False), Offers(instance)
        known = {(int(u), int(s), int(c)) for u, s, c in zip(table.user, table.server, table.cut, strict=True)}
        for user in range(4):
            for server in range(-1, 2):
                for cut in range(-1, offers.n_cuts + 1):
                    assert offers.allows(user, server, cut) == ((user, server, cut) in known)
        for row in range(len(table)):
            chosen = table.start[:-1].copy()
            chosen[table.user[row]] = row
            plan = Plan.from_options(table, chosen, 1.0, 1.0)
            mask = plan.cuts[plan.cut[table.user[row]]].on_device
            g = int(instance.users.network[table.user[row]])
            assert np.array_equal(offers.lists[g].on_device[table.cut[row] - offers.offset[g]], mask)


def chain(instance: Instance, depth: int) -> Node:
    """A tree as deep as asked for: one user, split again and again."""
    table = expand(instance, feasible_only=False)
    rows = np.flatnonzero(table.user == 0)
    prices = np.full((3, instance.n_servers), 0.05)
    root: Node = Leaf(prices)
    for k in range(depth):
        o = rows[k % len(rows)]
        root = UserSplit(0, ((int(table.server[o]), int(table.cut[o])),), Leaf(prices), root)
    return root


def test_deep_trees_need_no_recursion() -> None:
    instance = tiny_instance(4, users=2, servers=2, tightness=0.2, memory_limits=False)
    deep = Certificate(chain(instance, 1100), 0.0)
    proof = certify(instance, deep)
    assert proof.leaves == 1101
    assert proof.bound_j == pytest.approx(prove(instance, Leaf(np.full((3, 2), 0.05))), rel=1e-9)
    again = certificate_from_json(instance, certificate_to_json(instance, deep))
    assert certify(instance, again) == proof


def test_impossible_cases_count_as_infinite() -> None:
    instance = tiny_instance(4, users=2, servers=2, tightness=0.2, memory_limits=False)
    table = expand(instance, feasible_only=False)
    rows = np.flatnonzero(table.user == 0)
    every = tuple((int(table.server[o]), int(table.cut[o])) for o in rows)
    low, high = Leaf(np.full((3, 2), 1e-9)), Leaf(np.full((3, 2), 0.05))
    assert prove(instance, UserSplit(0, every, high, low)) == prove(instance, high)
    again = UserSplit(0, every[:1], UserSplit(0, every[1:], low, high), UserSplit(0, every[1:], high, low))
    assert prove(instance, again) == pytest.approx(prove(instance, high), rel=1e-9)


def test_price_of_unlimited_memory_is_ignored() -> None:
    instance = generate("campus", users=5, servers=2, seed=1)
    servers = instance.servers.replace(memory_mb=np.full(2, np.inf))
    instance = instance.replace(servers=servers)
    prices = np.full((3, 2), 0.1)
    assert prove(instance, Leaf(prices * np.array([[1], [1], [1e6]]))) == prove(instance, Leaf(prices))


def test_figures_of_any_size_prove_nothing_false() -> None:
    """The largest and smallest numbers that an instance may hold: no warning, no bound that is no number."""
    plain = generate("campus", users=6, servers=2, seed=1)
    roomy = plain.devices.replace(memory_mb=np.full(len(plain.devices), np.inf))
    plain = plain.replace(users=plain.users.replace(deadline_s=plain.users.deadline_s * 1e5), devices=roomy)
    extremes, finite = [], 0
    for value in (1e-30, 1e30):
        extremes.append(plain.replace(devices=plain.devices.replace(kappa=plain.devices.kappa * 0 + value)))
        extremes.append(plain.replace(users=plain.users.replace(weight=plain.users.weight * 0 + value)))
        extremes.append(plain.replace(users=plain.users.replace(deadline_s=plain.users.deadline_s * 0 + value)))
        extremes.append(plain.replace(links=plain.links.replace(efficiency=plain.links.efficiency * 0 + value)))
        extremes.append(plain.replace(devices=plain.devices.replace(gflops=plain.devices.gflops * 0 + value)))
    for instance in [plain, *extremes]:
        found = solve(instance, "all_local").objective_j
        finite += math.isfinite(found)
        for size in (0.0, 1e-300, 1.0, 1e300):
            bound = prove(instance, Leaf(np.full((3, 2), size)))
            assert bound <= found * (1 + 1e-9)  # which is false of a bound that is no number
    assert finite >= 8


@pytest.mark.slow
def test_many_users() -> None:
    """50,000 users in chunks: the same bound as the solver's, and as one chunk."""
    instance = generate("metro", users=50_000, servers=50, seed=1)
    dual = Dual(expand(instance))
    prices = first_prices(dual)
    claimed = dual.at(prices, steps=20).bound_j
    assert prove(instance, Leaf(prices)) == pytest.approx(claimed, rel=1e-9)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = generate("metro", users=500, servers=5, seed=2)
    table = expand(instance)
    root = ServerSplit(1, random_tree(table, np.random.default_rng(1), 3, frozenset({1})), Leaf(np.full((3, 5), 0.7)))
    whole = prove(instance, root)
    monkeypatch.setattr("instances.certify.CHUNK", 97)
    assert prove(instance, root) == pytest.approx(whole, rel=1e-13)
