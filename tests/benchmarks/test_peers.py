"""Peers of the benchmark: the same optimum as brute force on tiny instances, whatever is asked of them."""

from __future__ import annotations

import importlib
import io
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers.child import PEERS
from benchmarks.peers.family import BARS, LOADS, SMALL_DEVICE_MB, Place, build, places
from benchmarks.peers.trace import Recorder, gap_between, plan_cost, reached
from formulations.program import Decision
from instances.check import check
from instances.expand import expand
from instances.options import OptionTable
from instances.plan import Plan
from solvers import Limits, get_method
from solvers.answer import Clock
from tests.builders import tiny_instance

ROOT = Path(__file__).resolve().parents[2]
GAP, PATIENCE_S = 1e-7, 60.0
SEEDS = range(6)


def optimum(table: OptionTable) -> float:
    limits = Limits()
    answer = get_method("brute_force").solve(table, limits=limits, rng=np.random.default_rng(0), clock=Clock(limits))
    return answer.objective_j


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", [name for name in PEERS if not name.startswith("cpsat")])
def test_optimum_is_that_of_brute_force(name: str, seed: int) -> None:
    allocation, module, function = PEERS[name]
    if module == "scip":
        pytest.importorskip("pyscipopt", reason="SCIP comes with the extra: pip install edgecut[bench]")
    instance = tiny_instance(seed, users=3, servers=2, layers=3, allocation=allocation, tightness=0.4)
    table = expand(instance)
    least = optimum(table)
    record = Recorder(io.StringIO(), PATIENCE_S, GAP)
    getattr(importlib.import_module(f"benchmarks.peers.{module}"), function)(table, record, 1)
    if math.isinf(least):
        assert record.decision is None
        return
    assert record.decision is not None and record.table is not None
    d = record.decision
    report = check(instance, Plan.from_options(record.table, d.chosen, d.uplink_share, d.compute_share))
    assert report.valid
    assert report.objective_j == pytest.approx(least, rel=3e-6)  # HiGHS and SCIP let rows be missed by 1e-6
    assert record.bound_j <= least * (1 + 3e-6)
    assert record.bound_j >= least * (1 - 1e-5)


CPSAT = """
import io, json, sys
from benchmarks.peers import cpsat
from benchmarks.peers.trace import Recorder
from instances.expand import expand
from tests.builders import tiny_instance
assert "highspy" not in sys.modules
for seed in range({seeds}):
    table = expand(tiny_instance(seed, users=3, servers=2, layers=3, allocation="units", tightness=0.4))
    record = Recorder(io.StringIO(), {patience}, {gap})
    cpsat.solve(table, record, 1)
    plain = None if record.decision is None else record.best_j
    print(json.dumps([plain, record.bound_j if plain else None]))
"""


def test_cpsat_in_its_own_process() -> None:
    pytest.importorskip("ortools", reason="CP-SAT comes with the extra: pip install edgecut[bench]")
    code = CPSAT.format(seeds=len(SEEDS), patience=PATIENCE_S, gap=GAP)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for seed, line in zip(SEEDS, done.stdout.splitlines(), strict=True):
        least = optimum(expand(tiny_instance(seed, users=3, servers=2, layers=3, allocation="units", tightness=0.4)))
        best, bound = json.loads(line)
        if math.isinf(least):
            assert best is None
        else:
            assert best == pytest.approx(least, rel=1e-9)
            assert least * (1 - 1e-6) <= bound <= least * (1 + 1e-12)  # costs are rounded down


def test_plan_cost_agrees_with_the_checker_and_sees_what_is_broken() -> None:
    instance = tiny_instance(1, users=3, servers=2, layers=3, allocation="units", tightness=0.3)
    table = expand(instance)
    limits = Limits()
    d = (
        get_method("brute_force")
        .solve(table, limits=limits, rng=np.random.default_rng(0), clock=Clock(limits))
        .decision
    )
    assert d is not None
    plan = Plan.from_options(table, d.chosen, d.uplink_share, d.compute_share)
    assert plan_cost(table, d) == pytest.approx(check(instance, plan).objective_j, rel=1e-12)
    assert (table.server[d.chosen] >= 0).any()
    assert plan_cost(table, Decision(d.chosen, 1.5 * d.uplink_share + 1, d.compute_share)) == math.inf
    assert plan_cost(table, Decision(d.chosen, 0 * d.uplink_share, d.compute_share)) == math.inf


def test_recorder_writes_improvements_and_targets_only() -> None:
    file = io.StringIO()
    record = Recorder(file, 10.0, 1e-6)
    record.raise_bound(90.0)
    record.raise_bound(90.0001)  # a millionth more: not worth a line
    record.claim(100.0, 90.0)
    record.raise_bound(99.0)  # 1 %
    record.raise_bound(99.9999)  # a millionth: reaches the last target but for rounding
    record.raise_bound(99.99991)
    record.finish()
    events = [json.loads(line)["event"][1:] for line in file.getvalue().splitlines()]
    assert events == [[None, 90.0], [100.0, 90.0001], [100.0, 99.0], [100.0, 99.9999], [100.0, 99.99991]]


def test_reached_takes_the_first_time_within_the_limit() -> None:
    events = [(0.5, math.inf, 1.0), (1.0, 2.0, 1.9), (2.0, 2.0, 1.99), (3.0, 2.0, 1.999), (9.0, 2.0, 2.0)]
    assert reached(events, 5.0) == {"0.01": 2.0, "0.001": 3.0, "0.0001": None, "1e-06": None}
    assert reached(events, 10.0)["1e-06"] == 9.0
    assert gap_between(2.0, 2.5) == 0.0 and gap_between(math.inf, 1.0) == math.inf


def test_family_spans_loads_and_local_execution() -> None:
    for bar in BARS.values():
        for users in bar.sizes:
            six = places(users, "units", seed=1)
            assert {(p.level, p.local) for p in six} == {(lv, lc) for lv in ("light", "critical", "overloaded")
                                                         for lc in (True, False)}  # fmt: skip
            assert len({p.generator for p in six}) >= 2
    assert all(loads[0] < loads[1] < loads[2] for loads in LOADS.values())


def test_small_devices_hold_no_network() -> None:
    with_local, without = (build(Place("campus", 20, "light", local, "units", 1)) for local in (True, False))
    assert min(net.total_weight_mb for net in without.networks) > SMALL_DEVICE_MB
    assert expand(with_local).is_local.any() and not expand(without).is_local.any()
    assert (np.diff(expand(without).start) > 0).all()
    assert np.array_equal(with_local.users.deadline_s, without.users.deadline_s)
