"""The wheel: it holds all five packages with their data and works far from the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = ("__pycache__", "*.tmp", "*.part")
PACKAGES = ("edgecut", "formulations", "instances", "results", "solvers")

pytestmark = pytest.mark.slow


def _run(arguments: list[str], cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(arguments, cwd=cwd, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built of a copy of the sources: a build in the checkout would leave folders behind."""
    copy = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for name in ("pyproject.toml", "LICENSE", "README.md"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, copy / name)
    folder = tmp_path_factory.mktemp("wheel")
    _run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
          "--wheel-dir", str(folder), str(copy)], folder)  # fmt: skip
    (built,) = folder.glob("edgecut-*.whl")
    return built


@pytest.fixture(scope="module")
def target(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel installed in it, and nothing else."""
    folder = tmp_path_factory.mktemp("target")
    _run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
          "--target", str(folder), str(wheel)], folder)  # fmt: skip
    return folder


@pytest.fixture
def env(target: Path) -> dict[str, str]:
    """Environment in which our packages come from the target, and their dependencies from where they are.

    PYTHONPATH comes before site-packages, so the target wins over an editable install; the test makes sure.
    """
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV_"))}
    return {**clean, "PYTHONPATH": str(target), "PYTHONDONTWRITEBYTECODE": "1"}


def test_wheel_holds_every_source_file_and_all_data(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    patterns = ("**/*.py", "catalog/**/*.json", "library/**/*", "runs/**/*", "data/**/*", "py.typed")
    for package in PACKAGES:
        wanted = {
            path.relative_to(ROOT).as_posix()
            for pattern in patterns
            for path in (ROOT / package).glob(pattern)
            if path.is_file() and "__pycache__" not in path.parts and not path.match("*.tmp")
        }
        assert wanted, f"no files of {package}"
        assert wanted <= held, f"missing in the wheel: {sorted(wanted - held)[:10]}"
    tops = {name.split("/")[0] for name in held}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_wheel_names_the_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (entry,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
    assert "edgecut = edgecut.cli:main" in archive.read(entry).decode()


def test_it_works_outside_the_checkout(target: Path, env: dict[str, str], tmp_path: Path) -> None:
    program = """
        import importlib, json, sys
        import edgecut
        packages = ("edgecut", "formulations", "instances", "results", "solvers")
        where = {name: importlib.import_module(name).__file__ for name in packages}
        instance = edgecut.generate("campus", users=4, servers=2, seed=7)
        from instances.catalog import devices
        from instances.dnn import load_network, network_names
        network = load_network(network_names()[0])
        own = sorted({module.__file__ for key, module in sys.modules.items()
                      if key.split(".")[0] in packages and getattr(module, "__file__", None)})
        counts = {"networks": len(network_names()), "layers": len(network.gflop), "devices": len(devices())}
        print(json.dumps({"where": where, "own": own, "users": len(instance.users), **counts}))
    """
    told = json.loads(_run([sys.executable, "-P", "-c", textwrap.dedent(program)], tmp_path, env))
    assert told["users"] == 4
    assert told["networks"] >= 18 and told["layers"] > 0 and told["devices"] >= 8
    for file in (*told["where"].values(), *told["own"]):
        assert Path(file).resolve().is_relative_to(target.resolve()), f"{file} is not of the wheel"


def test_its_command_line_works(target: Path, env: dict[str, str], tmp_path: Path) -> None:
    methods = json.loads(_run([sys.executable, "-P", "-m", "edgecut", "methods", "--json"], tmp_path, env))
    assert methods
    _run([sys.executable, "-P", "-m", "edgecut", "generate", "campus", "--users", "3", "--servers", "2",
          "--seed", "7", "-o", "campus.json"], tmp_path, env)  # fmt: skip
    assert (tmp_path / "campus.json").stat().st_size > 0
    script = target / "bin" / "edgecut"
    if script.exists():  # pip puts it elsewhere on some systems
        assert json.loads(_run([str(script), "methods", "--json"], tmp_path, env)) == methods
