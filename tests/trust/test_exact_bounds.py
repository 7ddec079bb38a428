"""`instances.verify` against bounds worked out by hand: options, prices, sieves, and the price of time."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from instances import verify as exact
from tests.trust.exact_words import ONE, changed, prices, proven, read, still
from tests.trust.hand_made import (
    Document,
    cost_of,
    given,
    latency_of,
    row,
    stay,
)


def keys(problem: exact.Problem, user: int) -> list[Any]:
    return [option.key for option in problem.options(user)]


@pytest.mark.parametrize("deadline_s", [0.6, 1.0, 1.5, 2.0, 3.0, 7.0])
@pytest.mark.parametrize("user", range(3))
def test_which_options_there_are(user: int, deadline_s: float) -> None:
    """Under J-A: what can be in time, being turned away, and nothing remote where staying local costs as little."""
    d = changed(given("J-A"), "users", user, "deadline_s", to=deadline_s)
    places = [None, *links_of(d, user)]
    every = [(at, k) for at in places for k in range(5) if (at is None) == (k == 4)]
    in_time = [key for key in every if latency_at_best(d, user, key) < deadline_s]
    meant = in_time[:1] if (None, 4) in in_time else in_time
    assert keys(read(d), user) == [*meant, (None, None)]


def links_of(d: Document, user: int) -> list[str]:
    return [link["server"] for link in d["users"][user]["links"]]


def latency_at_best(d: Document, user: int, key: tuple[str | None, int]) -> float:
    name = d["users"][user]["name"]
    device = next(x for x in d["devices"] if x["name"] == d["users"][user]["device"])
    shares = (0.0, 0.0) if key[0] is None else (1.0, 1.0)
    return float(latency_of(d, row(name, key[0], key[1], *shares, device["clock_max"])))


def dear() -> Document:
    """An instance in which computing takes so much energy that all others are kept beside staying local."""
    return changed(given(), "devices", 0, "kappa", to=2.0**-80)


def test_options_that_break_a_rule_by_twice_of_what_is_forgiven() -> None:
    d = dear()
    all_of_them = keys(read(d), 0)
    assert len(all_of_them) > 4
    gflop = 4.001001  # of the last three layers
    for table, s, name, need in (("devices", 0, "memory_mb", 1.0), ("servers", 0, "memory_mb", 2.314),
                                 ("servers", 0, "energy_budget_j", 8.0 + 0.5 * gflop),
                                 ("servers", 1, "energy_budget_j", 4.0 + 0.25 * gflop)):  # fmt: skip
        at = ("near", "far")[s] if table == "servers" else "near"
        assert (at, 1) in all_of_them
        assert (at, 1) in keys(read(changed(d, table, s, name, to=need * (1 - 1.5e-9))), 0), (table, name)
        assert (at, 1) not in keys(read(changed(d, table, s, name, to=need * (1 - 6e-9))), 0), (table, name)


def test_what_an_option_takes() -> None:
    """In parts of the server's memory and of what its idle power leaves of its energy."""
    d = changed(dear(), "servers", 0, "energy_budget_j", to=16.0)
    option = next(o for o in read(d).options(0) if o.key == ("near", 1))
    assert option.stocks[0] / ONE == pytest.approx(2.314 / 8)
    assert option.stocks[1] / ONE == pytest.approx(0.5 * 4.001001 / (16 - 8))
    assert option.device / ONE == pytest.approx(1.125) and option.air / ONE == pytest.approx(12 / 8)
    far = next(o for o in read(d).options(0) if o.key == ("far", 2))
    assert far.stocks[1] == 0 and far.stocks[0] / ONE == pytest.approx(0.314 / 128)


def test_a_link_without_a_price_costs_nothing() -> None:
    """To the last bit, as bounds must not be above the truth."""
    option = next(o for o in read(dear()).options(0) if o.key == ("near", 2))
    at = {"near": [ONE, ONE, ONE, ONE]}
    assert (
        option.worth(at, {}) == option.worth(at, {(0, "near"): 0}) == option.worth(at, {(1, "near"): 5, (0, "far"): 7})
    )
    assert option.worth(at, {(0, "near"): 3}) == option.worth(at, {}) + 3


MOVED_MB = (3.314, 2.314, 0.314, 0.25)
SENT_MBIT = (8.0, 12.0, 2.0, 1.0)


