"""What some pages need in their folder before their blocks run, and what must hold after, beyond what they show."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import edgecut as ec
from results.experiment import EXPERIMENTS
from results.figures import FIGURES
from solvers import Verdict
from tests.docs.blocks import ROOT
from tests.docs.running import Run

__all__ = ["AFTER", "BEFORE"]

BEFORE: dict[str, Callable[[Path], None]] = {}
AFTER: dict[str, Callable[[Run], None]] = {}


def before(page: str) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    """Decorator: makes files that the page takes as given."""

    def register(make: Callable[[Path], None]) -> Callable[[Path], None]:
        BEFORE[page] = make
        return make

    return register


def after(page: str) -> Callable[[Callable[[Run], None]], Callable[[Run], None]]:
    """Decorator: asserts on the names and the output that the page's blocks leave."""

    def register(hold: Callable[[Run], None]) -> Callable[[Run], None]:
        AFTER[page] = hold
        return hold

    return register


def small_instance(**options: Any) -> ec.Instance:
    return ec.generate("campus", users=6, servers=2, seed=3, **options)


@before("README.md")
def _readme(folder: Path) -> None:
    write_onnx(folder / "my.onnx")
    lend(folder, "results/sweeps/example.toml")


@before("docs/heuristics.md")
def _heuristics(folder: Path) -> None:
    ec.save(small_instance(), folder / "i.json")


@before("docs/networks.md")
def _networks(folder: Path) -> None:
    write_onnx(folder / "model.onnx")


@before("docs/report.md")
def _report(folder: Path) -> None:
    for name in ("energy_against_users", "integrality"):
        lend(folder, f"results/runs/{name}.jsonl")


@before("docs/sweep.md")
def _sweep(folder: Path) -> None:
    lend(folder, "results/sweeps/example.toml")


@before("docs/verify.md")
def _verify(folder: Path) -> None:
    instance = small_instance()
    ec.save(instance, folder / "i.json")
    ec.save(ec.solve(instance), folder / "r.json")
    shutil.copy(ROOT / "instances" / "verify.py", folder)
    shutil.copytree(ROOT / "instances" / "catalog" / "dnns", folder / "catalog" / "dnns")


def lend(folder: Path, name: str) -> None:
    """A copy of a file of the checkout, at the same place."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / name, folder / name)


def write_onnx(path: Path) -> None:
    """Convolution, relu, pooling and a classifier with weights, as a training framework would export them."""
    onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
    import numpy as np

    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    weights = {"w": np.zeros((16, 3, 3, 3), np.float32), "v": np.zeros((10, 16), np.float32)}
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("GlobalAveragePool", ["b"], ["c"]),
        helper.make_node("Flatten", ["c"], ["d"]),
        helper.make_node("Gemm", ["d", "v"], ["y"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", kind, ["batch", 3, 64, 64])],
        [helper.make_tensor_value_info("y", kind, ["batch", 10])],
        [onnx.numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    path.write_bytes(model.SerializeToString())


@after("docs/admission.md")
def _admission(run: Run) -> None:
    told, prices = run.printed
    rows = {line.split()[0]: line.split()[1:] for line in told.splitlines()}
    assert rows["admission_greedy"][1] == "confirmed"
    assert rows["branch"][1] in ("confirmed", "none")
    assert rows["all_local"][1] == rows["admission_online_moves"][1] == "none"
    away = {name: int(cells[0]) for name, cells in rows.items()}
    assert away["branch"] <= away["admission_greedy"] <= away["all_local"]
    assert away["admission_online_moves"] <= away["admission_online_myopic"]
    value = {name: float(weight) for name, weight in (line.split() for line in prices.splitlines())}
    assert value["CheapestFit"] == 10
    assert value["ExponentialPrices"] > 3 * value["CheapestFit"]


@after("docs/online.md")
def _online(run: Run) -> None:
    hindsight = run.names["hindsight"]
    assert hindsight.certified <= hindsight.cost <= min(run.names["spent"].values()) * (1 + 1e-3)
    exact, flight, hovering = (run.names[k] for k in ("exact", "flight", "hovering"))
    assert exact.cost <= flight.cost * (1 + 1e-4) and exact.cost <= hovering.cost * (1 + 1e-4)
    assert flight.bound <= exact.cost * (1 + 1e-6) and flight.gap < 0.01


@after("docs/figures.md")
def _figures(run: Run) -> None:
    assert "my_experiment" in EXPERIMENTS and "my_figure" in FIGURES


@after("docs/parts.md")
def _parts(run: Run) -> None:
    said = "".join(run.printed)
    assert "of the energy" in said and said.count("Dependency(") == 5


@after("docs/systems.md")
def _systems(run: Run) -> None:
    found = run.names
    assert found["best"].completion_s.sum() < found["rule"].completion_s.sum()
    exact, milp, fast = found["utilities"]
    assert exact == pytest.approx(milp, abs=1e-8) and fast <= exact + 1e-12
    assert found["rates"][0] >= found["rates"][1] * (1 - 1e-9)
    assert found["energies"][0] < found["energies"][1]


@after("docs/variants.md")
def _variants(run: Run) -> None:
    energy, quality, worst = (run.names[k] for k in ("least_energy", "most_accurate", "worst_case"))
    for result in (energy, quality, worst):
        assert result.verdict is Verdict.OPTIMAL, result.message
        assert result.valid
    assert worst.objective_j >= energy.objective_j - 1e-9
    assert quality.report.accuracy.sum() >= energy.report.accuracy.sum() - 1e-6
    assert energy.report.accuracy[0] >= 0.65 - 1e-9
