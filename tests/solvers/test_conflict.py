"""Joint infeasibility: the conflict is real, minimal, and the repairs are enough."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from instances.expand import expand
from instances.instance import Instance
from instances.options import OptionTable
from solvers import solve
from solvers.answer import Limits
from solvers.conflict import explain_conflict, find_conflict
from solvers.fitting import Fitting, capacities_of
from solvers.highs import Status, solve_program
from tests.builders import tiny_instance


def crowded(seed: int, allocation: str) -> Instance | None:
    """An instance on which each user alone can be served, and all together cannot; None when the seed gives none."""
    instance = tiny_instance(
        seed, users=4, servers=2, layers=2, allocation=allocation, tightness=0.2, memory_limits=False
    )
    small = instance.devices.replace(memory_mb=np.full(2, 0.01))  # nobody runs a whole network alone
    for part in (0.7, 0.5, 0.35, 0.25):
        servers = instance.servers
        poor = servers.replace(bandwidth_mhz=servers.bandwidth_mhz * part, gflops=servers.gflops * part)
        shrunk = instance.replace(servers=poor, devices=small)
        if (np.diff(expand(shrunk).start) == 0).any():
            return None
        if solve(shrunk, "brute_force").verdict.infeasible:
            return shrunk
    return None


def cases(allocation: str, wanted: int = 6) -> list[Instance]:
    found: list[Instance] = []
    for seed in range(60):
        instance = crowded(seed, allocation)
        if instance is not None:
            found.append(instance)
        if len(found) == wanted:
            break
    return found


def everything(table: OptionTable) -> set[tuple[str, int]]:
    return capacities_of(table)


@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_fitting_agrees_with_brute_force(allocation: str) -> None:
    for seed in range(25):
        instance = tiny_instance(seed, users=3, servers=2, layers=2, allocation=allocation, tightness=0.5)
        table = expand(instance)
        if (np.diff(table.start) == 0).any():
            continue
        fits = Fitting(table, Limits(gap=0.0)).fits(np.ones(3, dtype=bool), everything(table))
        assert fits == (not solve(instance, "brute_force").verdict.infeasible), f"seed {seed}"
    for instance in cases(allocation):
        table = expand(instance)
        assert not Fitting(table, Limits(gap=0.0)).fits(np.ones(4, dtype=bool), everything(table))


@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_conflict_is_minimal(allocation: str) -> None:
    instances = cases(allocation)
    assert len(instances) >= 4
    for instance in instances:
        table = expand(instance)
        conflict = find_conflict(table)
        assert conflict is not None and conflict.minimal
        fitting = Fitting(table, Limits(gap=0.0))
        users = np.isin(np.arange(table.n_users), conflict.users)
        capacities = set(conflict.capacities)
        assert not fitting.fits(users, capacities)
        for user in conflict.users:
            assert fitting.fits(users & (np.arange(table.n_users) != user), capacities)
        for capacity in conflict.capacities:
            assert fitting.fits(users, capacities - {capacity})


def test_fewest_users_left_out_is_enough_and_needed() -> None:
    for instance in cases("continuous", 4):
        table = expand(instance)
        fitting = Fitting(table, Limits(gap=0.0))
        everyone = np.ones(table.n_users, dtype=bool)
        out = fitting.left_out(everyone, everything(table), may_leave=True)
        assert out is not None and len(out) >= 1
        rest = everyone.copy()
        rest[out] = False
        assert fitting.fits(rest, everything(table))
        if len(out) == 1:
            assert not fitting.fits(everyone, everything(table))


def test_feasible_instances_have_no_conflict() -> None:
    instance = tiny_instance(1, users=3, servers=2, layers=2, allocation="continuous", tightness=0.0)
    assert find_conflict(expand(instance)) is None


def test_solve_explains_in_the_users_words() -> None:
    for allocation in ("units", "continuous"):
        instance = cases(allocation, 1)[0]
        for method in ("exact", "brute_force"):
            result = solve(instance, method)
            assert result.verdict.infeasible
            assert "cannot all be served within" in result.message
            assert "leaving out user" in result.message


def test_later_deadlines_as_told_are_enough() -> None:
    instance = cases("continuous", 1)[0]
    text = explain_conflict(instance, expand(instance))
    percent = float(text.split("deadlines of these users ")[1].split(" %")[0])
    later = instance.users.deadline_s * (1 + 1.001 * percent / 100)
    assert solve(instance.replace(users=instance.users.replace(deadline_s=later)), "exact").valid


class Ticking:
    """A clock that goes on by one second whenever it is looked at."""

    def __init__(self, left_s: float) -> None:
        self.now = left_s

    @property
    def left_s(self) -> float:
        self.now = max(0.0, self.now - 1.0)
        return self.now


@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_an_explanation_keeps_to_its_time(allocation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No question is asked when the time is up, and none may take longer than what is left."""
    instance = cases(allocation, 1)[0]
    table = expand(instance)
    for left_s in (1.0, 2.0, 5.0, 20.0, 60.0):
        clock = Ticking(left_s)
        asked: list[tuple[float, float]] = []

        def solve_and_note(
            program: Any, limits: Limits, clock: Ticking = clock, asked: list[tuple[float, float]] = asked
        ) -> Any:
            assert limits.time_s is not None
            asked.append((limits.time_s, clock.now))
            return solve_program(program, limits)

        monkeypatch.setattr("solvers.fitting.solve_program", solve_and_note)
        explain_conflict(instance, table, clock=clock)  # type: ignore[arg-type]
        assert all(0 < time_s <= now for time_s, now in asked)
        assert len(asked) < left_s and (left_s <= 2 or asked)


def test_what_no_time_was_left_for_is_no_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question without an answer was once taken for a no: users were named who have no part in the conflict."""
    instance = cases("continuous", 1)[0]
    table, questions = expand(instance), 0

    def no_answer_after_two(program: Any, limits: Limits) -> Any:
        nonlocal questions
        questions += 1
        outcome = solve_program(program, limits)
        return outcome if questions <= 2 else dataclasses.replace(outcome, status=Status.TIME, values=None)

    monkeypatch.setattr("solvers.fitting.solve_program", no_answer_after_two)
    conflict = find_conflict(table)
    assert conflict is not None and not conflict.minimal
    monkeypatch.undo()
    users = np.isin(np.arange(table.n_users), conflict.users)
    assert Fitting(table, Limits(gap=0.0)).fits(users, set(conflict.capacities)) is False
    questions = 2
    monkeypatch.setattr("solvers.fitting.solve_program", no_answer_after_two)
    assert find_conflict(table) is None and Fitting(table, Limits()).fits(users, everything(table)) is None
    assert explain_conflict(instance, table) == ""