def worth(d: Document, user: int, at: str | None, kept: int, mu: float, nu: float) -> float:
    """Least cost of a choice at any shares at these prices, without memory and its server's idle power."""
    name = d["users"][user]["name"]
    if at is None:
        return float(cost_of(d, [stay(name)]))
    weight, late = d["users"][user]["weight"], d["latency_weight_w"]
    server = next(x for x in d["servers"] if x["name"] == at)
    link = next(x for x in d["users"][user]["links"] if x["server"] == at)
    watt = next(x for x in d["radios"] if x["name"] == d["users"][user]["radio"])["tx_w"]
    sending_s = SENT_MBIT[kept] / (link["efficiency"] * server["bandwidth_mhz"])
    r = row(name, at, kept, 1.0, 1.0, 1.0)
    there_s = float(latency_of(d, {**r, "compute_share": 0.5}) - latency_of(d, r))  # twice as long by once
    total = float(cost_of(d, [r])) - float(cost_of(d, [r]) - cost_of({**d, "horizon_s": 0.0}, [r]))
    for work, price in ((weight * (watt + late) * sending_s, mu), (weight * late * there_s, nu)):
        total += price if work >= price else 2 * math.sqrt(work * price) - work
    return total


NONE = (0.0, 0.0, 0.0)
SOME = [
    (NONE, NONE),
    ((0.3, 0.2, 0.1), (0.05, 0.7, 0.4)),
    ((5.0, 0.0, 2.0), (0.01, 0.02, 0.9)),
    ((0.9, 0.8, 9.0), NONE),
]


def least(d: Document, user: int, near: tuple[float, ...], far: tuple[float, ...], *places: str | None) -> float:
    """Least worth of a user at some places, memory paid."""
    found = [worth(d, user, None, 4, 0, 0)] if None in places else []
    for at in {*places} & {*links_of(d, user)}:
        mu, nu, pi, *_ = near if at == "near" else far
        memory_mb = 8.0 if at == "near" else 128.0
        found += [worth(d, user, at, k, mu, nu) + pi * MOVED_MB[k] / memory_mb for k in range(4)]
    return min(found, default=math.inf)


@pytest.mark.parametrize(("near", "far"), SOME)
@pytest.mark.parametrize("problem", ["J-E", "J-L"])
def test_bounds_on_paper(problem: str, near: tuple[float, ...], far: tuple[float, ...]) -> None:
    """Clocks stand still, nobody is in a hurry: at prices μ, ν the least is fixed + 2 √(μ a w (p + ω)) + 2 √(ν c w ω),
    or, where μ > a w (p + ω), that and μ in place of the root."""
    d = still(problem)
    best = sum(least(d, user, near, far, None, "near", "far") for user in range(3))
    due = sum(max(sum(prices_) - on, 0.0) for prices_, on in ((near, 4.0), (far, 2.0)))  # idle for 2 s, half counted
    assert proven(d, prices(near, far)) == pytest.approx(best - due, rel=1e-8)


def test_bounds_of_parts() -> None:
    """A case's least is the least of its parts': servers that are on or off, and who may choose what."""
    d, (near, far) = still("J-L"), SOME[1]
    leaf, users = prices(near, far), range(3)
    both = sum(least(d, u, near, far, None, "near", "far") for u in users)
    without = sum(least(d, u, near, far, None, "far") for u in users)
    on, dues = 4.0 - sum(near), max(sum(far) - 2.0, 0.0)  # what near costs, less its prices
    split = proven(d, {"server": "near"}, leaf, leaf)
    assert split == pytest.approx(min(without, both + on) - dues, rel=1e-8)
    high = prices((9.0, 9.0, 9.0), far)
    off_first = proven(d, {"server": "near"}, leaf, high)
    assert off_first != split
    at_near = [["near", k] for k in range(4)]
    among = least(d, 0, near, far, "near")
    rest = least(d, 0, near, far, None, "far")
    others = sum(least(d, u, near, far, None, "near", "far") for u in (1, 2))
    user = {"user": "ann", "options": at_near}
    assert proven(d, user, leaf, leaf) == pytest.approx(min(among, rest) + others, rel=1e-8)
    one = proven(d, user, leaf, high)  # the last part is the one without
    other = proven(d, user, high, leaf)
    assert min(one, other) < max(one, other) <= proven(d, user, leaf, leaf) + 1e-9
    for nodes in ([user, leaf], [{"server": "near"}, leaf], [leaf, leaf]):
        with pytest.raises((exact.Wrong, *exact.NO_SENSE)):
            proven(d, *nodes)
    with pytest.raises(exact.Wrong, match="a case is missing"):
        proven(d, {"server": "near"}, leaf)
    for node in ({"server": "away"}, {"odd": 1}):
        with pytest.raises(exact.Wrong):
            proven(d, node, leaf, leaf)
    with pytest.raises(exact.Wrong, match="settled"):
        proven(d, {"server": "near"}, {"server": "near"}, leaf, leaf, leaf)


