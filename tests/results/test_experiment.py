"""What experiments keep of a result."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from edgecut.cli import app
from instances.files import save
from results.experiment import figures_of
from solvers import Limits, solve
from tests.builders import tiny_instance


def test_rows_say_what_is_certified() -> None:
    instance = tiny_instance(4, problem="J-L")
    result = solve(instance, "branch", limits=Limits(gap=1e-6))
    assert figures_of(result)["certified_j"] == result.certified_j > 0
    assert figures_of(solve(instance, "brute_force"))["certified_j"] is None


def test_the_command_says_so_too(tmp_path: Path) -> None:
    instance, path = tiny_instance(4, problem="J-C"), tmp_path / "i.json"
    save(instance, path)
    done = CliRunner().invoke(app, ["solve", str(path), "--json", "--quiet"])
    assert done.exit_code == 0 and json.loads(done.stdout)["certified_j"] > 0
