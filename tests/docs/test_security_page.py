"""SECURITY.md says what the package does: its limits, its readers, and that no data become code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from formulations import program
from formulations.parts import unit_columns
from instances import certify_tree, json_limits, onnx_shapes, read_limits, scalars, validate_rules
from tests.docs.blocks import ROOT

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
PACKAGES = ("edgecut", "instances", "formulations", "solvers", "results")

LOADERS = {"loads", "load", "read_pickle", "read_hdf", "system", "popen"}
"""Functions of modules that run code from data, or a shell."""
SAFE = {("json", "loads"), ("json", "load"), ("tomllib", "loads"), ("tomllib", "load"), ("files", "load")}
"""Of these modules they do not."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def calls(tree: ast.Module) -> Iterator[tuple[str | None, str, ast.Call]]:
    """Owner, name and node of every call; the owner of ``name(…)`` is empty, that of ``anything[0].name(…)`` None."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.value.id if isinstance(node.func.value, ast.Name) else None, node.func.attr, node
            elif isinstance(node.func, ast.Name):
                yield "", node.func.id, node


def imported(tree: ast.Module) -> set[str]:
    """Names that a module's imports give."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {(alias.asname or alias.name).split(".")[0] for node in nodes for alias in node.names}


def unpickling(tree: ast.Module) -> list[str]:
    """Calls that could run code from data."""
    found, given = [], imported(tree)
    for owner, name, node in calls(tree):
        if name in LOADERS and owner in given and (owner, name) not in SAFE:
            found.append(f"{owner}.{name} in line {node.lineno}")
        if name in ("eval", "exec", "compile") and owner == "":
            found.append(f"{name} in line {node.lineno}")
        if any(
            k.arg == "shell" and not (isinstance(k.value, ast.Constant) and not k.value.value) for k in node.keywords
        ):
            found.append(f"a shell in line {node.lineno}")
    return found


def test_no_module_turns_data_into_code() -> None:
    assert {name: found for name, tree in modules() if (found := unpickling(tree))} == {}


@pytest.mark.parametrize("source", [
    "import torch\ntorch.load('x')", "import joblib\njoblib.load('x')", "import numpy as np\nnp.load('x')",
    "import pickle\npickle.loads(b'')", "eval('1')", "import os\nos.system('ls')",
    "import subprocess\nsubprocess.run('ls', shell=True)",
])  # fmt: skip
def test_the_look_for_it_would_find_it(source: str) -> None:
    assert unpickling(ast.parse(source))


def test_readers_are_those_of_the_page() -> None:
    """A new reader (a format) has to be on the page."""
    readers = {"ParquetFile": "Parquet", "read_table": "Parquet", "ParseFromString": "ParseFromString",
               "tomllib": "TOML", "read_csv": "CSV", "safe_load": "YAML", "fromstring": "XML"}  # fmt: skip
    for name, tree in modules():
        for owner, called, _ in calls(tree):
            for reader in {owner or "", called} & set(readers):
                assert readers[reader] in PAGE, f"{name} reads with {reader}: SECURITY.md does not say so"


def test_limits_are_those_of_the_code() -> None:
    rows = {cells[0].strip(): cells[1].strip() for line in PAGE.splitlines()
            if line.startswith("|") and len(cells := line.strip("|").split("|")) == 3}  # fmt: skip
    assert (
        rows["size of any file read, rows of experiments and sweeps excepted"]
        == f"{read_limits._DEFAULTS[read_limits.FILE_MB]:,.0f} MB"
    )
    assert rows["what a Parquet file unpacks into, by its own metadata"] == (
        f"{read_limits._DEFAULTS[read_limits.TABLE_MB]:,.0f} MB"
    )
    assert read_limits.FILE_MB in PAGE and read_limits.TABLE_MB in PAGE
    assert rows["nesting of JSON"] == f"{json_limits._DEFAULTS[json_limits.DEEPEST]} levels"
    assert scalars.LARGEST_WHOLE == 2**53 and "2⁵³" in rows["digits of a whole number in JSON; its size"]
    assert (validate_rules.SMALLEST, validate_rules.LARGEST) == (1e-30, 1e30)
    assert (program.SMALLEST, program.LARGEST) == (1e-4, 1e4)
    assert unit_columns.MOST_CELLS == 2 * 10**7 and certify_tree.MOST_NODES == 2 * 10**6
    assert f"{onnx_shapes._SMALL:,} elements" in PAGE


def test_servers_listen_on_this_machine_only() -> None:
    doors = {}
    for name, tree in modules():
        for _, called, node in calls(tree):
            if called in ("create_server", "bind", "listen", "HTTPServer", "TCPServer"):
                doors[name] = ast.unparse(node)
    assert doors and all("127.0.0.1" in text for text in doors.values()), doors


def test_root_files_exist_and_agree() -> None:
    for name in ("LICENSE", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "SECURITY.md", "README.md"):
        assert (ROOT / name).stat().st_size > 200, name
    assert "MIT" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.+)"$', Path(ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert version is not None
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{version[1]}]" in changes or "## [Unreleased]" in changes


def test_citation_has_what_its_schema_needs() -> None:
    """Citation File Format 1.2.0: required fields, known fields, plain values."""
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    fields = re.findall(r"^([\w-]+):", text, re.MULTILINE)
    assert len(fields) == len(set(fields))
    assert {"cff-version", "message", "title", "authors"} <= set(fields) <= CFF_FIELDS
    value = dict(re.findall(r"^([\w-]+): +(.+)$", text, re.MULTILINE))
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert value["cff-version"] == "1.2.0" and value["license"] == "MIT" and value["type"] in ("software", "dataset")
    assert version is not None and value["version"].strip('"') == version[1]


CFF_FIELDS = {
    "abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi", "identifiers", "keywords",
    "license", "license-url", "message", "preferred-citation", "references", "repository", "repository-artifact",
    "repository-code", "title", "type", "url", "version",
}  # fmt: skip
