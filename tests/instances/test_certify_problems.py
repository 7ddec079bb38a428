"""The certifier beyond J-E with any shares: latency, money, admission, and whole pieces (docs/theory.md, P16)."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from instances.certificate import Certificate, Dropped, Leaf, Links, Node, PieceSplit, ServerSplit, UserSplit
from instances.certificate_file import certificate_from_json, certificate_to_json
from instances.certify import CERTIFIABLE, certify
from instances.certify_bounds import Case
from instances.certify_dominance import undominated
from instances.certify_least import cost_down
from instances.certify_options import Offers
from instances.certify_pieces import Pieces, list_pieces, prices_of_pieces
from instances.errors import InputError
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.options import OptionTable
from instances.stocks import stocks_bind
from solvers import solve
from solvers.branch.bound import lagrangian
from solvers.branch.cases import OPEN
from solvers.branch.cases import Case as SolverCase
from solvers.branch.cases import Record as SolverRecord
from solvers.branch.offers import Shares
from solvers.branch.pieces import Pieces as SolverPieces
from solvers.branch.rates import Rates
from tests.builders import tiny_admission, tiny_instance

RULES = ("continuous", "units")


def made(seed: int, problem: str, allocation: str, users: int = 2, layers: int = 2) -> Instance:
    """Tiny; J-A with energy budgets, and some with budgets of devices where there may be any."""
    if problem == "J-A":
        return tiny_admission(seed, users, 2, layers, allocation, device_budgets=allocation == "units" and seed % 2 > 0)
    return tiny_instance(seed, users=users, servers=2, layers=layers, allocation=allocation, problem=problem)


def prove(instance: Instance, root: Node, *, whole: bool = False, claim: float = 0.0) -> float:
    return certify(instance, Certificate(root, claim, whole)).bound_j


def random_prices(instance: Instance, size: float, rng: np.random.Generator) -> np.ndarray:
    """Of about the size of costs, or of any; some are zero; energy has one where it may."""
    shape = (3 if instance.energy_budget_j is None else 4, instance.n_servers)
    wide = rng.random() < 0.3
    return size * 10 ** rng.uniform(*((-4, 2) if wide else (-2, 0)), shape) * (rng.random(shape) < 0.8)


def random_node(instance: Instance, table: OptionTable, size: float, rng: np.random.Generator, depth: int,
                whole: bool, settled: frozenset[int] = frozenset()) -> Node:  # fmt: skip
    """Sieves, and splits of every kind, with prices at random."""

    def inner(more: frozenset[int] = frozenset()) -> Node:
        return random_node(instance, table, size, rng, depth - 1, whole, settled | more)

    if depth == 0:
        return Leaf(random_prices(instance, size, rng))
    if rng.random() < 0.3:
        return Dropped(random_prices(instance, size, rng), inner())
    free = [s for s in range(table.n_servers) if s not in settled]
    if free and rng.random() < 0.3:
        s = int(rng.choice(free))
        return ServerSplit(s, inner(frozenset({s})), inner(frozenset({s})))
    user = int(rng.integers(table.n_users))
    if whole and rng.random() < 0.5:
        kind: Any = ("blocks", "units")[rng.integers(2)]
        return PieceSplit(user, kind, int(rng.integers(0, 5)), inner(), inner())
    rows = np.flatnonzero(table.user == user)
    chosen = rng.choice(rows, int(rng.integers(1, len(rows) + 1)), replace=False)
    return UserSplit(user, tuple((int(table.server[o]), int(table.cut[o])) for o in chosen), inner(), inner())


def _never_above(seeds: range, problem: str, allocation: str) -> None:
    """Leaves and trees at random, claims at random; with any shares, and with whole pieces."""
    compared = near = 0
    for seed in seeds:
        instance, rng = made(seed, problem, allocation), np.random.default_rng(seed)
        table = expand(instance)
        if (np.diff(table.start) == 0).any():
            continue
        best = solve(instance, "brute_force").objective_j
        size = float(table.cost_j()[np.isfinite(table.cost_j())].mean()) or 1.0
        for whole in (False, True)[: 1 + (allocation == "units")]:
            for depth in (0, 2, 3):
                root = random_node(instance, table, size, rng, depth, whole)
                claim = size * float(rng.choice([0.0, 0.5, 2.0, 10.0]))
                bound = prove(instance, root, whole=whole, claim=claim)
                assert bound <= best * (1 + 1e-12), (seed, whole, root)
                compared += math.isfinite(best)
                near += 0.5 * best < bound < math.inf
    assert compared > 1.5 * len(seeds) and near >= len(seeds) // 20


@pytest.mark.parametrize("allocation", RULES)
@pytest.mark.parametrize("problem", CERTIFIABLE)
def test_p16_never_above_the_optimum(problem: str, allocation: str) -> None:
    """60 instances each."""
    _never_above(range(60), problem, allocation)


@pytest.mark.nightly
@pytest.mark.parametrize("allocation", RULES)
@pytest.mark.parametrize("problem", CERTIFIABLE)
def test_p16_never_above_the_optimum_on_many_more(problem: str, allocation: str) -> None:
    """140 instances each."""
    _never_above(range(60, 200), problem, allocation)


@pytest.mark.parametrize("allocation", RULES)
@pytest.mark.parametrize("problem", CERTIFIABLE)
def test_p16_equals_the_solvers_bound(problem: str, allocation: str) -> None:
    """At random prices and links, with an energy price where there is one: the same number but for rounding."""
    compared = equal = 0
    for seed in range(20):
        instance, rng = made(seed, problem, allocation, users=4, layers=3), np.random.default_rng(seed)
        table = expand(instance)
        if (np.diff(table.start) == 0).any():
            continue
        offers: Any = SolverPieces(table) if allocation == "units" else Shares(table)
        size = float(table.cost_j()[np.isfinite(table.cost_j())].mean())
        for _ in range(3):
            prices = random_prices(instance, size, rng)[: 2 + len(table.stocks)]
            prices[:2] = np.maximum(prices[:2], 1e-6 * size)
            prices[2:, :] *= np.isfinite(table.stock_room.T)  # what has no limit has no price
            pair = np.flatnonzero(rng.random(4 * 2) < 0.3)
            rates = Rates(prices, pair, size * rng.random(len(pair)))
            live = np.ones(len(offers.user), dtype=bool)
            case = SolverCase(np.full(2, OPEN), live, SolverRecord(rates, -math.inf))
            claimed = lagrangian(table, case, rates, offers.price(rates, live, sharp=True))
            leaf = Leaf(prices, Links(pair // 2, pair % 2, rates.link_j))
            # A sieve that drops nothing: after it the columns are the solver's, without dominated ones.
            nothing = Dropped(np.zeros((3, 2)), leaf)
            got = prove(instance, nothing, whole=allocation == "units", claim=math.inf)
            scale = abs(claimed) + float(rates.paid_j.sum())
            if allocation == "units" and stocks_bind(table).any():  # see test_p16_columns_are_the_solvers
                assert got >= claimed - 1e-9 * scale, seed
            else:
                assert got == pytest.approx(claimed, rel=1e-9, abs=1e-9 * scale), seed
                equal += 1
            assert prove(instance, Dropped(prices, leaf), whole=allocation == "units", claim=-1e9) == -1e9
            compared += 1
    assert compared > 30 and equal > 5


def test_p16_whole_pieces_prove_no_less() -> None:
    gained = 0
    for seed in range(30):
        instance, rng = made(seed, "J-E", "units", users=3), np.random.default_rng(seed)
        leaf = Leaf(random_prices(instance, 0.3, rng))
        shares, pieces = prove(instance, leaf), prove(instance, leaf, whole=True)
        assert pieces >= shares - 1e-12 * abs(shares)
        gained += pieces > shares * (1 + 1e-6)
    assert gained > 10


@pytest.mark.parametrize("problem", CERTIFIABLE)
def test_p16_costs_of_pieces_against_fractions(problem: str) -> None:
    """At most what an exact, feasible clock costs at exact shares; where time does not count, nearly that."""
    rng, tried = np.random.default_rng(1), 0
    for seed in range(30):
        instance = made(seed, problem, "units", users=3, layers=3)
        table, offers = expand(instance), Offers(instance)
        o = offers.of(0, instance.n_users)
        rows = {(int(u), int(s), int(c)): k for k, (u, s, c) in enumerate(zip(o.user, o.server, o.cut, strict=True))}
        for row in rng.choice(len(table), min(len(table), 20), replace=False):
            key = int(table.user[row]), int(table.server[row]), int(table.cut[row])
            if key[1] < 0:
                continue
            k, s = rows[key], key[1]
            n, m = (
                int(rng.integers(1, instance.servers.blocks[s] + 1)),
                int(rng.integers(1, instance.servers.units[s] + 1)),
            )
            part = o.take(np.array([k]))
            air, run = part.air * instance.servers.blocks[s] / n, part.run * instance.servers.units[s] / m
            low = float(cost_down(part, np.nextafter(air, 0), np.nextafter(run, 0))[0])
            exact = _exact_cost(instance, table, int(row), n, m)
            plain = float(table.cost_j(n / instance.servers.blocks[s], m / instance.servers.units[s], [row])[0])
            assert (low == math.inf) == (plain == math.inf)
            if exact is not None:
                assert Fraction(low) <= exact * (1 + Fraction(1, 10**12))
                assert low <= plain * (1 + 1e-13) and low >= plain * (1 - 1e-9)
                tried += 1
    assert tried > 60


def _exact_cost(instance: Instance, table: OptionTable, row: int, n: int, m: int) -> Fraction | None:
    """w (E + ω T) at n blocks and m units with the best clock to 15 digits, in fractions from there on; None: late."""
    F, user, s = Fraction, int(table.user[row]), int(table.server[row])
    air = F(table.uplink_s[row]) * int(instance.servers.blocks[s]) / n
    run = F(table.server_s[row]) * int(instance.servers.units[s]) / m
    length, slack = F(table.device_s[row]), F(table.deadline_s[user]) - F(table.fixed_s[row]) - air - run
    if slack <= 0 or length / slack > F(table.clock_max[user]):
        return None
    clock = max(F(float(table.unhurried_clock([row])[0])), length / slack)
    seconds = length / clock + air + run + F(table.fixed_s[row])
    energy = F(table.device_j[row]) * clock**2 + F(table.tx_w[row]) * air + F(table.fixed_j[row])
    limit = None if table.device_limit is None else table.device_limit.take([row])
    if limit is not None and not limit.holds(np.array([float(clock)]), np.array([float(air)]))[0]:
        return None
    return F(table.weight[user]) * (energy + F(table.second_w[user]) * seconds)


def _all_pieces(instance: Instance) -> Pieces:
    return list_pieces(instance, Offers(instance).of(0, instance.n_users))


@pytest.mark.parametrize("problem", CERTIFIABLE)
def test_p16_columns_are_the_solvers(problem: str) -> None:
    """No other columns are left than the solver's, so that its bounds can be proven; the same if no stock can run out.

    (Whether one can is asked here of columns that are worth having, there of all options.)
    """
    compared = equal = 0
    for seed in range(25):
        instance = made(seed, problem, "units", users=4, layers=3)
        table = expand(instance)
        if (np.diff(table.start) == 0).any():
            continue
        kept, theirs = undominated(instance, _all_pieces(instance)), SolverPieces(table)
        cost = theirs.columns(np.arange(len(theirs.user))).cost
        ours, other = _places(kept, kept.cost), _places(theirs, cost)
        assert set(ours) <= set(other)
        if not stocks_bind(table).any():
            assert ours == other
            equal += len(ours)
        compared += len(ours)
    assert compared > 150 and equal > 50


def _places(columns: Any, cost: np.ndarray) -> list[tuple[Any, ...]]:
    figures = (columns.user, columns.server, columns.blocks, columns.units, np.round(cost, 9))
    return sorted(zip(*(column.tolist() for column in figures), strict=True))


def test_p16_dropped_columns_are_never_missed() -> None:
    """Each has one that takes no more and costs no more, and no user's least value changes, at any prices."""
    rng, dropped = np.random.default_rng(3), 0
    for seed in range(25):
        instance = made(seed, ("J-E", "J-A")[seed % 2], "units", users=4, layers=3)
        every = _all_pieces(instance)
        kept = undominated(instance, every)
        dropped += len(every) - len(kept)
        for _ in range(5):
            prices = np.vstack([random_prices(instance, 0.5, rng)[:2], np.zeros((2, 2))])
            case = Case(prices, Links(*(np.zeros(0, dtype=np.int64),) * 2, np.zeros(0)), np.full(2, OPEN))
            for user in range(4):
                values = [prices_of_pieces(p.take(np.flatnonzero(p.user == user)), case).min(initial=np.inf)
                          for p in (kept, every)]  # fmt: skip
                assert values[0] == values[1] or values[0] == pytest.approx(values[1], rel=1e-11)
        for k in range(len(every)):
            user, local = every.user[k], kept.server == -1
            fits = (kept.user == user) & (local | ((kept.server == every.server[k]) & (kept.blocks <= every.blocks[k])
                                                   & (kept.units <= every.units[k])))  # fmt: skip
            assert kept.cost[fits].min() <= every.cost[k]
    assert dropped > 100


