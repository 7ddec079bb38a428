"""Methods held against each other: nothing found among ours, everything found among those that are wrong on purpose."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

from instances.check import check
from instances.errors import InputError
from results.store import read_rows
from results.trust.__main__ import main
from results.trust.askers import Asker, MethodAsker, askers_now
from results.trust.contradictions import ask_all, contradictions
from results.trust.differential import FILE, run_differential
from results.trust.draws import RECIPES, TWISTS, draw
from results.trust.parts import keep_servers, keep_users, without_layer
from results.trust.recipes import MOST_USERS
from results.trust.reproducers import minimise, replay, write_reproducer
from solvers import METHODS, Limits, Result, Stop, Verdict, compare, get_method, solve
from solvers.answer import Answer
from solvers.exact import Exact
from solvers.highs import HighsOptions
from tests.builders import tiny_instance
from tests.trust.nights import night
from tests.trust.wrong_methods import FAULTS, registered

DRAWS = 12
"""Of two seeds each in `make test`; the nightly target takes 20,000."""


@pytest.mark.parametrize("seed", [101, 102])
def test_no_contradiction_on_random_draws(seed: int, tmp_path: Path) -> None:
    run_differential(range(DRAWS), seed, askers_now(), tmp_path)
    rows = read_rows(tmp_path / FILE)
    assert len(rows) == DRAWS
    assert [row["contradictions"] for row in rows if row["contradictions"]] == []
    exact = {name for name, entry in METHODS.items() if entry.kind == "exact"}
    assert exact <= {name for row in rows for name in row["claims"]}, "an exact method was never asked"
    assert {"exact, presolve", "joint_units, presolve"} <= {n.rsplit(" o", 1)[0] for row in rows for n in row["claims"]}


@pytest.mark.nightly
@pytest.mark.parametrize("shard", range(40))
def test_no_contradiction_on_many_draws(shard: int) -> None:
    """20,000 draws in 40 shards, others each night, resumed where they were left; with SCIP and CP-SAT."""
    pytest.importorskip("pyscipopt", reason="SCIP and CP-SAT come with the extra: pip install edgecut[bench]")
    pytest.importorskip("ortools", reason="SCIP and CP-SAT come with the extra: pip install edgecut[bench]")
    seed, folder = night()
    assert main(["differential", "--instances", "20000", "--seed", str(seed), "--shard", f"{shard}/40", "--folder",
                 str(folder), "--with", "benchmarks.witnesses"]) == 0  # fmt: skip


def _parties(name: str) -> list[Asker]:
    return [entry for entry in askers_now() if entry.name in (name, "brute_force", "branch", "greedy")]


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_method_is_caught_minimised_and_saved(name: str, tmp_path: Path) -> None:
    kind, _ = FAULTS[name]
    with registered(name):
        askers = _parties(name)
        assert len(askers) == 4
        found = []
        for number in range(40):
            instance, _ = draw(103, number)
            found = [c for c in contradictions(ask_all(instance, askers, number)) if c.kind == kind]
            if found and instance.n_users > 1:
                break
        assert found and found[0].claimant == name, "never caught"
        small, same = minimise(instance, found[0], askers, number, most_tries=150)
        path = write_reproducer(tmp_path, small, same, number, ())
        assert [c.kind for c in replay(path, askers)] == [kind]
    assert small.n_users <= 2 and small.n_servers <= 1
    assert small.n_users <= instance.n_users and len(small.links) <= 2
    assert sum(network.n_layers for network in small.networks) <= 3, "layers are left that nobody needs"
    data = json.loads(path.read_text())
    assert data["command"].startswith("python -m results.trust replay ")
    if kind != "raised":
        assert same.result is not None and same.result.verdict is Verdict.WRONG
        assert data["claim"]["verdict"] == "wrong"


def test_others_are_not_blamed_for_a_wrong_method() -> None:
    instance = tiny_instance(4, tightness=0.3, memory_limits=False)
    with registered("bound too high") as name:
        found = contradictions(ask_all(instance, _parties(name), 0))
    assert {c.claimant for c in found} == {name}


def test_a_verified_plan_from_elsewhere_refutes() -> None:
    instance = tiny_instance(4, tightness=0.3, memory_limits=False)
    truth = solve(instance, "brute_force")
    assert truth.plan is not None
    best = truth.objective_j
    claims = {
        "bound": Answer(None, Stop.NODES, best * 1.001),
        "infeasible": Answer(None, Stop.INFEASIBLE, math.inf),
        "right": Answer(None, Stop.NODES, best),
    }
    results = {name: Result.checked(instance, answer, None, method=name) for name, answer in claims.items()}
    assert all(result.verdict is not Verdict.WRONG for result in results.values())
    refuted = {name: result.refuted_by(truth.plan) for name, result in results.items()}
    assert [name for name, result in refuted.items() if result.verdict is Verdict.WRONG] == ["bound", "infeasible"]
    assert refuted["bound"].bound_j == -math.inf and "above a verified plan" in refuted["bound"].message
    assert "claimed infeasible" in refuted["infeasible"].message
    assert refuted["right"] is results["right"]


def test_a_plan_that_breaks_a_rule_refutes_nothing() -> None:
    instance = tiny_instance(4, tightness=0.3, memory_limits=False)
    truth = solve(instance, "brute_force")
    assert truth.plan is not None
    late = truth.plan.replace(clock=truth.plan.clock * 0.01)
    assert not check(instance, late).valid
    result = Result.checked(instance, Answer(None, Stop.INFEASIBLE, math.inf), None, method="none")
    assert result.refuted_by(late) is result


def test_a_certified_bound_is_refuted_too() -> None:
    instance = tiny_instance(4, tightness=0.3, memory_limits=False)
    sound = solve(instance, "branch")
    assert sound.plan is not None and sound.verdict is Verdict.CERTIFIED
    assert sound.refuted_by(sound.plan) is sound
    unsound = dataclasses.replace(sound, certified_j=sound.objective_j * 1.01)
    refuted = unsound.refuted_by(sound.plan)
    assert refuted.verdict is Verdict.WRONG and refuted.certified_j == -math.inf
    assert "the certificate proves" in refuted.message


def test_compare_holds_methods_against_the_best_plan_of_all() -> None:
    instance = tiny_instance(4, tightness=0.3, memory_limits=False)
    with registered("bound too high") as name:
        results = {result.method: result for result in compare(instance, ["brute_force", name])}
    assert results[name].verdict is Verdict.WRONG
    assert results["brute_force"].verdict is Verdict.OPTIMAL


def test_exact_takes_options_of_highs() -> None:
    """Presolve off is another road to the same optimum, and an unregistered method can be solved with."""
    instance = tiny_instance(7, users=4, servers=2, layers=3, tightness=0.5, memory_limits=False)
    plain = solve(instance, "exact", limits=Limits(gap=1e-6))
    other = solve(instance, Exact(HighsOptions({"presolve": "off"})), limits=Limits(gap=1e-6))
    assert other.method == "exact"
    assert other.objective_j == pytest.approx(plain.objective_j, rel=3e-6)


def test_draws_follow_from_their_seed_and_cover_everything() -> None:
    assert draw(5, 3)[0].fingerprint == draw(5, 3)[0].fingerprint != draw(5, 4)[0].fingerprint
    about = [draw(5, number)[1] for number in range(250)]
    assert {row["recipe"] for row in about} == set(RECIPES)
    assert {row["problem"] for row in about} == {"J-E", "J-L", "J-C", "J-A", "J-Q", "J-M"}
    assert {row["allocation"] for row in about} == {"units", "continuous"}
    assert {name for row in about for name in row["twists"]} == set(TWISTS)


def test_mixed_instances_are_small_others_vary() -> None:
    """Mixed ones have many options a user, which exact methods on tiny instances must not drown in."""

    def users(kind: str) -> set[int]:
        found = set()
        for seed in range(80):
            with contextlib.suppress(InputError):  # options that do not go together
                found.add(RECIPES[kind](np.random.default_rng(seed)).n_users)
        return found

    assert users("mixed") == {1, 2} and users("campus") == set(range(1, MOST_USERS + 1))


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    askers = [MethodAsker("greedy", lambda: get_method("greedy"))]
    run_differential(range(3), 9, askers, tmp_path)
    before = (tmp_path / FILE).read_bytes()
    run_differential(range(5), 9, askers, tmp_path)
    assert (tmp_path / FILE).read_bytes().startswith(before)
    assert [row["case"]["number"] for row in read_rows(tmp_path / FILE)] == [0, 1, 2, 3, 4]


def test_parts_mean_what_they_meant() -> None:
    """Users and servers that do not touch each other cost the same alone as together."""
    instance = tiny_instance(3, users=2, servers=2, tightness=0.2, memory_limits=False)
    whole = solve(instance, "brute_force")
    again = keep_servers(keep_users(instance, np.array([1, 0])), np.array([1, 0]))
    assert solve(again, "brute_force").objective_j == pytest.approx(whole.objective_j, rel=1e-9)
    network = instance.networks[0]
    shorter = without_layer(network, 0)
    assert shorter is not None and shorter.layers == network.layers[1:]
    assert without_layer(network, network.n_layers - 1) is None


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path)
    assert main(["differential", "--instances", "4", "--seed", "3", "--shard", "1/2", "--folder", folder]) == 0
    assert main(["report", folder]) == 0
    shown = capsys.readouterr().out
    assert "draws: 2" in shown and "contradictions: 0" in shown
    assert main(["differential", "--shard", "2/2"]) == 65
    assert main(["replay", str(tmp_path / "none.json")]) == 65


def test_peers_are_witnesses(tmp_path: Path) -> None:
    pytest.importorskip("pyscipopt", reason="SCIP comes with the extra: pip install edgecut[bench]")
    pytest.importorskip("ortools", reason="CP-SAT comes with the extra: pip install edgecut[bench]")
    from benchmarks.witnesses import NEEDED, Witness

    witnesses = [Witness(name) for name in NEEDED]
    asked = set()
    for allocation in ("units", "continuous"):
        instance = tiny_instance(4, allocation=allocation, tightness=0.3, memory_limits=False)
        brute = MethodAsker("brute_force", lambda: get_method("brute_force"))
        claims = ask_all(instance, [brute, *witnesses], 0)
        assert contradictions(claims) == []
        asked |= {claim.asker for claim in claims if claim.result is not None and claim.result.valid}
    for witness in witnesses:
        witness.close()
    assert asked == {"brute_force", *NEEDED}
