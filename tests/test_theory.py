"""Each proposition of docs/theory.md tried on numbers: option tables written as arrays, and scipy."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, linprog, milp, minimize

from instances.check import check
from instances.dnn import NETWORK_INPUT
from instances.expand import expand
from instances.options import LOCAL, PER_OPTION, OptionTable
from instances.plan import Plan
from instances.supported import supported_rows
from tests.builders import in_problem, tiny_instance, tiny_network

SEEDS = range(6)


def random_table(
    rng: np.random.Generator,
    users: int,
    servers: int = 1,
    per_pair: int = 2,
    *,
    local: bool = True,
    deadline: tuple[float, float] = (0.6, 1.2),
    static: float = 0.0,
    pieces: int = 6,
) -> OptionTable:
    """Random options: ``per_pair`` on every server for every user, and a slow local one if ``local``."""
    user, server = [], []
    for i in range(users):
        user += [i] * (local + servers * per_pair)
        server += [LOCAL] * local + np.repeat(np.arange(servers), per_pair).tolist()
    where = np.array(server)
    n, far = len(where), where != LOCAL
    device_s = np.where(far, rng.uniform(0.02, 0.25, n), rng.uniform(0.5, 0.7, n))
    power = rng.uniform(1.0, 4.0, users)[np.array(user)]
    bandwidth = rng.uniform(5.0, 20.0, servers)
    band = bandwidth[where] if servers else np.ones(n)
    return OptionTable(
        user=np.array(user),
        server=where,
        cut=np.zeros(n, dtype=np.int64),
        device_s=device_s,
        device_j=power * device_s,
        uplink_mhz_s=np.where(far, rng.uniform(0.005, 0.06, n) * band, 0.0),
        tx_w=np.where(far, rng.uniform(0.3, 1.5, n), 0.0),
        server_s=np.where(far, rng.uniform(0.005, 0.06, n), 0.0),
        fixed_s=np.where(far, rng.uniform(0.001, 0.02, n), 0.0),
        fixed_j=np.where(far, rng.uniform(0.01, 0.2, n), 0.0),
        server_mb=np.where(far, rng.uniform(1.0, 10.0, n), 0.0),
        deadline_s=rng.uniform(*deadline, users),
        weight=rng.uniform(0.5, 2.0, users),
        clock_min=rng.uniform(0.2, 0.5, users),
        clock_max=np.full(users, 1.4),
        bandwidth_mhz=bandwidth,
        blocks=np.full(servers, pieces),
        units=np.full(servers, pieces),
        memory_mb=np.full(servers, 12.0 * users),
        static_j=np.full(servers, static),
        allocation="units",
    )


def load_matrix(table: OptionTable, rows: np.ndarray) -> np.ndarray:
    """[2, 2] K of P2 for options on one server."""
    half = np.sqrt(np.array([table.uplink_s[rows], table.server_s[rows]]))
    return (half / table.slack_s[rows]) @ half.T


def eigen_shares(table: OptionTable, rows: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Load ρ and the shares of P2(b)."""
    values, vectors = np.linalg.eigh(load_matrix(table, rows))
    x, y = np.abs(vectors[:, -1])
    up, run = np.sqrt(table.uplink_s[rows]), np.sqrt(table.server_s[rows])
    both = (x * up + y * run) / table.slack_s[rows]
    return float(values[-1]), up * both / x, run * both / y


