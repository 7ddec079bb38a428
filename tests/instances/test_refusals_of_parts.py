"""What the structs of single systems refuse, and what their evaluators say of plans of the wrong shape."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from instances.arrivals import draw_arrivals
from instances.check_arrivals import Schedule, check_schedule
from instances.columns import as_column
from instances.dnn_checks import check_schema
from instances.errors import InputError
from instances.generate import generate
from instances.library.system_plans import system_plan_from_json, system_plan_to_json
from instances.plan import Plan
from instances.records import Server
from instances.spatial import spatial_network
from instances.systems import check_batching, check_mad2rl, check_robust, check_uav
from instances.systems.batching import draw_batching
from instances.systems.chains import Chain
from instances.systems.droo import draw_frames
from instances.systems.hoda import Cell
from instances.systems.mad2rl import draw_slot
from instances.systems.robust import RobustProblem
from instances.systems.uav import Mission, MissionPlan, draw_mission
from instances.units import in_units
from solvers import Limits
from solvers.online import Market, look_back, schedule_of
from solvers.systems.batching import all_local as all_alone
from solvers.systems.droo import branch
from solvers.systems.mad2rl import all_local
from tests.builders import tiny_instance


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def slot(**changes: Any) -> Any:
    return dataclasses.replace(draw_slot(3, 2, rng()), **changes)


def mission(**changes: Any) -> Mission:
    return draw_mission(rng(), slots=3, users=2, craft=1, side=2).replace(**changes)


def batching(**changes: Any) -> Any:
    return dataclasses.replace(draw_batching(3, rng(), deadline_s=(0.05, 0.1)), **changes)


def cell(**changes: Any) -> Cell:
    return Cell(**{"local_ghz": np.array([1.0, 2.0]), "snr_per_w": np.array([1e3, 1e4]), **changes})


REFUSED: dict[str, tuple[Callable[[], Any], str, str]] = {
    "slot: speed below 0": (lambda: slot(client_gflops=[-1.0, 1.0, 1.0]), "slot.client_gflops", "negative"),
    "slot: speed of 0": (lambda: slot(helper_gflops=[0.0, 1.0]), "slot.helper_gflops", "leave that machine out"),
    "slot: unknown type": (lambda: slot(kind=[0, 0, 99]), "slot.kind", "names type 99"),
    "slot: no time": (lambda: slot(slot_s=0.0), "slot.slot_s", "above 0"),
    "slot: shape": (lambda: slot(kind=[0]), "slot.", "it should be"),
    "chain: negative": (lambda: Chain("c", [-1.0], [1.0, 1.0]), "c.gflop", "no finite numbers"),
    "chain: lengths": (lambda: Chain("c", [1.0], [1.0]), "c.output_mbit", "every link send one"),
    "batching: shape": (lambda: batching(rate_mbps=[1.0]), "batching.rate_mbps", "has shape (1,)"),
    "batching: range": (lambda: batching(deadline_s=[-1.0, 1.0, 1.0]), "batching.deadline_s", "out of range"),
    "cell: work": (lambda: cell(task_mbit=0.0), "cell.task_mbit", "above 0"),
    "cell: power": (lambda: cell(power_w=(0.2, 0.1)), "cell.power_w", "least and most"),
    "cell: users": (lambda: cell(local_ghz=np.array([1.0, -1.0])), "cell.local_ghz", "for each user"),
    "mission: vehicles": (lambda: mission(start=np.zeros(9, dtype=np.int64), battery_j=np.ones(9)), "Mission.start",
                          "a point of its own"),
    "mission: channels": (lambda: mission(channels=0), "Mission.channels", "whole number"),
    "mission: weight": (lambda: mission(delay_w=-1.0), "Mission.delay_w", "not negative"),
    "mission: start": (lambda: mission(start=np.array([77])), "Mission.start", "not there"),
    "spatial: empty": (lambda: dataclasses.replace(spatial_network("alexnet"), layers=()), "layers", "nothing"),
    "columns: two dimensions": (lambda: as_column("Users", "weight", np.ones((2, 2)), "Floats"), "Users.weight",
                                "has 2 dimensions"),
    "units: no field": (lambda: in_units(Server, name="edge", gflops=9, bandwidth_mhz=20, colour=1), "Server.colour",
                        "is not a field"),
    "network: no object": (lambda: check_schema([], "net"), "net", "not a JSON object"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_refused_by_name(name: str) -> None:
    make, where, what = REFUSED[name]
    with pytest.raises(InputError) as refused:
        make()
    assert where in str(refused.value) and what in str(refused.value)


def test_columns_of_other_lengths_are_refused() -> None:
    users = tiny_instance(1).users
    with pytest.raises(InputError, match="rows where the other columns have"):
        users.replace(weight=np.ones(len(users) + 1))


def test_plans_of_another_shape_break_the_structure() -> None:
    """Evaluators name what is missing; nothing is worth anything then."""
    road, alone = slot(), all_local(slot())
    report = check_mad2rl.evaluate(road, dataclasses.replace(alone, cut=alone.cut[:1]))
    assert "a decision for every client" in report.violations
    report = check_mad2rl.evaluate(road, dataclasses.replace(alone, split_gflops=np.zeros(9)))
    assert "a speed for every type" in report.violations
    group, each = batching(), all_alone(batching())
    faulty = check_batching.evaluate(group, dataclasses.replace(each, speed_gflops=each.speed_gflops[:1]))
    assert faulty.violations == ("a speed for every device",) and math.isinf(faulty.total_j)
    flight = mission()
    plan = MissionPlan(np.zeros((2, 1), dtype=np.int64), np.full((3, 2), -1), np.zeros((3, 2)))
    assert "points have shape (2, 1)" in check_uav.check_mission(flight, plan).broken[0]
    plan = MissionPlan(np.zeros((1, 3), dtype=np.int64), np.full((1, 2), -1), np.zeros((3, 2)))
    assert "servers and parts have shapes" in check_uav.check_mission(flight, plan).broken[0]


def test_a_robust_plan_for_other_users_is_worth_nothing() -> None:
    instance = generate("campus", users=3, servers=1, seed=1, networks="alexnet", cut_rule="supported")
    problem = RobustProblem(instance, device_cv=0.2, server_cv=0.1, risk=0.05)
    nobody = Plan(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0), np.zeros(0), ())
    report = check_robust.evaluate(problem, nobody)
    assert report.violations and math.isinf(report.energy_j) and np.isnan(report.mean_s).all()


def test_a_schedule_has_a_row_for_every_request() -> None:
    instance = generate("campus", users=20, servers=1, seed=1)
    arrivals = draw_arrivals(instance, rng(), slots=3, rate=2.0, mean_stay=1.0)
    nobody = Plan(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0), np.zeros(0), ())
    report = check_schedule(arrivals, Schedule(nobody, np.zeros(0)))
    assert not report.valid and f"0 rows for {len(arrivals)} requests" in report.broken[0]


def test_networks_that_are_no_networks_are_refused() -> None:
    instance = tiny_instance(1)
    with pytest.raises(InputError, match="a network is a Dnn"):
        instance.replace(networks=("alexnet",))


def test_plans_of_systems_are_read_as_they_were_written() -> None:
    """A plan of flights comes back whole; rows of different lengths, and words for numbers, are refused."""
    flight = mission()
    plan = MissionPlan(np.zeros((1, 3), dtype=np.int64), np.full((3, 2), -1), np.zeros((3, 2)))
    data = system_plan_to_json(flight, plan)
    again = system_plan_from_json("uav", flight, data)
    for field in dataclasses.fields(plan):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(plan, field.name))
    torn = {**data, "part": [[0.0, 0.0], [0.0], [0.0, 0.0]]}
    with pytest.raises(InputError, match="rows of different lengths"):
        system_plan_from_json("uav", flight, torn)
    frame = draw_frames(3, 1, rng())[0]
    made = system_plan_to_json(frame, branch(frame))
    np.testing.assert_array_equal(system_plan_from_json("droo", frame, made).offload, branch(frame).offload)
    with pytest.raises(InputError, match="write true or false"):
        system_plan_from_json("droo", frame, {**made, "offload": [1, 0, 1]})


def test_plans_of_requests_keep_what_turning_away_costs() -> None:
    instance = generate("campus", users=20, servers=1, seed=1, allocation="units", blocks=10, units=5)
    arrivals = draw_arrivals(instance, rng(), slots=3, rate=2.0, mean_stay=1.0)
    market = Market.of(instance)
    found = look_back(market, arrivals, Limits(gap=1e-2, nodes=5))
    assert found.episode is not None
    schedule = schedule_of(market, found.episode)
    data = system_plan_to_json(arrivals, schedule)
    again = system_plan_from_json("online", arrivals, json.loads(json.dumps(data)))
    np.testing.assert_array_equal(again.turned_away_cost, schedule.turned_away_cost)
    np.testing.assert_array_equal(again.plan.server, schedule.plan.server)
    assert check_schedule(arrivals, again).cost == pytest.approx(check_schedule(arrivals, schedule).cost)
