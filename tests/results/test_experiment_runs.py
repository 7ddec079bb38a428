"""Experiments: the committed rows are what their cases give, and small cases hold what their figures promise."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from instances.catalog import devices
from instances.cuts import enumerate_cuts
from instances.dnn import load_network
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from results.experiment import EXPERIMENTS, known_experiments
from results.experiments import (
    admission_over_time,
    batching,
    clocks,
    cut_maps,
    droo_policy,
    front_regret,
    gaps,
    online,
    predictors,
    road_rivals,
    scale,
    settings,
)
from results.experiments.layer_times import measured_networks
from results.store import RUNS, read_rows
from solvers import METHODS, Limits, solve

COMMITTED = {
    "batching": {"devices": 2},
    "cut_maps": {"network": "alexnet", "aim": "energy"},
    "energy_against_deadline": {"method": "all_local", "deadline_scale": 2.0},
    "energy_against_users": {"method": "all_local", "users": 5},
    "front_regret": {"network": "alexnet", "median_error": 0.05},
    "pareto_fronts": {"network": "alexnet", "placements": "cuts"},
    "predictors": {"network": "squeezenet1_1"},
}
"""Cases that are quick and leave nothing to chance, of experiments whose rows a table or figure shows."""


def committed(name: str, **wanted: Any) -> dict[str, Any]:
    """The first committed row of such a case."""
    return next(r for r in read_rows(RUNS / f"{name}.jsonl") if wanted.items() <= r["case"].items())


@pytest.mark.parametrize("name", COMMITTED)
def test_a_committed_row_is_what_its_case_gives(name: str) -> None:
    assert name in known_experiments()
    row = committed(name, **COMMITTED[name])
    again = EXPERIMENTS[name][1](row["case"])
    compared = 0
    for field, value in again.items():
        if field.endswith(("_s", "message")) and field not in ("latency_s", "measured_s"):
            continue  # seconds of another machine
        if field not in row:
            continue  # the row is older than the figure
        told = row[field]
        assert close(told, value), f"{name}.{field}: {told} in the row, {value} now"
        compared += 1
    assert compared >= 2


def close(told: Any, now: Any) -> bool:
    if isinstance(now, list):
        return len(told) == len(now) and all(close(a, b) for a, b in zip(told, now, strict=True))
    if isinstance(now, float) and isinstance(told, int | float):
        return told == pytest.approx(now, rel=1e-6, abs=1e-9)
    return bool(told == now)


@pytest.mark.parametrize("name", sorted(known_experiments()))
def test_quick_cases_are_fewer_and_no_case_comes_twice(name: str) -> None:
    if name not in EXPERIMENTS:
        return
    cases, _ = EXPERIMENTS[name]
    few, all_of_them = cases(True), cases(False)
    assert 0 < len(few) <= len(all_of_them)
    for some in (few, all_of_them):
        assert len({repr(sorted(case.items())) for case in some}) == len(some)


def test_admission_never_exceeds_what_hindsight_could_have_had() -> None:
    for order in admission_over_time.ORDERS:
        row = admission_over_time.run({"users": 30, "order": order, "seed": 1, "steps": 4})
        assert row["arrived"][-1] == 30 and len(row["bound"]) == 4
        assert (np.diff(row["bound"]) >= -1e-9).all()
        for rule in admission_over_time.RULES:
            admitted = np.array(row[rule])
            assert (admitted <= np.array(row["bound"]) * (1 + 1e-9)).all() and (np.diff(admitted) >= -1e-9).all()
            assert admitted[-1] > 0
        if row["promised"] is not None:
            assert row["prices"][-1] >= row["promised"] * row["bound"][-1] * (1 - 1e-9)


def test_maps_of_cuts_show_the_best_of_both_ends() -> None:
    """A faster device keeps no less, a faster link no more; with no link to speak of the device keeps all."""
    row = cut_maps.run({"network": "squeezenet1_1", "aim": "latency", "speeds": 3, "rates": 5})
    kept = np.array(row["kept"]).reshape(3, 5)
    assert row["speed"][::5] == pytest.approx([0.1, 1.0, 10.0]) and row["rate_mbps"][0] == 0.1
    assert (np.diff(kept, axis=0) >= 0).all() and (np.diff(kept, axis=1) <= 0).all()
    assert kept[-1, 0] == 1.0 and kept[0, -1] < 1.0
    energy = np.array(cut_maps.run({"network": "squeezenet1_1", "aim": "energy", "speeds": 2, "rates": 3})["kept"])
    assert ((energy >= 0) & (energy <= 1)).all() and cut_maps.DEVICE in devices()


@pytest.mark.parametrize("name", settings.SETTINGS)
def test_one_setting_changes_and_nothing_else(name: str) -> None:
    """Beside the base, only the column or number that the setting names differs."""
    few, many = settings.SETTINGS[name][0], settings.SETTINGS[name][-1]
    low, high = (settings.instance_at({"setting": name, "value": v, "problem": "J-E", "seed": 1}) for v in (few, many))
    if name in ("users", "servers"):
        assert (getattr(low, f"n_{name}"), getattr(high, f"n_{name}")) == (few, many)
        return
    table, column = {"bandwidth": ("servers", "bandwidth_mhz"), "deadline": ("users", "deadline_s"),
                     "kappa": ("devices", "kappa")}[name]  # fmt: skip
    np.testing.assert_allclose(getattr(getattr(high, table), column),
                               getattr(getattr(low, table), column) * many / few)  # fmt: skip
    back = high.replace(**{table: getattr(low, table)})
    assert back.fingerprint == low.fingerprint != high.fingerprint


def test_settings_hold_methods_against_the_certified_bound() -> None:
    row = settings.run({"setting": "users", "value": 4, "problem": "J-L", "seed": 1})
    assert row["users"] == 4 and row["method"] == list(settings.METHODS)
    for objective, energy, latency in zip(row["objective_j"], row["energy_per_user_j"], row["latency_s"], strict=True):
        assert objective is None or objective >= row["certified_j"] * (1 - 1e-9)
        assert objective is None or (energy > 0 and latency > 0 and 4 * energy < objective)


def test_no_figures_without_a_plan() -> None:
    """Deadlines that nobody can meet: no method has an objective, and the seconds are still told."""
    tight = settings.instance_at({"setting": "deadline", "value": 1e-6, "problem": "J-E", "seed": 1})
    figures = settings._figures(solve(tight, "greedy"))
    assert figures["objective_j"] is None and figures["energy_per_user_j"] is None and figures["latency_s"] is None
    assert figures["solve_s"] is not None and figures["solve_s"] >= 0


def test_gaps_are_over_the_bound_that_branch_certifies(monkeypatch: pytest.MonkeyPatch) -> None:
    some = ["branch", "greedy", "genetic", "all_local"]
    monkeypatch.setattr(gaps, "compared", lambda table: some)
    monkeypatch.setattr(gaps, "EVALUATIONS", 30)
    row = gaps.run({"family": "campus", "seed": 1, "users": 4, "servers": 2})
    assert row["method"] == some and row["kind"] == ["exact", "heuristic", "heuristic", "heuristic"]
    assert row["certified_j"] > 0 and row["above_bound"][0] <= gaps.LIMITS.gap * 1.01
    assert all(above is None or above >= 0 for above in row["above_bound"])


def test_every_promised_kind_of_method_is_compared() -> None:
    names = gaps.compared(expand(generate("campus", users=3, servers=1, seed=1)))
    assert names[0] == "branch" and {METHODS[n].kind for n in names[1:]} <= set(gaps.KINDS)
    assert {"greedy", "local_search", "genetic"} <= set(names)


def test_rates_of_policies_are_parts_of_the_optimum() -> None:
    row = droo_policy.run({"devices": 3, "seed": 1, "train": 6, "test": 2})
    assert set(row) == {"learned", *droo_policy.METHODS}
    assert all(0 < part <= 1 + 1e-9 for part in row.values())
    assert row["descent"] >= max(row["local"], row["offload"]) - 1e-9


def test_clocks_that_may_change_cost_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "USERS", 3)
    rows = {rule: clocks.run({"deadline_scale": 2.0, "clock": rule, "seed": 1}) for rule in clocks.RULES}
    for rule in ("nominal", "fastest"):
        fixed = clocks.instance_at({"deadline_scale": 2.0, "clock": rule, "seed": 1})
        assert (fixed.devices.clock_min == fixed.devices.clock_max).all()
        if rows[rule]["objective_j"] is not None:
            assert rows["free"]["bound_j"] <= rows[rule]["objective_j"] * (1 + 1e-9)
    assert rows["free"]["compute_j"] >= 0 and rows["free"]["users"] == 3


def test_batches_save_and_a_free_clock_saves_more() -> None:
    row = batching.run({"devices": 3, "shortest_s": 0.05, "longest_s": 0.1, "seed": 1})
    energy = dict(zip(row["method"], row["energy_j"], strict=True))
    assert energy["groups"] <= min(energy.values()) * (1 + 1e-9)
    assert energy["groups"] <= energy["groups_full_clock"] * (1 + 1e-9) <= energy["all_local"] * (1 + 1e-6)
    assert row["batched"][0] == 0 and row["gpu_j"][0] == 0 and row["mean_clock"][0] == 0


def test_no_rival_on_the_road_beats_the_optimum() -> None:
    row = road_rivals.run({"clients": 2, "helpers": 2, "mix": "random", "seed": 1, "slots": 2})
    assert row["method"] == list(road_rivals.METHODS)
    for completion, regret in zip(row["completion_s"], row["regret"], strict=True):
        assert regret >= -1e-9 and completion == pytest.approx(row["exact_s"] * (1 + regret))


def test_better_predictions_lose_less_of_the_front() -> None:
    rows = [front_regret.run({"network": "alexnet", "median_error": e, "seeds": 6}) for e in (1e-9, 0.05, 0.5)]
    losses = [row["hypervolume_loss_mean"] for row in rows]
    assert losses[0] == pytest.approx(0, abs=1e-6) and losses[0] <= losses[1] <= losses[2]
    assert losses[2] <= rows[2]["hypervolume_loss_p95"] * (1 + 1e-9) or losses[2] > 0
    assert all(row["true_points"] == rows[0]["true_points"] > 1 for row in rows)


def test_predictions_choose_no_cut_that_beats_the_best() -> None:
    """With the measured times themselves there is no regret; with any others none below 0."""
    network, timing = load_network("alexnet"), measured_networks()["alexnet"]
    cuts = enumerate_cuts(network)
    rng = np.random.default_rng(0)
    for rate in (1.0, 30.0, 1000.0):
        assert predictors._regret(cuts, timing.layer_s, timing.layer_s, rate) == 0
        for _ in range(5):
            told = timing.layer_s * rng.lognormal(0, 1, len(timing.layer_s))
            assert predictors._regret(cuts, timing.layer_s, told, rate) >= 0
    assert {predictors.relatives(n) for n in ("resnet18", "resnet50")} == {"resnet"}


def test_prices_are_certified_at_scale() -> None:
    row = scale.run({"users": 120, "servers": 2, "seed": 1})
    assert row["options"] > 120 and row["solve_cpu_s"] >= 0
    assert 0 <= row["certified_gap"] < 0.1


@pytest.fixture
def small_online(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fewer users, slots and lessons."""
    for name, value in {"POPULATION": 60, "SLOTS": 8, "BID_SEQUENCES": 2, "EPISODES": 2, "RATE": 1.5,
                        "LIMITS": Limits(gap=0.05, nodes=5)}.items():  # fmt: skip
        monkeypatch.setattr(online, name, value)
    online.prepare.cache_clear()
    yield
    online.prepare.cache_clear()


@pytest.mark.usefixtures("small_online")
@pytest.mark.parametrize("setting", online.SETTINGS)
def test_no_policy_beats_what_hindsight_proves(setting: str) -> None:
    row = online.run({"setting": setting, "seed": 0})
    assert row["certified"] <= row["hindsight"] * (1 + 1e-9) + 1e-9
    assert len(row["policy"]) == len(row["cost"]) == len(set(row["policy"]))
    for cost, missed in zip(row["cost"], row["missed"], strict=True):
        assert missed >= -1e-9
        assert cost >= row["certified"] * (1 - 1e-9)
    assert row["requests"] > 0 and math.isfinite(row["all_local"])
    made = online.population(setting)
    assert isinstance(made, Instance) and made.n_users == 60


def test_branches_let_half_of_the_requests_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(online, "POPULATION", 6)
    made = online._branches()
    assert all(net.is_conditional and np.isclose(net.run_probability.min(), 0.5) for net in made.networks)
    always = [dataclasses.replace(net, run_probability=np.ones(net.n_layers)) for net in made.networks]
    assert not any(net.is_conditional for net in always)
