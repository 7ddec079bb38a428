"""The certifier: every figure on the safe side of the exact one, bounds below every optimum, nothing odd accepted."""

from __future__ import annotations

import dataclasses
import math
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from instances.certificate import Certificate, Leaf, Node, ServerSplit, UserSplit
from instances.certificate_file import certificate_from_json, certificate_to_json
from instances.certify import certify
from instances.certify_cuts import list_cuts
from instances.certify_least import clock_term
from instances.certify_options import LOCAL, Offers
from instances.certify_values import find_force, share_term, value_down
from instances.cuts import efficient_cuts
from instances.errors import InputError
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.options import OptionTable
from instances.plan import Plan
from solvers import solve
from solvers.prices import Dual
from solvers.prices.ascent import climb, first_prices
from tests.builders import tiny_instance


def prove(instance: Instance, root: Node) -> float:
    return certify(instance, Certificate(root, 0.0)).bound_j


def random_prices(n_servers: int, rng: np.random.Generator) -> np.ndarray:
    """Of about the size that matters in tiny instances, or of any size; some are zero."""
    wide = 10 ** rng.uniform(-4, 2, (3, n_servers))
    prices = wide if rng.random() < 0.3 else 10 ** rng.uniform(-2, -0.3, (3, n_servers))
    return prices * rng.choice([0.0, 1.0], prices.shape, p=[0.2, 0.8])


def random_tree(
    table: OptionTable, rng: np.random.Generator, depth: int, settled: frozenset[int] = frozenset()
) -> Node:
    """Splits by servers and by users, at random, with random prices."""
    free = [s for s in range(table.n_servers) if s not in settled]
    if depth == 0 or rng.random() < 0.2:
        return Leaf(random_prices(table.n_servers, rng))
    if free and rng.random() < 0.5:
        s = int(rng.choice(free))
        parts = [random_tree(table, rng, depth - 1, settled | {s}) for _ in range(2)]
        return ServerSplit(s, *parts)
    user = int(rng.integers(table.n_users))
    rows = np.flatnonzero(table.user == user)
    chosen = rng.choice(rows, int(rng.integers(1, len(rows) + 1)), replace=False)
    options = tuple((int(table.server[o]), int(table.cut[o])) for o in chosen)
    return UserSplit(user, options, *(random_tree(table, rng, depth - 1, settled) for _ in range(2)))


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


def exact_figures(instance: Instance, user: int, server: int, on_device: np.ndarray) -> dict[str, Fraction]:
    """l, e, a', c, t, q, r of one option, from the layers, in fractions."""
    F = Fraction
    net, d = instance.networks[instance.users.network[user]], int(instance.users.device[user])
    dev, srv, r = instance.devices, instance.servers, int(instance.users.radio[user])

    def time(machine: Any, row: int, layers: np.ndarray) -> Fraction:
        return sum((max(F(net.gflop[v]) / F(machine.gflops[row]),
                        F(net.traffic_mb[v]) / 1000 / F(machine.memory_gb_s[row])) + F(machine.launch_s[row])
                    for v in np.flatnonzero(layers)), F(0))  # fmt: skip

    device = time(dev, d, on_device)
    watts = F(dev.kappa[d]) * (F(dev.clock_ghz[d]) * 10**9) ** 3
    figures = {"device": device, "clock": watts * device, "air": F(0), "run": F(0), "fixed_s": F(0), "send": F(0),
               "fixed": F(0), "memory": F(0)}  # fmt: skip
    if server == LOCAL:
        return figures
    sent = {p for v in np.flatnonzero(~on_device) for p in net.predecessors[v] if p < 0 or on_device[p]}
    upload = sum((F(net.input_mbit) if p < 0 else F(net.output_mbit[p]) for p in sent), F(0))
    links, radios, result = instance.links, instance.radios, F(net.result_mbit)
    k = int(np.flatnonzero((links.user == user) & (links.server == server))[0])
    down = F(0) if np.isinf(links.download_mbps[k]) else result / F(links.download_mbps[k])
    wide = F(0) if np.isinf(links.backhaul_mbps[k]) else (upload + result) / F(links.backhaul_mbps[k])
    gflop = sum((F(g) for g in net.gflop[~on_device]), F(0))
    megabytes = sum((F(m) for m in net.weight_mb[~on_device]), F(0))
    return figures | {
        "air": upload / F(links.efficiency[k]) / F(srv.bandwidth_mhz[server]), "run": time(srv, server, ~on_device),
        "fixed_s": F(links.round_trip_s[k]) + down + wide, "send": F(radios.tx_w[r]),
        "fixed": F(radios.tx_j_per_mbit[r]) * upload + F(radios.rx_w[r]) * down + F(radios.rx_j_per_mbit[r]) * result
        + F(instance.server_energy_weight) * F(srv.j_per_gflop[server]) * gflop,
        "memory": F(0) if np.isinf(srv.memory_mb[server]) else megabytes / F(srv.memory_mb[server]),
    }  # fmt: skip


