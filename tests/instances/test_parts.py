"""Parts of an instance: drawn or read alone, they are what they are in the whole."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from instances.errors import InputError
from instances.expand import expand
from instances.files import save
from instances.generate import GENERATORS, generate, generate_part
from instances.instance import Instance
from instances.options import PER_OPTION, PER_USER
from instances.parquet_file import load_parquet, load_parquet_part

RANGES = [(0, 1), (0, 60), (13, 14), (17, 44), (59, 60)]


def same_part(whole: Instance, part: Instance, first: int, last: int) -> None:
    """Users, links and options of the part are those of the whole, bit by bit."""
    mask = (np.arange(whole.n_users) >= first) & (np.arange(whole.n_users) < last)
    for field in dataclasses.fields(whole.users):
        assert np.array_equal(getattr(whole.users, field.name)[mask], getattr(part.users, field.name)), field.name
    links = whole.links.take(mask[whole.links.user])
    for field in dataclasses.fields(links):
        shift = first if field.name == "user" else 0
        assert np.array_equal(getattr(links, field.name) - shift, getattr(part.links, field.name)), field.name
    wanted, got = expand(whole).part(mask), expand(part)
    for name in (*PER_OPTION, *PER_USER, "bandwidth_mhz", "blocks", "units", "memory_mb", "static_j"):
        assert np.array_equal(getattr(wanted, name), getattr(got, name)), name


@pytest.mark.parametrize(("first", "last"), RANGES)
@pytest.mark.parametrize("kind", GENERATORS)
def test_generated_part(kind: str, first: int, last: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("instances.generate.part._BLOCK", 7)
    whole = generate(kind, users=60, servers=4, seed=5)
    part = generate_part(kind, users=60, servers=4, seed=5, first=first, last=last)
    same_part(whole, part, first, last)


def test_part_of_a_crowd_that_fits_nowhere() -> None:
    part = generate_part("roadside", users=10**9, servers=10, seed=1, first=10**9 - 20, last=10**9)
    assert part.n_users == 20 and part.users.name[-1] == f"u{10**9 - 1}"


@pytest.mark.parametrize(("first", "last"), RANGES)
@pytest.mark.parametrize("group", [1000, 16])
def test_stored_part(first: int, last: int, group: int, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    path = tmp_path / "i.parquet"
    save(generate("metro", users=60, servers=4, seed=5), path)
    pq.write_table(pq.read_table(path), path, row_group_size=group)
    same_part(load_parquet(path), load_parquet_part(path, first, last), first, last)


@pytest.mark.parametrize(("first", "last"), [(-1, 3), (3, 3), (5, 4), (0, 61), (60, 61)])
def test_impossible_ranges(first: int, last: int, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        generate_part("metro", users=60, servers=4, seed=5, first=first, last=last)
    path = tmp_path / "i.parquet"
    save(generate("metro", users=60, servers=4, seed=5), path)
    with pytest.raises(InputError, match="60"):
        load_parquet_part(path, first, last)


def test_broken_files_say_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        load_parquet_part(tmp_path / "absent.parquet", 0, 1)
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match="not a whole Parquet file"):
        load_parquet_part(tmp_path / "cut.parquet", 0, 1)


OPTIONS = {
    "J-L": {"latency_weight_w": 3.0},
    "J-C": {},
    "J-A": {"allocation": "units", "device_energy_part": 0.5, "weight_ratio": 4.0},
}


@pytest.mark.parametrize("problem", OPTIONS)
def test_part_under_every_problem(problem: str, tmp_path: Path) -> None:
    made = {"users": 60, "servers": 4, "seed": 5, "problem": problem, **OPTIONS[problem]}
    whole = generate("campus", **made)
    save(whole, tmp_path / "i.parquet")
    for part in (generate_part("campus", first=17, last=44, **made), load_parquet_part(tmp_path / "i.parquet", 17, 44)):
        same_part(whole, part, 17, 44)
        if whole.device_budget_j is not None:
            assert part.device_budget_j is not None
            assert np.array_equal(whole.device_budget_j[17:44], part.device_budget_j)


def test_budgets_of_servers_need_everybody() -> None:
    with pytest.raises(InputError, match="energy_part"):
        generate_part("campus", users=60, servers=4, seed=5, first=0, last=9, problem="J-A", energy_part=0.5)
