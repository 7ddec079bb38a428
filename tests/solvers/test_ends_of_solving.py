"""How solving ends when something comes between: Ctrl-C, no time at all, no rounds, and a MILP solver that errs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from formulations.parts.rows import make_rows
from formulations.program import Program
from instances.errors import InputError
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from solvers import METHODS, Limits, Stop, Verdict, exact, solve
from solvers.answer import Answer, Clock
from solvers.bottleneck import method as of_bottleneck
from solvers.conflict import explain_conflict, find_conflict
from solvers.corridor import search as of_corridor
from solvers.corridor.choices import TooWideError
from solvers.highs import Outcome, Status, solve_program
from solvers.highs import program as of_highs
from tests.builders import tiny_instance


@pytest.fixture(scope="module")
def instance() -> Instance:
    return tiny_instance(4, tightness=0.3, memory_limits=False)


def outcome(status: Status, values: Any = None, message: str = "") -> Outcome:
    return Outcome(status, values, math.inf, -math.inf, message=message)


def fails(*_: Any, **__: Any) -> Any:
    raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["exact", "joint_units"])
def test_ctrl_c_keeps_what_was_found(name: str, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two runs of HiGHS: the first plan stays, and it says that it was interrupted."""
    truth = solve(instance, "brute_force").objective_j
    monkeypatch.setattr(exact, "solve_program", fails)
    result = solve(instance, name)
    assert result.stop is Stop.INTERRUPTED and result.valid
    assert result.bound_j <= truth * (1 + 1e-6) and result.objective_j >= truth * (1 - 1e-6)