def some_instances() -> list[Instance]:
    tiny = [tiny_instance(seed, users=4, servers=3, layers=5) for seed in range(20)]
    return [*tiny, generate("campus", users=12, servers=3, seed=3), generate("factory", users=10, servers=2, seed=1)]


def test_p13_figures_against_fractions() -> None:
    """Thousands of random rows: each figure at most the exact one (the budget at least), and close to it."""
    rng, rows = np.random.default_rng(0), 0
    for instance in some_instances():
        offers = Offers(instance)
        o = offers.of(0, instance.n_users)
        assert len(o)
        for k in rng.choice(len(o), min(len(o), 120), replace=False):
            user, g = int(o.user[k]), int(instance.users.network[o.user[k]])
            mask = offers.lists[g].on_device[o.cut[k] - offers.offset[g]]
            true = exact_figures(instance, user, int(o.server[k]), mask)
            w, deadline = Fraction(instance.users.weight[user]), Fraction(instance.users.deadline_s[user])
            for low, exact in ((o.device[k], true["device"]), (o.air[k], true["air"]), (o.run[k], true["run"]),
                               (o.clock_w[k], w * true["clock"]), (o.send_w[k], w * true["send"]),
                               (o.fixed[k], w * true["fixed"]), (o.memory[k], true["memory"])):  # fmt: skip
                assert 0 <= Fraction(low) <= exact
                assert low >= float(exact) * (1 - 1e-12)
            assert Fraction(o.budget[k]) >= deadline - true["fixed_s"]
            assert o.budget[k] <= float(deadline - true["fixed_s"]) + 4e-9 * float(deadline)
            rows += 1
    assert rows > 1000


def test_p13_values_against_exact_plans() -> None:
    """At any prices and any λ an option costs at most what it costs in an exact, feasible way of running it."""
    rng, tried, sharp = np.random.default_rng(1), 0, 0
    for instance in some_instances():
        offers = Offers(instance)
        o = offers.of(0, instance.n_users)
        mu, nu, pi = (10 ** rng.uniform(-3, 2, len(o)) for _ in range(3))
        force = find_force(o, mu, nu)
        prices = np.stack([mu, nu, pi, np.zeros(len(o))])
        best = value_down(o, prices, force)
        others = [value_down(o, prices, force * 10 ** rng.uniform(-3, 3, len(o))) for _ in range(3)]
        assert all((other <= best + 1e-9 * np.abs(best)).all() for other in others)
        for k in rng.choice(len(o), min(len(o), 60), replace=False):
            costs = _exact_costs(instance, offers, o, int(k), (mu[k], nu[k], pi[k]), float(force[k]), rng)
            for cost in costs:
                for value in (best[k], *(other[k] for other in others)):
                    assert Fraction(value) <= cost
                tried += 1
            sharp += bool(costs) and best[k] >= float(min(costs)) * (1 - 1e-6)
    assert tried > 1000 and sharp > 100  # the first way tried is nearly the best one: the values are no idle ones


