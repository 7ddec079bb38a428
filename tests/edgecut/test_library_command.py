"""`edgecut library ...` and `library:NAME` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgecut.cli import main
from edgecut.store import load
from instances.errors import InputError
from instances.json_text import read_json, write_json
from instances.library.entries import entry
from instances.library.records import Record, record_path, write_record
from tests.library.copies import copy_of

NAME = "campus-e-5x2-light-c-1"


def edgecut(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as ending:
        main([str(a) for a in arguments])
    assert isinstance(ending.value.code, int)
    return int(ending.value.code)


def test_list_and_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert edgecut("library", "list", "--problem", "J-L", "--most-users", "20", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows and all(row["problem"] == "J-L" and row["users"] <= 20 and row["best"] for row in rows)
    assert edgecut("library", "list", "--system", "droo") == 0
    assert "droo-10x1-1" in capsys.readouterr().out
    assert edgecut("library", "show", NAME) == 0
    shown = capsys.readouterr().out
    assert "branch, seed 0, edgecut" in shown and "certificate" in shown
    assert edgecut("library", "show", "campus-e-5x2-light-c-2") == 65
    assert f"did you mean '{NAME}'" in capsys.readouterr().err


def test_written_files_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made, known = tmp_path / "i.json", tmp_path / "r.json"
    assert edgecut("library", "write", NAME, "-o", made, "--result", known) == 0
    assert edgecut("verify", made, known) == 0 and edgecut("verify", f"library:{NAME}", known) == 0
    assert "certified: gap" in capsys.readouterr().out
    assert edgecut("library", "write", "droo-5x1-1", "-o", tmp_path / "x.json") == 65
    empty = "campus-e-5x2-impossible-c-remote-1"
    assert edgecut("library", "write", empty, "-o", made, "--result", known) == 0
    assert edgecut("verify", made, known) == 0
    assert edgecut("verify", "library:nothing", known) == 65


def test_a_solved_name_can_be_submitted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, mine = copy_of([NAME], tmp_path / "library"), tmp_path / "mine.json"
    assert edgecut("solve", f"library:{NAME}", "--gap", "1e-6", "-q", "-o", mine) == 0
    assert edgecut("library", "submit", NAME, mine, "--library", folder) == 1
    assert "not taken" in capsys.readouterr().out
    write_record(Record(entry(NAME)), folder)
    assert edgecut("library", "submit", NAME, mine, "--library", folder) == 0
    assert "taken: plan of" in capsys.readouterr().out
    assert edgecut("library", "check", "--library", folder) == 0
    document = read_json(mine)
    document["plan"]["users"][0]["clock"] = 0.01
    write_json(mine, document)
    assert edgecut("library", "submit", NAME, mine, "--library", folder) == 4
    assert edgecut("library", "submit", "droo-5x1-1", mine) == 65


def test_check_finds_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = copy_of([NAME], tmp_path / "library")
    path = record_path(entry(NAME), folder)
    data = read_json(path)
    data["bound"]["value"] *= 1.001
    write_json(path, data)
    assert edgecut("library", "check", NAME, "--library", folder) == 4
    assert "the certificate proves" in capsys.readouterr().out
    assert edgecut("library", "check", NAME) == 0


def test_a_name_is_read_where_an_instance_is(tmp_path: Path) -> None:
    assert load(f"library:{NAME}").name == NAME
    with pytest.raises(InputError, match="did you mean"):
        load("library:campus-e-5x2-light-c-2")
