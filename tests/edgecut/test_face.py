"""The public face: at most twelve names, each of which works as the README says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import edgecut as ec
from instances.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


def test_at_most_twelve_names() -> None:
    assert len(ec.__all__) <= 12
    assert all(hasattr(ec, name) for name in ec.__all__)


def test_generate_solve_save_load_check(tmp_path: Path) -> None:
    instance = ec.generate("campus", users=5, servers=2, seed=2)
    result = ec.solve(instance, limits=ec.Limits(gap=1e-3))
    ec.save(instance, tmp_path / "i.json")
    ec.save(result, tmp_path / "r.json")
    again = ec.load(tmp_path / "i.json")
    back = ec.load(tmp_path / "r.json", again)
    assert back.objective_j == result.objective_j
    assert back.verdict is result.verdict
    assert back.plan is not None
    assert ec.check(again, back.plan).objective_j == result.objective_j


def test_a_result_of_another_instance_is_refused(tmp_path: Path) -> None:
    instance, other = (ec.generate("campus", users=3, servers=1, seed=s) for s in (1, 2))
    ec.save(ec.solve(instance, "greedy"), tmp_path / "r.json")
    with pytest.raises(InputError, match="fingerprint"):
        ec.load(tmp_path / "r.json", other)


def test_a_result_is_made_by_the_checker_only() -> None:
    instance = ec.generate("campus", users=3, servers=1, seed=1)
    result = ec.solve(instance, "greedy")
    fields = {name: getattr(result, name) for name in result.__dataclass_fields__}
    with pytest.raises(TypeError, match="checked"):
        ec.Result(**{**fields, "seal": object()})


def test_importing_is_light() -> None:
    """Heavy libraries are loaded when they are needed: a script that only loads an instance does not pay for them."""
    heavy = ("cvxpy", "matplotlib.pyplot", "pyomo", "pandas", "pyarrow", "torch")
    code = f"import edgecut, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_readme_example_runs() -> None:
    text = (ROOT / "README.md").read_text()
    block = text.split("```python")[1].split("```")[0]
    assert len(block.strip().splitlines()) <= 15
    done = subprocess.run([sys.executable, "-c", block], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert "certified" in done.stdout
