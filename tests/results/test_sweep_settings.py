"""A sweep's file: what it may say, and that every mistake is told with its place and what would mend it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from instances.errors import InputError
from instances.files import save
from results.sweep.settings import read_sweep
from results.sweep.sources import read_instances
from solvers.answer import Limits
from tests.builders import tiny_instance

GENERATED = '[[instances]]\ngenerator = "campus"\nusers = 4\nservers = 2\n'
METHOD = '[[methods]]\nname = "greedy"\n'


def read(folder: Path, text: str) -> Any:
    path = folder / "s.toml"
    path.write_text(text)
    return read_sweep(path)


def test_everything_that_may_be_said(tmp_path: Path) -> None:
    save(tiny_instance(1), tmp_path / "a.json")
    save(tiny_instance(2), tmp_path / "b.json")
    sweep = read(tmp_path, """
name = "all of it"
output = "rows/here"
jobs = 3
seeds = [1, 2, 2]
wall_s = 90
memory_gib = 1.5
limits = { time_s = 10, gap = 0.01 }

[[instances]]
files = ["*.json"]

[[instances]]
generator = ["campus", "roadside"]
users = [4, 5]
servers = 2
seed = [7, 8]
networks = ["alexnet", "vgg16"]
load = 0.5

[[instances]]
generator = "campus"
users = 4
servers = 2
networks = [["alexnet"], { alexnet = 1.0, vgg16 = 2.0 }]

[[methods]]
name = ["greedy", "branch"]
limits = { nodes = 5, gap = 0.5 }
options = { certify = false }