def best_shares(table: OptionTable, rows: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Best allocation of options on one server by a general solver (SLSQP), started at the shares of P2."""
    load, beta, phi = eigen_shares(table, rows)
    if load >= 1:
        return math.inf, beta, phi
    n, user = len(rows), table.user[rows]
    a, c, p, w = table.uplink_s[rows], table.server_s[rows], table.tx_w[rows], table.weight[user]
    work, e, budget = table.device_s[rows], table.device_j[rows], table.budget_s[rows]

    def energy(v: np.ndarray) -> float:
        return float(w @ (e * v[2 * n :] ** 2 + p * a / v[:n]))

    def energy_slope(v: np.ndarray) -> np.ndarray:
        return np.concatenate([-w * p * a / v[:n] ** 2, np.zeros(n), 2 * w * e * v[2 * n :]])

    def room(v: np.ndarray) -> np.ndarray:
        return budget - work / v[2 * n :] - a / v[:n] - c / v[n : 2 * n]

    def room_slope(v: np.ndarray) -> np.ndarray:
        return np.hstack([np.diag(a / v[:n] ** 2), np.diag(c / v[n : 2 * n] ** 2), np.diag(work / v[2 * n :] ** 2)])

    sums = np.kron(np.array([[1.0, 0, 0], [0, 1, 0]]), np.ones(n))
    found = minimize(
        energy,
        np.concatenate([beta / load, phi / load, table.clock_max[user]]),
        jac=energy_slope,
        method="SLSQP",
        bounds=[*[(1e-3, 1.0)] * (2 * n), *zip(table.clock_min[user], table.clock_max[user], strict=True)],
        constraints=[
            {"type": "ineq", "fun": room, "jac": room_slope},
            {"type": "ineq", "fun": lambda v: 1 - sums @ v, "jac": lambda v: -sums},
        ],
        options={"ftol": 1e-12, "maxiter": 300},
    )
    assert found.success or found.status == 8, found.message  # 8: no step improves at working precision
    assert room(found.x).min() > -1e-8 and (sums @ found.x).max() < 1 + 1e-8
    return found.fun + float(w @ table.fixed_j[rows]), found.x[:n], found.x[n : 2 * n]


class PriceBound:
    """b_o(λ), its derivative ψ_o and the Newton iteration of P5 for one option."""

    def __init__(self, table: OptionTable, option: int, mu: float, nu: float) -> None:
        i = table.user[option]
        self.w, self.low, self.high = (float(x[i]) for x in (table.weight, table.clock_min, table.clock_max))
        columns = (
            table.device_s,
            table.device_j,
            table.uplink_s,
            table.server_s,
            table.tx_w,
            table.fixed_j,
            table.budget_s,
        )
        self.l, self.e, self.a, self.c, self.p, self.q, self.budget = (float(x[option]) for x in columns)
        self.mu, self.nu = mu, nu
        self.turn = 2 * self.w * self.e * self.low**3 / self.l

    def shares(self, lam: float) -> tuple[float, float, float]:
        """Minimisers β, φ, z."""
        z = min(max((lam * self.l / (2 * self.w * self.e)) ** (1 / 3), self.low), self.high)
        beta = min(1.0, math.sqrt(self.a * (self.w * self.p + lam) / self.mu))
        return beta, min(1.0, math.sqrt(self.c * lam / self.nu)), z

    def bound(self, lam: float) -> float:
        beta, phi, z = self.shares(lam)
        run = lam * self.c / phi if lam > 0 else 0.0
        return (
            self.w * self.q
            - lam * self.budget
            + self.w * self.e * z**2
            + lam * self.l / z
            + (self.w * self.p + lam) * self.a / beta
            + self.mu * beta
            + run
            + self.nu * phi
        )

    def slope(self, lam: float) -> float:
        beta, phi, z = self.shares(lam)
        return self.l / z + self.a / beta + (self.c / phi if phi > 0 else math.inf) - self.budget

    def curve(self, lam: float) -> float:
        """Right derivative of ψ."""
        beta, phi, z = self.shares(lam)
        clock = -self.l / (3 * z * lam) if self.turn <= lam and z < self.high else 0.0
        air = -self.a / beta / (2 * (self.w * self.p + lam)) if beta < 1 else 0.0
        return clock + air + (-self.c / phi / (2 * lam) if phi < 1 else 0.0)

    def newton(self) -> list[float]:
        """Iterates from the start that P5(c) names, until ψ vanishes."""
        if self.slope(self.turn) > 0:
            lam = self.turn
        else:
            room = self.budget - self.l / self.low
            lam = max(self.nu * self.c / room**2, self.mu * self.a / room**2 - self.w * self.p)
        path = [lam]
        while self.slope(lam) > 1e-13 and len(path) < 80:
            lam -= self.slope(lam) / self.curve(lam)
            path.append(lam)
        return path


@dataclasses.dataclass
class Knapsack:
    """The column MILP of P4: which (option, blocks, units) exist, and the rows that P6 counts."""

    table: OptionTable
    option: np.ndarray
    blocks: np.ndarray
    units: np.ndarray
    memory: bool = False

    @classmethod
    def full(cls, table: OptionTable, memory: bool = False) -> Knapsack:
        """All columns of finite cost."""
        triples = [
            (o, n, m)
            for o in range(len(table))
            for n, m in (
                [(0, 0)]
                if table.is_local[o]
                else itertools.product(
                    range(1, table.blocks[table.server[o]] + 1), range(1, table.units[table.server[o]] + 1)
                )
            )
        ]
        found = cls(table, *np.array(triples).T, memory=memory)
        return found.keep(np.isfinite(found.cost))

    def keep(self, mask: np.ndarray) -> Knapsack:
        return dataclasses.replace(self, option=self.option[mask], blocks=self.blocks[mask], units=self.units[mask])

    @property
    def cost(self) -> np.ndarray:
        at = self.table.server[self.option]
        beta = np.where(at == LOCAL, 0.0, self.blocks / self.table.blocks[at])
        phi = np.where(at == LOCAL, 0.0, self.units / self.table.units[at])
        return self.table.cost_j(beta, phi, self.option)

    def matrices(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Objective, choice rows, capacity rows (≤ 0) over columns and then one y a server."""
        t, servers, columns = self.table, self.table.n_servers, len(self.option)
        user, at = t.user[self.option], t.server[self.option]
        pick = np.zeros((t.n_users, columns + servers))
        pick[user, np.arange(columns)] = 1
        rows = []
        for size, cap in (
            (self.blocks, t.blocks),
            (self.units, t.units),
            (t.server_mb[self.option], t.memory_mb),
        )[: 2 + self.memory]:
            for s in range(servers):
                rows.append(np.concatenate([np.where(at == s, size / cap[s], 0.0), -np.eye(servers)[s]]))
        return np.concatenate([self.cost, t.static_j]), pick, np.array(rows)

    def lp(self) -> tuple[float, np.ndarray]:
        """Value and a vertex of the LP relaxation without the rows x ≤ y."""
        cost, pick, caps = self.matrices()
        got = linprog(cost, caps, np.zeros(len(caps)), pick, np.ones(len(pick)), bounds=(0, 1), method="highs-ds")
        return (got.fun, got.x) if got.status == 0 else (math.inf, np.full(len(cost), np.nan))

    def optimum(self) -> float:
        cost, pick, caps = self.matrices()
        rows = [LinearConstraint(pick, 1, 1), LinearConstraint(caps, -np.inf, 0)]
        got = milp(
            cost,
            constraints=rows,
            integrality=np.ones(len(cost)),
            bounds=(0, 1),
            options={"mip_rel_gap": 1e-9},
        )
        return float(got.fun) if got.status == 0 else math.inf

    def undominated(self) -> Knapsack:
        """What is left after deleting dominated columns one after the other."""
        t, cost, alive = self.table, self.cost, np.ones(len(self.option), dtype=bool)
        user, at, mb = t.user[self.option], t.server[self.option], t.server_mb[self.option]
        for k in range(len(alive)):
            smaller = (self.blocks <= self.blocks[k]) & (self.units <= self.units[k]) & (mb <= mb[k]) & (at == at[k])
            better = alive & (user == user[k]) & (cost <= cost[k]) & (smaller | (at == LOCAL))
            better[k] = False
            alive[k] = not better.any()
        return self.keep(alive)


# P1 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_p1_cost_is_convex_and_falling_and_its_clock_is_the_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 4, per_pair=3, local=False)
    first, second = rng.uniform(0.1, 1.0, (2, 400, 1)), rng.uniform(0.1, 1.0, (2, 400, 1))
    ends = 0.5 * (table.cost_j(*first) + table.cost_j(*second))
    middle = table.cost_j(*(0.5 * (first + second)))
    assert (middle <= ends * (1 + 1e-12)).all()
    assert (table.cost_j(*np.minimum(first * 1.1, 1.0)) <= table.cost_j(*first)).all()
    beta, phi = 0.5, 0.5
    budget = table.budget_s - table.uplink_s / beta - table.server_s / phi
    clock = np.linspace(table.clock_min[table.user], table.clock_max[table.user], 20_001)
    energy = table.device_j * clock**2 + table.tx_w * table.uplink_s / beta + table.fixed_j
    energy = np.where(table.device_s / clock <= budget, energy, np.inf).min(axis=0) * table.weight[table.user]
    assert np.allclose(energy, table.cost_j(beta, phi), rtol=1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_p1_two_prices_give_every_share(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 5, per_pair=1, local=False, deadline=(0.55, 0.7))
    rows = np.arange(5)
    value, beta, phi = best_shares(table, rows)
    assert value == pytest.approx(table.cost_j(beta * (1 + 1e-7), phi * (1 + 1e-7)).sum(), rel=1e-6)

    # Recover prices by maximising the dual; its minimisers must be the shares found.
    def dual(log_prices: np.ndarray) -> float:
        mu, nu = np.exp(log_prices)
        options = [PriceBound(table, o, mu, nu) for o in rows]
        return mu + nu - sum(option.bound(option.newton()[-1]) for option in options)

    prices = minimize(dual, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-11, "maxiter": 600})
    assert -prices.fun == pytest.approx(value, rel=1e-6)
    mu, nu = np.exp(prices.x)
    again = [option.shares(option.newton()[-1])[0] for option in (PriceBound(table, o, mu, nu) for o in rows)]
    assert np.allclose(again, beta, atol=2e-3)


# P2 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_p2_load_is_the_least_scale_of_feasible_shares(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 4, per_pair=1, local=False, deadline=(0.3, 0.7))
    rows = np.arange(4)
    load, beta, phi = eigen_shares(table, rows)
    assert beta.sum() == pytest.approx(load) and phi.sum() == pytest.approx(load)
    assert np.allclose(table.uplink_s / beta + table.server_s / phi, table.slack_s)
    n = len(rows)
    found = minimize(
        lambda v: v[-1],
        np.concatenate([beta, phi, [load * 1.5]]) * rng.uniform(1.0, 1.3),
        method="SLSQP",
        bounds=[(1e-3, None)] * (2 * n + 1),
        constraints=[
            {
                "type": "ineq",
                "fun": lambda v: table.slack_s - table.uplink_s / v[:n] - table.server_s / v[n:-1],
            },
            {"type": "ineq", "fun": lambda v: v[-1] - np.array([v[:n].sum(), v[n:-1].sum()])},
        ],
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert found.fun == pytest.approx(load, rel=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_p2_every_direction_is_a_valid_row_and_the_eigenvector_the_strictest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 4, per_pair=1, local=False, deadline=(0.3, 0.7))
    matrix = load_matrix(table, np.arange(4))
    load, vectors = np.linalg.eigh(matrix)
    share = np.append(rng.uniform(0, 1, 50), vectors[0, -1] ** 2)
    kappa = (
        np.sqrt(np.outer(share, table.uplink_s)) + np.sqrt(np.outer(1 - share, table.server_s))
    ) ** 2 / table.slack_s
    assert (kappa.sum(axis=1) <= load[-1] * (1 + 1e-12)).all()
    assert kappa[-1].sum() == pytest.approx(load[-1])


def test_p2_without_shared_work_the_larger_sum_counts() -> None:
    table = random_table(np.random.default_rng(1), 2, per_pair=1, local=False)
    table = dataclasses.replace(table, uplink_mhz_s=table.uplink_mhz_s * [1, 0], server_s=table.server_s * [0, 1])
    alone = np.array([table.uplink_s[0], table.server_s[1]]) / table.slack_s
    assert np.linalg.eigvalsh(load_matrix(table, np.arange(2)))[-1] == pytest.approx(alone.max())


# P3 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_p3_tangents_lie_below_the_perspective(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 3, per_pair=2, local=False)
    at, rows, step = np.array([0.5, 0.6]), np.arange(len(table)), 1e-6
    value = table.cost_j(*at)
    slope = [(table.cost_j(*(at + d)) - table.cost_j(*(at - d))) / (2 * step) for d in np.eye(2) * step]
    x = rng.uniform(0.01, 1.0, (500, 1))
    beta, phi = rng.uniform(0.0, 1.0, (2, 500, 1)) * x
    cut = (value - slope[0] * at[0] - slope[1] * at[1]) * x + slope[0] * beta + slope[1] * phi
    perspective = x * table.cost_j(beta / x, phi / x, rows)
    assert (cut <= perspective + 1e-7).all()
    # The closed form of the slopes.
    budget = table.budget_s - table.uplink_s / at[0] - table.server_s / at[1]
    clock = np.maximum(table.device_s / budget, table.clock_min[table.user])
    w = table.weight[table.user]
    price = np.where(clock > table.clock_min[table.user], 2 * w * table.device_j * clock**3 / table.device_s, 0.0)
    assert np.allclose(slope[0], -(w * table.tx_w + price) * table.uplink_s / at[0] ** 2, rtol=1e-4)
    assert np.allclose(slope[1], -price * table.server_s / at[1] ** 2, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_p3_refinement_ends_at_the_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 3, per_pair=2, deadline=(0.55, 0.65))
    n, choices = (
        len(table),
        list(itertools.product(*(range(a, b) for a, b in itertools.pairwise(table.start)))),
    )

    def settle(chosen: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        far = chosen[~table.is_local[chosen]]
        near = float(table.cost_j(1.0, 1.0, chosen[table.is_local[chosen]]).sum())
        if not len(far):
            return near, far, np.zeros((2, 0))
        cost, beta, phi = best_shares(table, far)
        return near + cost, far, np.array([beta, phi])

    optimum = min(settle(np.array(choice))[0] for choice in choices)
    objective = np.concatenate([np.zeros(3 * n), np.ones(n)])  # x, β, φ, θ
    pick = np.zeros((3, 4 * n))
    pick[table.user, np.arange(n)] = 1
    share = np.kron(np.array([[0, 1, 0, 0], [0, 0, 1, 0]]), np.ones(n))
    cuts = [np.concatenate([-table.cost_j()[o] * row, 0 * row, 0 * row, row]) for o, row in enumerate(np.eye(n))]
    best, bound, seen = math.inf, -math.inf, set()
    rows = [LinearConstraint(pick, 1, 1), LinearConstraint(share, -np.inf, 1)]
    load_rows: list[np.ndarray] = []
    for _ in range(len(choices) + 1):
        extra = [LinearConstraint(np.array(load_rows), -np.inf, 1)] if load_rows else []
        got = milp(
            objective,
            constraints=[*rows, *extra, LinearConstraint(np.array(cuts), 0, np.inf)],
            integrality=np.repeat([1, 0, 0, 0], n),
            bounds=(0, np.repeat([1, 1, 1, np.inf], n)),
            options={"mip_rel_gap": 1e-9},
        )
        bound = max(bound, got.fun)
        chosen = np.flatnonzero(got.x[:n] > 0.5)
        if math.isfinite(best) and best - bound <= 1e-5 * best:
            break
        assert tuple(chosen) not in seen, "a choice came back before the gap was closed"
        seen.add(tuple(chosen))
        value, far, _ = settle(chosen)
        best = min(best, value)
        if math.isinf(value):
            m = np.linalg.eigh(load_matrix(table, far))[1][0, -1] ** 2
            kappa = (np.sqrt(m * table.uplink_s[far]) + np.sqrt((1 - m) * table.server_s[far])) ** 2 / table.slack_s[
                far
            ]
            row = np.zeros(4 * n)
            row[far] = kappa
            load_rows.append(row)
            continue

        def dual(log_prices: np.ndarray, far: np.ndarray = far) -> float:
            mu, nu = np.exp(log_prices)
            return (
                mu
                + nu
                - sum(PriceBound(table, o, mu, nu).bound(PriceBound(table, o, mu, nu).newton()[-1]) for o in far)
            )

        if not len(far):
            continue
        mu, nu = np.exp(minimize(dual, np.zeros(2), method="Nelder-Mead", options={"fatol": 1e-9, "maxiter": 400}).x)
        for o in far:
            option = PriceBound(table, o, mu, nu)
            row = np.zeros(4 * n)
            row[[o, n + o, 2 * n + o, 3 * n + o]] = [-option.bound(option.newton()[-1]), mu, nu, 1.0]
            cuts.append(row)
    assert best == pytest.approx(optimum, rel=1e-5)
    assert bound <= optimum * (1 + 1e-6) and bound == pytest.approx(optimum, rel=2e-5)


# P4 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_p4_dominated_columns_change_neither_optimum_nor_relaxation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    full = Knapsack.full(random_table(rng, 4, 2, deadline=(0.55, 0.7), static=0.05), memory=True)
    small = full.undominated()
    assert len(small.option) < 0.7 * len(full.option)
    assert small.optimum() == pytest.approx(full.optimum(), rel=1e-7)
    assert small.lp()[0] == pytest.approx(full.lp()[0], rel=1e-7)


# P5 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_p5_any_multiplier_is_a_bound_and_newton_climbs_to_the_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 5, per_pair=2, local=False, deadline=(0.3, 1.0))
    for o in np.flatnonzero(np.isfinite(table.cost_j())):
        mu, nu = np.exp(rng.uniform(-4, 2, 2))
        option = PriceBound(table, int(o), mu, nu)
        share = rng.uniform(0.02, 1.0, (2, 4000))
        paid = float((table.cost_j(*share[:, :, None], np.array([o]))[:, 0] + mu * share[0] + nu * share[1]).min())
        for lam in rng.exponential(5.0, 20):
            assert option.bound(lam) <= paid * (1 + 1e-12)
        path = option.newton()
        assert np.all(np.diff(path) >= -1e-12) and abs(option.slope(path[-1])) < 1e-9
        grid = path[-1] * np.linspace(0.2, 3.0, 200)
        assert max(map(option.bound, grid)) <= option.bound(path[-1]) + 1e-12
        beta, phi, _ = option.shares(path[-1])
        spent = float(table.cost_j(beta * (1 + 1e-9), phi * (1 + 1e-9), np.array([o]))[0]) + mu * beta + nu * phi
        assert option.bound(path[-1]) == pytest.approx(spent, rel=1e-6)


def test_p5_the_deadline_function_is_not_convex_where_the_clock_leaves_its_minimum() -> None:
    table = random_table(np.random.default_rng(0), 1, per_pair=1, local=False)
    option = PriceBound(table, 0, mu=1e-6, nu=1e-6)  # shares at their caps: only the clock moves
    near, far = 0.9 * option.turn, 1.1 * option.turn
    assert option.slope(option.turn) > 0.5 * (option.slope(near) + option.slope(far)) + 1e-6


@pytest.mark.parametrize("seed", SEEDS)
def test_p5_prices_bound_the_optimum_and_reach_the_relaxation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 5, 2, deadline=(0.55, 0.7), static=0.05)
    columns = Knapsack.full(table)
    optimum = columns.optimum()
    for _ in range(20):
        mu, nu = np.exp(rng.uniform(-4, 1, (2, 2)))
        least = table.cost_j()
        for o in np.flatnonzero(~table.is_local & np.isfinite(least)):
            option = PriceBound(table, int(o), mu[table.server[o]], nu[table.server[o]])
            least[o] = option.bound(option.newton()[-1])
        total = sum(least[a:b].min() for a, b in itertools.pairwise(table.start))
        assert total - np.maximum(mu + nu - table.static_j, 0).sum() <= optimum * (1 + 1e-9)
    cost, pick, caps = columns.matrices()
    got = linprog(cost, caps, np.zeros(len(caps)), pick, np.ones(len(pick)), bounds=(0, 1), method="highs-ds")
    price = -got.ineqlin.marginals
    reduced = (cost + price @ caps)[: len(columns.option)]
    total = sum(reduced[table.user[columns.option] == i].min() for i in range(table.n_users))
    bound = total - np.maximum(price.reshape(2, -1).sum(axis=0) - table.static_j, 0).sum()
    assert bound == pytest.approx(got.fun, rel=1e-7)
    # P5(d): an option whose bound exceeds the optimum can go.
    user = table.user[columns.option]
    floor = np.array([reduced[user == i].min() for i in range(table.n_users)])
    kept = columns.keep(bound - floor[user] + reduced <= optimum * (1 + 1e-9))
    assert kept.optimum() == pytest.approx(optimum, rel=1e-7)


# P6 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_p6_few_users_are_fractional_and_the_gap_is_small(seed: int, memory: bool) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 10, 2, deadline=(0.55, 0.8), static=0.3, pieces=5)
    table = dataclasses.replace(table, memory_mb=np.full(2, 15.0))
    columns = Knapsack.full(table, memory=memory).undominated()
    value, x = columns.lp()
    user, k = table.user[columns.option], len(columns.option)
    fractional = np.unique(user[(x[:k] > 1e-7) & (x[:k] < 1 - 1e-7)])
    y = x[k:]
    partly = (y > 1e-7) & (y < 1 - 1e-7)
    assert len(fractional) + partly.sum() <= (3 if memory else 2) * table.n_servers
    cost, at = columns.cost, table.server[columns.option]
    spread = np.array([cost[(user == i) & (at == LOCAL)].min() - cost[user == i].min() for i in fractional])
    room = spread.sum() + ((1 - y) * table.static_j)[partly].sum()
    assert value * (1 - 1e-9) <= columns.optimum() <= (value + room) * (1 + 1e-9)


# P7 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_p7_units_cost_at_least_continuous_and_at_most_a_smaller_continuous(seed: int) -> None:
    rng = np.random.default_rng(seed)
    users = 3
    table = random_table(rng, users, per_pair=1, local=False, deadline=(0.5, 0.8), pieces=12)
    rows = np.arange(users)
    units = Knapsack.full(table).optimum()
    doubled = Knapsack.full(dataclasses.replace(table, blocks=2 * table.blocks, units=2 * table.units)).optimum()
    continuous = best_shares(table, rows)[0]
    less = 1 - users / 12
    shrunk = dataclasses.replace(
        table, uplink_mhz_s=table.uplink_mhz_s / less, tx_w=table.tx_w, server_s=table.server_s / less
    )
    reduced = best_shares(shrunk, rows)[0]  # shares of a capacity `less`, written as shares of 1
    assert continuous * (1 - 1e-7) <= doubled <= units * (1 + 1e-9)
    assert units <= reduced * (1 + 1e-7)


# P8 ------------------------------------------------------------------------------------------


def cell_dominates(table: OptionTable, good: int, poor: int, grid: np.ndarray) -> bool:
    """Whether P8(b) holds on the grid."""
    low, high = np.meshgrid(grid[:-1], grid[:-1]), np.meshgrid(grid[1:], grid[1:])
    least = table.cost_j(high[0].reshape(-1, 1), high[1].reshape(-1, 1), np.array([poor]))
    most = table.cost_j(low[0].reshape(-1, 1), low[1].reshape(-1, 1), np.array([good]))
    return bool((most <= least).all() and table.server_mb[good] <= table.server_mb[poor])


@pytest.mark.parametrize("seed", SEEDS)
def test_p8_pruned_options_are_not_missed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 4, 2, per_pair=5, deadline=(0.55, 0.8), static=0.02)
    grid, full = np.linspace(0, 1, 41), table.cost_j()
    alive, dropped = np.ones(len(table), dtype=bool), {"local": 0, "cells": 0}
    for o in np.flatnonzero(~table.is_local):
        rivals = np.flatnonzero(alive & (table.user == table.user[o]))
        local = rivals[table.is_local[rivals]]
        same = [r for r in rivals if table.server[r] == table.server[o] and r != o]
        if full[local].min() <= full[o]:
            alive[o], dropped["local"] = False, dropped["local"] + 1
        elif any(cell_dominates(table, int(r), int(o), grid) for r in same):
            alive[o], dropped["cells"] = False, dropped["cells"] + 1
    assert dropped["cells"] > 0
    before = Knapsack.full(table).optimum()
    assert Knapsack.full(table.take(np.flatnonzero(alive))).optimum() == pytest.approx(before, rel=1e-7)


# P9 ------------------------------------------------------------------------------------------


def crossing_mbit(net, on_device: np.ndarray) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    """Mbit sent when each tensor goes once, and when it goes once a reader."""
    arcs = [
        p
        for v in range(net.n_layers)
        if not on_device[v]
        for p in net.predecessors[v]
        if p == NETWORK_INPUT or on_device[p]
    ]
    size = {p: net.input_mbit if p == NETWORK_INPUT else float(net.output_mbit[p]) for p in arcs}
    return sum(size.values()), sum(size[p] for p in arcs)


def down_closed(net) -> list[np.ndarray]:  # type: ignore[no-untyped-def]
    """All down-closed sets."""
    masks = [np.array(bits, dtype=bool) for bits in itertools.product([False, True], repeat=net.n_layers)]
    return [m for m in masks if all(p == NETWORK_INPUT or m[p] for v in np.flatnonzero(m) for p in net.predecessors[v])]


@pytest.mark.parametrize("seed", SEEDS)
def test_p9_a_tensor_counts_once(seed: int) -> None:
    net = tiny_network(np.random.default_rng(seed), 6)
    sent = [crossing_mbit(net, mask) for mask in down_closed(net)]
    assert all(once <= arcs + 1e-12 for once, arcs in sent)
    nothing = next(mask for mask in down_closed(net) if not mask.any())
    assert crossing_mbit(net, nothing)[0] == pytest.approx(net.input_mbit)
    assert crossing_mbit(net, np.ones(6, dtype=bool))[0] == 0


def test_p9_twin_cuts_cost_the_same_on_every_machine_and_others_do_not() -> None:
    rng = np.random.default_rng(5)
    twins, merged = np.array([[2.0, 3.0]]), np.array([[1.0, 2.0], [2.0, 4.0]])  # rows: GFLOP, MB moved
    whole, other = (
        np.array([[1.5, 3.0], [1.5, 3.0]]),
        np.array([[2.0, 2.0], [1.0, 4.0]]),
    )  # same sums; other intensities
    for _ in range(50):
        x, y, launch = rng.exponential(1.0, 3)

        def time(layers: np.ndarray, x: float = x, y: float = y, launch: float = launch) -> float:
            return float((np.maximum(layers[:, 0] * x, layers[:, 1] * y) + launch).sum())

        assert time(twins) == time(twins.copy())
        assert time(merged) == pytest.approx(time(whole))

    def rates(layers: np.ndarray) -> np.ndarray:
        return np.array([np.maximum(layers[:, 0], layers[:, 1] * y).sum() for y in (0.4, 0.5, 1.0)])

    assert not np.allclose(rates(merged), rates(other))  # equal totals alone are not enough


@pytest.mark.parametrize("seed", SEEDS)
def test_p9_one_price_of_the_deadline_is_served_by_a_hull_cut(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 1, per_pair=30, local=False)
    table = dataclasses.replace(
        table,
        device_j=2.0 * table.device_s,
        tx_w=np.full(30, 0.8),
        fixed_s=np.full(30, 0.01),
        fixed_j=0.1 * table.server_s + 0.01 * table.uplink_s,
    )
    point = np.column_stack([table.device_s, table.uplink_s, table.server_s])
    mu, nu, lam = np.exp(rng.uniform(-3, 1, 3))
    value = [PriceBound(table, o, mu, nu).bound(lam) for o in range(30)]
    best = int(np.argmin(value))
    # Best for some direction: no mixture of the others is at least as good in all three coordinates.
    others = np.delete(point, best, axis=0)
    mix = linprog(np.zeros(29), others.T, point[best], np.ones((1, 29)), [1.0], method="highs")
    assert mix.status == 2


def test_p9_supported_cuts_can_lose() -> None:
    device, upload = np.array([0.0, 10.0, 5.1]), np.array([10.0, 0.0, 5.1])
    kept = supported_rows(device, upload, np.full(3, 0.001))
    assert kept.tolist() == [0, 1]
    table = random_table(np.random.default_rng(0), 1, per_pair=3, local=False)
    table = dataclasses.replace(
        table,
        device_s=device,
        device_j=4.0 * device,
        uplink_mhz_s=upload * table.bandwidth_mhz,
        tx_w=np.ones(3),
        server_s=np.zeros(3),
        fixed_s=np.zeros(3),
        fixed_j=np.zeros(3),
        deadline_s=np.array([20.0]),
        weight=np.ones(1),
        clock_min=np.array([0.1]),
        clock_max=np.ones(1),
    )
    cost = table.cost_j()
    assert cost[2] == pytest.approx(0.75 * cost[kept].min(), rel=0.01)


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
