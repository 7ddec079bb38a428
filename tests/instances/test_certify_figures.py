"""The certifier's figures, values and terms: each on the safe side of the exact one, and close to it."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np

from instances.certify_least import clock_term
from instances.certify_options import LOCAL, Offers
from instances.certify_values import find_force, share_term, value_down
from instances.generate import generate
from instances.instance import Instance
from tests.builders import tiny_instance


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
