"""Vertex rounding and the approximation scheme: what they promise, held against the oracle (docs/theory.md)."""

from __future__ import annotations

import dataclasses
import functools
import math

import numpy as np
import pytest

from formulations import get_formulation
from formulations.parts.unit_columns import list_columns
from instances.expand import expand
from instances.generate import generate
from instances.options import LOCAL, OptionTable
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.highs import solve_program
from solvers.objective import decision_cost
from solvers.registry import METHODS
from solvers.vertex.ptas import Scheme
from solvers.vertex.rounding import free_cost
from tests.builders import tiny_admission, tiny_instance
from tests.oracle.test_gap import rivals, some_table
from tests.theory.knapsack import Knapsack

EPSILONS = (1.0, 0.5, 0.25)


def ask(name: str, table: OptionTable, limits: Limits | None = None) -> Answer:
    limits = limits or Limits()
    return METHODS[name].solve(table, limits=limits, rng=np.random.default_rng(0), clock=Clock(limits))


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    table: OptionTable
    optimum_j: float


def crowded(seed: int, users: int, memory: bool) -> OptionTable:
    """Everybody can run locally; servers are crowded, half of them cost something to be on."""
    table = some_table(seed, users, static=0.2 * (seed % 4 > 1))
    room = 12.0 if memory else math.inf
    return dataclasses.replace(table, memory_mb=np.full(table.n_servers, room))


@functools.cache
def units_cases() -> tuple[Case, ...]:
    """64 instances of 5 to 7 users; half with memory that is short."""
    return tuple(units_case(seed, memory) for seed in range(32) for memory in (False, True))


def units_case(seed: int, memory: bool) -> Case:
    """Its optimum by another MILP than ours."""
    table = crowded(seed, 5 + seed % 3, memory)
    return Case(table, Knapsack.full(table, memory=True).undominated().optimum())


@functools.cache
def continuous_cases() -> tuple[Case, ...]:
    """Instances of 4 users, continuous shares, solved by brute force."""
    tables = [dataclasses.replace(crowded(seed, 4, seed % 2 == 1), allocation="continuous") for seed in range(16)]
    return tuple(Case(table, ask("brute_force", table).objective_j) for table in tables)


def check_promise(case: Case) -> tuple[float, float]:
    """Everything that P32 says of one instance; how much of the promise rounding used, and whether any was torn."""
    got = ask("vertex_rounding", case.table)
    assert got.stop is Stop.FINISHED and got.decision is not None and got.table is not None
    assert decision_cost(got.table, got.decision) == pytest.approx(got.objective_j, rel=1e-12)
    room = 1e-7 * abs(case.optimum_j)
    detail = got.detail
    assert got.bound_j <= case.optimum_j + room
    assert got.bound_j <= detail["lp_j"] + room
    assert case.optimum_j <= got.objective_j + room
    assert got.objective_j <= detail["promised_j"] + room
    assert detail["promised_j"] <= detail["promised_before_j"] + room
    rows = 2 + int(np.isfinite(case.table.memory_mb).any())
    assert detail["undecided"] + detail["partly_on"] <= rows * case.table.n_servers
    slack = detail["promised_j"] - detail["lp_j"]
    return (got.objective_j - detail["lp_j"]) / slack if slack > 1e-9 else 0.0, detail["undecided"]


def test_promise_of_vertex_rounding_holds_for_whole_units() -> None:
    used, undecided = np.array([check_promise(case) for case in units_cases()]).T
    assert (undecided > 0).mean() > 0.5, "most vertices must leave something to round"
    assert used.max() > 0.3, "some must need much of what is promised"


@pytest.mark.nightly
@pytest.mark.parametrize("chunk", range(1, 33))
def test_promises_hold_on_two_thousand_more(chunk: int) -> None:
    for seed in range(32 * chunk, 32 * (chunk + 1)):
        for memory in (False, True):
            case = units_case(seed, memory)
            check_promise(case)
            for epsilon in EPSILONS:
                check_scheme(case, epsilon)


def test_promise_of_vertex_rounding_holds_for_continuous_shares() -> None:
    used, undecided = np.array([check_promise(case) for case in continuous_cases()]).T
    assert (undecided > 0).mean() > 0.4 and used.max() > 0.1


@pytest.mark.parametrize("servers", [1, 2])
def test_p6s_example_uses_all_that_is_promised(servers: int) -> None:
    part = 1e-4
    table = rivals(servers, 8, part, "continuous")
    got = ask("vertex_rounding", table)
    limit = 2 * servers * free_cost(table).max()
    assert got.objective_j == pytest.approx(2 * servers, rel=1e-9)  # the optimum
    assert got.objective_j - got.detail["lp_j"] >= (1 - 2 * math.sqrt(part) - 1e-6) * limit
    assert got.objective_j <= got.detail["promised_j"] + 1e-9


def covering(users_of_a_kind: int) -> OptionTable:
    """P32(e): three servers that cost 1 J when on and have room for all; each kind of user reaches another two."""
    kinds = np.array([(LOCAL, 0, 1), (LOCAL, 1, 2), (LOCAL, 0, 2)])
    users, servers = 3 * users_of_a_kind, 3
    server = kinds[np.arange(users) % 3].ravel()
    user, local = np.repeat(np.arange(users), 3), (server == LOCAL).astype(float)
    nothing, ones, whole = np.zeros(3 * users), np.ones(users), np.ones(servers)
    return OptionTable(
        user=user, server=server, cut=np.zeros(3 * users, dtype=np.int64), device_s=0.5 * local, device_j=local,
        uplink_mhz_s=1e-3 * (1 - local), tx_w=nothing, server_s=1e-3 * (1 - local), fixed_s=nothing, fixed_j=nothing,
        server_mb=nothing, deadline_s=ones, weight=ones, clock_min=ones, clock_max=ones, bandwidth_mhz=whole,
        blocks=np.full(servers, 2 * users), units=np.full(servers, 2 * users), memory_mb=np.full(servers, math.inf),
        static_j=whole, allocation="units",
    )  # fmt: skip