def spoilt() -> dict[str, tuple[Node, bool, str]]:
    leaf = Leaf(np.full((3, 2), 0.1))

    def split(**changes: Any) -> Node:
        return PieceSplit(**{"user": 0, "kind": "blocks", "most": 2, "few": leaf, "more": leaf, **changes})

    return {
        "pieces of any shares": (split(), False, "about pieces"),
        "an unknown user": (split(user=9), True, "user"),
        "a negative user": (split(user=-1), True, "user"),
        "an unknown kind": (split(kind="shares"), True, "kind"),
        "a fraction": (split(most=1.5), True, "most"),
        "a negative number": (split(most=-1), True, "most"),
        "true": (split(most=True), True, "most"),
        "a fault below": (split(more=Leaf(np.full((3, 2), -1.0))), True, "price"),
        "no node below": (split(few=None), True, "node"),
        "a price of energy": (Leaf(np.full((4, 2), 0.1)), True, "shape"),
        "five prices": (Leaf(np.full((5, 2), 0.1)), True, "shape"),
        "whole a number": (leaf, 1, "whole"),  # type: ignore[dict-item]
    }


@pytest.mark.parametrize("fault", spoilt())
def test_what_is_not_understood_is_rejected(fault: str) -> None:
    root, whole, says = spoilt()[fault]
    with pytest.raises(InputError, match=says):
        prove(tiny_instance(4, users=3, servers=2), root, whole=whole)