def _exact_costs(instance: Instance, offers: Offers, o: Any, k: int, prices: tuple[float, ...], force: float,
                 rng: np.random.Generator) -> list[Fraction]:  # fmt: skip
    """Priced costs of exact feasible ways to run one option: that of λ, and random ones."""
    F, user, g = Fraction, int(o.user[k]), int(instance.users.network[o.user[k]])
    remote = o.server[k] >= 0
    true = exact_figures(instance, user, int(o.server[k]), offers.lists[g].on_device[o.cut[k] - offers.offset[g]])
    w, left = F(instance.users.weight[user]), F(instance.users.deadline_s[user]) - true["fixed_s"]
    mu, nu, pi = prices
    found = []
    for trial in range(4):
        beta = min(1.0, math.sqrt(o.air[k] * (o.send_w[k] + force) / mu)) if trial == 0 else rng.random()
        phi = min(1.0, math.sqrt(o.run[k] * force / nu)) if trial == 0 else rng.random()
        # A hair more than λ asks for, so that rounding does not make it late.
        beta, phi = (F(min(share * (1 + 1e-9), 1.0)) for share in (beta, phi))
        if (true["air"] > 0 and beta == 0) or (true["run"] > 0 and phi == 0):
            continue
        air = true["air"] / beta if true["air"] else F(0)
        run = true["run"] / phi if true["run"] else F(0)
        slack = left - air - run
        if slack <= 0:
            continue
        clock = max(F(o.slow[k]), true["device"] / slack)
        if clock > F(o.fast[k]):
            continue
        used = F(mu) * beta + F(nu) * phi + F(pi) * true["memory"] if remote else F(0)
        found.append(w * (true["clock"] * clock**2 + true["send"] * air + true["fixed"]) + used)
    return found


def test_p13_terms_against_fifty_digits() -> None:
    rng = np.random.default_rng(2)
    n = 2000
    energy, late = (10 ** rng.uniform(-12, 6, n) * rng.choice([0.0, 1.0], n, p=[0.05, 0.95]) for _ in range(2))
    slow = rng.uniform(0.1, 1.0, n)
    fast = slow + rng.choice([0.0, 0.5, 2.0], n)
    with np.errstate(all="ignore"):
        best = np.clip(np.nan_to_num(np.cbrt(late / (2 * energy)), nan=1.0), slow, fast)
    clock = np.where(rng.random(n) < 0.7, best, rng.uniform(slow, fast))
    got = clock_term(energy, late, slow, fast, clock)
    work, price = (10 ** rng.uniform(-12, 6, n) * rng.choice([0.0, 1.0], n, p=[0.05, 0.95]) for _ in range(2))
    shared = share_term(work, price)
    with localcontext() as context:
        context.prec = 50
        for k in range(n):
            e, b, low, high = (Decimal(float(x[k])) for x in (energy, late, slow, fast))
            z = low if e > 0 else high
            if e > 0 and b > 0:
                z = min(max(((b / (2 * e)).ln() / 3).exp(), low), high)
            least = e * z * z + b / z
            assert Decimal(float(got[k])) <= least * (1 + Decimal("1e-40"))
            if clock[k] == best[k]:
                assert got[k] >= float(least) * (1 - 1e-13)
            a, p = Decimal(float(work[k])), Decimal(float(price[k]))
            least = a + p if a >= p else 2 * (a * p).sqrt()
            assert Decimal(float(shared[k])) <= least * (1 + Decimal("1e-40"))
            assert shared[k] >= float(least) * (1 - 1e-15)


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


def test_a_list_without_a_cut_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    network = tiny_instance(1, layers=5).networks[0]
    whole = efficient_cuts(network)
    assert len(list_cuts(network)) == len(whole)
    masks = whole.on_device
    fakes = [np.delete(masks, row, axis=0) for row in range(len(masks) - 1)]
    for fake in [*fakes, np.vstack([~masks[1:2], masks])]:
        monkeypatch.setattr("instances.certify_cuts.efficient_cuts",
                            lambda _, fake=fake: dataclasses.replace(whole, on_device=fake))  # fmt: skip
        with pytest.raises(InputError, match="cuts"):
            list_cuts(network)


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