[[methods]]
name = "local_search"
seeds = 9
wall_s = 20.0
grace_s = 0
memory_gib = 1
""")  # fmt: skip
    assert (sweep.name, sweep.jobs, sweep.folder) == ("all of it", 3, tmp_path / "rows" / "here")
    assert [Path(spec["file"]).name for spec in sweep.instances[:2]] == ["a.json", "b.json"]
    drawn = sweep.instances[2:10]
    assert {(s["generator"], s["users"], s["seed"]) for s in drawn} == {
        (kind, users, seed) for kind in ("campus", "roadside") for users in (4, 5) for seed in (7, 8)
    }
    assert all(spec["networks"] == ["alexnet", "vgg16"] and spec["load"] == 0.5 for spec in drawn)
    assert [spec["networks"] for spec in sweep.instances[10:]] == [["alexnet"], {"alexnet": 1.0, "vgg16": 2.0}]
    greedy, branch, local = sweep.runs
    assert (greedy.method, branch.method, local.method) == ("greedy", "branch", "local_search")
    assert greedy.limits == branch.limits == Limits(time_s=10.0, gap=0.5, nodes=5)
    assert (branch.seeds, branch.options, branch.wall_s, branch.grace_s) == ((1, 2), {"certify": False}, 90.0, 5.0)
    assert (local.seeds, local.wall_s, local.grace_s, local.memory_gib) == ((9,), 20.0, 0.0, 1.0)


def test_wall_limit_follows_from_the_time_limit(tmp_path: Path) -> None:
    sweep = read(tmp_path, "limits.time_s = 20\n" + GENERATED + METHOD)
    assert sweep.runs[0].wall_s == 60.0 and sweep.runs[0].memory_gib == 4.0
    assert sweep.folder == tmp_path / "s" and sweep.runs[0].seeds == (0,)


MISTAKES = [
    ("x = [", "is not TOML"),
    ("wall_s = 9\n" + METHOD, "instances: is missing"),
    ("wall_s = 9\n" + GENERATED, "methods: is missing"),
    ("wall_s = 9\ninstances = 3\n" + METHOD, "instances: is not a list of tables"),
    ("wall_s = 9\ninstances = [3]\n" + METHOD, r"instances\[0\]: is '3'; it is a table"),
    ("wall_s = 9\nmethods = [3]\n" + GENERATED, r"methods\[0\]: is '3'; it is a table"),
    (GENERATED + METHOD, "wall_s: is missing, and so is limits.time_s"),
    ("wal_s = 9\n" + GENERATED + METHOD, "wal_s: is not known here. Fix: did you mean 'wall_s'"),
    ("wall_s = -1\n" + GENERATED + METHOD, "wall_s: is -1; it is out of range"),
    ("wall_s = inf\n" + GENERATED + METHOD, "wall_s: is inf"),
    ('wall_s = "9"\n' + GENERATED + METHOD, "wall_s: is '9'; a number is needed"),
    ("wall_s = 9\nmemory_gib = 0\n" + GENERATED + METHOD, "memory_gib: is 0"),
    ("wall_s = 9\njobs = 0\n" + GENERATED + METHOD, "jobs: is 0"),
    ("wall_s = 9\njobs = 1.5\n" + GENERATED + METHOD, "jobs: is 1.5; a whole number"),
    ("wall_s = 9\nseeds = []\n" + GENERATED + METHOD, "seeds: is an empty list"),
    ("wall_s = 9\nseeds = [-1]\n" + GENERATED + METHOD, "seeds: is -1"),
    ("wall_s = 9\nseeds = [true]\n" + GENERATED + METHOD, "seeds: is true"),
    ("wall_s = 9\nname = 3\n" + GENERATED + METHOD, "name: is 3; a name is text"),
    ('wall_s = 9\nname = ""\n' + GENERATED + METHOD, "name: is ''"),
    ('wall_s = 9\noutput = "."\n' + GENERATED + METHOD, "output: is the folder of the sweep's file"),
    ('wall_s = 9\noutput = "s.toml"\n' + GENERATED + METHOD, "output: .* is not a folder"),
    ("limits = 3\n" + GENERATED + METHOD, "limits: is 3; it is a table"),
    ("limits.tim_s = 3\n" + GENERATED + METHOD, "limits.tim_s: is not known here. Fix: did you mean 'time_s'"),
    ("limits.time_s = -3\n" + GENERATED + METHOD, "limits.time_s: is -3"),
    ("wall_s = 9\n" + GENERATED + METHOD + "limits.nodes = 1.5", r"methods\[0\].limits.nodes: is 1.5"),
    ("wall_s = 9\n" + GENERATED + METHOD + "colour = 1", r"methods\[0\].colour: is not known here"),
    ("wall_s = 9\n" + GENERATED + METHOD + "options.certfy = true", r"options.certfy: .*did you mean 'certify'"),
    ("wall_s = 9\n" + GENERATED + METHOD + "options.certify = 1", r"options.certify: is 1; it is a bool"),
    ("wall_s = 9\n" + GENERATED + METHOD + "options = 1", r"options: is 1; it is a table"),
    ("wall_s = 9\n" + GENERATED + "[[methods]]\nseeds = 1", r"methods\[0\].name: is missing"),
    ("wall_s = 9\n" + GENERATED + '[[methods]]\nname = "gredy"', r"no method 'gredy'. Fix: did you mean 'greedy'"),
    ("wall_s = 9\n" + GENERATED + "[[methods]]\nname = []", r"methods\[0\].name: is '\[\]'; text is needed"),
    ("wall_s = 9\n[[instances]]\nusers = 3\n" + METHOD, "names none, but users; instances come from one of files"),
    ('wall_s = 9\n[[instances]]\nfiles = "a"\nlibrary = "b"\n' + METHOD, "names files and library"),
    ('wall_s = 9\n[[instances]]\nfiles = "none/*.json"\n' + METHOD, "no instance file fits 'none/"),
    ('wall_s = 9\n[[instances]]\nfiles = "*.toml"\n' + METHOD, "no instance file fits"),
    ("wall_s = 9\n[[instances]]\nfiles = 3\n" + METHOD, "files: is '3'; text is needed"),
    ('wall_s = 9\n[[instances]]\nfiles = "*"\nusers = 3\n' + METHOD, "users: does not go with 'files'"),
    (
        'wall_s = 9\n[[instances]]\ngenerator = "campsu"\n' + METHOD,
        "generator: 'campsu' is not known. Fix: did you mean",
    ),
    ('wall_s = 9\n[[instances]]\ngenerator = "campus"\nusers = 3\n' + METHOD, r"instances\[0\].servers: is missing"),
    ("wall_s = 9\n" + GENERATED + "lod = 3\n" + METHOD, "lod: is not an option of 'campus'. Fix: did you mean 'load'"),
    ("wall_s = 9\n" + GENERATED + "load = [0.5, 0]\n" + METHOD, r"instances\[0\].load: is 0; it is out of range"),
    ("wall_s = 9\n" + GENERATED + "load = []\n" + METHOD, r"instances\[0\].load: is an empty list"),
    ("wall_s = 9\n" + GENERATED + "seed = 1.5\n" + METHOD, r"instances\[0\].seed: is 1.5; a whole number"),
    ("wall_s = 9\n" + GENERATED + 'networks = ["alexnot"]\n' + METHOD, "no network 'alexnot'"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_mistakes_are_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path, text)
    assert str(tmp_path / "s.toml") in str(caught.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_sweep(tmp_path / "s.toml")
    (tmp_path / "s.toml").write_bytes(b"\xff\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        read_sweep(tmp_path / "s.toml")
    with pytest.raises(InputError, match="is not TOML"):
        read(tmp_path, "a = " + "[" * 10_000)


def test_library_goes_through_one_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the library holds: names go to `instances.library.load`; without a library that is told."""
    import sys
    import types

    from results.sweep.sources import load_spec

    module = types.ModuleType("instances.library")
    module.load = lambda name: tiny_instance(len(name))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "instances.library", module)
    one, two = read_instances({"library": ["a", "bb"]}, "instances[0]", tmp_path)
    assert load_spec(two).fingerprint == tiny_instance(2).fingerprint != load_spec(one).fingerprint
    monkeypatch.setitem(sys.modules, "instances.library", None)
    with pytest.raises(InputError, match="no instance library"):
        read_instances({"library": "a"}, "instances[0]", tmp_path)
