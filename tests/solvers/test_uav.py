"""Flights: exact methods against every plan, bounds against optima, plans against the checker (theory, P34)."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from formulations.uav_flight import build_flight
from instances.errors import InputError
from instances.systems.uav import Craft, Mission, draw_mission
from instances.systems.uav_costs import price_mission
from solvers import Limits, Verdict
from solvers.highs import solve_program
from solvers.uav import FLIGHT_METHODS, solve_flight
from solvers.uav.decomposition import FlightPrices, flight_bound
from solvers.uav.plans import settle

TIGHT = Limits(gap=1e-7, rounds=150)


def tiny(seed: int) -> Mission:
    """Two slots, two users, a grid of four points; deadlines, batteries and channels of every kind."""
    rng = np.random.default_rng(seed)
    craft = Craft(user_ghz=float(rng.choice([0.2, 0.6])))
    hovering = 2 * craft.hover_w * craft.hover_s
    return draw_mission(
        rng, slots=2, users=2, craft=int(rng.integers(1, 3)), side=2, busy=0.9, machine=craft,
        deadline_s=float(rng.choice([np.inf, 8.0, 4.0])), battery_j=hovering + float(rng.choice([1e5, 12e3, 5.0])),
        channels=int(rng.integers(1, 3)), craft_weight=float(rng.choice([1e-4, 0.0, 1e-3])),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(24))
def test_p34_milp_is_the_best_of_all_plans_and_bounds_are_below(seed: int) -> None:
    mission = tiny(seed)
    found = {name: solve_flight(mission, name, limits=TIGHT) for name in FLIGHT_METHODS}
    best = found["uav_brute_force"]
    assert best.verdict in (Verdict.OPTIMAL, Verdict.INFEASIBLE)
    assert found["uav_milp"].verdict is best.verdict
    assert found["uav_milp"].cost == pytest.approx(best.cost, rel=1e-6)
    assert found["uav_decomposition"].bound <= best.cost * (1 + 1e-7)
    for name, result in found.items():
        assert result.verdict is not Verdict.WRONG, name
        assert result.cost >= best.cost * (1 - 1e-7)


@pytest.mark.parametrize("seed", range(8))
def test_p34_any_prices_bound_and_the_best_reach_the_relaxation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mission = draw_mission(rng, slots=4, users=3, craft=2, side=3, length_m=300.0, channels=1,
                           battery_j=4 * 1176 + 2e4)  # fmt: skip
    costs, relaxed = price_mission(mission), build_flight(mission, integer=False)
    lp = solve_program(relaxed.program, Limits())
    for _ in range(20):
        prices = FlightPrices(rng.exponential(2.0, (4, 3)), rng.exponential(0.1, (4, 9)), rng.exponential(0.5, 2))
        assert flight_bound(mission, costs, prices).bound <= lp.objective * (1 + 1e-7)
    found = solve_flight(mission, "uav_decomposition", limits=Limits(gap=0.0))
    assert found.bound <= lp.objective * (1 + 1e-7)
    assert found.bound >= lp.objective * (1 - 2e-3)
    exact = solve_flight(mission, "uav_milp", limits=TIGHT)
    assert lp.objective <= exact.cost * (1 + 1e-7) and found.cost >= exact.cost * (1 - 1e-6)


def test_p34_a_battery_that_runs_out_lowers_parts_where_a_joule_costs_least() -> None:
    """The greedy parts are those of the linear program over parts; halving steps is worse."""
    mission = draw_mission(np.random.default_rng(3), slots=3, users=2, craft=1, side=1, channels=2, busy=1.0)
    costs = price_mission(mission)
    point, server = np.zeros((1, 3), dtype=np.int64), np.zeros((3, 2), dtype=np.int64)
    rich = settle(mission, costs, point, server)
    assert rich is not None
    hovering = 3 * costs.hover_j
    used = float((costs.craft_j[..., 0, :] * (costs.part[..., 0, :] == rich[0].part[..., None])).max(axis=-1).sum())
    poor = mission.replace(battery_j=np.array([hovering + used / 2]))
    found, exact = settle(poor, costs, point, server), solve_flight(poor, "uav_milp", limits=TIGHT)
    assert found is not None and found[1] == pytest.approx(exact.cost, rel=1e-6)
    even = dataclasses.replace(rich[0], part=rich[0].part / 2)
    from instances.systems.check_uav import check_mission

    assert check_mission(poor, even).valid and check_mission(poor, even).cost > found[1]


def test_larger_missions_end_with_a_small_gap() -> None:
    mission = draw_mission(np.random.default_rng(1), slots=15, users=8, craft=2, side=5, length_m=400.0, channels=2,
                           machine=Craft(speed_m_s=100.0), battery_j=15 * 1176 + 4e4)  # fmt: skip
    found = {name: solve_flight(mission, name) for name in FLIGHT_METHODS if name not in
             ("uav_brute_force", "uav_milp")}  # fmt: skip
    best = found["uav_decomposition"]
    assert best.gap < 5e-3
    for name, result in found.items():
        assert result.verdict is not Verdict.WRONG and result.cost >= best.bound, name
    assert best.cost <= min(r.cost for r in found.values())


def test_a_relaxed_deadline_and_a_vehicle_more_never_cost_more() -> None:
    mission = tiny(5)
    cost = solve_flight(mission, "uav_milp", limits=TIGHT).cost
    loose = mission.replace(deadline_s=mission.deadline_s * 2)
    assert solve_flight(loose, "uav_milp", limits=TIGHT).cost <= cost + 1e-6
    more = mission.replace(channels=mission.channels + 1)
    assert solve_flight(more, "uav_milp", limits=TIGHT).cost <= cost + 1e-6


def test_unknown_and_too_large() -> None:
    with pytest.raises(InputError, match="did you mean 'uav_milp'"):
        solve_flight(tiny(0), "uav_milb")
    with pytest.raises(InputError, match="too many"):
        solve_flight(draw_mission(np.random.default_rng(0)), "uav_brute_force")
