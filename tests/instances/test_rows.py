"""Rows of feature maps: geometry of the catalogue's networks, what a plan's phases cost, which plans are refused."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from instances.check_rows import check_rows, dependencies
from instances.errors import InputError
from instances.row_family import draw_rows, draw_spatial
from instances.rows import Layout, RowDevice, RowPlan, RowProblem, catalogue_device
from instances.spatial import GEOMETRIES, SpatialLayer, SpatialNetwork, spatial_network


def two_convolutions() -> SpatialNetwork:
    """3 × 3 windows on 8 rows; 10 MFLOP a row, then 20 MFLOP a row; 8 Mbit of input, 16 Mbit after each layer."""
    layers = tuple(SpatialLayer(f"l{j}", (j - 1,), 3, 1, 1, 8, 4, g, 16.0, False) for j, g in enumerate((0.08, 0.16)))
    return SpatialNetwork("two", layers, 8, 4, 8.0, 0.1)


DEVICES = (RowDevice("a", 1.0, 2.0, 10.0, 0.5), RowDevice("b", 2.0, 3.0, 20.0, 0.25))


def plan(*layouts: tuple[str, tuple[int, ...]]) -> RowPlan:
    return RowPlan(tuple(Layout(axis, bounds) for axis, bounds in layouts))  # type: ignore[arg-type]


def test_rows_by_hand() -> None:
    report = check_rows(RowProblem(two_convolutions(), DEVICES), plan(("rows", (0, 2, 8)), ("rows", (0, 2, 8))))
    # b fetches 7 input rows of 1 Mbit at 20 Mbit/s; each fetches 1 row of 2 Mbit; a fetches b's 6 rows for the head.
    phases = [7 / 20, max(0.02 / 1, 0.06 / 2), max(2 / 10, 2 / 20), max(0.04, 0.12 / 2), 12 / 10, 0.1]
    assert report.latency_s == pytest.approx(sum(phases))
    assert report.received_mbit == pytest.approx([2 + 12, 7 + 2])
    assert report.gflop == pytest.approx([0.02 + 0.04 + 0.1, 0.06 + 0.12])
    assert report.energy_j == pytest.approx(2.0 * 0.16 + 3.0 * 0.18 / 2 + 0.5 * 14 + 0.25 * 9)


def test_channels_by_hand() -> None:
    report = check_rows(RowProblem(two_convolutions(), DEVICES), plan(("channels", (0, 1, 4)), ("channels", (0, 1, 4))))
    # b fetches the whole input; then each what the other made; then a the other's 3 channels for the head.
    assert report.received_mbit == pytest.approx([12 + 12, 8 + 4])
    assert report.latency_s == pytest.approx(8 / 20 + max(0.02, 0.03) + max(12 / 10, 4 / 20) + 0.06 + 12 / 10 + 0.1)


def test_from_rows_to_channels() -> None:
    report = check_rows(RowProblem(two_convolutions(), DEVICES), plan(("rows", (0, 2, 8)), ("channels", (0, 4, 4))))
    assert report.received_mbit == pytest.approx([12, 7])  # a fetches b's rows, has then everything


def test_a_device_keeps_one_block() -> None:
    one_by_one = SpatialLayer("l1", (0,), 1, 1, 0, 8, 4, 0.16, 16.0, False)
    network = dataclasses.replace(two_convolutions(), layers=(two_convolutions().layers[0], one_by_one))
    problem = RowProblem(network, (*DEVICES, DEVICES[1]))
    apart = check_rows(problem, plan(("rows", (0, 5, 7, 8)), ("rows", (0, 2, 4, 8))))
    # The second holds rows 5 and 6 and needs 2 and 3: it fetches 2, 3 and 4. The third holds 7 and needs 4 … 7.
    assert apart.received_mbit == pytest.approx([2 * 6, 4 + 2 * 3, 2 + 2 * 3])


def test_dependencies_add_up_to_what_is_received() -> None:
    rng = np.random.default_rng(1)
    for seed in range(20):
        network = draw_spatial(np.random.default_rng(seed), layers=4, side=12, branch=seed % 2 == 0)
        problem = draw_rows(rng, network)
        layouts = []
        for layer in network.layers:
            axis = "rows" if rng.random() < 0.5 else "channels"
            size = layer.height if axis == "rows" else layer.channels
            layouts.append((axis, (0, *sorted(rng.integers(0, size + 1, 2).tolist()), size)))
        chosen = plan(*layouts)
        received = np.zeros(3)
        for line in dependencies(problem, chosen):
            received[line.device] += line.mbit if line.holder != line.device else 0.0
        assert received == pytest.approx(check_rows(problem, chosen).received_mbit)


def test_dependency_table_names_neighbours() -> None:
    problem = RowProblem(two_convolutions(), DEVICES)
    table = dependencies(problem, plan(("rows", (0, 2, 8)), ("rows", (0, 2, 8))))
    of_b = {(line.read, line.holder): line.mbit for line in table if (line.layer, line.device) == (1, 1)}
    assert of_b == {(0, 0): pytest.approx(2.0), (0, 1): pytest.approx(12.0)}  # one row of a's, six of its own


@pytest.mark.parametrize("name", GEOMETRIES)
def test_geometry_agrees_with_the_catalogue(name: str) -> None:
    network = spatial_network(name)  # refuses what is no whole number of channels, and FLOP that no window gives
    sides = {"alexnet": 6, "vgg16": 7, "resnet18": 7, "mobilenet_v2": 7}
    assert network.layers[-1].height == sides[name]
    assert network.layers[-1].channels == {"alexnet": 256, "mobilenet_v2": 1280}.get(name, 512)
    depthwise = sum(layer.channelwise and layer.gflop > 0 for layer in network.layers)
    assert depthwise == (17 if name == "mobilenet_v2" else 0)
    assert network.head_gflop > 0


def test_a_wrong_window_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GEOMETRIES, "vgg16", ((r"features\.\d+", (5, 1, 2)),))
    with pytest.raises(InputError, match="window"):
        spatial_network("vgg16")
    monkeypatch.setitem(GEOMETRIES, "vgg16", ((r"features\.\d+", (3, 2, 1)),))
    with pytest.raises(InputError, match="window"):
        spatial_network("vgg16")
    with pytest.raises(InputError, match="vgg16"):
        spatial_network("vgg19")


@pytest.mark.parametrize(
    ("change", "said"),
    [({"height": 7}, "height"), ({"reads": (1,)}, "reads"), ({"reads": ()}, "reads"),
     ({"channelwise": True, "channels": 5}, "channels")],
)  # fmt: skip
def test_bad_networks_are_refused(change: dict[str, object], said: str) -> None:
    network = two_convolutions()
    bad = dataclasses.replace(network.layers[1], **change)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=said):
        dataclasses.replace(network, layers=(network.layers[0], bad))


def test_bad_problems_are_refused() -> None:
    with pytest.raises(InputError, match="source"):
        RowProblem(two_convolutions(), DEVICES, source=2)
    with pytest.raises(InputError, match="deadline"):
        RowProblem(two_convolutions(), DEVICES, deadline_s=0.0)
    with pytest.raises(InputError, match="gflops"):
        RowDevice("x", 0.0, 1.0, 1.0, 1.0)
    with pytest.raises(InputError, match="rate_mbps"):
        catalogue_device("raspberry_pi_4", rate_mbps=math.inf)


@pytest.mark.parametrize("bounds", [(0, 8), (0, 5, 4), (0, 9, 8), (1, 2, 8), (0, 2, 7)])
def test_bad_layouts_are_named(bounds: tuple[int, ...]) -> None:
    report = check_rows(RowProblem(two_convolutions(), DEVICES), plan(("rows", (0, 2, 8)), ("rows", bounds)))
    assert not report.valid and report.broken[0].startswith("layer 'l1'")


def test_being_late_is_named() -> None:
    problem = RowProblem(two_convolutions(), DEVICES, deadline_s=1.0)
    assert "deadline" in check_rows(problem, plan(("rows", (0, 2, 8)), ("rows", (0, 2, 8)))).broken[0]
