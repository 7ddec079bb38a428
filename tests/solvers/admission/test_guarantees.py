"""Every proven ratio on thousands of packings with known optimum, and on packings where it is (nearly) met (P25)."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from solvers.admission.arrivals import Arrivals, admit
from solvers.admission.chernoff import SCALES, derandomised_ratio, exceedance, rounding_ratio
from solvers.admission.configuration import configure, round_configurations
from solvers.admission.configurations import Configuration
from solvers.admission.derandomised import Estimator, settle
from solvers.admission.greedy import by_density, densest_first, greedy_ratio, one_a_server
from solvers.admission.online_prices import ExponentialPrices, Tariff
from solvers.admission.packing import Packing, drop_excess, fill
from solvers.admission.relaxation import dual_value, relax
from solvers.admission.rounding import TRIALS, draw
from solvers.answer import Clock, Limits
from tests.solvers.admission.packings import optimum, random_packing

NO_LIMITS = Limits()


def by_enumeration(packing: Packing) -> float:
    """Most weight over every choice of a column or none for every user."""
    start = packing.start
    choices = itertools.product(*[[-1, *range(start[i], start[i + 1])] for i in range(packing.n_users)])
    return max(packing.value(np.array(c)) for c in choices if packing.holds(np.array(c)))


@pytest.mark.parametrize("seed", range(20))
def test_the_oracle_is_right(seed: int) -> None:
    packing = random_packing(np.random.default_rng(seed), users=4, servers=2, pieces=3, most=3, columns=2)
    assert optimum(packing, 3) == pytest.approx(by_enumeration(packing))


@pytest.mark.parametrize("seed", range(20))
def test_p25d_greedy_reaches_its_ratio(seed: int) -> None:
    """150 packings a seed: large and small parts, one to three resources, one or two servers."""
    rng = np.random.default_rng(seed)
    for _ in range(150):
        servers, resources = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)][rng.integers(5)]
        pieces = 4
        packing = random_packing(rng, users=int(rng.integers(2, 12)), servers=servers, resources=resources,
                                 pieces=pieces, most=int(rng.integers(1, pieces + 1)), spread=5.0)  # fmt: skip
        best, dense = optimum(packing, pieces), densest_first(packing)
        single = fill(packing, one_a_server(packing), by_density(packing))
        assert packing.holds(dense) and packing.holds(single)
        alpha, rows = packing.largest_part, packing.most_rows
        assert packing.value(dense) >= (1 - alpha) / (1 - alpha + rows) * best - 1e-9
        either = max(packing.value(dense), packing.value(single))
        assert either >= best / (1 + 2 * rows) - 1e-9
        ratio = greedy_ratio(packing)
        assert ratio is not None and best + 1e-9 >= either >= ratio * best - 1e-9


@pytest.mark.parametrize(("rows", "pieces"), [(1, 4), (2, 4), (2, 50), (3, 20), (4, 100)])
def test_p25d_the_greedy_ratio_is_tight(rows: int, pieces: int) -> None:
    """Light users fill a row of the first server to 1 − α and a bit; heavier ones need every row there in equal parts.

    The light ones would all have had room elsewhere, at a lower density.
    """
    heavy, light = pieces, pieces
    part = 1 / pieces
    # α = 1/pieces: the light users take all but nothing of the last piece.
    block = (1 - part) + 1e-6
    weight = np.concatenate([np.full(light, block / light * (1 + 1e-9)), np.full(heavy, rows * part)])
    user = np.concatenate([np.repeat(np.arange(light), 2), np.arange(light, light + heavy)])
    server = np.concatenate([np.tile([0, 1], light), np.zeros(heavy, dtype=int)])
    first = np.zeros((2 * light, rows))
    first[0::2, 0], first[1::2, 0] = block / light, part
    packing = Packing(weight, user, server, np.vstack([first, np.full((heavy, rows), part)]), 2)
    taken = densest_first(packing)
    assert (taken[light:] < 0).all() and (packing.server[taken[:light]] == 0).all()
    better = np.concatenate([np.arange(light) * 2 + 1, 2 * light + np.arange(heavy)])
    assert packing.holds(better)
    alpha = packing.largest_part
    reached = packing.value(taken) / packing.value(better)
    assert reached == pytest.approx((1 - alpha) / (1 - alpha + rows), rel=1e-4)


def small_parts(rng: np.random.Generator, *, pieces: int = 60, users: int = 90) -> Packing:
    """One server with two resources, every column at most a sixtieth of each: guarantees of rounding are positive."""
    return random_packing(rng, users=users, pieces=pieces, most=1, columns=2, spread=2.0)


@pytest.mark.parametrize("seed", range(10))
def test_p25b_p25c_rounding_reaches_its_ratios(seed: int) -> None:
    rng, positive = np.random.default_rng(seed), 0
    for _ in range(20):
        pieces = int(rng.integers(20, 70))
        packing = small_parts(rng, pieces=pieces, users=int(1.8 * pieces))
        best, relaxed = optimum(packing, pieces), relax(packing, NO_LIMITS)
        assert relaxed is not None
        assert best <= relaxed.bound * (1 + 1e-9) and relaxed.value <= relaxed.bound * (1 + 1e-9)
        ratio, scale = derandomised_ratio(packing, relaxed)
        if ratio is not None:
            positive += 1
            taken = settle(packing, (1 - scale) * relaxed.x, scale)
            assert packing.holds(taken), "no row is overfull where the ratio is positive"
            assert packing.value(taken) >= ratio * relaxed.bound - 1e-9
            assert best + 1e-9 >= packing.value(taken)
        ratio, scale = rounding_ratio(packing, relaxed)
        if ratio is not None:
            positive += 1
            drawn = [draw(packing, (1 - scale) * relaxed.x, rng) for _ in range(TRIALS)]
            kept = [packing.value(drop_excess(packing, taken)) for taken in drawn]
            assert max(kept) >= ratio * relaxed.bound - 1e-9
            # each trial alone succeeds with a chance of a half: 40 of them give fewer than 8 with a chance under 1e-4
            good = sum(packing.holds(t) and packing.value(t) >= ratio * relaxed.bound - 1e-9 for t in drawn)
            assert good >= 8
    assert positive >= 30


def test_users_of_no_weight_take_nothing() -> None:
    packing = Packing(np.array([2.0, 0.0, 1.0]), np.arange(3), np.zeros(3, dtype=int), np.full((3, 1), 0.5), 1)
    relaxed = relax(packing, NO_LIMITS)
    assert relaxed is not None
    assert relaxed.x.tolist() == pytest.approx([1.0, 0.0, 1.0])
    assert relaxed.value == pytest.approx(3.0) and relaxed.bound == pytest.approx(3.0)


def test_p25b_large_parts_have_no_guarantee() -> None:
    packing = random_packing(np.random.default_rng(1), users=8, pieces=4, most=4)
    relaxed = relax(packing, NO_LIMITS)
    assert relaxed is not None
    assert rounding_ratio(packing, relaxed)[0] is None
    assert derandomised_ratio(packing, relaxed)[0] is None


def test_p25b_draws_have_the_chances_asked_for_and_the_exponential_bound_holds() -> None:
    rng = np.random.default_rng(5)
    packing = small_parts(rng)
    relaxed = relax(packing, NO_LIMITS)
    assert relaxed is not None
    drawn = np.array([draw(packing, 0.7 * relaxed.x, rng) for _ in range(4000)])
    seen = np.array([(drawn == k).any(axis=1).mean() for k in range(len(packing))])
    assert np.abs(seen - 0.7 * relaxed.x).max() < 0.04
    assert packing.weight[packing.user] @ seen == pytest.approx(0.7 * relaxed.value, rel=0.01)  # (1 − ε) LP: tight
    for scale in (0.05, 0.1, 0.2, 0.3):
        drawn = np.array([draw(packing, (1 - scale) * relaxed.x, rng) for _ in range(500)])
        overfull = np.mean([not packing.holds(taken) for taken in drawn])
        assert overfull <= exceedance(packing, np.array([scale]))[0] + 0.03


@pytest.mark.parametrize("seed", range(20))
def test_p25c_the_estimate_never_falls(seed: int) -> None:
    rng = np.random.default_rng(seed)
    packing = random_packing(rng, users=12, servers=2, pieces=10, most=3)
    chance = rng.random(len(packing)) * 0.3
    estimator = Estimator(packing, chance, 0.4)
    told, start = [estimator.value], packing.start
    for user in range(packing.n_users):
        estimator.settle(user, np.arange(start[user], start[user + 1]))
        told.append(estimator.value)
    assert all(b >= a - 1e-9 * abs(a) - 1e-9 for a, b in itertools.pairwise(told))


@pytest.mark.parametrize("scale", [0.1, 0.3, 0.6])
def test_p25c_the_estimate_starts_above_the_formula(scale: float) -> None:
    packing = small_parts(np.random.default_rng(3))
    relaxed = relax(packing, NO_LIMITS)
    assert relaxed is not None and scale in SCALES.round(6)
    formula = (1 - scale) * relaxed.value - packing.weight.sum() * exceedance(packing, np.array([scale]))[0]
    assert Estimator(packing, (1 - scale) * relaxed.x, scale).value >= formula - 1e-9


@pytest.mark.parametrize("seed", range(10))
def test_p25e_configurations_reach_one_minus_one_over_e(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(40):
        servers, pieces = (2, 3) if rng.random() < 0.8 else (3, 2)
        packing = random_packing(
            rng, users=int(rng.integers(3, 9)), servers=servers, pieces=pieces, most=pieces, spread=4.0
        )
        best = optimum(packing, pieces)
        found = configure(packing, densest_first(packing), NO_LIMITS, Clock(NO_LIMITS))
        assert packing.holds(found.taken)
        assert best <= found.most * (1 + 1e-9) and found.value <= found.most * (1 + 1e-9)
        assert found.most <= found.value * (1 + 2e-3), "the LP is solved"
        ratio = found.ratio(packing)
        assert ratio is not None and ratio >= (1 - (1 - 1 / servers) ** servers) * (1 - 2e-3)
        assert best + 1e-9 >= packing.value(found.taken) >= ratio * found.most - 1e-9


@pytest.mark.parametrize("servers", [2, 3, 5])
def test_p25e_the_rounding_is_tight(servers: int) -> None:
    """As many users as servers, every server with every user alone in part 1/m: independent rounding misses a user with
    (1 − 1/m)^m, so the analysis cannot say more. Conditional expectations do no worse."""
    user = np.repeat(np.arange(servers), servers)
    server = np.tile(np.arange(servers), servers)
    packing = Packing(np.ones(servers), user, server, np.ones((len(user), 1)), servers)
    configurations = [Configuration(int(s), (k,)) for k, s in enumerate(server)]
    y = np.full(len(user), 1 / servers)
    picks = itertools.product(*[[k for k in range(len(user)) if server[k] == s] for s in range(servers)])
    expected = np.mean([len({int(user[k]) for k in pick}) for pick in picks])
    assert expected == pytest.approx((1 - (1 - 1 / servers) ** servers) * servers)
    assert packing.value(round_configurations(packing, configurations, y)) >= expected


@pytest.mark.parametrize("seed", range(10))
def test_p25f_online_prices_reach_their_ratio(seed: int) -> None:
    """100 packings a seed, each in an order of its own; prices never let a row overflow by themselves."""
    rng = np.random.default_rng(seed)
    for _ in range(100):
        pieces = int(rng.integers(4, 20))
        packing = random_packing(
            rng, users=int(rng.integers(5, 30)), pieces=pieces, most=int(rng.integers(1, 3)), spread=9.0
        )
        order = rng.permutation(packing.n_users)
        arrivals = Arrivals(packing, order)
        rule = ExponentialPrices(arrivals.outlook)
        taken, moves = admit(packing, arrivals, rule, order)
        assert packing.holds(taken) and moves == 0
        best, most = optimum(packing, pieces), dual_value(packing, rule.tariff.price(rule.level))
        assert best <= most * (1 + 1e-9), "the last prices bound the optimum"
        assert math.isfinite(rule.tariff.factor)
        assert packing.value(taken) >= most / rule.tariff.factor - 1e-9
        full = rule.tariff.price(1 - packing.row_demand)
        steep = arrivals.outlook.steepest
        assert (full >= steep * (1 - 1e-9))[steep > 0].all()


@pytest.mark.parametrize("most", [10.0, 1e3, 1e6])
def test_p25f_the_online_ratio_is_nearly_tight(most: float) -> None:
    """One row, tiny parts: users of least weight come, and room is kept for heavy ones, of whom only one ever comes."""
    pieces = 20_000
    weight = np.full(pieces + 1, 1.0)
    weight[-1] = most
    user = np.arange(pieces + 1)
    packing = Packing(weight, user, np.zeros(len(user), dtype=int), np.full((len(user), 1), 1 / pieces), 1)
    arrivals = Arrivals(packing)
    rule = ExponentialPrices(arrivals.outlook)
    taken, _ = admit(packing, arrivals, rule)
    reached = float((taken[:-1] >= 0).sum()) / pieces
    # Filled until the price of a part is its weight: ln(1 + 1/η)/γ of the row.
    base, growth = rule.tariff.base, float(rule.tariff.growth[0, 0])
    assert reached == pytest.approx(math.log(1 + pieces / base) / growth, rel=1e-3)
    assert 1 <= reached * rule.tariff.factor <= 4


def test_p25f_a_column_of_a_whole_row_leaves_nothing_proven() -> None:
    packing = Packing(np.ones(1), np.zeros(1, dtype=int), np.zeros(1, dtype=int), np.ones((1, 2)), 1)
    arrivals = Arrivals(packing)
    assert Tariff.of(arrivals.outlook).factor == math.inf
    taken, _ = admit(packing, arrivals, ExponentialPrices(arrivals.outlook))
    assert packing.holds(taken)
