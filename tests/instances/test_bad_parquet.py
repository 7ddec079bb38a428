"""Bad Parquet files: each gets an InputError that says what, where, why and what would mend it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from instances.errors import InputError
from instances.files import load, save
from tests.builders import tiny_instance
from tests.instances.spoiling import FILE, Text, refused, with_value


def respoiled(path: Path, change: Callable[[pa.Table], pa.Table]) -> InputError:
    """Error of loading a good Parquet file after a change of its table."""
    save(tiny_instance(1), path)
    table = pq.read_table(path)
    pq.write_table(change(table).replace_schema_metadata(change(table).schema.metadata), path)
    return refused(path)


def column(name: str, values: Any, kind: Any = None) -> Callable[[pa.Table], pa.Table]:
    """Replaces a column."""
    return lambda t: t.set_column(t.column_names.index(name), name, pa.array(values, kind))


def links(**fields: list[Any]) -> Callable[[pa.Table], pa.Table]:
    """Gives every user one link with these values."""
    plain = {"server": ["s0"] * 3, "efficiency": [1.0] * 3, "download_mbps": [None, 1.0, 2.0],
             "round_trip_s": [0.0] * 3, "backhaul_mbps": [None, 1.0, 2.0]}  # fmt: skip
    rows = {k: v for k, v in (plain | fields).items() if v != []}
    return column("links", [[{k: v[i] for k, v in rows.items()}] for i in range(3)])


def header(change: Text) -> Callable[[pa.Table], pa.Table]:
    """Changes the JSON in the metadata."""
    return lambda t: t.replace_schema_metadata({b"edgecut": change(t.schema.metadata[b"edgecut"].decode()).encode()})


PARQUET: list[tuple[str, str, str, Callable[[pa.Table], pa.Table]]] = [
    ("no header", FILE, "has no metadata 'edgecut'", lambda t: t.replace_schema_metadata(None)),
    ("header cut short", FILE, "cut short", header(lambda h: h[:-9])),
    ("newer schema", "schema", "upgrade", header(with_value("schema", "edgecut-instance/3"))),
    ("users in the header", "users", "is not a field", header(with_value("users", []))),
    ("missing column", FILE, "has no column 'weight'", lambda t: t.drop_columns("weight")),
    ("unknown column", FILE, "'deadline_s'", lambda t: t.append_column("deadline", t["weight"])),
    ("column twice", FILE, "two columns", lambda t: t.append_column("weight", t["weight"])),
    ("null deadline", "users[1].deadline_s", "is null", column("deadline_s", [1.0, None, 1.0])),
    ("NaN deadline", "users[2].deadline_s", "is nan", column("deadline_s", [1.0, 1.0, float("nan")])),
    ("deadline text", "users[0].deadline_s", "holds string", column("deadline_s", ["1", "2", "3"])),
    ("deadline true", "users[0].deadline_s", "holds bool", column("deadline_s", [True] * 3)),
    ("null name", "users[1].name", "is null", column("name", ["a", None, "c"])),
    ("name number", "users[0].name", "a name is text", column("name", [1, 2, 3])),
    ("name twice", "users[2].name", "repeats 'a'", column("name", ["a", "b", "a"])),
    ("unknown network", "users[1].network", "did you mean 'net0'?", column("network", ["net0", "nte0", "net1"])),
    ("unknown device", "users[2].device", "no device", column("device", ["phone", "phone", "bike"])),
    ("links numbers", "links", "a list of links", column("links", [1, 2, 3])),
    ("links of numbers", "links", "a list of links", column("links", [[1], [2], [3]])),
    ("links null", "users[1].links", "is null",
     lambda t: column("links", [[], None, []], t.schema.field("links").type)(t)),
    ("link null", "users[0].links[0].server", "is null",
     lambda t: column("links", [[None], [], []], t.schema.field("links").type)(t)),
    ("unknown server", "users[1].links[0].server", "'s0'", links(server=["s0", "s00", "s1"])),
    ("null efficiency", "users[2].links[0].efficiency", "is null", links(efficiency=[1.0, 1.0, None])),
    ("missing link field", "links.round_trip_s", "is missing", links(round_trip_s=[])),
    ("unknown link field", "links.rtt", "is not a field", links(rtt=[1.0] * 3)),
    ("no users", "users", "there are none", lambda t: t.slice(0, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("where", "fragment", "change"), [c[1:] for c in PARQUET], ids=[c[0] for c in PARQUET])
def test_bad_parquet(tmp_path: Path, where: str, fragment: str, change: Callable[[pa.Table], pa.Table]) -> None:
    path = tmp_path / "bad.parquet"
    error = respoiled(path, change)
    assert error.where == (str(path) if where == FILE else where)
    assert fragment in str(error)


def test_no_truncated_or_scratched_parquet_raises_anything_else(tmp_path: Path) -> None:
    path, rng = tmp_path / "bad.parquet", random.Random(2)
    save(tiny_instance(1), path)
    content = path.read_bytes()
    for cut in range(0, len(content), 211):
        path.write_bytes(content[:cut])
        refused(path)
    for _ in range(150):
        scratched = bytearray(content)
        scratched[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(scratched)
        try:
            load(path)  # a scratch in a number may go unseen
        except InputError as error:
            assert error.where and error.what
