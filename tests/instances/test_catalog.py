"""The hardware catalogue: every number has a source, is plausible and agrees with published arithmetic."""

from __future__ import annotations

import dataclasses
import json
import math
from importlib import resources
from typing import Any

import numpy as np
import pytest

from instances import catalog
from instances.catalog import citations, devices, lookup, path_losses, radios, servers, sources
from instances.errors import InputError

KINDS: dict[str, Any] = {"devices": devices, "servers": servers, "radios": radios, "path_losses": path_losses}
FILES = {"devices": "devices", "servers": "servers", "radios": "radios", "path_losses": "pathloss"}
ENTRIES = [(kind, name) for kind, read in KINDS.items() for name in read()]

# Smallest and largest value that is believable, by field.
PLAUSIBLE: dict[str, dict[str, tuple[float, float]]] = {
    "devices": {
        "gflops": (0.1, 200), "memory_gb_s": (0.1, 200), "launch_s": (1e-6, 1e-3), "clock_ghz": (0.1, 6),
        "kappa": (1e-28, 5e-27), "clock_min": (0.05, 1), "clock_max": (1, 1.5), "memory_mb": (1, 64_000),
    },
    "servers": {
        "gflops": (10, 50_000), "memory_gb_s": (10, 5_000), "launch_s": (1e-7, 1e-3),
        "memory_mb": (1_000, 1e6), "idle_w": (1, 500), "j_per_gflop": (1e-3, 5),
    },
    "radios": {
        "tx_w": (0.05, 3), "tx_j_per_mbit": (0, 1), "rx_w": (0, 3), "rx_j_per_mbit": (0, 1),
        "tx_dbm": (10, 30), "up_mbps": (0.1, 1_000), "down_mbps": (0.1, 2_000),
    },
    "path_losses": {
        "intercept_db": (20, 160), "slope_db": (15, 45), "unit_m": (1, 1_000), "shadowing_db": (0, 12),
        "min_m": (1, 100),
    },
}  # fmt: skip


def _raw(kind: str) -> dict[str, Any]:
    path = resources.files("instances").joinpath("catalog", f"{FILES[kind]}.json")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_every_number_has_a_source_and_is_plausible(kind: str, name: str) -> None:
    raw = _raw(kind)
    numbers = raw["models"][name]["numbers"]
    entry = lookup(kind, name)
    assert set(numbers) == {field.name for field in dataclasses.fields(entry)} - {"name"}
    assert set(numbers) == set(PLAUSIBLE[kind])
    for field, number in numbers.items():
        assert number["source"] in raw["references"], f"{name}.{field} cites a reference that is not there"
        assert number["evidence"] in "FACMI" and len(number["evidence"]) == 1
        if number["source"] in ("derived", "assumption") and number["evidence"] == "I":
            assert number.get("note"), f"{name}.{field} is derived, but from what?"
        low, high = PLAUSIBLE[kind][field]
        assert math.isfinite(number["value"]) and low <= number["value"] <= high, f"{name}.{field}"
        assert getattr(entry, field) == number["value"]
        assert type(getattr(entry, field)) is float


@pytest.mark.parametrize("kind", KINDS)
def test_derived_numbers_say_how_and_no_reference_is_idle(kind: str) -> None:
    raw = _raw(kind)
    used = set()
    for entry in raw["models"].values():
        for number in entry["numbers"].values():
            used.add(number["source"])
            assert number["evidence"] != "I" or number.get("note")
    assert used == set(raw["references"])
    assert used <= set(citations())


def test_one_key_means_the_same_work_in_every_file() -> None:
    for kind in KINDS:
        for key, text in _raw(kind)["references"].items():
            assert citations()[key] == text


def test_the_asked_for_hardware_is_there() -> None:
    boards = {"raspberry_pi_3b", "raspberry_pi_4", "jetson_tx2_cpu", "iot_camera", "vehicle"}
    assert boards | {"phone", "phone_flagship", "glasses"} <= set(devices())
    assert {"edge_cpu_8core", "edge_gpu_small", "edge_gpu", "rsu_30gflops", "cloud_gpu"} <= set(servers())
    assert {"3g", "lte", "wifi", "wifi_powertutor", "nr_5g", "uav_ddpg"} <= set(radios())
    assert {"macro_cell", "small_cell", "v2i", "v2v"} <= set(path_losses())