def test_ctrl_c_during_a_question_ends_all_of_them(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is asked has a plan when it is interrupted: that plan stays, and nothing more is asked."""
    problem = instance.replace(problem="J-M")
    truth, asked = solve(problem, "bottleneck").objective_j, list[str]()

    def interrupted(name: str) -> Any:
        def answer(table: Any, **how: Any) -> Answer:
            asked.append(name)
            return dataclasses.replace(METHODS["greedy"].solve(table, **how), stop=Stop.INTERRUPTED)

        return SimpleNamespace(supports=METHODS["greedy"].supports, solve=answer)

    monkeypatch.setattr(of_bottleneck, "get_method", interrupted)
    result = solve(problem, "bottleneck")
    assert asked == [of_bottleneck.QUESTIONED[0]]
    assert result.stop is Stop.INTERRUPTED and result.valid
    assert result.bound_j <= truth * (1 + 1e-6) and result.objective_j >= truth * (1 - 1e-6)


def test_ctrl_c_before_anything_ends_the_formulation(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the model is built: what the heuristic found before stays."""
    monkeypatch.setattr(exact, "prune", fails)
    result = solve(instance, "exact")
    assert result.stop is Stop.INTERRUPTED and result.valid and not math.isfinite(result.bound_j)


def test_no_rounds_are_no_proof(instance: Instance) -> None:
    result = solve(instance, "exact", limits=Limits(rounds=0))
    assert result.stop is Stop.ROUNDS and result.verdict in (Verdict.FEASIBLE, Verdict.BOUNDED)


@pytest.mark.parametrize("status", [Status.ERROR, Status.UNBOUNDED])
def test_an_error_of_highs_is_told(status: Status, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "solve_program", lambda *a, **k: outcome(status, message="it fell over"))
    result = solve(instance, "joint_units")
    assert result.stop is Stop.ERROR and "it fell over" in result.message and result.verdict is not Verdict.OPTIMAL


def test_highs_infeasible_beside_a_plan_is_an_error(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim that a verified plan refutes is never handed on as infeasibility."""
    monkeypatch.setattr(exact, "solve_program", lambda *a, **k: outcome(Status.INFEASIBLE))
    result = solve(instance, "joint_units")
    assert result.stop is Stop.ERROR and "beside a feasible plan" in result.message and result.valid


@pytest.mark.parametrize("found", [False, True])
def test_highs_infeasible_must_be_said_twice(found: bool, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run with presolve switched disagrees: an error, with the plan that it found, if any."""
    whole, runs = exact.solve_program, []

    def first_infeasible(program: Program, *rest: Any, **settings: Any) -> Outcome:
        runs.append(settings["options"].values.get("presolve"))
        if len(runs) == 1:
            return outcome(Status.INFEASIBLE)
        return whole(program, *rest, **settings) if found else outcome(Status.TIME)

    nothing = Answer(None, Stop.FINISHED)
    monkeypatch.setattr(exact, "solve_program", first_infeasible)
    monkeypatch.setattr(exact, "quick_start", lambda *a, **k: nothing)
    monkeypatch.setattr(type(METHODS["greedy"]), "solve", lambda *a, **k: nothing)
    result = solve(instance, "joint_units")
    assert result.stop is Stop.ERROR and "but not with presolve off" in result.message
    assert runs == [None, "off"] and result.valid == found


def test_bottleneck_passes_on_why_a_question_has_no_answer(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each end of the method that is asked: without time, stalled, or interrupted; and no plan is invented."""
    problem = instance.replace(problem="J-M")
    truth = solve(problem, "bottleneck")
    assert truth.verdict is Verdict.OPTIMAL

    class Asked:
        def __init__(self, stop: Stop) -> None:
            self.answer = Answer(None, stop)

        def supports(self, table: object) -> None:
            return None

        def solve(self, *_: object, **__: object) -> Answer:
            return self.answer

    for said, told in ((Stop.TIME, Stop.TIME), (Stop.NODES, Stop.NODES), (Stop.FINISHED, Stop.STALLED)):
        monkeypatch.setattr(of_bottleneck, "get_method", lambda name, said=said: Asked(said))
        result = solve(problem, "bottleneck")
        assert result.stop is told and result.plan is None and result.bound_j <= truth.objective_j * (1 + 1e-9)
    monkeypatch.setattr(of_bottleneck, "get_method", lambda name: Asked(Stop.INTERRUPTED))
    result = solve(problem, "bottleneck")
    assert result.stop is Stop.INTERRUPTED and "interrupted" in result.message


def test_bottleneck_asks_in_vain_after_a_plan(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first question has an answer, the next none: the plan stays, the bound holds."""
    problem = instance.replace(problem="J-M")
    truth, whole = solve(problem, "bottleneck"), of_bottleneck.get_method
    asked: list[str] = []

    class Later:
        def supports(self, table: object) -> None:
            return None

        def solve(self, *_: object, **__: object) -> Answer:
            return Answer(None, Stop.NODES)

    def method_of(name: str) -> Any:
        asked.append(name)
        return whole(name) if len(asked) <= 2 else Later()

    monkeypatch.setattr(of_bottleneck, "get_method", method_of)
    result = solve(problem, "bottleneck", limits=Limits(gap=1e-9))
    assert result.valid and result.stop in (Stop.NODES, Stop.FINISHED)
    assert result.bound_j <= truth.objective_j * (1 + 1e-6) <= result.objective_j * (1 + 2e-6)


@pytest.mark.parametrize("name", sorted(set(METHODS) - {"brute_force"}))
@pytest.mark.parametrize("problem", ["J-E", "J-A"])
def test_no_time_at_all_ends_every_method_honestly(name: str, problem: str) -> None:
    """Whatever is said then holds: plans keep all rules, and bounds lie below the optimum."""
    weights = {"weight_ratio": 3.0} if problem == "J-A" else {}
    made = generate("campus", users=3, servers=2, seed=2, allocation="units", blocks=6, units=4, problem=problem,
                    load=1.0, **weights)  # fmt: skip
    table = expand(made)
    if METHODS[name].supports(table) is not None:
        assert isinstance(METHODS[name].supports(table), str)
        return
    result = solve(made, name, limits=Limits(time_s=1e-9), table=table)
    assert result.verdict is not Verdict.WRONG, result.message
    assert not result.verdict.infeasible
    best = _optimum(problem, made)
    assert result.bound_j <= best * (1 + 1e-7) + 1e-9 and result.objective_j >= best * (1 - 1e-7) - 1e-9


_known: dict[str, float] = {}


def _optimum(problem: str, made: Instance) -> float:
    if problem not in _known:
        _known[problem] = solve(made, "joint_units", limits=Limits(gap=1e-9)).objective_j
    return _known[problem]


def road(seed: int) -> Instance:
    return generate("roadside", users=9, servers=4, seed=seed, load=1.5, allocation="units", blocks=8, units=4)


def too_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pass over a part has room for its states; looking for a first plan has."""
    walk = of_corridor.walk

    def narrow(*given: Any) -> Any:
        if given[4] == of_corridor._STATES:
            raise TooWideError
        return walk(*given)

    monkeypatch.setattr(of_corridor, "walk", narrow)


NARROW: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "passes": too_wide,
    "one state": lambda patch: patch.setattr(of_corridor, "_STATES", 1),
    "no users at a server": lambda patch: patch.setattr(of_corridor, "_MOST_USERS", 0),
    "few cells": lambda patch: patch.setattr(import_module("solvers.corridor.settle"), "_MOST_CELLS", 1.0),
}


@pytest.mark.parametrize("how", NARROW)
def test_a_row_that_is_too_wide_is_given_up_honestly(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With next to no room for states the corridor proves less, or nothing, but nothing wrong."""
    made = road(1)
    truth = solve(made, "joint_units", limits=Limits(gap=1e-9))
    table = expand(made)
    NARROW[how](monkeypatch)
    for name in ("corridor", "branch"):
        if METHODS[name].supports(table) is not None:
            assert how == "few cells"
            continue
        result = solve(made, name, limits=Limits(gap=1e-9, nodes=5), table=table)
        assert result.verdict is not Verdict.WRONG and not result.verdict.infeasible
        assert result.bound_j <= truth.objective_j * (1 + 1e-9)
        assert result.objective_j >= truth.objective_j * (1 - 1e-7)


def test_a_program_without_columns_is_feasible_or_not() -> None:
    """Rows that demand something of nothing cannot be kept."""
    nothing = np.zeros(0, dtype=np.int64)

    def empty(low: float, high: float) -> Program:
        rows = make_rows(nothing, nothing, 1.0, low, high, (1, 0))
        return Program(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, dtype=bool), rows)

    assert solve_program(empty(-1.0, 1.0), Limits()).status is Status.OPTIMAL
    found = solve_program(empty(1.0, 2.0), Limits())
    assert found.status is Status.INFEASIBLE and found.values is None and found.bound == math.inf


def small_program(cost: float = 1.0) -> Program:
    rows = make_rows(np.zeros(2, dtype=np.int64), np.arange(2), 1.0, 1.0, np.inf, (1, 2))
    return Program(np.array([cost, 2.0]), np.zeros(2), np.ones(2), np.ones(2, dtype=bool), rows)


def test_a_solution_that_breaks_a_row_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """HiGHS' word is not enough: what it hands back is held to the rows."""
    assert solve_program(small_program(), Limits()).objective == pytest.approx(1.0)
    monkeypatch.setattr(of_highs, "violation", lambda program, values: 0.5)
    found = solve_program(small_program(), Limits())
    assert found.status is Status.ERROR and found.values is None and "breaks a row by 0.5" in found.message


def test_an_error_in_the_thread_of_highs_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(self: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(of_highs.highspy.Highs, "run", run)
    with pytest.raises(MemoryError, match="no room"):
        solve_program(small_program(), Limits())


def test_a_coefficient_beyond_bounds_never_reaches_highs() -> None:
    """The program itself refuses it, and says which."""
    rows = make_rows(np.zeros(2, dtype=np.int64), np.arange(2), np.array([1.0, np.inf]), 1.0, np.inf, (1, 2))
    with pytest.raises(InputError, match="row 0, column x1: coefficient inf"):
        Program(np.array([1.0, 2.0]), np.zeros(2), np.ones(2), np.ones(2, dtype=bool), rows)


def conflicting() -> Instance:
    """Users whom the servers cannot all serve, and who cannot do without."""
    made = generate("campus", users=6, servers=1, seed=1, allocation="units", blocks=4, units=2, load=6.0)
    small = made.devices.replace(memory_mb=np.full(len(made.devices), 4.5))
    return made.replace(devices=small)


def test_a_conflict_that_could_not_be_made_small_says_so() -> None:
    """Without time it is still a conflict, though not shown to be minimal; with time it is no larger."""
    made = conflicting()
    table = expand(made)
    whole = find_conflict(table)
    if whole is None:
        assert not solve(made, "branch").verdict.infeasible
        pytest.fail("the instance should be in conflict")
    assert whole.minimal
    late = find_conflict(table, clock=Clock(Limits(time_s=1e-9)))
    if late is not None:
        assert not late.minimal and len(late.users) >= len(whole.users)
    text = explain_conflict(made, table)
    assert "cannot all be served within" in text and "a minimal conflict" in text