def test_prices_of_links_of_energy_and_of_what_is_unlimited() -> None:
    d, (near, far) = still(), SOME[1]
    plain = proven(d, prices(near, far))
    unlimited = copy.deepcopy(d)
    del unlimited["servers"][1]["memory_mb"]  # then its price is neither paid nor due
    dues = [max(sum(near) - 4.0, 0), max(0.05 + 0.7 - 2.0, 0)]
    best = sum(least(d, u, near, (0.05, 0.7, 0.0), None, "near", "far") for u in range(3))
    for pi in (0.4, 50.0):
        assert proven(unlimited, prices(near, (0.05, 0.7, pi))) == pytest.approx(best - sum(dues), rel=1e-8)
    energy = prices((*near, 30.0), (*far, 40.0))
    assert proven(d, energy) == plain  # of which there is no limit
    d["servers"][0]["energy_budget_j"] = 40.0  # 32 J are left: of its GFLOP, half a joule each
    best = 0.0
    for u in range(3):
        found = [least(d, u, near, far, None, "far")]
        if "near" in links_of(d, u):
            found += [worth(d, u, "near", k, *near[:2]) + near[2] * MOVED_MB[k] / 8 + 30.0 * 0.5 * gflop / 32
                      for k, gflop in enumerate((6.001001, 4.001001, 0.001001, 0.001))]  # fmt: skip
        best += min(found)
    due = max(sum(near) + 30.0 - 4.0, 0.0)
    assert proven(d, energy) == pytest.approx(best - due, rel=1e-8)
    assert proven(d, prices((*near, 0.0), (*far, 0.0))) == pytest.approx(plain, rel=1e-12)
    d = still()
    for price in (0.25, 100.0):
        leaf = {**prices(near, far), "links": [["ann", "near", price]]}
        best = sum(least(d, u, near, far, None, "near", "far") for u in (1, 2))
        best += min(least(d, 0, near, far, "near") + price, least(d, 0, near, far, None, "far"))
        assert proven(d, leaf) == pytest.approx(best - max(sum(near) + price - 4.0, 0.0), rel=1e-8)
    for wrong in ({"prices": [[0.0, 0.0]] * 2}, {"prices": [[0.0, 0.0]] * 5}, {"prices": [[0.0]] * 3},
                  {"prices": [[0.0, -1e-9]] * 3}, {**prices(), "links": [["nobody", "near", 1.0]]},
                  {**prices(), "links": [["ann", "near", -1.0]]},
                  {**prices(), "sieve": prices()["prices"]}):  # fmt: skip
        with pytest.raises((exact.Wrong, *exact.NO_SENSE)):
            proven(d, wrong)


def test_a_sieve_leaves_out_what_costs_the_claim() -> None:
    """At no prices each user takes its least; an option that is dearer by more than the claim allows is left out."""
    d = still("J-L")
    costs = [{key: worth(d, u, *key, 0.0, 0.0) for key in places(d, u)} for u in range(3)]
    free = sum(min(one.values()) for one in costs)
    high = prices((50.0, 60.0, 70.0), (80.0, 90.0, 95.0))
    sieve = {"sieve": prices()["prices"]}
    for room in (0.01, 0.3, 1.0, 100.0):
        claim = free + room
        kept = [{key for key, x in one.items() if free - min(one.values()) + x < claim} for one in costs]
        after = 0.0
        for u, left in enumerate(kept):
            after += min((worth(d, u, at, k, *((50.0, 60.0) if at == "near" else (80.0, 90.0)))
                          + ((70.0 * MOVED_MB[k] / 8) if at == "near" else (95.0 * MOVED_MB[k] / 128) if at else 0.0)
                          for at, k in left), default=math.inf)  # fmt: skip
        due = 180.0 - 4.0 + 265.0 - 2.0
        assert proven(d, sieve, high, claim=claim) == pytest.approx(min(after - due, claim), rel=1e-8), room
    assert proven(d, sieve, prices(), claim=free - 1.0) == pytest.approx(free - 1.0)  # nothing is left
    assert proven(d, sieve, prices()) == pytest.approx(free)
    with pytest.raises(exact.Wrong, match="a case is missing"):
        proven(d, sieve, claim=free)


