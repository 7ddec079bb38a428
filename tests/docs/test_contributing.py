"""The walk-throughs of CONTRIBUTING.md, tried as a newcomer would: in a copy of the checkout, by the page alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, Block, blocks_of
from tests.docs.running import commands_of

PAGE = "CONTRIBUTING.md"
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")
MOST_LINES = 30
COPIED = ("edgecut", "formulations", "instances", "solvers", "results", "tests")
SECTIONS = ("Add a formulation", "Add a method", "Add a network")
MADE = {"Add a formulation": "joint_half", "Add a method": "least_load", "Add a network": "lenet5"}


def blocks_under(section: str) -> dict[str, Block]:
    """Blocks of a section by what is to be done with them: put FILE, add to FILE, run, sh."""
    first = TEXT[: TEXT.index(f"## {section}\n")].count("\n") + 1
    after = TEXT.find("\n## ", TEXT.index(f"## {section}\n") + 3)
    last = TEXT[:after].count("\n") + 1 if after >= 0 else TEXT.count("\n") + 1
    lines = TEXT.splitlines()
    found: dict[str, Block] = {}
    for block in blocks_of(PAGE):
        if first <= block.line <= last:
            mark = re.fullmatch(r"<!-- (.*) -->", lines[block.line - 2])
            key = mark[1] if mark else block.language
            assert key not in found
            found[key] = block
    return found


def code_lines(block: Block) -> int:
    """Lines that are not empty, a comment or a docstring."""
    text = re.sub(r'"""[^"]*"""', "", block.text)
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in text.splitlines())


def run(copy: Path, *command: str) -> str:
    done = subprocess.run([sys.executable, *command], cwd=copy, capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(copy), "COLUMNS": "200"})  # fmt: skip
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in which all three walk-throughs have been followed."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name)  # compiled files come along, and stay valid
    shutil.copy(ROOT / "pyproject.toml", folder)
    for section in SECTIONS:
        follow(folder, section)
    return folder


def follow(folder: Path, section: str) -> None:
    """Do what a section says, but for its commands."""
    for key, block in blocks_under(section).items():
        if key.startswith("put: "):
            target = folder / key.removeprefix("put: ")
            assert not target.exists() and target.parent.is_dir()
            target.write_text(block.text, encoding="utf-8")
        elif key.startswith("add to: "):
            name, _, below = key.removeprefix("add to: ").partition(", below ")
            add_line(folder / name, block.text, below)
        elif key == "run":
            run(folder, "-c", block.text)


def add_line(path: Path, line: str, below: str) -> None:
    """One line: below a line that is named, else before the first import of the file."""
    assert line.count("\n") == 1
    text = path.read_text(encoding="utf-8")
    at = text.index(f"{below}\n") + len(below) + 1 if below else re.search(r"^from ", text, re.MULTILINE).start()  # type: ignore[union-attr]
    path.write_text(text[:at] + line + text[at:], encoding="utf-8")


@pytest.mark.parametrize("section", SECTIONS)
def test_is_one_short_file_and_one_line(section: str) -> None:
    blocks = blocks_under(section)
    files = [block for key, block in blocks.items() if key.startswith("put: ") or key == "run"]
    added = [block for key, block in blocks.items() if key.startswith("add to: ")]
    assert len(files) == len(added) == 1
    assert code_lines(files[0]) + code_lines(added[0]) <= MOST_LINES
    assert MADE[section] in files[0].text and MADE[section] in added[0].text


END = "-- end of a command --"
IN_ONE_PROCESS = f"""
import json, sys
from edgecut.cli import main
for command in json.loads(sys.argv[1]):
    try:
        main(command)
    except SystemExit as ending:
        assert not ending.code, command
    print("{END}")
"""
"""Loading the package takes longer than its commands here."""


@pytest.mark.parametrize("section", SECTIONS)
def test_commands_of_the_page_show_what_was_added(section: str, copy: Path) -> None:
    commands = commands_of(blocks_under(section)["sh"])
    assert len(commands) == 3 and all(command[0] == "edgecut" for command in commands)
    told = run(copy, "-c", IN_ONE_PROCESS, json.dumps([command[1:] for command in commands])).split(END)
    assert MADE[section] in told[0], f"{' '.join(commands[0])} does not know it"
    if section != "Add a network":
        (row,) = (line for line in told[2].splitlines() if line.strip().startswith(MADE[section]))
        assert "feasible" in row


def test_restriction_is_above_the_optimum_and_within_its_rule(copy: Path) -> None:
    """What the new formulation means, not only that it runs."""
    told = run(copy, "-c", RESTRICTION)
    half, best, largest = (float(word) for word in told.split())
    assert best <= half * (1 + 1e-9) and half < float("inf")
    assert largest <= 0.5 + 1e-9


RESTRICTION = """
from formulations import get_formulation
from instances.generate import generate
from instances.expand import expand
from solvers.highs import solve_program
from solvers.answer import Limits
table = expand(generate("campus", users=6, servers=2, seed=1, allocation="units", blocks=12, units=6, load=0.5))
found = {}
for name in ("joint_half", "joint_units"):
    model = get_formulation(name).build(table)
    outcome = solve_program(model.program, Limits(gap=1e-6))
    found[name] = outcome.objective, model.decode(outcome.values)
decision = found["joint_half"][1]
largest = max(decision.uplink_share.max(), decision.compute_share.max())
print(found["joint_half"][0], found["joint_units"][0], largest)
"""


def test_tests_pick_up_what_was_added(copy: Path) -> None:
    told = run(copy, "-m", "pytest", "-p", "no:cacheprovider", "-k", " or ".join(MADE.values()), "tests/conformance",
               "tests/formulations/test_same_matrix.py", "tests/instances/test_dnn.py", "-rA")  # fmt: skip
    for name in MADE.values():
        assert re.search(rf"^PASSED .*{name}", told, re.MULTILINE), f"no test of {name} was run"
    assert "PASSED tests/formulations/test_same_matrix.py::test_same_matrix[joint_half]" in told
    assert told.count(f"test_result_is_consistent[units-{MADE['Add a method']}]") >= 1


def test_what_was_added_is_clean(copy: Path) -> None:
    added = [
        key.removeprefix("put: ") for section in SECTIONS for key in blocks_under(section) if key.startswith("put")
    ]
    inits = [f"{Path(name).parent}/__init__.py" for name in added]
    run(copy, "-m", "ruff", "check", "--no-cache", "--ignore", "I001", *added, *inits)