def test_whole_pieces_need_whole_pieces() -> None:
    with pytest.raises(InputError, match="continuous"):
        prove(tiny_instance(4, allocation="continuous"), Leaf(np.zeros((3, 2))), whole=True)


def test_rejections_are_options_of_admission_only() -> None:
    leaf = Leaf(np.zeros((3, 2)))
    root = UserSplit(0, ((-1, -1),), leaf, leaf)
    assert prove(tiny_admission(4), root) >= 0
    with pytest.raises(InputError, match="no such option"):
        prove(tiny_instance(4), root)


def test_files_keep_pieces_and_read_what_is_older() -> None:
    instance = made(3, "J-A", "units", users=3)
    root = random_node(instance, expand(instance), 1.0, np.random.default_rng(5), 4, True)
    root = PieceSplit(1, "units", 2, root, Leaf(np.full((4, 2), 0.25)))
    document = certificate_to_json(instance, Certificate(root, 0.5, True))
    again = certificate_from_json(instance, document)
    assert again.whole and certificate_to_json(instance, again) == document
    assert certify(instance, again) == certify(instance, Certificate(root, 0.5, True))
    older = certificate_to_json(instance, Certificate(Leaf(np.zeros((3, 2))), 0.0))
    assert "whole" not in older and not certificate_from_json(instance, older).whole
    for name, value in (("whole", 1), ("whole", "yes"), ("pieces", True)):
        with pytest.raises(InputError, match=name):
            certificate_from_json(instance, {**document, name: value})
    for node in ({"user": "u1", "blocks": 1.5}, {"user": "u1", "blocks": "2"}, {"user": "u1", "blocks": 2, "units": 2}):
        with pytest.raises(InputError, match=r"blocks|units"):
            certificate_from_json(
                instance, {**document, "nodes": [node, {"prices": [[0, 0]] * 3}, {"prices": [[0, 0]] * 3}]}
            )


