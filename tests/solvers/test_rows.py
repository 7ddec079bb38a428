"""Rows and pieces: P21's chain of bounds, brute force on tiny networks, and the dynamic programme against the MILP."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from formulations.compare import pyomo_arrays, same_program
from formulations.row_shares import least_rows, share_rows
from formulations.row_statement import state_rows_in_pyomo
from instances.check_rows import check_rows
from instances.row_family import draw_devices, draw_rows, draw_spatial
from instances.rows import Goal, Layout, RowPlan, RowProblem, catalogue_device
from instances.spatial import SpatialLayer, SpatialNetwork, spatial_network
from solvers.answer import Limits
from solvers.highs import solve_program
from solvers.result import Verdict
from solvers.rows import divide_network
from solvers.rows.pieces import candidate_plans
from solvers.rows.rounding import possible_sets, relax, round_rows, rounding_cost, value_of

GOALS: tuple[Goal, ...] = ("latency", "energy")
NODES = Limits(gap=1e-7, nodes=20_000)


def problems(count: int, *, layers: int = 4, side: int = 16, devices: int = 3) -> list[RowProblem]:
    """Drawn problems, every other one with a branch, goals in turn."""
    made = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        network = draw_spatial(rng, layers=layers, side=side, branch=seed % 2 == 1)
        made.append(draw_rows(rng, network, devices=devices, goal=GOALS[seed // 2 % 2]))
    return made


def whole_plans(problem: RowProblem) -> list[RowPlan]:
    """Every plan by rows in which each device that takes part has the least number of rows."""
    plans, n = [], len(problem.devices)
    least = least_rows(problem.network)
    for taking in possible_sets(problem):
        ways = []
        for layer, rows in zip(problem.network.layers, least, strict=True):
            inner = itertools.combinations(range(layer.height + 1), len(taking) - 1)
            cuts = [(0, *c, layer.height) for c in inner]
            cuts = [c for c in cuts if all(b - a >= rows for a, b in itertools.pairwise(c))]
            ways.append([Layout("rows", _spread(c, taking, n)) for c in cuts])
        plans += [RowPlan(layouts) for layouts in itertools.product(*ways)]
    return plans


def _spread(cut: tuple[int, ...], taking: tuple[int, ...], n: int) -> tuple[int, ...]:
    ends = [0]
    for d in range(n):
        ends.append(cut[taking.index(d) + 1] if d in taking else ends[-1])
    return tuple(ends)


@pytest.mark.parametrize("case", range(40))
def test_p21_lp_below_milp_below_rounded_below_lp_and_bound(case: int) -> None:
    problem = problems(40)[case]
    for taking in possible_sets(problem):
        rounded = round_rows(problem, taking)
        exact = solve_program(share_rows(problem, taking, integer=True).program, NODES)
        assert exact.values is not None and rounded.plan is not None
        room = 1e-6 * abs(exact.objective)
        assert rounded.bound <= exact.objective + room
        found = value_of(problem, share_rows(problem, taking, integer=True).plan(exact.values))
        assert found == pytest.approx(exact.objective, rel=1e-6)  # the program counts what the checker counts
        assert exact.bound <= value_of(problem, rounded.plan) + room
        assert value_of(problem, rounded.plan) <= rounded.guarantee + room


def test_statement_and_arrays_are_the_same_problem() -> None:
    for problem in problems(8, layers=3):
        for timed in (problem, problem.replace(goal="energy", deadline_s=0.5)):
            for taking in possible_sets(timed):
                program = share_rows(timed, taking, integer=True).program
                assert same_program(program, pyomo_arrays(state_rows_in_pyomo(timed, taking))) is None, taking


@pytest.mark.parametrize("case", range(12))
def test_p21_with_room_before_the_deadline_rounding_is_in_time(case: int) -> None:
    problem = problems(12)[case].replace(goal="energy")
    taking = max(possible_sets(problem), key=len)
    fastest = relax(problem.replace(goal="latency"), taking)[2]
    cost = rounding_cost(problem, taking)
    timed = problem.replace(deadline_s=fastest + 1.01 * cost.seconds)
    rounded = round_rows(timed, taking)
    assert rounded.plan is not None and check_rows(timed, rounded.plan).valid
    assert rounded.bound <= value_of(timed, rounded.plan) * (1 + 1e-9)
    assert value_of(timed, rounded.plan) <= rounded.guarantee * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(16))
def test_p21_exact_rows_are_those_of_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = draw_spatial(rng, layers=3, side=6, branch=seed % 2 == 1)
    problem = draw_rows(rng, network, devices=2, goal=GOALS[seed % 2])
    plans = whole_plans(problem)
    if seed % 3 == 0:  # a deadline between the fastest and the thriftiest
        times = sorted(check_rows(problem, p).latency_s for p in plans)
        problem = problem.replace(deadline_s=times[len(times) // 4])
    best = min(value_of(problem, plan) for plan in plans)
    result = divide_network(problem, "rows_exact", limits=NODES)
    assert result.verdict is Verdict.OPTIMAL
    assert result.value == pytest.approx(best, rel=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_pieces_are_the_best_of_all_mixtures(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = draw_spatial(rng, layers=3, side=10, branch=seed % 2 == 1)
    problem = draw_rows(rng, network, devices=2, goal=GOALS[seed // 2 % 2])
    plans = candidate_plans(problem)
    offered = [dict.fromkeys(plan.layouts[j] for plan in plans) for j in range(len(network.layers))]
    best = min(value_of(problem, RowPlan(layouts)) for layouts in itertools.product(*offered))
    result = divide_network(problem, "pieces")
    assert result.verdict is Verdict.OPTIMAL and result.value == pytest.approx(best, rel=1e-7)


def test_pieces_of_a_chain_by_programme_and_milp() -> None:
    rng = np.random.default_rng(7)
    chains = [draw_spatial(rng, layers=6, side=20) for _ in range(10)] + [spatial_network("alexnet")]
    for k, network in enumerate(chains):
        problem = RowProblem(network, draw_devices(rng, 3), goal=GOALS[k % 2])
        by_milp, by_programme = (divide_network(problem, name) for name in ("pieces", "pieces_chain"))
        assert by_milp.verdict is by_programme.verdict is Verdict.OPTIMAL
        assert by_milp.value == pytest.approx(by_programme.value, rel=1e-7)


def test_pieces_on_a_branching_network_beat_every_candidate() -> None:
    devices = tuple(catalogue_device(m, rate_mbps=100) for m in ("raspberry_pi_4", "jetson_tx2_cpu", "raspberry_pi_4"))
    problem = RowProblem(spatial_network("resnet18"), devices, goal="latency")
    result = divide_network(problem, "pieces")
    candidates = min(value_of(problem, plan) for plan in candidate_plans(problem))
    assert result.verdict is Verdict.OPTIMAL and result.value <= candidates * (1 + 1e-9)


def test_channels_win_where_maps_are_small_and_layers_heavy() -> None:
    layers = tuple(SpatialLayer(f"l{j}", (j - 1,), 1, 1, 0, 1, 64, 2.0, 0.01, False) for j in range(3))
    network = SpatialNetwork("heavy", layers, 1, 64, 0.01, 0.0)
    devices = tuple(catalogue_device("raspberry_pi_4", rate_mbps=100) for _ in range(2))
    problem = RowProblem(network, devices, goal="latency")
    pieces, rows = (divide_network(problem, name) for name in ("pieces", "rows_exact"))
    assert pieces.plan is not None and {layout.axis for layout in pieces.plan.layouts} == {"channels"}
    assert pieces.value < 0.51 * rows.value  # one row cannot be shared


def test_a_head_that_is_late_is_infeasible() -> None:
    problem = problems(1)[0]
    head_s = problem.network.head_gflop / problem.devices[0].gflops
    result = divide_network(problem.replace(deadline_s=head_s / 2), "rows_exact")
    assert result.verdict is Verdict.INFEASIBLE


def test_no_devices_that_help_are_used_when_links_are_slow() -> None:
    network = draw_spatial(np.random.default_rng(0), layers=4, side=16)
    devices = tuple(catalogue_device("raspberry_pi_4", rate_mbps=0.01) for _ in range(3))
    for name in ("coedge", "rows_exact", "pieces"):
        result = divide_network(RowProblem(network, devices, goal="latency"), name)
        assert result.report is not None and result.report.received_mbit == (0.0, 0.0, 0.0), name


def test_an_impossible_deadline_is_infeasible() -> None:
    problem = problems(1)[0].replace(deadline_s=1e-6, goal="energy")
    assert divide_network(problem, "rows_exact").verdict is Verdict.INFEASIBLE
    assert divide_network(problem, "coedge").verdict is Verdict.UNKNOWN
    assert divide_network(problem, "rows_exact").value == math.inf
