"""Access point and server apart: the proven ratio on problems solved exactly, slots, matchings, and the checker."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from formulations.compare import pyomo_arrays, same_program
from formulations.gma_columns import build_access, list_access, state_access_in_pyomo
from instances.errors import InputError
from instances.systems.check_gma import evaluate
from instances.systems.gma import AccessPlan, AccessProblem, draw_access
from solvers.systems import SYSTEM_METHODS
from solvers.systems.gma import methods, relaxed_value
from solvers.systems.gma.matching import match_triples
from solvers.systems.gma.slots import pour

NAMES = [name for name, entry in SYSTEM_METHODS.items() if entry.system == "GMA"]


def drawn(seed: int, tasks: int = 6) -> AccessProblem:
    part = (0.25, 0.5, 0.75)[seed % 3]
    load = (0.5, 1.0, 2.0)[seed // 3 % 3]
    return draw_access(np.random.default_rng(seed), tasks=tasks, points=2, servers=2, part=part, blocks=8, units=8,
                       load=load)  # fmt: skip


@pytest.mark.parametrize("chunk", range(4))
def test_p37_the_ratio_holds_against_the_exact_optimum(chunk: int) -> None:
    """4 × 60 problems."""
    served, lost = 0, 0.0
    for seed in range(60 * chunk, 60 * (chunk + 1)):
        problem = drawn(seed)
        saved = {}
        for name in NAMES:
            report = evaluate(problem, SYSTEM_METHODS[name].solve(problem))
            assert not report.violations, (name, seed, report.violations)
            saved[name] = report.saved_j
        best = saved["gma_milp"]
        columns = list_access(problem)
        part = methods.largest_part(problem, columns) if len(columns) else 0.0
        assert saved["gma"] >= (1 - part) / 2 * best - 1e-9
        assert best >= max(saved.values()) - 1e-5 * abs(best)
        assert best <= relaxed_value(problem) * (1 + 1e-6) + 1e-9
        served += best > 0
        lost += 1 - saved["gma"] / best if best > 0 else 0.0
    assert served >= 30 and lost / served < 0.1


def test_p37_the_matching_alone_keeps_the_ratio() -> None:
    """What the proof is about, without greedy additions or smaller scalings."""
    for seed in range(80):
        problem = drawn(seed, tasks=10)
        columns = list_access(problem)
        if not len(columns):
            continue
        part = methods.largest_part(problem, columns)
        chosen = methods._matched(columns, (1 - part) * methods._relaxed(problem, columns))
        assert columns.saved_j[chosen].sum() >= (1 - part) / 2 * relaxed_value(problem) * (1 - 1e-6)
        assert len(set(columns.task[chosen])) == len(chosen)
        for size, at in ((columns.blocks, columns.point), (columns.units, columns.server)):
            assert np.bincount(at[chosen], size[chosen], 2).max(initial=0) <= 8


def test_p37_matchings_of_triples_are_half_of_the_best() -> None:
    rng = np.random.default_rng(33)
    worst = 1.0
    for _ in range(150):
        n = int(rng.integers(3, 10))
        nodes = [("a", int(x)) for x in rng.integers(0, 3, n)], rng.integers(0, 3, n), rng.integers(0, 3, n)
        triples = [(a, ("b", int(b)), ("c", int(c))) for a, b, c in zip(*nodes, strict=True)]
        weight = rng.uniform(0.1, 1.0, n)
        chosen = match_triples(triples, weight)
        used = [node for k in chosen for node in triples[k]]
        assert len(used) == len(set(used))
        best = 0.0
        for size in range(1, 4):
            for some in itertools.combinations(range(n), size):
                taken = [node for k in some for node in triples[k]]
                if len(set(taken)) == len(taken):
                    best = max(best, float(weight[list(some)].sum()))
        assert weight[chosen].sum() >= best / 2 - 1e-9
        worst = min(worst, float(weight[chosen].sum() / best))
    assert worst < 1  # it is no exact method


def test_p37_a_plane_of_triples_where_the_linear_programme_saves_twice_as_much() -> None:
    """Four triples, any two of which meet: halves of all are worth 2, a matching 1; the ratio of 2 is attained."""
    lines = [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]
    triples = [tuple(zip("abc", line, strict=True)) for line in lines]
    assert len(match_triples(triples, np.ones(4))) == 1  # type: ignore[arg-type]


def test_slots_hold_one_and_are_sorted_by_size() -> None:
    rng = np.random.default_rng(1)
    amount, size, place = rng.random(30), rng.integers(1, 9, 30), rng.integers(0, 3, 30)
    held: dict[tuple[int, int], float] = {}
    sizes: dict[tuple[int, int], list[int]] = {}
    for k, parts in enumerate(pour(amount, size, place)):
        assert sum(b - a for _, a, b in parts) == pytest.approx(amount[k])
        for slot, a, b in parts:
            held[slot] = held.get(slot, 0.0) + b - a
            sizes.setdefault(slot, []).append(int(size[k]))
    assert max(held.values()) <= 1 + 1e-9
    for here, slot in held:
        if (here, slot + 1) in held:
            assert held[here, slot] == pytest.approx(1.0)
            assert min(sizes[here, slot]) >= max(sizes[here, slot + 1])


def test_columns_hold_the_best_way_of_every_point_and_server() -> None:
    """One task alone: enumeration of all pieces and powers saves no more than the best column."""
    for seed in range(12):
        problem = drawn(seed, tasks=1)
        most = (int(problem.part * problem.blocks), int(problem.part * problem.units))
        plans = itertools.product(range(2), range(2), range(1, most[0] + 1), range(1, most[1] + 1), range(3))
        reports = (evaluate(problem, AccessPlan(*(np.array([v]) for v in plan))) for plan in plans)
        best = max([0.0, *(r.saved_j for r in reports if not r.violations)])
        columns = list_access(problem)
        assert columns.saved_j.max(initial=0.0) == pytest.approx(best, rel=1e-12)


def test_statement_and_arrays_are_the_same_problem() -> None:
    for seed in range(6):
        problem = drawn(seed, tasks=4)
        columns = list_access(problem)
        if len(columns):
            program = build_access(problem, columns, integer=True)
            assert same_program(program, pyomo_arrays(state_access_in_pyomo(problem, columns))) is None


def test_checker_names_what_is_broken() -> None:
    problem = drawn(4).replace(deadline_s=np.full(6, 100.0))
    home = {"point": -1, "server": -1, "blocks": 0, "units": 0, "level": 0}

    def plan(**first: int) -> AccessPlan:
        columns = {name: np.full(6, value) for name, value in home.items()}
        for name, value in first.items():
            columns[name][:3] = value
        return AccessPlan(**columns)

    assert evaluate(problem, plan()).saved_j == 0
    fine = {"point": 0, "server": 1, "blocks": 2, "units": 2, "level": 0}
    assert not evaluate(problem, plan(**fine)).violations
    for change, what in (({"blocks": 4}, "point 0"), ({"units": 4}, "server 1"), ({"blocks": 0}, "no piece"),
                         ({"server": 7}, "no such"), ({"blocks": 7}, "more than its part")):  # fmt: skip
        report = evaluate(problem, plan(**{**fine, **change}))
        assert report.saved_j == -math.inf and any(what in v for v in report.violations), what
    late = evaluate(problem.replace(deadline_s=np.full(6, 1e-3)), plan(**fine))
    assert any("late" in v for v in late.violations)


def test_bad_problems_are_refused() -> None:
    problem = drawn(0)
    for change in ({"part": 0.0}, {"blocks": 0}, {"uplink_mhz": np.ones(3)}, {"work_gflop": -problem.work_gflop},
                   {"backhaul_s_per_mbit": np.full((2, 2), np.nan)}):  # fmt: skip
        with pytest.raises(InputError):
            problem.replace(**change)
