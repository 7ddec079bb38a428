"""Runner and summary of the peers' benchmark: nothing twice, honest rows, arithmetic checked by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from benchmarks.peers import runner
from benchmarks.peers.child import allocations
from benchmarks.peers.family import places
from benchmarks.peers.runner import cases, label, run_all, run_case
from benchmarks.peers.summary import gap_at, shifted_mean, show, summarise, worse_gaps, write
from results.store import Store, read_rows


def case(method: str, users: int = 20, **changes: Any) -> dict[str, Any]:
    found = next(cases(["small"], [method], sizes=[users], allocation=allocations(method)[:1], limit_s=30.0))
    return {**found, **changes}


def row(status: str = "Optimal", first: float | None = 1.0, trace: Any = (), objective: float = 10.0,
        bound: float = 10.0) -> dict[str, Any]:  # fmt: skip
    return {"status": status, "valid": True, "objective_j": objective, "claimed_j": objective, "bound_j": bound,
            "reached": {"0.01": first, "1e-06": first}, "trace": list(trace)}  # fmt: skip


def test_cases_are_instance_by_instance_and_under_the_right_rule() -> None:
    found = list(cases(["small", "large"], ["prices", "highs_units", "scip_cones"], sizes=[100]))
    assert len(found) == 2 * 2 * 6 * 2  # bars × rules × places × methods of each rule
    assert {c["method"] for c in found if c["allocation"] == "units"} == {"prices", "highs_units"}
    assert {c["method"] for c in found if c["allocation"] == "continuous"} == {"prices", "scip_cones"}
    assert len({(c["generator"], c["level"], c["local"]) for c in found}) == len(places(100, "units", 1))
    assert [c["method"] for c in found[:2]] == ["prices", "highs_units"]
    both = cases(["small"], ["prices", "highs_units", "scip_units"], sizes=[20], allocation=["units"], threads=[1, 2])
    assert [label(c) for c in both][:4] == ["prices", "highs_units", "highs_units@2", "scip_units"]


def test_a_run_in_a_child_process_gives_a_checked_row() -> None:
    got = run_case(case("prices"))
    assert got["status"] == "finished" and got["valid"] is True and got["violations"] == []
    assert got["bound_j"] <= got["objective_j"] and got["objective_j"] == pytest.approx(got["claimed_j"], rel=1e-9)
    assert got["trace"][-1][1:] == [got["claimed_j"], got["bound_j"]]


def test_a_killed_child_gives_an_honest_row() -> None:
    got = run_case(case("prices"), build_s=0.05)
    assert got["status"] == "killed"
    assert got["valid"] is None and got["objective_j"] is None and got["bound_j"] is None and got["trace"] == []
    assert set(got["reached"].values()) == {None}


def test_a_dead_child_gives_an_honest_row() -> None:
    got = run_case(case("no_such_method"))
    assert got["status"] == "died with code 1" and "no_such_method" in got["errors"]
    assert got["valid"] is None and set(got["reached"].values()) == {None}


def test_a_child_that_wants_too_much_memory_gives_an_honest_row() -> None:
    got = run_case(case("prices", memory_gib=0.05))
    assert got["status"].startswith("died") and got["valid"] is None


def test_resume_does_not_repeat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fake(case: dict[str, Any]) -> dict[str, Any]:
        asked.append(case["method"])
        if len(asked) == 3:
            raise KeyboardInterrupt
        return row()

    monkeypatch.setattr(runner, "run_case", fake)
    path = tmp_path / "rows.jsonl"
    todo = list(cases(["small"], ["prices", "exact"], sizes=[20], allocation=["units"]))
    with pytest.raises(KeyboardInterrupt):
        run_all(todo, path)
    assert len(read_rows(path)) == 2
    assert run_all(todo, path) == len(todo) - 2
    assert run_all(todo, path) == 0
    again = list(cases(["small"], ["prices", "exact"], sizes=[20], allocation=["units"], take=1))
    assert run_all(again, path) == len(todo)


def test_shifted_mean_by_hand() -> None:
    assert shifted_mean([0.9, 9.9], shift=0.1) == pytest.approx(math.sqrt(1.0 * 10.0) - 0.1)
    assert shifted_mean([3.0, 3.0, 3.0], shift=1.0) == pytest.approx(3.0)
    assert math.isnan(shifted_mean([]))


def test_gap_at_takes_the_last_event_before() -> None:
    trace = [(1.0, math.inf, 5.0), (2.0, 10.0, 5.0), (4.0, 10.0, 9.0)]
    assert gap_at(trace, 1.5) == math.inf
    assert gap_at(trace, 2.0) == 0.5
    assert gap_at(trace, 100.0) == pytest.approx(0.1)


def test_worse_gaps_by_hand() -> None:
    ours = {"case": case("prices"), **row(trace=[[0.15, 10.0, 9.0], [1.0, 10.0, 10.0]])}
    quick = {"case": case("scip_units"), **row(trace=[[0.11, 10.0, 9.5]])}
    slow = {"case": case("highs_units"), **row(trace=[[5.0, 10.0, 10.0]])}
    found = worse_gaps(ours, [quick, slow])
    assert found[0] == (pytest.approx(0.125), math.inf, pytest.approx(0.05))
    assert [gap for _, gap, _ in found[1:]] == pytest.approx([0.1] * (len(found) - 1))
    assert all(0.125 <= time_s < 1.0 for time_s, _, _ in found)
    assert worse_gaps(ours, [slow]) == []


def test_summary_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    store = Store(path)
    # two instances: ours 0.9 s and 0.9 s; peers: 9.9 s and unsolved (30 s); 3.9 s and 24.9 s
    figures = {"prices": (0.9, 0.9), "highs_units": (9.9, None), "cpsat_units": (3.9, 24.9)}
    for method, times in figures.items():
        for local, first in zip((True, False), times, strict=True):
            store.append(case(method, local=local), row(first=first))
    found = summarise(path, ["prices", "branch"])
    part = found["parts"][0]
    assert len(found["parts"]) == 1 and part["instances"] == 2 and part["contradictions"] == []
    highs, cpsat = part["methods"]["highs_units"], part["methods"]["cpsat_units"]
    assert highs["solved"] == 1 and highs["par2_s"] == pytest.approx((9.9 + 60.0) / 2)
    assert highs["mean_s"] == pytest.approx(math.sqrt(10.0 * 30.1) - 0.1)
    assert cpsat["mean_s"] == pytest.approx(math.sqrt(4.0 * 25.0) - 0.1)
    assert part["best_peer"] == "cpsat_units"
    ours = part["ours"]["prices"]
    assert ours["ratio_to_best_overall"] == pytest.approx(10.0)
    assert ours["ratio_to_best_by_instance"] == pytest.approx(10.0)
    assert sorted(one["ratio"] for one in ours["by_instance"].values()) == pytest.approx([4.0, 25.0])
    assert ours["worse_gap"] == {"instances": 0, "grid_points": 0, "first": {}}
    assert "10.00 × sooner than cpsat_units" in show(found)
    write(found, tmp_path / "sum.json")
    assert (tmp_path / "sum.json").read_text().count("cpsat_units") > 1


def test_summary_of_some_rows_and_contradictions(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    assert show(summarise(path, ["prices"])) == "no rows"
    store = Store(path)
    store.append(case("prices"), row(objective=10.0, bound=9.0))
    assert summarise(path, ["prices"])["parts"][0]["best_peer"] is None
    store.append(case("highs_units"), row(objective=11.0, bound=10.5))
    (wrong,) = summarise(path, ["prices"])["parts"][0]["contradictions"]
    assert "highs_units claims bound 10.5" in wrong
    store.append(case("highs_units", take=1), row(objective=10.0, bound=10.0))
    assert summarise(path, ["prices"])["parts"][0]["contradictions"] == []


def test_saying_that_there_is_no_plan_settles_an_instance_unless_somebody_has_one(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    store = Store(path)
    nothing = {**row("infeasible", first=None), "valid": None, "objective_j": None, "claimed_j": None, "wall_s": 2.5}
    store.append(case("prices"), nothing)
    store.append(case("highs_units"), {**nothing, "status": "Time limit reached"})
    part = summarise(path, ["prices"])["parts"][0]
    ours, highs = part["methods"]["prices"], part["methods"]["highs_units"]
    assert (ours["solved"], ours["infeasible"], ours["no_valid_plan"]) == (1, 1, 0)
    assert (highs["solved"], highs["infeasible"], highs["no_valid_plan"]) == (0, 0, 1)
    assert part["ours"]["prices"]["by_instance"].popitem()[1]["ours_s"] == 2.5 and part["contradictions"] == []
    store.append(case("highs_units", take=1), row(objective=11.0, bound=10.5))
    (wrong,) = summarise(path, ["prices"])["parts"][0]["contradictions"]
    assert wrong.endswith("prices says infeasible, highs_units has a plan of 11")
