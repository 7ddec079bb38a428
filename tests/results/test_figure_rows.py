"""The committed rows behind the figures: bounds below plans, copies like their originals; lines of means."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import paper_figures  # noqa: F401  registers the experiments of benchmarks
from benchmarks.peers import experiment as peers
from results.drawings.looks import draw_means
from results.experiment import rows_of
from results.store import RUNS, read_rows
from results.style import picture_style

ROOM = 1e-9
GAP = 1e-4


@pytest.mark.parametrize("name", ["energy_against_users", "energy_against_deadline"])
def test_no_plan_is_below_the_certified_bound(name: str) -> None:
    rows = rows_of(name)
    at = "users" if name == "energy_against_users" else "deadline_scale"
    optima = {(r[at], r["seed"]): r for r in rows if r["method"] == "branch"}
    for row in rows:
        best = optima[row[at], row["seed"]]
        assert best["verdict"] == "certified" and best["gap"] <= GAP
        assert row["objective_j"] is None or row["objective_j"] >= best["certified_j"] * (1 - ROOM)


def test_settings_hold_certified_optima() -> None:
    for row in rows_of("settings"):
        best = row["objective_j"][row["method"].index("branch")]
        assert row["verdict"] in (("infeasible", "certified infeasible") if best is None else ("certified",))
        for value in row["objective_j"]:
            assert value is None or (best is not None and value >= row["certified_j"] * (1 - ROOM))


def test_gaps_are_to_bounds_that_hold() -> None:
    for row in rows_of("gaps"):
        assert row["above_bound"][row["method"].index("branch")] <= 0.05
        assert all(v is None or v >= 0 for v in row["above_bound"])


def test_nobody_admits_more_than_the_certificate_allows() -> None:
    for row in rows_of("admission_load"):
        assert max(row["admitted"]) <= row["most"] * (1 + ROOM)
    for row in rows_of("admission_over_time"):
        for rule in ("prices", "moves", "myopic"):
            assert all(a <= b * (1 + ROOM) for a, b in zip(row[rule], row["bound"], strict=True))
            assert row["promised"] is None or row[rule][-1] >= row["promised"] * row["bound"][-1] or rule != "prices"


def test_clocks_and_pieces_only_cost() -> None:
    """Fixed clocks and whole pieces restrict; a plan under them is no cheaper than the bound without."""
    free = {(r["deadline_scale"], r["seed"]): r["certified_j"] for r in rows_of("clocks") if r["clock"] == "free"}
    for row in rows_of("clocks"):
        value = row["objective_j"]
        assert value is None or value >= free[row["deadline_scale"], row["seed"]] * (1 - ROOM)
    whole = {r["seed"]: r["certified_j"] for r in rows_of("integrality") if not r["pieces"]}
    assert all(r["objective_j"] is None or r["objective_j"] >= whole[r["seed"]] * (1 - ROOM)
               for r in rows_of("integrality"))  # fmt: skip


def test_scale_reaches_a_million_with_a_certificate() -> None:
    rows = rows_of("scale")
    largest = max(rows, key=lambda row: int(row["users"]))
    assert largest["users"] == 10**6 and largest["certified_gap"] <= GAP
    assert all(0 <= row["certified_gap"] <= 10 * GAP for row in rows)


def test_rows_say_what_they_were_measured_on() -> None:
    for row in read_rows(RUNS / "scale.jsonl"):
        assert row["machine"]["processor"] and row["machine"]["cores"] >= 1 and row["versions"]["highspy"]


def test_rows_of_peers_are_those_of_the_benchmark() -> None:
    stored = {row["key"]: row for row in read_rows(RUNS / "peers.jsonl")}
    for case in peers.cases(False):
        found = peers.run(case)
        row = stored[peers.case_key(case)]
        assert {name: row[name] for name in found} == found


def test_a_point_needs_a_plan_of_every_seed() -> None:
    values: dict[float, list[float | None]] = {1: [1.0, 2.0, 3.0], 2: [1.0, None, 3.0], 3: [4.0]}
    with picture_style() as plt:
        _, panel = plt.subplots()
        assert draw_means(panel, values, label="all")
        assert draw_means(panel, values, complete=False, least=2.5)
        assert not draw_means(panel, {1: [None]})
        strict, lax = (panel.containers[k] for k in (0, 1))
        assert strict[0].get_xdata().tolist() == [1, 3] and strict[0].get_ydata().tolist() == [2, 4]
        assert lax[0].get_ydata().tolist() == [2.5, 2.5, 4]
        assert _ends(strict)[0] == pytest.approx((1, 3), abs=0.35) and _ends(strict)[1] == (4, 4)


def _ends(container: Any) -> list[tuple[float, float]]:
    (bars,) = container[2]
    return [(float(s[0][1]), float(s[1][1])) for s in bars.get_segments() if not math.isnan(float(np.sum(s)))]
