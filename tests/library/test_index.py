"""The index: names keep the grammar, entries are what they say, files hold what the generators draw."""

from __future__ import annotations

from pathlib import Path

import pytest

from instances.errors import InputError
from instances.instance import ALLOCATIONS, PROBLEMS, Instance
from instances.json_text import read_json, write_json
from instances.library.entries import HOME, entries, entry, names
from instances.library.loading import draw, fingerprint_of, instance_path, load, load_instance
from instances.library.make import NAMES, make
from instances.library.naming import parse_name
from instances.library.recipes import entry_of
from instances.library.records import record_path
from instances.library.systems import SYSTEMS
from tests.library.copies import copy_of

DRAWN_ALWAYS = 60
"""Users up to which every test run draws the instances again."""


def test_there_are_enough_of_every_kind() -> None:
    found = entries().values()
    joint = [e for e in found if e.is_joint]
    assert len(found) >= 120 and len(joint) >= 120
    assert {e.problem for e in joint} == set(PROBLEMS)
    assert {(e.problem, e.allocation) for e in joint} == {(p, a) for p in PROBLEMS for a in ALLOCATIONS}
    assert {e.system for e in found if not e.is_joint} == set(SYSTEMS)
    assert {e.level for e in joint} == {"light", "critical", "overloaded", "impossible"}
    assert {5, 10, 20, 60, 100, 1000, 3000, 10_000} <= {e.users for e in joint if e.stored}
    assert max(e.users for e in joint) >= 100_000 and all(e.stored for e in joint if e.users <= 10_000)


def test_names_are_unique_and_keep_the_grammar() -> None:
    assert len(set(NAMES)) == len(NAMES) and tuple(entries()) == NAMES
    for name, one in entries().items():
        assert str(parse_name(name)) == name
        assert one == entry_of(name, one.fingerprint), "the index says otherwise than the recipes"
    prints = [e.fingerprint for e in entries().values()]
    assert len(set(prints)) == len(prints), "two names stand for one instance"


@pytest.mark.parametrize("name", [
    "campus-e-20x3-critical-u", "Campus-e-20x3-critical-u-1", "campus-x-20x3-critical-u-1",
    "campus-e-020x3-critical-u-1", "campus-e-20x3-heavy-u-1", "campus-e-20x3-critical-u-fancy-1",
    "campus-e-20x3-critical-u-serial-1",
    "droo-10x1-remote-1", "droo-10-1", "nothing-1x1-1", "campus-e-20x3-critical-u-1\n", "",
])  # fmt: skip
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        parse_name(name)


def test_every_file_belongs_to_an_entry_and_all_are_small_enough() -> None:
    files = {instance_path(e) for e in entries().values() if e.stored}
    assert files == set((HOME / "files").iterdir())
    assert set((HOME / "records").iterdir()) <= {record_path(e) for e in entries().values()}
    size = sum(path.stat().st_size for path in HOME.rglob("*") if path.is_file() and path.suffix != ".pyc")
    assert size < 15 * 2**20


@pytest.mark.parametrize("name", [n for n, e in entries().items() if e.users <= DRAWN_ALWAYS])
def test_file_and_generator_agree(name: str) -> None:
    same(name)


@pytest.mark.nightly
@pytest.mark.parametrize("name", [n for n, e in entries().items() if e.users > DRAWN_ALWAYS])
def test_large_file_and_generator_agree(name: str) -> None:
    same(name)


def same(name: str) -> None:
    one = entry(name)
    drawn, loaded = draw(one), load(name)
    assert fingerprint_of(drawn) == fingerprint_of(loaded) == one.fingerprint
    if one.is_joint:
        assert isinstance(loaded, Instance)
        assert (loaded.name, loaded.n_users, loaded.n_servers) == (name, one.users, one.servers)
        assert (loaded.problem, loaded.allocation) == (one.problem, one.allocation)


def test_names_can_be_chosen_by_what_they_stand_for() -> None:
    some = names(problem="J-L", allocation="units", most_users=20)
    assert some and all(n.split("-")[1] == "l" and entry(n).users <= 20 for n in some)
    assert set(names(tag="remote")) == {n for n in NAMES if "-remote" in n}
    assert names(system="droo") == tuple(n for n in NAMES if n.startswith("droo"))
    with pytest.raises(InputError, match="did you mean"):
        names(problem="J-l")
    with pytest.raises(InputError, match="campus-e-5x2-light-c-1"):
        entry("campus-e-5x2-light-c-2")


def test_systems_are_no_instances_of_the_joint_problem() -> None:
    assert load("droo-5x1-1").n_devices == 5
    with pytest.raises(InputError, match="model of its own"):
        load_instance("droo-5x1-1")


def test_another_instance_under_a_name_is_refused(tmp_path: Path) -> None:
    first, second = "campus-e-5x2-light-c-1", "factory-e-1x1-critical-u-1"
    folder = copy_of([first, second], tmp_path / "library")
    instance_path(entry(second), folder).replace(instance_path(entry(first), folder))
    with pytest.raises(InputError, match="fingerprints differ"):
        load(first, folder=folder)
    index = read_json(folder / "index.json")
    index["entries"][1]["users"] = 2
    write_json(folder / "index.json", index)
    with pytest.raises(InputError, match="is not what"):
        entries(folder)
    index["entries"][1] = index["entries"][0]
    write_json(folder / "index.json", index)
    with pytest.raises(InputError, match="repeats"):
        entries(folder)


def test_making_again_keeps_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "campus-e-5x2-light-c-1"
    folder = copy_of([name], tmp_path / "library", records=False)
    monkeypatch.setattr("instances.library.make.NAMES", (name, "droo-5x1-1"))
    before = instance_path(entry(name), folder).stat().st_mtime_ns
    made = make(folder)
    assert [e.name for e in made] == [name, "droo-5x1-1"] and made == [entry(e.name) for e in made]
    assert instance_path(entry(name), folder).stat().st_mtime_ns == before
    instance_path(entry(name), folder).unlink()
    assert make(folder) == made and load(name, folder=folder).n_users == 5
    monkeypatch.setattr("instances.library.make.NAMES", ("droo-5x1-1",))
    with pytest.raises(InputError, match="names are kept"):
        make(folder)


@pytest.mark.parametrize(
    ("users", "size"),
    [(10, "tiny"), (11, "small"), (60, "small"), (61, "medium"), (1000, "medium"), (1001, "large"),
     (10_000, "large"), (10_001, "huge")],
)  # fmt: skip
def test_sizes_by_users(users: int, size: str) -> None:
    assert entry_of(f"campus-e-{users}x2-light-c-1").tags[0] == size