@pytest.mark.parametrize("name", devices())
def test_device_power_and_clock_range(name: str) -> None:
    device = devices()[name]
    assert device.kappa in (1e-28, 1e-27, 5e-27)
    assert 0.1 <= device.active_w <= 15
    assert device.clock_min < 1 <= device.clock_max
    assert "sweep" in sources("devices", name)["kappa"].note


def test_published_kappas_give_the_published_energy_of_a_gigacycle() -> None:
    # 1e9 cycles at 1 GHz take 1 s: 0.1, 1 and 5 J.
    for kappa, joule in ((1e-28, 0.1), (1e-27, 1.0), (5e-27, 5.0)):
        model = dataclasses.replace(devices()["mec_user_1ghz"], kappa=kappa)
        assert model.active_w == pytest.approx(joule)


@pytest.mark.parametrize(
    ("name", "power_mw", "nj_per_bit", "send_ms", "send_j"),
    [("3g", 1773.8, 1612, 1105, 1.96), ("lte", 3852.6, 659, 208, 0.80), ("wifi", 5479.1, 290, 64, 0.35)],
)
def test_measured_radios_reproduce_their_table(
    name: str, power_mw: float, nj_per_bit: float, send_ms: float, send_j: float
) -> None:
    radio = radios()[name]
    power_w = radio.tx_w + radio.tx_j_per_mbit * radio.up_mbps
    assert round(power_w * 1e3, 1) == pytest.approx(power_mw, abs=0.051)
    assert power_w / radio.up_mbps * 1e3 == pytest.approx(nj_per_bit, abs=1)
    image_mbit = 0.152 * 8  # the 152 kB input of AlexNet
    time_s = image_mbit / radio.up_mbps
    assert time_s * 1e3 == pytest.approx(send_ms, abs=1)
    assert radio.tx_w * time_s + radio.tx_j_per_mbit * image_mbit == pytest.approx(send_j, abs=0.005)


def test_measured_radio_coefficients() -> None:
    coefficients = {
        "3g": (0.86898, 0.12212, 0.81788),
        "lte": (0.43839, 0.05197, 1.28804),
        "wifi": (0.28317, 0.13701, 0.13286),
    }
    for name, (up, down, beta) in coefficients.items():
        radio = radios()[name]
        assert (radio.tx_j_per_mbit, radio.rx_j_per_mbit, radio.tx_w, radio.rx_w) == (up, down, beta, beta)


def test_small_cell_rates() -> None:
    # 20 dBm over 1 MHz against -100 dBm of noise.
    loss = path_losses()["small_cell"].loss_db([50.0, 100.0, 250.0])
    rate_mbps = np.log2(1 + 10 ** ((20 - loss + 100) / 10))
    np.testing.assert_allclose(rate_mbps, [8.99, 5.35, 1.25], atol=0.005)


def test_roadside_rate() -> None:
    radio, loss = radios()["v2i_mad2rl"], path_losses()["v2i"].loss_db(100.0)
    assert loss == pytest.approx(80.4)
    assert 10 * np.log2(1 + 10 ** ((radio.tx_dbm - loss + 114) / 10)) == pytest.approx(radio.up_mbps, abs=0.5)


def test_uav_rate() -> None:
    radio, loss = radios()["uav_ddpg"], path_losses()["uav_line_of_sight"].loss_db(100.0)
    assert loss == pytest.approx(90.0)
    assert np.log2(1 + radio.tx_w * 10 ** (-loss / 10) / 1e-13) == pytest.approx(radio.up_mbps, abs=0.001)


def test_loss_grows_with_distance_and_is_flat_nearby() -> None:
    for model in path_losses().values():
        distance = np.array([[0.0, model.min_m], [2 * model.min_m, 3_000.0]])
        loss = model.loss_db(distance)
        assert loss.shape == (2, 2)
        assert loss[0, 0] == loss[0, 1] < loss[1, 0] < loss[1, 1]


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="raspberry_pi_4"):
        lookup("devices", "raspbery_pi_4")
    with pytest.raises(InputError, match="radios"):
        lookup("radio", "lte")
    with pytest.raises(InputError, match="small_cell"):
        sources("path_losses", "smallcell")


def test_callers_cannot_spoil_the_catalogue() -> None:
    catalog.devices().clear()
    assert catalog.devices()
    with pytest.raises(dataclasses.FrozenInstanceError):
        catalog.devices()["phone"].gflops = 1.0  # type: ignore[misc]
