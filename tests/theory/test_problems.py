"""P10 to P12 on numbers: energy and latency, money, admission."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, linprog, milp

from instances.check import check
from instances.expand import expand
from instances.options import LOCAL, PER_OPTION, OptionTable
from instances.plan import Plan
from tests.builders import in_problem, tiny_instance
from tests.theory.knapsack import Knapsack
from tests.theory.price_bound import PriceBound
from tests.theory.shares import load_matrix
from tests.theory.tables import SEEDS, random_table

# P10 -----------------------------------------------------------------------------------------


def with_seconds(table: OptionTable, rng: np.random.Generator, size: float = 1.0) -> OptionTable:
    """The table under J-L: a second of latency counts as about ``size`` W, differently for each user."""
    return dataclasses.replace(table, second_w=size * 10 ** rng.uniform(-1.0, 1.0, table.n_users))


@pytest.mark.parametrize("seed", SEEDS)
def test_p10_the_best_clock_is_the_faster_of_what_seconds_and_slack_ask_for(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = with_seconds(random_table(rng, 6, 2), rng, 20.0)
    kappa, w = table.floor_w[table.user], table.weight[table.user]
    at_kappa = np.cbrt(kappa * table.device_s / (2 * w * table.device_j))
    clock = np.linspace(table.clock_min[table.user], table.clock_max[table.user], 20_001)
    beta, phi = rng.uniform(0.3, 1.0, (2, len(table)))
    air, run = table.uplink_s / beta, table.server_s / phi
    late = table.device_s / clock + air + run > table.budget_s
    energy = w * (table.device_j * clock**2 + table.tx_w * air + table.fixed_j)
    cost = energy + kappa * (table.device_s / clock + air + run + table.fixed_s)
    best = np.where(late, math.inf, cost).min(axis=0)
    fits = np.isfinite(best)
    got = table.cost_j(beta, phi)
    assert np.isfinite(got)[fits].all() and fits.sum() > 5
    np.testing.assert_allclose(got[fits], best[fits], rtol=1e-4)  # the grid's clocks are 5e-5 apart
    assert (got[fits] <= best[fits] * (1 + 1e-12)).all()
    slack = table.budget_s - air - run
    formula = np.maximum(np.clip(at_kappa, table.clock_min[table.user], None), table.device_s / slack)
    formula = np.minimum(formula, table.clock_max[table.user])
    inner = np.where(late, math.inf, cost).argmin(axis=0)[fits]
    np.testing.assert_allclose(clock[inner, np.flatnonzero(fits)], formula[fits], atol=1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_p10_the_price_of_an_option_is_that_of_j_e_with_a_floor_under_the_multiplier(seed: int) -> None:
    """b_E(λ) + κD for any λ ≥ κ is a bound; at max(κ, best λ of J-E) it is met."""
    rng = np.random.default_rng(seed)
    table = with_seconds(random_table(rng, 5, per_pair=2, local=False, deadline=(0.3, 1.0)), rng, 5.0)
    floored = 0
    for o in np.flatnonzero(np.isfinite(table.cost_j())):
        mu, nu = np.exp(rng.uniform(-4, 2, 2))
        option, i = PriceBound(table, int(o), mu, nu), int(table.user[o])
        kappa, constant = float(table.floor_w[i]), float(table.floor_w[i] * table.deadline_s[i])
        share = rng.uniform(0.02, 1.0, (2, 4000))
        paid = float((table.cost_j(*share[:, :, None], np.array([o]))[:, 0] + mu * share[0] + nu * share[1]).min())
        for lam in kappa + rng.exponential(5.0, 20):
            assert option.bound(lam) + constant <= paid * (1 + 1e-12)
        best = max(kappa, option.newton()[-1])
        floored += best == kappa
        beta, phi, _ = option.shares(best)
        spent = float(table.cost_j(beta * (1 + 1e-9), phi * (1 + 1e-9), np.array([o]))[0]) + mu * beta + nu * phi
        assert option.bound(best) + constant == pytest.approx(spent, rel=1e-6)
    assert floored > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_p10_prices_bound_the_optimum_of_energy_and_latency(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = with_seconds(random_table(rng, 5, 2, deadline=(0.55, 0.7), static=0.05), rng)
    optimum = Knapsack.full(table).optimum()
    for _ in range(20):
        mu, nu = np.exp(rng.uniform(-4, 1, (2, 2)))
        least = table.cost_j()
        for o in np.flatnonzero(~table.is_local & np.isfinite(least)):
            option, i = PriceBound(table, int(o), mu[table.server[o]], nu[table.server[o]]), table.user[o]
            best = max(float(table.floor_w[i]), option.newton()[-1])
            least[o] = option.bound(best) + table.floor_w[i] * table.deadline_s[i]
        total = sum(least[a:b].min() for a, b in itertools.pairwise(table.start))
        assert total - np.maximum(mu + nu - table.static_j, 0).sum() <= optimum * (1 + 1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_p10_costs_stay_convex_and_fall_with_shares(seed: int) -> None:
    """What P1 to P4 and P8 rest on."""
    rng = np.random.default_rng(seed)
    table = with_seconds(random_table(rng, 4, 1), rng, 5.0)
    one, other = rng.uniform(0.05, 1.0, (2, 2, 300, 1))
    cost_one, cost_other = table.cost_j(*one), table.cost_j(*other)
    middle = table.cost_j(*(0.5 * (one + other)))
    both = np.isfinite(cost_one) & np.isfinite(cost_other)
    assert both.sum() > 100
    assert (middle[both] <= 0.5 * (cost_one + cost_other)[both] * (1 + 1e-12)).all()
    assert (table.cost_j(*np.maximum(one, other)) <= np.minimum(cost_one, cost_other) * (1 + 1e-12)).all()


# P11 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("allocation", ["continuous", "units"])
@pytest.mark.parametrize("seed", SEEDS)
def test_p11_money_is_other_numbers_in_the_columns(seed: int, allocation: str) -> None:
    """Any plan costs by the table what the checker makes of it, and no option differs in what it needs."""
    rng = np.random.default_rng(seed)
    plain = tiny_instance(seed, users=4, servers=2, layers=3, allocation=allocation, memory_limits=False)
    priced = in_problem(plain, "J-C", seed)
    energy, money = expand(plain), expand(priced)
    assert priced.tariff is not None
    same = set(PER_OPTION) - {"device_j", "tx_w", "fixed_j"}
    for name in (*same, "deadline_s", "second_w", "bandwidth_mhz"):
        assert np.array_equal(getattr(energy, name), getattr(money, name)), name
    np.testing.assert_allclose(money.device_j, priced.tariff.per_j * energy.device_j)
    np.testing.assert_allclose(money.tx_w, priced.tariff.per_j * energy.tx_w)
    np.testing.assert_array_equal(money.static_j, priced.tariff.rent)
    for _ in range(20):
        chosen = np.array([rng.integers(a, b) for a, b in itertools.pairwise(money.start)])
        beta, phi = rng.uniform(0.1, 1.0, (2, 4))
        cost = money.cost_j(beta, phi, chosen)
        report = check(priced, Plan.from_options(money, chosen, beta, phi))
        ontime = np.isfinite(cost)
        np.testing.assert_allclose(report.user_cost[ontime], cost[ontime], rtol=1e-9)
        used = np.unique(money.server[chosen])
        assert report.static_j == pytest.approx(money.static_j[used[used != LOCAL]].sum())


# P12 -----------------------------------------------------------------------------------------


@dataclasses.dataclass
class Admission:
    """J-A as P12 states it: remote options, and what they take of memory and of the energy that idling leaves."""

    table: OptionTable
    weight: np.ndarray
    stock: np.ndarray  # [options, 2]
    room: np.ndarray  # [servers, 2]

    @classmethod
    def random(cls, rng: np.random.Generator, users: int, servers: int = 2, pieces: int = 5) -> Admission:
        table = random_table(rng, users, servers, local=False, deadline=(0.35, 0.6), pieces=pieces)
        zero = np.zeros(len(table))
        free = dataclasses.replace(table, device_j=zero, tx_w=zero, fixed_j=zero, weight=np.ones(users))
        stock = np.stack([table.server_mb, rng.uniform(0.1, 1.0, len(table))], axis=1)
        weight = rng.choice([1.0, 1.5, 2.5], users)
        return cls(free, weight, stock, rng.uniform(0.08, 0.2, (servers, 2)) * users * stock.max(axis=0))

    def optimum(self) -> float:
        """Least weight turned away, by trying every option, or none, of every user (continuous shares, P2)."""
        t, best = self.table, math.inf
        for picked in itertools.product(*([-1, *range(a, b)] for a, b in itertools.pairwise(t.start))):
            lost = float(self.weight[np.array(picked) < 0].sum())
            if lost < best and all(self.fits(np.array(picked), s) for s in range(t.n_servers)):
                best = lost
        return best

    def fits(self, picked: np.ndarray, server: int) -> bool:
        rows = picked[(picked >= 0) & (self.table.server[picked] == server)]
        if (self.stock[rows].sum(axis=0) > self.room[server]).any() or (self.table.slack_s[rows] <= 0).any():
            return False
        return bool(np.linalg.eigvalsh(load_matrix(self.table, rows))[-1] <= 1)

    def bound(self, prices: np.ndarray) -> float:
        """L of P12(b) at prices [4, servers] of uplink, compute, memory and energy (of all there is)."""
        t = self.table
        mu, nu, memory, energy = prices[:, t.server]
        part = self.stock / self.room[t.server]
        with np.errstate(divide="ignore", invalid="ignore"):
            asked = (np.sqrt(mu * t.uplink_s) + np.sqrt(nu * t.server_s)) ** 2 / t.slack_s
        value = np.where(t.slack_s > 0, asked, np.inf) + memory * part[:, 0] + energy * part[:, 1]
        least = [min(w, *value[a:b]) for w, (a, b) in zip(self.weight, itertools.pairwise(t.start), strict=True)]
        return float(sum(least) - prices.sum())


@pytest.mark.parametrize("seed", SEEDS)
def test_p12_four_prices_bound_what_is_turned_away(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = Admission.random(rng, 5)
    optimum = problem.optimum()
    assert 0 < optimum < problem.weight.sum()
    best = -math.inf
    for _ in range(4000):
        prices = np.exp(rng.uniform(-4, 1.5, (4, 2))) * (rng.random((4, 2)) < 0.6)
        best = max(best, problem.bound(prices))
        assert best <= optimum * (1 + 1e-9)
    assert best > 0  # a price of its own for energy or the others says that somebody must go


@pytest.mark.parametrize("seed", SEEDS)
def test_p12_turning_fractional_users_away_costs_little(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = Admission.random(rng, 14, pieces=6)
    t, servers = problem.table, problem.table.n_servers
    columns = Knapsack.full(t)  # all of them cost 0: shares that are in time
    n, user, at = len(columns.option), t.user[columns.option], t.server[columns.option]
    taken = np.column_stack([columns.blocks / t.blocks[at], columns.units / t.units[at],
                             problem.stock[columns.option] / problem.room[at]])  # fmt: skip
    caps = np.vstack([np.where(at == s, taken.T, 0.0) for s in range(servers)])
    pick = np.hstack([np.eye(t.n_users)[:, user], np.eye(t.n_users)])
    caps, cost = np.hstack([caps, np.zeros((len(caps), t.n_users))]), np.concatenate([np.zeros(n), problem.weight])
    ones = np.ones(t.n_users), np.ones(len(caps))
    got = linprog(cost, caps, ones[1], pick, ones[0], bounds=(0, None), method="highs-ds")
    exact = milp(cost, constraints=[LinearConstraint(pick, 1, 1), LinearConstraint(caps, -np.inf, 1)],
                 integrality=np.ones(len(cost)), bounds=(0, 1), options={"mip_rel_gap": 1e-9})  # fmt: skip
    chosen = got.x > 1 - 1e-7
    whole = np.bincount(np.concatenate([user, np.arange(t.n_users)])[chosen], minlength=t.n_users) > 0
    assert (~whole).sum() <= 4 * servers
    rounded = cost[chosen].sum() + problem.weight[~whole].sum()
    assert got.fun * (1 - 1e-9) <= exact.fun <= rounded * (1 + 1e-9)
    assert rounded <= got.fun + problem.weight[~whole].sum() + 1e-9
    # The LP's prices reach its value: no bound of this kind is better.
    price = -got.ineqlin.marginals
    reduced = np.array([min(problem.weight[i], (price @ caps[:, :n])[user == i].min()) for i in range(t.n_users)])
    assert reduced.sum() - price.sum() == pytest.approx(got.fun, rel=1e-7, abs=1e-9)
