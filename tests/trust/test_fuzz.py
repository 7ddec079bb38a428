"""Readers fed with broken files: nothing but an InputError comes of it; and the fuzzer sees what it must see."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from instances.errors import InputError
from instances.json_limits import DEEPEST, LONGEST
from instances.json_text import parse_json
from results.store import read_rows
from results.trust.__main__ import main
from results.trust.fuzz.all_kinds import KINDS
from results.trust.fuzz.broken import BYTES, JSON, broken, json_values
from results.trust.fuzz.kinds import FileKind
from results.trust.fuzz.reader import Reader
from results.trust.fuzz.runner import FILE, halved, run_fuzz, summary
from solvers.learned.network import read_network
from tests.trust.nights import VARIABLE, night

MODULES = ("tests.trust.command_line",)
FAULTY = ("tests.trust.faulty_kinds",)


def test_five_hundred_broken_files(tmp_path: Path) -> None:
    """All kinds in turn, command lines included."""
    import tests.trust.command_line  # noqa: F401  registers its kind

    run_fuzz(500, 7, tmp_path, MODULES)
    lines = summary(tmp_path)
    assert "files: 500" in lines and "failing: 0" in lines, "\n".join(lines)
    (row, *_) = read_rows(tmp_path / FILE)
    named = {"instance, JSON", "instance, Parquet", "plan", "result", "certificate", "device", "network", "catalogue"}
    named |= {"policy", "rows of results", "command line", "sweep TOML", "rows of a sweep", "index of a sweep"}
    named |= {"rows for a report", "index of a library", "record, JSON", "record, Parquet", "record of a system"}
    assert named | {"instance, exact verifier", "result, exact verifier", "reproducer"} <= set(row["outcomes"])
    assert all(sum(count.values()) > 5 for count in row["outcomes"].values())


@pytest.mark.nightly
@pytest.mark.parametrize("shard", range(10))
def test_fifty_thousand_broken_files(shard: int) -> None:
    """Others each night."""
    seed, folder = night()
    assert main(["fuzz", "--files", "50000", "--seed", str(seed), "--shard", f"{shard}/10", "--folder", str(folder),
                 "--with", *MODULES]) == 0  # fmt: skip


def test_each_night_has_a_seed_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    import datetime

    before = datetime.datetime.now(datetime.UTC).date()
    monkeypatch.delenv(VARIABLE, raising=False)
    seed, folder = night()
    after = datetime.datetime.now(datetime.UTC).date()
    assert before.toordinal() <= seed <= after.toordinal() and folder.name == str(seed)
    monkeypatch.setenv(VARIABLE, "17")
    assert night() == (17, folder.with_name("17"))
    for bad in ("-1", "x", "1.5", "²", "9" * 30):
        monkeypatch.setenv(VARIABLE, bad)
        with pytest.raises(InputError, match=VARIABLE):
            night()


OUTCOMES = {
    "raises": "raised",
    "loops": "slow",
    "loops and catches": "slow",
    "takes memory": "memory",
    "dies": "died",
    "says nothing": "mute",
    "exits": "raised",
    "refuses": "refused",
    "reads": "read",
}


def test_the_fuzzer_sees_every_fault(tmp_path: Path) -> None:
    """Readers that are wrong on purpose, each in one way; after each the next file is read as if nothing had been."""
    path = tmp_path / "file.json"
    path.write_text("{}")
    with Reader(FAULTY, most_cpu_s=0.5) as reader:
        found = {name: reader.read(name, path)[0] for name in OUTCOMES}
        assert reader.read("reads", path) == ("read", "")
    assert found == OUTCOMES


def test_a_failing_file_is_made_small_and_kept(tmp_path: Path) -> None:
    """A reader that breaks down on one byte: what is kept is little more than that byte."""
    kind = FileKind("one byte", ".bin", lambda: [b"x" * 400 + b"\x07" + b"y" * 400], lambda path: None, (_same,))
    with KINDS.restored():
        KINDS.add(kind.name, kind)
        run_fuzz(2, 1, tmp_path, FAULTY, kinds=["one byte"])
    (row,) = read_rows(tmp_path / FILE)
    assert [entry["outcome"] for entry in row["failing"]] == ["raised", "raised"]
    kept = sorted((tmp_path / "failing").iterdir())
    assert len(kept) == 2 and all(b"\x07" in path.read_bytes() for path in kept)
    assert all(len(path.read_bytes()) <= 4 for path in kept)
    assert any("ZeroDivisionError" in line and "2 x one byte, raised" in line for line in summary(tmp_path))


def _same(content: bytes, rng: np.random.Generator) -> bytes:
    return content


def test_halving_keeps_what_is_needed() -> None:
    assert halved(b"aaaa" * 100 + b"!" + b"b" * 55, lambda content: b"!" in content) == b"!"
    assert halved(b"abc", lambda content: False) == b"abc"


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    run_fuzz(20, 5, tmp_path, kinds=["rows of results"])
    before = (tmp_path / FILE).read_bytes()
    run_fuzz(20, 5, tmp_path, kinds=["rows of results"])
    assert (tmp_path / FILE).read_bytes() == before
    with pytest.raises(InputError, match="did you mean 'plan'"):
        run_fuzz(20, 5, tmp_path, kinds=["plam"])


def test_faults_follow_from_the_seed_and_change_the_file() -> None:
    content = json.dumps({"users": [{"name": "a", "deadline_s": 0.5}, {"name": "b", "deadline_s": 2}]}).encode()
    made = [broken(content, JSON, np.random.default_rng(k)) for k in range(200)]
    assert made == [broken(content, JSON, np.random.default_rng(k)) for k in range(200)]
    assert sum(one != content for one in made) > 190
    assert any(b"NaN" in one for one in made) and any(len(one) > 20_000 for one in made)
    assert any(one.count(b'"users"') == 2 for one in made), "no key was ever given twice"
    for mutate in {*BYTES, json_values}:
        assert any(mutate(content, np.random.default_rng(k)) != content for k in range(5)), mutate


# What was found, and is mended: one test each.


def test_found_a_half_character_alone_in_a_file_is_refused_by_name() -> None:
    with pytest.raises(InputError) as caught:
        parse_json('"\\ud800"', "file.json")
    assert caught.value.where == "file.json"


def test_found_an_empty_key_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "i.json"
    path.write_text('{"schema": "edgecut-instance/1", "": 0, "servers": [], "users": []}')
    from instances.files import load

    with pytest.raises(InputError) as caught:
        load(path)
    assert caught.value.where == "''"


def test_found_a_place_on_two_lines() -> None:
    error = InputError("certificate.bou\nd_j\ud800", "is not a field")
    assert error.where == "certificate.bou\\nd_j\\ud800"
    assert InputError("users[3].name é", "x").where == "users[3].name é"


@pytest.mark.parametrize("content", ["[" * 5000, '{"format": 3}', '{"format": "edgecut perceptron 1", "offsets": [5], '
                                     '"weights": [], "mean": [], "scale": [], "features": []}'])  # fmt: skip
def test_found_broken_policies(content: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(content)
    with pytest.raises(InputError):
        read_network(path)


def test_found_a_missing_instance_beside_an_output_that_exists(tmp_path: Path) -> None:
    from edgecut.cli import main as edgecut

    (tmp_path / "out.json").write_text("{}")
    with pytest.raises(SystemExit) as ended:
        edgecut(["solve", str(tmp_path / "none.json"), "-o", str(tmp_path / "out.json")])
    assert ended.value.code == 65


@pytest.mark.parametrize("names", [("x" * 5000, "out.json"), ("none.json", "x" * 5000 + ".json")], ids=["in", "out"])
def test_found_names_that_are_too_long(names: tuple[str, str], tmp_path: Path) -> None:
    from edgecut.cli import main as edgecut

    (tmp_path / "out.json").write_text("{}")
    with pytest.raises(SystemExit) as ended:
        edgecut(["solve", str(tmp_path / names[0]), "-o", str(tmp_path / names[1])])
    assert ended.value.code == 65


def _changed_model(change: str) -> bytes:
    import onnx

    from results.trust.fuzz.graphs import small_model

    model = onnx.ModelProto()
    model.ParseFromString(small_model())
    if change == "reads nothing":
        model.graph.node[1].input[0] = "nowhere"
    elif change == "no weights":
        model.graph.initializer[0].ClearField("float_data")
        model.graph.initializer[0].ClearField("raw_data")
    elif change == "no such output":
        model.graph.output[0].name = "nowhere"
    elif change == "wide shape":
        del model.graph.initializer[2].int64_data[:]
        model.graph.initializer[2].int64_data.extend([2**62, 2**62])
    elif change == "no shape":
        del model.graph.node[2].input[1:]
    content: bytes = model.SerializeToString()
    return content


@pytest.mark.parametrize("change", ["reads nothing", "no weights", "no such output", "wide shape", "no shape"])
def test_found_models_that_contradict_themselves(change: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="ONNX models are read with the extra onnx")
    from instances.onnx_graph import from_onnx

    path = tmp_path / "model.onnx"
    path.write_bytes(_changed_model(change))
    with pytest.raises(InputError) as caught:
        from_onnx(path)
    assert caught.value.where and caught.value.why


def test_limits_of_json_are_set_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    deep, long = "[" * 5 + "]" * 5, "[1, 2, 3, 4]"
    parse_json(f'{{"a": {deep}, "b": {long}}}', "file")
    monkeypatch.setenv(DEEPEST, "4")
    with pytest.raises(InputError, match=f"4 levels are the limit.*{DEEPEST}"):
        parse_json(f'{{"a": {deep}}}', "file")
    monkeypatch.setenv(LONGEST, "3")
    with pytest.raises(InputError, match=f"b: has 4 entries.*{LONGEST}"):
        parse_json(f'{{"b": {long}}}', "file")
    for bad in ("0", "-1", "x", "1.5", "²", "9" * 30):
        monkeypatch.setenv(LONGEST, bad)
        with pytest.raises(InputError, match=LONGEST):
            parse_json("{}", "file")
    assert os.environ[LONGEST] == bad


def test_an_instance_with_clouds_and_no_servers_is_expanded() -> None:
    """Found by the draws of the differential tests."""
    from instances.expand import expand
    from results.trust.parts import keep_servers
    from tests.family_builders import tiny_families

    alone = keep_servers(tiny_families(0, floors=False), np.zeros(0, dtype=np.int64))
    assert len(alone.clouds) and not alone.n_servers
    assert expand(alone).is_local.all()
