"""Shrinking: every family of options and every limit that a fault does not need goes, and what it needs stays."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from instances.errors import InputError
from instances.instance import Instance
from results.trust.fuzz import graphs, tables
from results.trust.fuzz.kinds import KINDS
from results.trust.fuzz.reader import Reader
from results.trust.shrink import REDUCTIONS, reduction, shrink
from tests.builders import tiny_admission
from tests.family_builders import tiny_families


def mixed(seed: int = 1) -> Instance:
    """All families, a floor and the rule for the worst case."""
    return tiny_families(seed, rule="worst").replace(
        accuracy_floor=np.array([0.5, 0.0, 0.0]), server_cloud=np.array([0, 1])
    )


NEEDED: dict[str, Callable[[Instance], bool]] = {
    "nothing": lambda instance: True,
    "a cloud": lambda instance: len(instance.clouds) > 0,
    "a variant": lambda instance: len(instance.variants) > 0,
    "a floor": lambda instance: instance.accuracy_floor is not None,
    "the rule": lambda instance: instance.deadline_rule == "worst",
    "a layer left to chance": lambda instance: any(net.is_conditional for net in instance.networks),
}


@pytest.mark.parametrize("needed", NEEDED)
def test_what_a_fault_needs_stays_and_all_else_goes(needed: str) -> None:
    shows = NEEDED[needed]
    small = shrink(mixed(), shows)
    assert shows(small) and small.n_users == 1
    left = {name for name, there in NEEDED.items() if name != "nothing" and there(small)}
    assert left <= {needed}
    if needed == "a variant":
        assert len(small.variants) == 1
    if needed == "nothing":
        assert small.n_servers <= 1 and len(small.networks) == 1 and small.networks[0].n_layers == 1


@pytest.mark.parametrize("field", ["device_budget_j", "energy_budget_j"])
def test_budgets_go_unless_they_are_needed(field: str) -> None:
    """Of admission with both budgets: the one that shows the fault is kept."""
    plain = tiny_admission(1)
    instance = plain.replace(device_budget_j=np.full(plain.n_users, 1e6), energy_budget_j=np.full(plain.n_servers, 1e6))
    small = shrink(instance, lambda one: getattr(one, field) is not None)
    other = "energy_budget_j" if field == "device_budget_j" else "device_budget_j"
    assert getattr(small, field) is not None and getattr(small, other) is None


def test_tries_are_counted() -> None:
    """It ends within the tries that it is given, with something that shows the fault."""
    tried: list[Instance] = []

    def shows(one: Instance) -> bool:
        tried.append(one)
        return one.n_users >= 2

    small = shrink(mixed(), shows, most_tries=7)
    assert len(tried) == 7 and small.n_users >= 2
    tried.clear()
    assert shrink(mixed(), lambda one: bool(tried.append(one)), most_tries=3).n_users == mixed().n_users
    assert len(tried) == 3


def test_proposals_that_are_no_instances_are_passed_over() -> None:
    """What a reduction proposes may be refused; the other reductions go on."""
    with REDUCTIONS.restored():

        @reduction("makes no sense")
        def _refused(instance: Instance):  # type: ignore[no-untyped-def]
            raise InputError("instance", "is none", "on purpose")
            yield instance

        assert shrink(mixed(), NEEDED["nothing"]).n_users == 1


def test_every_way_to_break_a_table_is_taken_and_leaves_bytes() -> None:
    """Parquet: columns lost, renamed, doubled, of other types, with holes and with words; rows; headers."""
    [content, *_] = KINDS["instance, Parquet"].valid()
    rng = np.random.default_rng(0)
    for change in (tables.columns, tables.rows, tables.header):
        made = {change(content, rng) for _ in range(40)}
        assert len(made) > 2 and content not in made
        assert isinstance(change(b"no table", rng), bytes)
    import pyarrow as pa
    import pyarrow.parquet as pq

    plain = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2]}).replace_schema_metadata({"edgecut": "{no json"}), plain)
    broken = tables.header(plain.getvalue(), rng)
    assert tables._table(broken).schema.metadata != {b"edgecut": b"{no json"}


def test_every_way_to_break_a_graph_is_taken() -> None:
    pytest.importorskip("onnx", reason="the extra onnx is not installed")
    content, rng = graphs.small_model(), np.random.default_rng(0)
    changed = {graphs.graph(content, rng) for _ in range(120)}
    assert len(changed) > 30
    deeper = content
    for _ in range(150):  # until hardly anything is left
        deeper = graphs.graph(deeper, rng)
        assert isinstance(deeper, bytes)
    assert isinstance(graphs.graph(b"\xff\xff no model", rng), bytes)


TOLD_OTHERWISE = {"rows of results", "rows of a sweep", "index of a sweep", "record, JSON", "record of a system"}
"""Torn last lines are dropped, and records of a library are gone through: what is wrong is listed."""


@pytest.mark.parametrize("name", sorted(set(KINDS) - {"command line"}))
def test_valid_files_of_every_kind_are_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the fuzzer breaks is whole before; and what is no such file is refused with an InputError."""
    monkeypatch.chdir(tmp_path)  # some kinds are read inside a folder that is made here
    kind = KINDS[name]
    for k, content in enumerate(kind.valid()):
        path = tmp_path / f"{k}{kind.suffix}"
        path.write_bytes(content)
        kind.read(path)
    nonsense = tmp_path / f"nonsense{kind.suffix}"
    nonsense.write_bytes(b"\x00 no such file \xff")
    if name not in TOLD_OTHERWISE:
        with pytest.raises(InputError):
            kind.read(nonsense)


def test_a_reader_that_dies_between_files_or_keeps_silent_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child goes away while nothing is asked: the next file is said to have died, and another child reads on."""
    path = tmp_path / "file.json"
    path.write_text("{}")
    with Reader(("tests.trust.faulty_kinds",)) as reader:
        reader._start()
        process = reader._process
        assert process is not None
        process.kill()
        process.wait()
        assert reader.read("reads", path)[0] == "died"
        assert reader.read("reads", path) == ("read", "")
        monkeypatch.setattr("results.trust.fuzz.reader._SILENT_S", 0.0)
        outcome, message = reader.read("loops", path)
        assert outcome == "hung" and "no answer in 0 s" in message and reader._process is None
