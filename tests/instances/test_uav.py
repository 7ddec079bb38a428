"""Flights: what the record refuses, what the checker counts and names, and the arrays that solvers start from."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from instances.errors import InputError
from instances.systems.check_uav import check_mission
from instances.systems.uav import LOCAL, Craft, Mission, MissionPlan, draw_mission
from instances.systems.uav_costs import price_mission


def small(seed: int = 0, **changes: Any) -> Mission:
    given: dict[str, Any] = {"slots": 3, "users": 3, "craft": 2, "side": 2, **changes}
    return draw_mission(np.random.default_rng(seed), **given)


def hover(mission: Mission) -> MissionPlan:
    """Everybody stays, nobody is served."""
    point = np.repeat(mission.start[:, None], mission.n_slots, axis=1)
    shape = mission.task_mbit.shape
    return MissionPlan(point, np.full(shape, LOCAL), np.zeros(shape))


def test_same_seed_same_mission() -> None:
    first, again, other = small(1), small(1), small(2)
    for field in dataclasses.fields(Mission):
        if isinstance(getattr(first, field.name), np.ndarray):
            assert np.array_equal(getattr(first, field.name), getattr(again, field.name))
    assert not np.array_equal(first.task_mbit, other.task_mbit)


def test_one_task_by_hand() -> None:
    """A user below the vehicle at 100 m: gain 1e-9, 10 bit/s/Hz less a hair, 3 Mbit at 0.2 and 1.2 Gcycle/s."""
    craft = Craft(hover_w=0.0)
    mission = Mission(np.array([[0.0, 0.0]]), np.array([0]), np.array([100.0]), np.zeros((1, 1, 2)),
                      np.array([[3.0]]), np.zeros((1, 1), dtype=bool), np.full((1, 1), np.inf))  # fmt: skip
    mission = mission.replace(craft=craft, delay_w=2.0, craft_weight=0.5)
    whole = MissionPlan(np.zeros((1, 1), dtype=np.int64), np.zeros((1, 1), dtype=np.int64), np.ones((1, 1)))
    report = check_mission(mission, whole)
    rate = np.log2(1 + 0.1 * 1e-5 / 1e4 / 1e-13)
    assert report.valid and report.served == 1
    assert report.delay_s == pytest.approx(3 / rate + 3 / 1.2)
    assert report.device_j == pytest.approx(0.1 * 3 / rate)
    assert report.craft_j[0] == pytest.approx(1e-27 * 1.2e9**3 * 3 / 1.2)
    assert report.cost == pytest.approx(report.device_j + 2 * report.delay_s + 0.5 * report.craft_j[0])
    alone = check_mission(mission, hover(mission))
    assert alone.delay_s == pytest.approx(15.0) and alone.device_j == pytest.approx(1e-27 * 0.2e9**3 * 15)


@pytest.mark.parametrize(
    ("break_it", "named"),
    [
        (lambda m, p: (m, dataclasses.replace(p, point=np.zeros_like(p.point))), "two vehicles at one point"),
        (lambda m, p: (m.replace(craft=Craft(speed_m_s=1.0)),
                       dataclasses.replace(p, point=(p.point + np.arange(3)) % 4)), "flies"),
        (lambda m, p: (m, dataclasses.replace(p, server=np.zeros_like(p.server), part=p.part + 0.5)), "serves 3 users"),
        (lambda m, p: (m.replace(deadline_s=np.full(m.task_mbit.shape, 8.0)), p), "the deadline is 8 s"),
        (lambda m, p: (m.replace(battery_j=np.full(2, 3000.0)), p), "vehicle 0 uses 3528 J of 3000 J"),
        (lambda m, p: (m, dataclasses.replace(p, part=p.part + 0.5)), "is sent"),
        (lambda m, p: (m, dataclasses.replace(p, server=p.server + 7)), "there is no vehicle 6"),
        (lambda m, p: (m, dataclasses.replace(p, point=p.point + 9)), "at no point"),
        (lambda m, p: (m, dataclasses.replace(p, part=p.part[:1])), "shapes"),
    ],
)  # fmt: skip
def test_checker_names_what_is_broken(break_it: Any, named: str) -> None:
    mission = small()
    assert check_mission(mission, hover(mission)).valid
    report = check_mission(*break_it(mission, hover(mission)))
    assert not report.valid and any(named in sentence for sentence in report.broken), report.broken


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"battery_j": np.array([-1.0, 1.0])}, "battery_j"),
        ({"start": np.array([0, 9])}, "start"),
        ({"place_m": np.zeros((3, 2, 2))}, "place_m"),
        ({"deadline_s": np.zeros((3, 3))}, "deadline_s"),
        ({"channels": 0}, "channels"),
        ({"delay_w": -1.0}, "delay_w"),
        ({"task_mbit": np.full((3, 3), np.nan)}, "task_mbit"),
        ({"task_mbit": np.zeros(3)}, "task_mbit"),
    ],
)
def test_bad_missions_are_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        small().replace(**changes)
    with pytest.raises(InputError, match="kappa"):
        Craft(kappa=0.0)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("deadline_s", [np.inf, 8.0, 4.0])
def test_arrays_agree_with_the_checker(seed: int, deadline_s: float) -> None:
    """Each part of each task over each point costs what the checker says, and no part of a fine grid costs less."""
    mission = small(seed, craft=1, users=1, slots=1, deadline_s=deadline_s, busy=1.0)
    costs, empty = price_mission(mission), hover(mission)
    flat = mission.replace(craft_weight=0.0, battery_j=np.array([1e9]))

    def value(point: int, part: float) -> float:
        plan = MissionPlan(np.array([[point]]), np.array([[0]]), np.array([[part]]))
        report = check_mission(flat, plan)
        return np.inf if any("deadline" in s for s in report.broken) else report.cost + 1e-4 * joules(part)

    def joules(part: float) -> float:
        return 1e-27 * 1.2e9**2 * part * float(mission.task_mbit[0, 0]) * 1e9

    alone = check_mission(flat, empty)
    assert costs.local[0, 0] == (pytest.approx(alone.cost) if alone.valid else np.inf)
    for g in range(mission.n_points):
        known = np.isfinite(costs.cost[0, 0, g])
        for k in np.flatnonzero(known):
            assert costs.cost[0, 0, g, k] == pytest.approx(value(g, float(costs.part[0, 0, g, k])))
            assert costs.craft_j[0, 0, g, k] == pytest.approx(joules(float(costs.part[0, 0, g, k])))
        grid = min(value(g, part) for part in np.linspace(0, 1, 201))
        assert costs.cost[0, 0, g].min() <= grid + 1e-9