def spoilt() -> dict[str, Any]:
    good, shape = np.full((3, 2), 0.1), Leaf(np.full((3, 2), 0.1))

    def leaf(place: tuple[int, int], value: float) -> Leaf:
        prices = good.copy()
        prices[place] = value
        return Leaf(prices)

    return {
        "negative price": leaf((0, 1), -1e-9),
        "price no number": leaf((1, 0), math.nan),
        "price infinite": leaf((2, 1), math.inf),
        "too few prices": Leaf(good[:2]),
        "too many servers": Leaf(np.full((3, 3), 0.1)),
        "flat prices": Leaf(good.ravel()),
        "a list of prices": Leaf(good.tolist()),  # type: ignore[arg-type]
        "whole prices": Leaf(good.astype(int)),
        "no node": None,
        "a text": "leaf",
        "unknown server": ServerSplit(2, shape, shape),
        "negative server": ServerSplit(-1, shape, shape),
        "server a fraction": ServerSplit(0.0, shape, shape),  # type: ignore[arg-type]
        "server true": ServerSplit(True, shape, shape),
        "server settled twice": ServerSplit(0, ServerSplit(0, shape, shape), shape),
        "server settled far above": ServerSplit(1, shape, ServerSplit(0, shape, ServerSplit(1, shape, shape))),
        "unknown user": UserSplit(9, ((-1, 0),), shape, shape),
        "no options": UserSplit(0, (), shape, shape),
        "options a list": UserSplit(0, [(-1, 0)], shape, shape),  # type: ignore[arg-type]
        "unknown cut": UserSplit(0, ((0, 10**6),), shape, shape),
        "cut below all": UserSplit(0, ((0, -1),), shape, shape),
        "remote cut on the device": UserSplit(0, ((-1, 0),), shape, shape),
        "option a triple": UserSplit(0, ((0, 0, 0),), shape, shape),  # type: ignore[arg-type]
        "one option no pair of whole numbers": UserSplit(0, ((0, 0), (0, 0.5)), shape, shape),  # type: ignore[arg-type]
        "option twice": UserSplit(0, ((0, 0), (0, 0)), shape, shape),
        "fault below a split": ServerSplit(0, shape, leaf((0, 0), math.nan)),
    }


@pytest.mark.parametrize("fault", spoilt())
def test_what_is_not_understood_is_rejected(fault: str) -> None:
    instance = generate("campus", users=3, servers=2, seed=1)
    with pytest.raises(InputError, match="certificate"):
        prove(instance, spoilt()[fault])


@pytest.mark.parametrize("bound", [math.nan, None, "1", True])
def test_a_claim_is_a_number(bound: Any) -> None:
    instance = generate("campus", users=3, servers=2, seed=1)
    with pytest.raises(InputError, match="bound_j"):
        certify(instance, Certificate(Leaf(np.zeros((3, 2))), bound))


def test_files_keep_every_bit_and_know_names() -> None:
    instance = tiny_instance(6, users=3, servers=3, tightness=0.2, memory_limits=False)
    root = random_tree(expand(instance), np.random.default_rng(8), 5)
    document = certificate_to_json(instance, Certificate(root, 0.1 + 0.2))
    again = certificate_from_json(instance, document)
    assert again.bound_j == 0.1 + 0.2
    assert certificate_to_json(instance, again) == document
    order = np.array([2, 0, 1])  # the same servers in another order
    place = np.argsort(order)
    turned = instance.replace(
        servers=instance.servers.take(order), links=instance.links.replace(server=place[instance.links.server])
    )
    moved = prove(turned, certificate_from_json(turned, document).root)
    assert moved == pytest.approx(prove(instance, root), rel=1e-12)


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


@pytest.mark.parametrize("fault", ["one option no pair of whole numbers", "option a triple"])
def test_every_option_is_a_pair(fault: str) -> None:
    with pytest.raises(InputError, match="not all pairs"):
        prove(generate("campus", users=3, servers=2, seed=1), spoilt()[fault])
