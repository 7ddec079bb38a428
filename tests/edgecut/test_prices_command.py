"""`edgecut prices` as a user meets it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.shell import edgecut


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small instance and a plan for it."""
    place = tmp_path_factory.mktemp("prices")
    made = edgecut("generate", "campus", "--users", "6", "--servers", "2", "--seed", "3", "-o", "i.json", cwd=place)
    assert made.returncode == 0, made.stderr
    solved = edgecut("solve", "i.json", "--method", "local_search", "-o", "r.json", cwd=place)
    assert solved.returncode == 0, solved.stderr
    return place


def test_prices_tell_where_more_is_worth_most(folder: Path) -> None:
    done = edgecut("prices", "i.json", "--top", "3", "--gap", "1e-3", cwd=folder)
    assert done.returncode == 0, done.stderr
    header, *_, slope, interval = done.stdout.splitlines()
    assert {"server", "resource", "price_per_unit", "worth_j", "predicted_j", "least_j", "most_j"} <= set(
        header.split()
    )
    assert "J/MHz" in done.stdout and "solved again with" in done.stdout
    assert "a prediction" in slope and "between least_j and most_j" in interval
    assert done.stderr.splitlines()[0].split() == ["time", "best", "bound", "gap"]


def test_json_and_csv_hold_the_same_rows(folder: Path) -> None:
    settings = ("prices", "i.json", "r.json", "--top", "2", "--resolve", "none", "--quiet")
    rows = json.loads(edgecut(*settings, "--json", cwd=folder).stdout)
    done = edgecut(*settings, "--csv", cwd=folder)
    again = list(csv.DictReader(io.StringIO(done.stdout)))
    assert done.returncode == 0 and done.stderr == "" and len(rows) == len(again) == 2
    for row, other in zip(rows, again, strict=True):
        assert list(row) == list(other) and row["source"] == other["source"]
        assert row["price_j"] == pytest.approx(float(other["price_j"]), rel=1e-15)
        assert "predicted_j" not in row


def test_steps_in_units_and_any_method(folder: Path) -> None:
    done = edgecut("prices", "i.json", "r.json", "--step", "2", "--resolve", "local_search", "--top", "1", "--json",
                   "-q", cwd=folder)  # fmt: skip
    (row,) = json.loads(done.stdout)
    assert row["step"] == 2 and row["verdict"] == "feasible" and row["source"] == "plan"
    assert row["predicted_j"] == pytest.approx(2 * row["worth_j"])
    assert row["least_j"] is None or row["least_j"] <= row["most_j"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("r.json", "--method", "exact"), 2, "not both"),
        (("--json", "--csv"), 2, "not both"),
        (("--top", "0"), 2, "--top"),
        (("--step", "some"), 65, "step: 'some' is not a number"),
        (("--step", "0%"), 65, "above zero"),
        (("--resolve", "exakt"), 65, "did you mean 'exact'"),
        (("--method", "joint_relaxed"), 1, "no prices"),
        (("absent.json",), 65, "absent.json"),
    ],
)
def test_nasty_arguments(folder: Path, arguments: tuple[str, ...], code: int, told: str) -> None:
    done = edgecut("prices", "i.json", *arguments, cwd=folder)
    assert done.returncode == code, done.stderr
    assert told in done.stderr and "Traceback" not in done.stderr and done.stdout == ""


def test_infeasible_is_3(folder: Path) -> None:
    document = json.loads((folder / "i.json").read_text())
    document["users"][0]["deadline_s"] = 1e-5
    (folder / "hopeless.json").write_text(json.dumps(document))
    done = edgecut("prices", "hopeless.json", "-q", cwd=folder)
    assert done.returncode == 3 and "best possible" in done.stderr