def test_with_rows_for_every_user_and_server_a_vertex_leaves_everybody_undecided() -> None:
    n = 4
    table = covering(n)
    model = get_formulation("joint_relaxed").build(table)
    outcome = solve_program(model.program, Limits())
    assert outcome.objective == pytest.approx(1.5, rel=1e-9) and outcome.values is not None
    columns = list_columns(table)
    largest = np.zeros(3 * n)
    np.maximum.at(largest, columns.user, outcome.values[: len(columns)])
    assert (largest < 1 - 1e-6).all()
    rounded_j, promised_j = 3 * n, 1.5 + 2 * 3 * max(free_cost(table).max(), table.static_j.max())
    assert rounded_j > promised_j
    got = ask("vertex_rounding", table)
    assert got.detail["undecided"] + got.detail["partly_on"] <= 6
    assert got.objective_j <= got.detail["promised_j"] + 1e-9


def test_who_cannot_run_without_a_server_is_repaired_and_nothing_is_promised() -> None:
    found = [ask("vertex_rounding", expand(tiny_instance(seed, users=5, allocation=rule, tightness=0.7)))
             for seed in range(12) for rule in ("units", "continuous")]  # fmt: skip
    plans = [got for got in found if got.decision is not None]
    assert len(plans) >= 12 and any("promised_before_j" not in got.detail for got in plans)
    assert all(got.bound_j <= got.objective_j * (1 + 1e-9) for got in plans)


@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_everybody_can_be_turned_away_so_admission_has_the_promise(allocation: str) -> None:
    for seed in range(6):
        table = expand(tiny_admission(seed, users=4, allocation=allocation))
        got, optimum = ask("vertex_rounding", table), ask("brute_force", table).objective_j
        assert got.bound_j - 1e-7 <= optimum <= got.objective_j + 1e-7 <= got.detail["promised_j"] + 2e-7


def test_more_users_leave_no_more_undecided() -> None:
    for users in (40, 160):
        table = expand(generate("campus", users=users, servers=3, seed=1))
        detail = ask("vertex_rounding", table).detail
        assert detail["undecided"] + detail["partly_on"] <= 3 * 3


# --- the scheme ------------------------------------------------------------------------------------------------------


def scheme(table: OptionTable, epsilon: float, most: int = 20_000) -> tuple[Scheme, Stop]:
    found = Scheme(table, epsilon, Clock(Limits()), most)
    return found, found.run()


def check_scheme(case: Case, epsilon: float) -> float:
    """Everything that P33 says of one instance; what the plan loses of what can be saved, as a part of it.

    Static energy is not taken off a saving, and what the optimum saves with it is at most ``whole``.
    """
    table = case.table
    got, stop = scheme(table, epsilon)
    assert stop is Stop.FINISHED and got.best is not None
    assert decision_cost(table, got.best) == pytest.approx(got.best_j, rel=1e-12)
    assert case.optimum_j <= got.best_j + 1e-7 and got.bound_j <= case.optimum_j + 1e-7
    free = float(free_cost(table).sum())
    whole, loss = free - case.optimum_j + float(table.static_j.sum()), got.best_j - case.optimum_j
    assert loss <= epsilon / (1 + epsilon) * whole + 1e-7
    if not table.static_j.any():
        assert free - case.optimum_j <= (1 + epsilon) * (free - got.best_j) + 1e-7
    return loss / whole if whole > 1e-9 else 0.0


def test_scheme_saves_what_it_promises() -> None:
    losses = np.array([[check_scheme(case, epsilon) for epsilon in EPSILONS] for case in units_cases()])
    assert losses[:, 0].max() > 0.02, "where half may be lost, something must be"
    assert losses.mean(axis=0)[0] >= losses.mean(axis=0)[2]


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_scheme_has_to_guess_where_rounding_alone_saves_nothing(epsilon: float) -> None:
    pieces = 30
    table = rivals(1, pieces, 1 / pieces, "units")
    assert ask("brute_force", table).objective_j == pytest.approx(2.0)
    first, _ = scheme(table, epsilon, most=1)
    got, stop = scheme(table, epsilon)
    assert stop is Stop.FINISHED and got.best_j == pytest.approx(2.0)
    assert first.best_j >= got.best_j and got.guesses > 1


def test_scheme_says_how_far_it_got() -> None:
    table = units_cases()[4].table
    got = ask("ptas", table)
    assert got.stop is Stop.FINISHED and 0 <= got.detail["reached"] <= got.detail["epsilon"] + 1e-9
    cut_short = ask("ptas", table, Limits(nodes=0))
    assert cut_short.stop is Stop.NODES and cut_short.decision is not None and cut_short.bound_j == -math.inf


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (lambda: rivals(1, 8, 0.01, "continuous"), "units allocation"),
        (lambda: rivals(4, 8, 0.01, "units"), "4 servers"),
        (lambda: expand(generate("campus", users=20, servers=3, seed=1, allocation="units")), "without a server"),
        (lambda: rivals(3, 8, 0.01, "units").part(np.ones(9, dtype=bool)), None),
    ],
)
def test_scheme_says_what_it_cannot_do(table: object, reason: str | None) -> None:
    said = METHODS["ptas"].supports(table())  # type: ignore[operator]
    assert said is None if reason is None else said is not None and reason in said
