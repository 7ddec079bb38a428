"""Prices as slopes, the steps that they speak of, and the savings that solving again confirms (docs/theory.md, P14)."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest

from instances.check import check
from instances.errors import InputError
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.options import OptionTable
from instances.plan import Plan
from solvers import METHODS, Limits, Result, solve
from solvers.allocation import allocate
from solvers.answer import Answer, Clock
from solvers.prices import Dual
from solvers.sensitivity import RESOURCES, Slopes, Step, grow, resolve, slopes_of
from solvers.sensitivity.choices import chosen_options
from solvers.sensitivity.growth import amount_of
from tests.builders import tiny_admission, tiny_instance

RULES = ("continuous", "units")
COLUMNS = ["server", "resource", "amount", "unit", "load", "on", "price_j", "price_per_unit", "price_unit", "worth_j",
           "kept_j", "rank", "source"]  # fmt: skip


def best_bound(table: OptionTable) -> Answer:
    limits = Limits(gap=0.0)
    clock = Clock(limits)
    return METHODS["prices"].solve(table, limits=limits, rng=np.random.default_rng(0), clock=clock)


def larger(table: OptionTable, server: int, resource: str, factor: float) -> OptionTable:
    """The table with a factor more of one resource, written out as columns."""
    here = np.arange(table.n_servers) == server
    if resource == "uplink":
        return dataclasses.replace(table, bandwidth_mhz=np.where(here, factor, 1) * table.bandwidth_mhz)
    if resource == "memory":
        return dataclasses.replace(table, memory_mb=np.where(here, factor, 1) * table.memory_mb)
    return dataclasses.replace(table, server_s=table.server_s / np.where(table.server == server, factor, 1))


# Slopes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_p14_kept_choices_cost_what_their_multipliers_say(seed: int) -> None:
    result = solve(generate("campus", users=15, servers=3, seed=seed), "greedy")
    table, slopes = expand(result.instance), slopes_of(result)
    assert result.plan is not None and slopes.source == "plan"
    chosen, tried = chosen_options(table, result.plan), 0
    for server, (k, resource) in itertools.product(range(3), enumerate(("uplink", "compute"))):
        price = slopes.prices[k, server]
        assert slopes.kept_j(server, resource) * amount_of(result.instance, server, resource) == pytest.approx(price)
        costs = [allocate(larger(table, server, resource, 1 + e), chosen).objective_j for e in (-1e-4, 0, 1e-4)]
        assert (costs[0] - costs[2]) / 2e-4 == pytest.approx(price, rel=1e-3, abs=1e-7 * costs[1])
        assert costs[0] + costs[2] >= 2 * costs[1] - 1e-12 * costs[1]
        tried += price > 1e-3
    assert tried >= 3


@pytest.mark.parametrize(("kind", "users", "seed"), [("metro", 150, 1), ("campus", 60, 2)])
def test_p14_best_bound_falls_as_its_prices_say(kind: str, users: int, seed: int) -> None:
    """Without static energy every e_s is positive: the slope is the price, from both sides."""
    table = expand(generate(kind, users=users, servers=2, seed=seed))
    table = dataclasses.replace(table, static_j=np.zeros(2))
    got = best_bound(table)
    assert got.certificate is not None
    prices, part, tried = got.certificate.root.prices, 0.02, 0  # type: ignore[union-attr]
    for server, (k, resource) in itertools.product(range(2), enumerate(("uplink", "compute"))):
        price = prices[k, server]
        if price < 0.01 * prices.max():
            continue
        less, more = (best_bound(larger(table, server, resource, f)).bound_j for f in (1 - part, 1 + part))
        room = 3e-6 * got.bound_j  # each maximum is found to about 1e-6
        assert more >= got.bound_j - price * part - room
        assert less >= got.bound_j + price * part - room
        assert (less - more) / (2 * part) == pytest.approx(price, rel=0.05)
        tried += 1
    assert tried >= 2


@pytest.mark.parametrize("part", [0.9, 0.8])
def test_p14_memory_has_a_price_where_it_is_short(part: float) -> None:
    table = expand(generate("campus", users=20, servers=1, seed=2))
    table = dataclasses.replace(table, static_j=np.zeros(1))
    free = best_bound(table).decision
    assert free is not None
    table = dataclasses.replace(table, memory_mb=np.array([part * table.server_mb[free.chosen].sum()]))
    got = best_bound(table)
    assert got.certificate is not None
    price = got.certificate.root.prices[2, 0]  # type: ignore[union-attr]
    less, more = (best_bound(larger(table, 0, "memory", f)).bound_j for f in (0.98, 1.02))
    assert price > 0.1
    assert (less - more) / 0.04 == pytest.approx(price, rel=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_p14_copies_of_a_server_are_worth_less_and_less(seed: int) -> None:
    """The surplus is at least what the best bound falls by, and the next copy is worth no more."""
    instance = generate("campus", users=15, servers=2, seed=seed)
    result = solve(instance, "prices", limits=Limits(gap=0.0))
    slopes = slopes_of(result)
    server = int(np.argmax(slopes.surplus_j))
    bounds, now = [result.bound_j], instance
    for _ in range(2):
        now = grow(now, server, "server", 1)
        bounds.append(best_bound(expand(now)).bound_j)
    first, second = -np.diff(bounds)
    room = 1e-5 * result.bound_j
    assert slopes.surplus_j[server] > 0.01
    assert slopes.surplus_j[server] >= first - room and first >= second - room


# Steps -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("allocation", RULES)
@pytest.mark.parametrize("resource", [name for name in RESOURCES if name != "energy"])
def test_p14_old_plans_hold_in_the_grown_instance(resource: str, allocation: str) -> None:
    plans = 0
    for seed in range(8):
        instance = tiny_instance(seed, users=3, servers=2, layers=3, allocation=allocation)
        old = solve(instance, "greedy")
        if old.plan is None:
            continue
        for server in range(2):
            grown = grow(instance, server, resource, Step(0.3).amount(instance, server, resource))
            report = check(grown, _moved(old.plan, instance, grown, server, resource))
            assert report.valid, report.violations
            assert report.objective_j <= old.objective_j * (1 + 1e-12)
            plans += 1
    assert plans >= 10


def _moved(plan: Plan, instance: Instance, grown: Instance, server: int, resource: str) -> Plan:
    """The plan with the same absolute amounts of uplink and compute."""
    mine = plan.server == server
    uplink = instance.servers.bandwidth_mhz[server] / grown.servers.bandwidth_mhz[server]
    compute = instance.servers.gflops[server] / grown.servers.gflops[server]
    return plan.replace(
        uplink_share=np.where(mine, uplink, 1) * plan.uplink_share,
        compute_share=np.where(mine, compute, 1) * plan.compute_share,
    )


def test_more_compute_makes_every_time_on_the_server_shorter_alike() -> None:
    instance = generate("campus", users=6, servers=2, seed=1)
    old = expand(instance, feasible_only=False)
    for resource in ("uplink", "compute", "memory"):
        grown = grow(instance, 1, resource, 0.25 * amount_of(instance, 1, resource))
        new, wanted = expand(grown, feasible_only=False), larger(old, 1, resource, 1.25)
        for column in ("uplink_s", "server_s", "memory_mb", "static_j", "fixed_j", "fixed_s"):
            assert np.allclose(getattr(new, column), getattr(wanted, column), rtol=1e-12), (resource, column)
        assert grown.fingerprint != instance.fingerprint


def test_a_copy_has_the_same_links_and_a_name_of_its_own() -> None:
    instance = generate("campus", users=6, servers=2, seed=1)
    grown = grow(grow(instance, 0, "server", 1), 0, "server", 1)
    assert len(set(grown.servers.name)) == grown.n_servers == 4
    for server in (2, 3):
        a, b = (grown.links.take(grown.links.server == s) for s in (0, server))
        assert np.array_equal(a.user, b.user) and np.array_equal(a.efficiency, b.efficiency)


@pytest.mark.parametrize("problem", ["J-L", "J-C"])
def test_figures_are_in_the_unit_of_the_problem_and_hold_the_truth(problem: str) -> None:
    instance = tiny_instance(3, users=3, servers=2, layers=2, allocation="continuous", problem=problem)
    frame = resolve(solve(instance, "prices"), "brute_force", step=Step(0.5), top=8)
    assert all(unit.startswith(f"{instance.unit}/") for unit in frame["price_unit"])
    old = solve(instance, "brute_force").objective_j
    checked = 0
    for _, row in frame.iterrows():
        server = list(instance.servers.name).index(row["server"])
        if not math.isfinite(row["step"]):
            continue
        saving = old - solve(grow(instance, server, row["resource"], row["step"]), "brute_force").objective_j
        assert row["least_j"] - 1e-7 * old <= saving <= row["most_j"] + 1e-7 * old, row["resource"]
        checked += 1
    assert checked >= 6


def test_a_grown_server_keeps_its_prices_for_work_and_its_budget() -> None:
    money = tiny_instance(3, problem="J-C")
    assert money.tariff is not None
    for resource in ("compute", "server"):
        grown = grow(money, 1, resource, 1)
        old, new = expand(money, feasible_only=False), expand(grown, feasible_only=False)
        kept = new.take(np.flatnonzero(new.server < money.n_servers))
        assert np.allclose(old.fixed_j, kept.fixed_j, rtol=1e-12), resource
    limited = tiny_admission(3).replace(energy_budget_j=np.array([3.0, 5.0]))
    assert grow(limited, 1, "server", 1).energy_budget_j.tolist() == [3.0, 5.0, 5.0]  # type: ignore[union-attr]
    assert slopes_of(solve(limited, "greedy")).surplus_j == pytest.approx([0.0, 0.0], abs=1e-9)


def test_pieces_grow_by_whole_pieces_of_the_old_size() -> None:
    instance = tiny_instance(1, allocation="units")
    blocks = int(instance.servers.blocks[0])
    assert (
        Step(0.01).amount(instance, 0, "uplink") == 1 and Step(1.2, relative=False).amount(instance, 0, "uplink") == 2
    )
    grown = grow(instance, 0, "uplink", 2)
    assert grown.servers.blocks[0] == blocks + 2
    size = [i.servers.bandwidth_mhz[0] / i.servers.blocks[0] for i in (instance, grown)]
    assert size[0] == pytest.approx(size[1], rel=1e-15)


def test_steps_are_read_as_written() -> None:
    assert Step.parse("1%") == Step(0.01) and Step.parse(" 2.5 ") == Step(2.5, relative=False)
    for text in ("", "%", "x", "0", "-1%", "nan", "inf", "1 %%"):
        with pytest.raises(InputError, match="step"):
            Step.parse(text)


# Frame -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("allocation", RULES)
@pytest.mark.parametrize("method", ["prices", "local_search"])
def test_frame_has_units_that_fit(method: str, allocation: str) -> None:
    result = solve(generate("campus", users=10, servers=3, seed=1, allocation=allocation), method)
    frame = result.prices
    assert list(frame.columns) == COLUMNS and len(frame) == 12
    assert set(frame["source"]) == {"bound" if method == "prices" else "plan"}
    assert np.allclose(frame["price_per_unit"] * frame["amount"], frame["price_j"])
    assert (frame["price_j"] >= 0).all() and (frame["worth_j"] <= frame["price_per_unit"] * (1 + 1e-12)).all()
    pieces = allocation == "units"
    units = dict(zip(frame["resource"], frame["price_unit"], strict=True))
    assert units == {"uplink": "J/block" if pieces else "J/MHz", "compute": "J/unit" if pieces else "J/(GFLOP/s)",
                     "memory": "J/MB", "server": "J/server"}  # fmt: skip
    for _, rows in frame.groupby("resource"):
        assert rows["worth_j"].is_monotonic_decreasing and rows["rank"].is_monotonic_increasing
    paid = frame["worth_j"] > 0
    assert paid.any() and paid.is_monotonic_decreasing
    assert result.report is not None
    loads = frame[frame["resource"] == "uplink"].set_index("server")["load"]
    assert np.allclose(loads[list(result.instance.servers.name)], result.report.uplink_load)


def test_prices_per_megahertz_follow_the_unit_of_bandwidth() -> None:
    """Ten times the megahertz at a tenth of the bit/s/Hz is the same problem: J/MHz falls to a tenth, nothing else."""
    instance = generate("campus", users=8, servers=2, seed=3)
    other = instance.replace(
        servers=instance.servers.replace(bandwidth_mhz=10 * instance.servers.bandwidth_mhz),
        links=instance.links.replace(efficiency=instance.links.efficiency / 10),
    )
    a, b = (solve(i, "greedy").prices.set_index(["server", "resource"]).sort_index() for i in (instance, other))
    assert np.allclose(a["price_j"], b["price_j"], rtol=1e-6)
    ratio = (a["worth_j"] / b["worth_j"])[a["worth_j"] > 0]
    for (_, resource), value in ratio.items():
        assert value == pytest.approx(10 if resource == "uplink" else 1, rel=1e-6)


def test_a_server_that_misses_its_static_energy_is_worth_nothing() -> None:
    instance = generate("campus", users=6, servers=2, seed=1)
    prices = np.array([[0.4, 0.4], [0.1, 0.1], [0.0, 0.0]])
    nothing = np.zeros((3, 2))
    static = instance.replace(servers=instance.servers.replace(idle_w=np.array([1.0, 9.0])), horizon_s=0.2,
                              server_energy_weight=1.0)  # fmt: skip
    slopes = Slopes(static, "bound", prices, np.array([1.0, 0.0]), nothing, nothing)
    assert slopes.surplus_j == pytest.approx([0.3, 0.0])
    frame = slopes.frame().set_index(["server", "resource"])
    poor = str(instance.servers.name[1])
    assert (frame.loc[poor]["worth_j"] == 0).all() and frame.loc[poor]["price_j"]["uplink"] == 0.4


def test_no_prices_without_certificate_and_plan() -> None:
    result = solve(generate("campus", users=4, servers=1, seed=1), "joint_relaxed")
    with pytest.raises(InputError, match="neither a certificate of prices nor a valid plan"):
        _ = result.prices


def test_no_servers_no_rows() -> None:
    result = solve(tiny_instance(1, users=1, servers=0, layers=2, tightness=0.0), "all_local")
    assert result.valid and list(result.prices.columns) == COLUMNS and not len(result.prices)
    assert not len(resolve(result, "greedy"))


def test_chosen_options_are_found_again() -> None:
    instance = generate("campus", users=30, servers=3, seed=2)
    table, rng = expand(instance), np.random.default_rng(0)
    start = table.start
    chosen = np.array([rng.integers(a, b) for a, b in itertools.pairwise(start)])
    plan = Plan.from_options(table, chosen, 0.1, 0.1)
    assert np.array_equal(chosen_options(table, plan), chosen)
    with pytest.raises(InputError, match="user 7"):
        others = np.setdiff1d(np.arange(len(table)), chosen[7:8])
        chosen_options(table.take(others), plan)


# Solving again ---------------------------------------------------------------------------------


@pytest.mark.parametrize("allocation", RULES)
@pytest.mark.parametrize("method", ["exact", "prices"])
def test_p14_intervals_hold_the_truth(method: str, allocation: str) -> None:
    """Every resource of tiny instances, large steps: brute force tells the true saving."""
    rows = moved = 0
    for seed in range(3):
        instance = tiny_instance(seed, users=3, servers=1 + seed % 2, layers=2, allocation=allocation)
        instance = instance.replace(server_energy_weight=0.02)  # static energy hides what resources are worth
        old = solve(instance, "brute_force")
        if not old.valid:
            continue
        result = solve(instance, method, limits=Limits(gap=1e-6))
        step = Step(0.25)
        frame = resolve(result, method, step=step, top=4, limits=Limits(gap=1e-6))
        assert len(frame) == 4
        for row in frame.to_dict("records"):
            server = list(instance.servers.name).index(row["server"])
            grown = grow(instance, server, row["resource"], row["step"])
            truth = old.objective_j - solve(grown, "brute_force").objective_j
            room = 3e-6 * old.objective_j  # HiGHS lets rows slip by 1e-6
            assert truth >= -room
            least, most = row["least_j"], row["most_j"]
            assert (math.isnan(least) or least <= truth + room) and (math.isnan(most) or truth - room <= most), row
            rows += 1
            moved += truth > 10 * room
            if method == "exact":
                assert row["resolved_j"] == pytest.approx(truth, abs=room)
    assert rows >= 8 and moved >= 3


@pytest.mark.parametrize("allocation", RULES)
def test_p14_old_unit_prices_bound_the_grown_optimum(allocation: str) -> None:
    from solvers.sensitivity.resolve import _at_old_unit_prices

    rng, tried = np.random.default_rng(1), 0
    for seed in range(12):
        make = tiny_admission if seed % 2 else tiny_instance
        instance = make(seed // 2, users=3, servers=2, layers=2, allocation=allocation)
        kinds = 2 + len(expand(instance).stocks)
        nothing = np.zeros((kinds, 2))
        slopes = Slopes(instance, "bound", 10 ** rng.uniform(-3, 1, (kinds, 2)), np.ones(2), nothing, nothing)
        before = Dual(expand(instance)).at(slopes.prices, steps=12).bound_j
        for resource in RESOURCES:
            if resource == "energy" and not 0 < amount_of(instance, 1, resource) < math.inf:
                continue
            amount = Step(0.2).amount(instance, 1, resource)
            grown = grow(instance, 1, resource, amount)
            table = expand(grown)
            bound = _at_old_unit_prices(slopes, grown, table, 1, resource)
            assert bound <= before + 1e-9 * (abs(before) + slopes.prices.sum())
            truth = solve(grown, "brute_force", table=table)
            if truth.valid:
                assert bound <= truth.objective_j * (1 + 1e-9)
                tried += 1
    assert tried >= 16


def test_endless_memory_needs_no_solver() -> None:
    instance = tiny_instance(3, users=2, servers=1, layers=2, allocation="continuous")
    instance = instance.replace(servers=instance.servers.replace(memory_mb=np.array([np.inf])))
    frame = resolve(solve(instance, "local_search"), "local_search", top=4).set_index("resource")
    assert frame.loc["memory", "verdict"] == "unchanged"
    assert frame.loc["memory", "predicted_j"] == frame.loc["memory", "least_j"] == 0
    assert frame.loc["memory", "most_j"] == 0
    assert frame.loc["uplink", "verdict"] == "feasible"


def test_what_the_checker_refutes_does_not_count() -> None:
    from solvers.sensitivity.resolve import _Known

    instance = tiny_instance(3, users=2, servers=1, layers=2, allocation="continuous")
    good = solve(instance, "exact")
    lie = Answer(None, good.stop, good.objective_j * 2, good.objective_j)
    refuted = Result.checked(instance, lie, good.plan, method="exact")
    assert refuted.verdict.value == "wrong"
    assert _Known.of(refuted) == _Known()


def test_energy_has_a_price_where_there_is_a_budget() -> None:
    instance = generate("campus", users=40, servers=3, seed=3, problem="J-A", load=2.0, energy_part=0.1)
    result = solve(instance, "prices")
    slopes = slopes_of(result)
    assert slopes.prices.shape == slopes.load.shape == slopes.kept.shape == (4, 3)
    frame = slopes.frame().set_index(["resource", "server"])
    server = int(np.argmax(slopes.prices[3]))
    assert slopes.prices[3, server] > 0
    row = frame.loc["energy", str(instance.servers.name[server])]
    assert row["unit"] == "J" and row["price_unit"] == "weight/J"
    assert row["amount"] == instance.dynamic_budget_j[server]
    # What the price promises for more of the budget is what the bound of the grown instance may fall by, at most.
    more = 0.1 * row["amount"]
    grown = Dual(expand(grow(instance, server, "energy", more))).at(slopes.prices, steps=12)
    assert grown.bound_j <= result.bound_j + 1e-9