def test_sieves_and_lists_agree_on_a_larger_instance() -> None:
    """A sieve in front, whose limits keep most columns from being listed, changes nothing below the claim."""
    instance = generate("campus", users=8, servers=2, seed=2, allocation="units")
    prices = np.full((3, 2), 0.2)
    plain = prove(instance, Leaf(prices), whole=True)
    for factor in (0.5, 0.999999, 1.5):
        aim = factor * plain
        sieved = prove(instance, Dropped(prices, Leaf(prices)), whole=True, claim=aim)
        assert sieved == pytest.approx(min(aim, plain), rel=1e-12)


@pytest.mark.parametrize("link", ["u0", ["u0", "s0"], ["u0", "s0", 0.1, 0.2], {"user": "u0"}, [], ["u9", "s0", 0.1],
                                  ["u0", "s9", 0.1], ["u0", "s0", "0.1"]])  # fmt: skip
def test_a_link_is_a_user_a_server_and_a_price(link: object) -> None:
    instance = tiny_instance(1)
    names = [str(name) for name in instance.servers.name]
    leaf = {"prices": [[0.0] * len(names)] * 3, "links": [["u0", names[0], 0.1]]}
    certificate_from_json(instance, {"bound_j": 0.0, "servers": names, "nodes": [leaf]})
    with pytest.raises(InputError, match="links"):
        certificate_from_json(instance, {"bound_j": 0.0, "servers": names, "nodes": [{**leaf, "links": [link]}]})
