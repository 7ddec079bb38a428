"""docs/catalogue.md: all that is registered is listed as running, and every system has a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import formulations
import solvers
from formulations.split import SPLIT_FORMULATIONS
from solvers import split
from solvers.components import COMPONENT_METHODS
from solvers.online import POLICIES
from solvers.rows import ROW_METHODS
from solvers.systems import SYSTEM_METHODS
from solvers.uav import FLIGHT_METHODS

CATALOGUE = Path(__file__).parents[1] / "docs" / "catalogue.md"

STATUSES = {"runs", "planned"}

SYSTEMS = (
    "Neurosurgeon", "MAUI", "JointDNN", "DADS", "QDMP", "Edgent", "SPINN", "JALAD", "IONN", "DINA",
    "CoEdge", "eDDNN", "LcDNN", "AoDNN", "JIDM 2020", "PEMWN 2021", "EEDOS", "CEDOT", "EECDN",
    "PRA", "Xu et al.", "Makaya et al.", "IAO", "EEDPO", "GMA", "J-DOB", "IP-SSA and OG",
    "Robust partitioning", "AMR2", "You et al.", "JTORA", "HODA", "WOA", "DROO", "MAD2RL",
    "Multi-UAV DRL", "UAV-DDPG", "Aggregative game", "SPSO-GA",
)  # fmt: skip


def tables() -> dict[str, list[dict[str, str]]]:
    """Heading → rows of the table below it, each header → cell."""
    found: dict[str, list[dict[str, str]]] = {}
    heading, header = "", []
    for line in CATALOGUE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading, header = line.lstrip("# "), []
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not header:
                header = cells
            elif set(line) - set("|-: "):
                assert len(cells) == len(header), f"row with {len(cells)} cells: {line}"
                found.setdefault(heading, []).append(dict(zip(header, cells, strict=True)))
    return found


METHODS, FORMULATIONS, SPLITTERS = "1. Methods", "2. Formulations", "5. Splitters: one request, one network"
REGISTERED = (
    [(METHODS, name) for name in solvers.METHODS]
    + [(FORMULATIONS, name) for name in formulations.FORMULATIONS]
    + [(SPLITTERS, name) for name in split.SPLITTERS]
)


def rows_named(heading: str, name: str) -> list[dict[str, str]]:
    """Rows under a heading whose first cell is this name in code type."""
    return [row for row in tables()[heading] if next(iter(row.values())) == f"`{name}`"]


@pytest.mark.parametrize(("heading", "name"), REGISTERED)
def test_what_is_registered_is_listed_as_running(heading: str, name: str) -> None:
    rows = rows_named(heading, name)
    assert len(rows) == 1, f"docs/catalogue.md has {len(rows)} rows for `{name}`"
    assert rows[0]["status"] == "runs"


@pytest.mark.parametrize("name", list(solvers.METHODS))
def test_a_method_is_listed_with_its_kind(name: str) -> None:
    assert rows_named(METHODS, name)[0]["kind"] == solvers.METHODS[name].kind


@pytest.mark.parametrize("name", list(split.SPLITTERS))
def test_a_splitter_is_listed_with_its_kind(name: str) -> None:
    assert rows_named(SPLITTERS, name)[0]["kind"] == split.SPLITTERS[name].kind


@pytest.mark.parametrize("name", list(SPLIT_FORMULATIONS))
def test_a_formulation_of_one_request_is_named(name: str) -> None:
    assert any(f"formulation `{name}`" in row["what it does"] for row in tables()[SPLITTERS])


@pytest.mark.parametrize("heading", [METHODS, FORMULATIONS, SPLITTERS])
def test_what_is_listed_as_running_is_registered(heading: str) -> None:
    listed = {row["name"].strip("`") for row in tables()[heading] if row["status"] == "runs"}
    registered = {METHODS: solvers.METHODS, FORMULATIONS: formulations.FORMULATIONS, SPLITTERS: split.SPLITTERS}
    assert listed == set(registered[heading])


@pytest.mark.parametrize(
    ("heading", "methods"), [("6. Component methods", COMPONENT_METHODS), ("7. Row methods", ROW_METHODS)]
)
def test_methods_of_parts_are_listed_with_what_they_declare(heading: str, methods: dict[str, Any]) -> None:
    rows = {row["name"].strip("`"): row for row in tables()[heading]}
    assert set(rows) == set(methods)
    for name, row in rows.items():
        method = methods[name]
        assert (row["kind"], row["decides"], row["status"]) == (method.kind, method.decides, "runs")


@pytest.mark.parametrize(
    ("heading", "methods"), [("9. Flight methods", FLIGHT_METHODS), ("10. Online policies", POLICIES)]
)
def test_flights_and_policies_are_listed_with_their_kind(heading: str, methods: dict[str, Any]) -> None:
    rows = {row["name"].strip("`"): row for row in tables()[heading]}
    assert set(rows) == set(methods)
    assert all((row["kind"], row["status"]) == (methods[name].kind, "runs") for name, row in rows.items())


def test_every_system_has_one_row_with_status_and_evidence() -> None:
    rows = [row for rows in tables().values() for row in rows if "system" in row]
    names = [row["system"] for row in rows]
    assert sorted(names) == sorted(set(names))
    assert set(SYSTEMS) <= set(names), f"missing: {sorted(set(SYSTEMS) - set(names))}"
    assert {row["status"] for row in rows} <= STATUSES
    assert all(row["evidence"] for row in rows)


def test_a_running_system_names_something_registered() -> None:
    registered = {*solvers.METHODS, *formulations.FORMULATIONS, *split.SPLITTERS, *COMPONENT_METHODS, *ROW_METHODS,
                  *SYSTEM_METHODS, *FLIGHT_METHODS, *POLICIES}  # fmt: skip
    running = [row for rows in tables().values() for row in rows if "system" in row and row["status"] == "runs"]
    for row in running:
        assert any(f"`{name}`" in row["in edgecut"] for name in registered), row["system"]


def test_methods_of_systems_are_listed_with_what_they_declare() -> None:
    (heading,) = (name for name in tables() if name.endswith("Methods of multi-user systems"))
    rows = {row["name"].strip("`"): row for row in tables()[heading]}
    assert set(rows) == set(SYSTEM_METHODS)
    for name, row in rows.items():
        method = SYSTEM_METHODS[name]
        assert (row["for"], row["kind"], row["guarantee"]) == (method.system, method.kind, method.guarantee)
