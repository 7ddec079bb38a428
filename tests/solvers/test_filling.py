"""Filling servers: no bound is above what a plan costs, every plan holds and costs what is said, gaps close."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from formulations.program import Decision
from instances.certificate import Certificate, Dropped, Leaf, Node, Payments
from instances.certify import certify
from instances.check import check
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.options import OptionTable
from instances.plan import Plan
from solvers import Limits, solve
from solvers.answer import Clock, relative_gap
from solvers.branch import filling
from solvers.branch.cases import Record, root_of
from solvers.branch.filling import Filling
from solvers.branch.rates import Rates
from solvers.corridor import line_of
from solvers.objective import decision_cost
from solvers.prices.ascent import first_prices
from solvers.prices.dual import Dual
from solvers.prices.maximise import ceiling_j, maximise


@cache
def site(seed: int, problem: str = "J-E") -> Instance:
    """Everybody reaches every server, which makes no narrow row; few fit a server, which makes it a small one."""
    return generate("campus", users=18, servers=3, seed=seed, allocation="units", blocks=10, units=5, load=1.2,
                    problem=problem)  # fmt: skip


@cache
def known(seed: int, problem: str = "J-E") -> tuple[float, float]:
    """What HiGHS proves of the program over columns, and what its plan costs."""
    found = solve(site(seed, problem), "joint_units", limits=Limits(gap=1e-3, nodes=20))
    return found.bound_j, found.objective_j


@dataclasses.dataclass
class Ear:
    """Hears what is found, as the search would, and tries it."""

    instance: Instance
    table: OptionTable
    best_j: float = math.inf
    bound_j: float = -math.inf
    plans: int = 0
    proofs: set[type] = dataclasses.field(default_factory=set)

    def keep(self, decision: Decision | None) -> float:
        if decision is not None:
            plan = Plan.from_options(self.table, decision.chosen, decision.uplink_share, decision.compute_share)
            report = check(self.instance, plan)
            assert report.valid, report.broken
            cost = decision_cost(self.table, decision)
            assert report.objective_j == pytest.approx(cost, rel=1e-9)
            self.best_j, self.plans = min(self.best_j, cost), self.plans + 1
        return self.best_j

    def prove(self, bound_j: float, proof: Callable[[], Node] | None) -> float:
        assert proof is not None or bound_j == -math.inf
        if proof is not None:
            node = proof()
            proven = certify(self.instance, Certificate(node, bound_j, whole=True))
            assert proven.bound_j + proven.room_j >= bound_j * (1 - 1e-9)
            while isinstance(node, Dropped):
                node = node.rest
            self.proofs.add(type(node))
        self.bound_j = max(self.bound_j, bound_j)
        return self.bound_j


def fill(instance: Instance, gap: float = 1e-4) -> Ear:
    table = expand(instance)
    dual, limits = Dual(table), Limits(gap=gap)
    point = dual.at(maximise(dual, first_prices(dual)).point.prices, steps=12)
    record, ear = Record(Rates(point.prices), point.bound_j), Ear(instance, table)
    dear_j, rng = 1.1 * ceiling_j(dual), np.random.default_rng(0)
    Filling(table, dual, point, dear_j, limits, Clock(limits), rng, ear.keep, ear.prove).run(
        lambda pieces: root_of(pieces, record)
    )
    return ear


@pytest.mark.parametrize(("seed", "problem"), [(0, "J-E"), (1, "J-E"), (1, "J-L")])
def test_p36_patterns_close_the_gap_where_servers_are_small(
    seed: int, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bounds lie below what HiGHS' plan costs, plans above what HiGHS proves; both are close."""
    monkeypatch.setattr(filling, "line_of", lambda table: None)  # patterns also where a row would do
    ear, (proven, plan) = fill(site(seed, problem)), known(seed, problem)
    assert ear.bound_j <= plan * (1 + 1e-9)
    assert ear.best_j >= proven * (1 - 1e-9)
    assert relative_gap(ear.best_j, ear.bound_j) <= 0.08
    assert ear.plans >= 2 and ear.proofs == {Leaf, Payments}


def test_p36_columns_that_were_left_out_are_looked_at_for_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """With few columns, plans come from these, but what is proven holds for all."""
    monkeypatch.setattr(filling, "_MOST_COLUMNS", {True: 150, False: 150})
    ear, (proven, plan) = fill(site(1)), known(1)
    assert ear.bound_j <= plan * (1 + 1e-9)
    assert ear.best_j >= proven * (1 - 1e-9)
    assert relative_gap(ear.best_j, ear.bound_j) <= 0.08


def test_nothing_more_is_proven_where_too_many_options_may_be_of_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound over all columns is left out then; that of the prices holds, and plans are found."""
    whole = fill(site(1))
    monkeypatch.setattr(filling, "_MOST_COLUMNS", {True: 150, False: 150})
    monkeypatch.setattr(filling, "_MOST_CELLS", 3000.0)
    ear, (proven, plan) = fill(site(1)), known(1)
    assert ear.bound_j <= whole.bound_j * (1 + 1e-9)
    assert proven * (1 - 1e-9) <= ear.best_j and ear.bound_j <= plan * (1 + 1e-9)


def test_large_servers_are_filled_by_a_program_over_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same instance taken for one of large servers: other ways, the same promises."""
    monkeypatch.setattr(filling, "_SMALL", 0.0)
    ear, (proven, plan) = fill(site(1)), known(1)
    assert ear.bound_j <= plan * (1 + 1e-9)
    assert proven * (1 - 1e-9) <= ear.best_j <= plan * 1.05


def test_no_time_no_work() -> None:
    """A clock that has run out ends it after the bound of the prices, with nothing wrong said."""
    instance = site(1)
    table = expand(instance)
    dual, limits = Dual(table), Limits(time_s=1e-9)
    point = dual.at(first_prices(dual), steps=12)
    ear, record = Ear(instance, table), Record(Rates(point.prices), point.bound_j)
    Filling(table, dual, point, ceiling_j(dual), limits, Clock(limits), np.random.default_rng(0), ear.keep, ear.prove
            ).run(lambda pieces: root_of(pieces, record))  # fmt: skip
    assert ear.plans == 0 and ear.bound_j <= known(1)[1] * (1 + 1e-9)


def test_branch_fills_such_sites_and_certifies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole method with one node: filling gives most of the plan and of the bound; the checker agrees."""
    monkeypatch.setattr("solvers.branch.method._FEW", 0)
    assert line_of(expand(site(1))) is None
    found, (proven, plan) = solve(site(1), "branch", limits=Limits(nodes=3), seed=0), known(1)
    assert found.valid and found.bound_j <= plan * (1 + 1e-9) and found.objective_j >= proven * (1 - 1e-9)
    assert found.certified_j <= plan * (1 + 1e-9)
    assert found.gap <= 0.05