def places(d: Document, user: int) -> list[tuple[str | None, int]]:
    """Ways of a user that cost less than staying local, which is one of them."""
    local = worth(d, user, None, 4, 0.0, 0.0)
    every: list[tuple[str | None, int]] = [(at, k) for at in links_of(d, user) for k in range(4)]
    return [(None, 4), *(key for key in every if worth(d, user, *key, 0.0, 0.0) < local)]


def hurried(deadline_s: float) -> exact.Option:
    """Ann with two layers at the near server, 3.25 s of computing at clocks of ½ to 2; not all of them fit hers."""
    d = changed(changed(dear(), "users", 0, "deadline_s", to=deadline_s), "devices", 0, "memory_mb", to=3.1)
    return next(o for o in read(d).options(0) if o.key == ("near", 2))


def test_least_costs_of_those_in_a_hurry() -> None:
    """With all shares the clock need not be higher than what meets the deadline."""
    watt = 2.0**-80 * 1.5e9**3
    d = dear()
    r = row("ann", "near", 2, 1.0, 1.0, 1.0)
    rest_s = float(latency_of(d, r)) - 3.25
    assert rest_s == pytest.approx(0.25 + (0.0005 / 8 * 2 + 0.125) * 1.0 + 0.125 + 2 / 16, rel=0.01)
    fixed = float(cost_of({**d, "horizon_s": 0.0}, [r])) - 2 * watt * 3.25
    for clock in (0.5, 0.75, 1.0, 1.5, 1.99):
        option = hurried(rest_s + 3.25 / clock * (1 + 1e-12))
        assert option.least / ONE == pytest.approx(2 * watt * 3.25 * clock**2 + fixed, rel=1e-10)
    assert hurried(rest_s + 3.25 / 0.4).least / ONE == pytest.approx(2 * watt * 3.25 / 4 + fixed, rel=1e-10)
    edge = rest_s + 3.25 / 2
    forgiven = hurried(edge * (1 - 2.5e-9))  # who hardly is in time gets what plans are forgiven
    assert forgiven.least / ONE == pytest.approx(2 * watt * 3.25 * 4 + fixed, rel=1e-8)
    assert (forgiven.budget / ONE) == pytest.approx(edge * (1 + 0.5e-9) - (rest_s - 0.25 - server_s(d)), rel=1e-11)
    with pytest.raises(StopIteration):
        hurried(edge * (1 - 4e-9))
    relaxed = hurried(edge * (1 + 6e-9))
    assert relaxed.budget / ONE == pytest.approx(edge * (1 + 6e-9) - (rest_s - 0.25 - server_s(d)), rel=1e-11)


def server_s(d: Document) -> float:
    """Of the last two layers at the near server."""
    r = row("ann", "near", 2, 1.0, 0.5, 1.0)
    return float(latency_of(d, r) - latency_of(d, {**r, "compute_share": 1.0}))


def test_the_price_of_time_is_near_the_best() -> None:
    """Bounds of who is in a hurry, against the least over a grid of clocks and shares that are in time."""
    watt, d = 2.0**-80 * 1.5e9**3, dear()
    r = row("ann", "near", 2, 1.0, 1.0, 1.0)
    late_s, there_s, sending_s = float(latency_of(d, r)), server_s(d), 0.25
    fixed = float(cost_of({**d, "horizon_s": 0.0}, [r])) - 2 * watt * 3.25 - 2 * 1.5 * sending_s
    for deadline_s in (late_s * 0.7, late_s, late_s * 1.5):
        option = hurried(deadline_s)
        for mu, nu in ((300.0, 20.0), (1e4, 2e3), (1.0, 5e4)):
            found = option.worth({"near": [int(mu) << exact.BITS, int(nu) << exact.BITS, 0, 0]}, {}) / ONE
            best = math.inf
            for share in (k / 60 for k in range(1, 61)):
                for phi in (k / 60 for k in range(1, 61)):
                    left = deadline_s - (late_s - 3.25) - sending_s * (1 / share - 1) - there_s * (1 / phi - 1)
                    clock = max(3.25 / left, 0.5) if left > 0 else 3.0
                    if clock <= 2.0:
                        best = min(best, 2 * watt * 3.25 * clock**2 + 3.0 * sending_s / share + mu * share + nu * phi)
            assert found <= (best + fixed) * (1 + 1e-12)
            assert found == pytest.approx(best + fixed, rel=2e-3)
