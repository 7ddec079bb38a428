"""The admission methods on instances: columns, plans, bounds, guarantees against the exact optimum."""

from __future__ import annotations

import numpy as np
import pytest

from formulations.parts.capacity import stock_taken
from formulations.parts.unit_columns import list_columns
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.options import OptionTable
from solvers import METHODS, Limits, Result, Verdict, solve
from solvers.admission.columns import STRETCH, list_admission
from solvers.admission.relaxation import relax
from solvers.compare import comparison_rows
from solvers.guarantees import Held, held, promised_j
from solvers.objective import decision_cost
from tests.builders import tiny_admission, tiny_instance

NAMES = [name for name in METHODS if name.startswith("admission_")]
PROVEN = [name for name in NAMES if METHODS[name].guarantee]


@pytest.mark.parametrize("name", NAMES)
def test_other_problems_are_refused_with_a_reason(name: str) -> None:
    reason = METHODS[name].supports(expand(tiny_instance(1)))
    assert reason is not None and "J-A" in reason
    assert METHODS[name].supports(expand(tiny_admission(1))) is None


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("device_budgets", [False, True])
def test_columns_in_pieces_are_those_of_the_units_model(seed: int, device_budgets: bool) -> None:
    table = expand(tiny_admission(seed, users=5, servers=3, layers=4, device_budgets=device_budgets))
    made, known = list_admission(table), list_columns(table)

    served = set(table.user[made.option[table.is_local[made.option]]].tolist())

    def remote(option: np.ndarray, blocks: np.ndarray, units: np.ndarray) -> set[tuple[int, ...]]:
        rows = zip(option.tolist(), np.round(blocks).tolist(), np.round(units).tolist(), strict=True)
        found = {(int(table.user[o]), int(table.server[o]), int(b), int(m)) for o, b, m in rows if table.server[o] >= 0}
        return {row for row in found if row[0] not in served}

    at = table.server[made.option]
    ours = remote(made.option, made.uplink_share * table.blocks[at], made.compute_share * table.units[at])
    assert ours == remote(known.option, known.blocks, known.units)
    assert (made.packing.weight[made.home >= 0] == 0).all()
    assert served <= set(np.flatnonzero(made.home >= 0).tolist())


def shares_in_time(table: OptionTable, option: int, rng: np.random.Generator) -> tuple[float, float]:
    """Shares of an option that are just in time."""
    air, run, slack = (float(c[option]) for c in (table.uplink_s, table.server_s, table.slack_s))
    beta = float(rng.uniform(air / max(slack - run, 1e-12), 1.0)) if air else 0.0
    left = slack - (air / beta if air else 0.0)
    return beta, min(run / max(left, 1e-300), 1.0)


@pytest.mark.parametrize("seed", range(10))
def test_p25a_every_share_in_time_is_near_a_column(seed: int) -> None:
    """Continuous shares: some column of user and server takes at most 1.25 of the uplink, and no more of the rest."""
    table = expand(tiny_admission(seed, users=4, servers=2, layers=4, allocation="continuous"))
    made, rng, tried = list_admission(table), np.random.default_rng(seed), 0
    taken = stock_taken(table, np.arange(len(table)))
    for option in np.flatnonzero(~table.is_local & np.isfinite(table.cost_j())).tolist():
        rivals = np.flatnonzero((table.user[made.option] == table.user[option])
                                & (table.server[made.option] == table.server[option]))  # fmt: skip
        lighter = (taken[made.option[rivals]] <= taken[option]).all(axis=1)
        for _ in range(5):
            beta, phi = shares_in_time(table, option, rng)
            near = made.uplink_share[rivals] <= beta * STRETCH * (1 + 1e-9)
            assert (near & lighter & (made.compute_share[rivals] <= phi + 1e-9)).any()
            tried += 1
    cost = table.cost_j(made.uplink_share, made.compute_share, made.option)
    assert np.isfinite(cost).all(), "every column is in time"
    assert tried or not (table.server >= 0).any()


@pytest.mark.parametrize("allocation", ["units", "continuous"])
@pytest.mark.parametrize("seed", range(6))
def test_guarantees_and_bounds_against_the_optimum(seed: int, allocation: str) -> None:
    instance = tiny_admission(seed, users=5, servers=2, layers=3, allocation=allocation)
    optimum_j = solve(instance, "brute_force", certify=False).objective_j
    for name in NAMES:
        result = solve(instance, name, seed=seed)
        assert result.valid and result.verdict is not Verdict.WRONG, result.message
        assert result.bound_j <= optimum_j + 1e-9
        assert result.objective_j >= optimum_j - 1e-9
        assert held(result, bound_j=optimum_j, best_j=optimum_j) in (Held.CONFIRMED, Held.NONE), name
        if name in ("admission_greedy", "admission_configuration"):
            assert result.detail["guaranteed_ratio"] > 0.1


@pytest.fixture(scope="module")
def crowd() -> Instance:
    """Many users of small parts: every guarantee is positive."""
    many = generate("metro", users=300, servers=1, seed=3, problem="J-A", load=1.5, allocation="continuous")
    return many


@pytest.fixture(scope="module")
def answers(crowd: Instance) -> dict[str, Result]:
    return {name: solve(crowd, name, seed=1, limits=Limits(rounds=30, nodes=20)) for name in [*NAMES, "all_remote"]}


def test_all_answers_hold_and_bounds_agree(answers: dict[str, Result]) -> None:
    bound = max(r.bound_j for r in answers.values())
    assert all(r.verdict is not Verdict.WRONG and r.objective_j >= bound - 1e-9 for r in answers.values())
    rows = {row["method"]: row for row in comparison_rows(list(answers.values()))}
    assert all(rows[name]["held"] in ("confirmed", "inconclusive", "none") for name in NAMES)
    assert rows["admission_greedy"]["held"] == "confirmed"


def test_a_decision_takes_what_its_columns_take() -> None:
    table = expand(tiny_admission(3, users=6, servers=2))
    made = list_admission(table)
    nobody = made.decision(made.packing.nobody)
    assert decision_cost(table, nobody) == pytest.approx(made.rejection_cost[made.home < 0].sum())
    relaxed = relax(made.packing, Limits())
    assert relaxed is not None and relaxed.bound <= made.packing.weight.sum() + 1e-9


def test_held_tells_confirmed_inconclusive_and_violated_apart() -> None:
    instance = tiny_admission(3, users=4, servers=2, layers=3)
    result = solve(instance, "admission_greedy")
    everybody = float(instance.users.weight.sum())
    ratio = result.detail["guaranteed_ratio"]
    admitted = everybody - result.objective_j
    assert admitted > 0
    kept_up_to = everybody - admitted / ratio  # the lowest optimum at which the ratio is kept
    assert held(result, bound_j=kept_up_to + 0.01, best_j=result.objective_j) is Held.CONFIRMED
    assert held(result, bound_j=kept_up_to - 0.01, best_j=result.objective_j) is Held.INCONCLUSIVE
    assert held(result, bound_j=kept_up_to - 2.0, best_j=kept_up_to - 1.0) is Held.VIOLATED
    assert promised_j(result, 0.0) == pytest.approx(everybody * (1 - ratio))
    assert held(solve(instance, "greedy"), bound_j=0.0, best_j=0.0) is Held.NONE
    exact = solve(instance, "branch", limits=Limits(gap=1e-4))
    assert held(exact, bound_j=exact.objective_j, best_j=exact.objective_j) is Held.CONFIRMED
    assert held(exact, bound_j=-1.0, best_j=exact.objective_j - 0.5) is Held.VIOLATED
