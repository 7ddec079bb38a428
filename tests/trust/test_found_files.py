"""Files that the fuzzer, or thinking of it, found to end in a traceback: one test each."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from instances.errors import InputError
from instances.library import HOME
from instances.library.entries import entries
from instances.library.loading import draw
from results.store import read_rows
from results.sweep.rows import read_index, read_sweep_rows
from results.sweep.settings import read_sweep
from results.sweep.sources import MOST_RUNS
from results.trust.fuzz.all_kinds import KINDS
from results.trust.fuzz.broken import broken
from results.trust.fuzz.toml_values import TOML, toml_values
from tests.trust.command_line import status_of

SWEEP = """wall_s = 9
[[instances]]
generator = "campus"
users = 2
servers = 1
{more}
[[methods]]
name = "greedy"
"""


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("networks = [[[]]]", "is no name of a network"),
        ("load = " + "9" * 400, "whole numbers go up to"),
        ("load = " + "9" * 5000, "is not TOML"),
        ("seed = 0x" + "f" * 5000, "whole numbers go up to"),
        ("load = [" + "[" * 20_000, "is not TOML"),
        (f"seed = {list(range(500))}\nload = {[0.1 + k / 1e4 for k in range(500)]}", f"{MOST_RUNS} are the most"),
        ('[[instances]]\nfiles = "a\\u0000/*.json"', "no name has that character"),
    ],
)
def test_found_sweeps(more: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(SWEEP.format(more=more))
    with pytest.raises(InputError, match=why) as caught:
        read_sweep(path)
    assert caught.value.where.startswith(str(path))
    assert status_of("sweep", "status", str(path)) == 65


@pytest.mark.parametrize("output", ["a\\u0000b", "x" * 5000, "s.toml/inner", "s.toml"])
def test_found_folders_of_sweeps(output: str, tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(f'output = "{output}"\n' + SWEEP.format(more=""))
    with pytest.raises(InputError, match="output"):
        read_sweep(path)


def test_a_sweep_may_not_ask_for_too_many_runs(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(f"seeds = {list(range(5000))}\n" + SWEEP.format(more=f"seed = {list(range(50))}"))
    with pytest.raises(InputError, match="asks for 250000 runs"):
        read_sweep(path)


ROW: dict[str, Any] = {"key": "k", "case": {"method": "greedy", "wall_s": 9.0}, "status": "finished", "wall_s": 1.0}


@pytest.mark.parametrize(
    "change",
    [{"case": 3}, {"case": {}}, {"case": {"method": [], "wall_s": 9}}, {"case": {"method": "greedy", "wall_s": "9"}},
     {"status": {}}, {"wall_s": "1"}, {"versions": []}, {"versions": {"numpy": 2}}, {"attempt": "x"}, {"key": 5}],
)  # fmt: skip
def test_found_rows_of_sweeps(change: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(ROW) + "\n")
    assert read_sweep_rows(path) == [ROW]
    path.write_text(json.dumps(ROW) + "\n" + json.dumps({**ROW, "key": "other", **change}) + "\n")
    with pytest.raises(InputError, match=r"rows\.jsonl, (row|line) 2"):
        read_sweep_rows(path)


@pytest.mark.parametrize("change", [{"name": 3}, {"fingerprint": "../../x"}, {"fingerprint": None}, {"code": []}])
def test_found_indices_of_sweeps(change: dict[str, Any], tmp_path: Path) -> None:
    row = {"key": "k", "case": {}, "name": "n", "fingerprint": "ab12", "code": "c"}
    path = tmp_path / "index.jsonl"
    path.write_text(json.dumps(row) + "\n")
    assert read_index(path) == [row]
    path.write_text(json.dumps({**row, **change}) + "\n")
    with pytest.raises(InputError, match=r"index\.jsonl, row 1"):
        read_index(path)


def test_found_a_row_nested_without_end(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("[" * 100_000 + "]" * 100_000 + "\n")
    with pytest.raises(InputError, match="is not a row"):
        read_rows(path)


@pytest.mark.parametrize("options", [{"cuts": 8, "units": "e"}, {"cuts": 8}, {"cuts": 8, "units": 1e9}, {"cuts": {}}])
def test_found_libraries_whose_systems_cannot_be_drawn(options: dict[str, Any], tmp_path: Path) -> None:
    data = json.loads((HOME / "index.json").read_bytes())
    data["entries"] = [row for row in data["entries"] if row["name"] == "iao-5x1-1"]
    data["entries"][0]["options"] = options
    (tmp_path / "index.json").write_text(json.dumps(data))
    shutil.copytree(
        HOME / "records", tmp_path / "records", ignore=lambda _, names: [n for n in names if "iao" not in n]
    )
    with pytest.raises(InputError, match="iao-5x1-1, options"):
        draw(entries(tmp_path)["iao-5x1-1"])
    assert status_of("library", "check", "--library", str(tmp_path)) == 65


@pytest.mark.parametrize(
    "change", [{"seed": "x"}, {"instance": 0.5}, {"claimant": None}, "witness", "seed", "instance"]
)
def test_found_reproducers(change: Any, tmp_path: Path) -> None:

    data = json.loads(KINDS["reproducer"].valid()[0])
    if isinstance(change, str):
        del data[change]
    else:
        data |= change
    path = tmp_path / "r.json"
    path.write_text(json.dumps(data))
    with pytest.raises(InputError):
        KINDS["reproducer"].read(path)


@pytest.mark.parametrize(("table", "field"), [("devices", "clock_ghz"), ("users", "weight"), ("servers", "idle_w")])
def test_found_texts_that_the_exact_verifier_multiplied(
    table: str, field: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text times 10⁹ is a text of so many times its length."""

    monkeypatch.chdir(tmp_path)
    kind = KINDS["instance, exact verifier"]
    (content,) = kind.valid()
    data = json.loads(content)
    path = tmp_path / "i.json"
    for value in ("xx", [1], {}, None):
        data[table][0][field] = value
        path.write_text(json.dumps(data))
        with pytest.raises(InputError, match="is no number"):
            kind.read(path)


def test_sweeps_are_broken_whatever_earlier_faults_put_into_them() -> None:
    """Dates, and numbers that have no decimals in Python, once ended the fuzzer itself."""
    rng = np.random.default_rng(0)
    for value in ("1979-05-27T07:32:00Z", "07:32:00", "0x" + "f" * 5000, "nan", "[1979-05-27, inf]"):
        content = f"wall_s = {value}\n[[instances]]\nusers = {value}\n[[methods]]\nname = {value}\n".encode()
        made = [broken(content, TOML, rng) for _ in range(60)]
        assert sum(one != content for one in made) > 50


def test_broken_sweeps_are_mostly_toml() -> None:
    """Faults in values leave the grammar whole, so that what reads the values is reached."""
    (content, *_) = KINDS["sweep TOML"].valid()
    whole = 0
    for seed in range(200):
        try:
            tomllib.loads(toml_values(content, np.random.default_rng(seed)).decode())
        except (ValueError, RecursionError):
            continue
        whole += 1
    assert whole > 120
