"""What instances of a sweep are called: no two alike, and short where they can be."""

from __future__ import annotations

from pathlib import Path

from results.sweep.labels import labels
from results.sweep.runner import News
from tests.sweeps import prepare, run_with_stand_in, write_sweep


def test_names_alone_where_they_suffice() -> None:
    assert labels([("f1", "a", {"load": 1}), ("f2", "b", {"load": 2})]) == {"f1": "a", "f2": "b"}
    assert labels([("f1", "a", {"load": 1}), ("f1", "other", {})]) == {"f1": "a"}


def test_what_differs_is_told() -> None:
    common = {"source": "generator", "generator": "campus", "users": 6}
    made = [("aaaaaaaa", "c", {**common, "load": 0.5, "networks": ["x", "y"]}),
            ("bbbbbbbb", "c", {**common, "load": 1.0, "networks": ["x", "y"]}),
            ("cccccccc", "c", {**common, "load": 1.0, "networks": "x"}),
            ("dddddddd", "d", common)]  # fmt: skip
    assert labels(made) == {
        "aaaaaaaa": "c (load 0.5, networks x, y)",
        "bbbbbbbb": "c (load 1.0, networks x, y)",
        "cccccccc": "c (load 1.0, networks x)",
        "dddddddd": "d",
    }


def test_fingerprints_where_nothing_else_helps() -> None:
    made = [("aaaaaaaa", "c", {"file": "x"}), ("bbbbbbbb", "c", {"file": "x"}), ("cccccccc", "c", None)]
    assert labels(made) == {"aaaaaaaa": "c (file x) #aaaaaa", "bbbbbbbb": "c (file x) #bbbbbb",
                            "cccccccc": "c #cccccc"}  # fmt: skip
    long = [("a", "c", {"file": "x" * 500 + "1"}), ("b", "c", {"file": "x" * 500 + "2"})]
    assert [len(label) for label in labels(long).values()] == [70, 70]
    assert len(set(labels(long).values())) == 2


def test_a_runner_tells_two_loads_of_one_generator_apart(tmp_path: Path) -> None:
    """Both instances are called campus-4x2-1."""
    sweep = write_sweep(tmp_path, methods=("greedy",), more="load = [0.5, 1.0]")
    prepare(sweep, tmp_path / "prepared")
    told: list[News] = []
    run_with_stand_in(sweep, tmp_path / "prepared", tell=told.append)
    shown = {news.row["case"]["instance"]: set() for news in told if news.row}
    for news in told:
        if news.row:
            shown[news.row["case"]["instance"]].add(news.instance)
    assert shown == {"campus-4x2-1": {"campus-4x2-1 (load 0.5)", "campus-4x2-1 (load 1.0)"}}
