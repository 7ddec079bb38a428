"""Fitted machines and predictors: what is known is found again, from times that are computed here."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from instances.build import Link, Server, User, build
from instances.catalog import lookup
from instances.columns import Floats
from instances.device_file import fit_device, read_device, write_device
from instances.dnn import Dnn, load_network
from instances.errors import InputError
from instances.files import read_json, write_json
from instances.generate import generate
from instances.predict import PREDICTORS, fit_predictor, kernels_of
from instances.roofline_fit import Roofline, fit_roofline
from instances.timing import Timing

TRUE = Roofline(gflops=40.0, memory_gb_s=6.0, launch_s=2e-5)
NAMES = ("resnet18", "mobilenet_v2", "squeezenet1_0", "alexnet")


def timed(network: Dnn, times: Floats, noise: float = 0.0, seed: int = 0) -> tuple[Dnn, Timing]:
    """Times as a machine would measure them, eleven runs."""
    rng = np.random.default_rng(seed)
    samples = times * np.exp(noise * rng.standard_normal((11, len(times))))
    return network, Timing.of_samples(network, samples, samples.sum(axis=1))


MEASURED = [timed(load_network(name), TRUE.predict(load_network(name)), 0.02, k) for k, name in enumerate(NAMES)]


def test_the_machine_is_found_again() -> None:
    found = fit_roofline(MEASURED)
    for field in ("gflops", "memory_gb_s", "launch_s"):
        assert getattr(found, field) == pytest.approx(getattr(TRUE, field), rel=0.05)


def test_one_bad_kernel_does_not_spoil_the_rest() -> None:
    network = load_network("resnet18")
    times = TRUE.predict(network).copy()
    times[network.kind.index("pool")] *= 30
    found = fit_roofline([*MEASURED[1:], timed(network, times)])
    assert found.gflops == pytest.approx(TRUE.gflops, rel=0.1)


@pytest.mark.parametrize("name", ["roofline", "linear", "quadratic"])
def test_predictors_do_well_on_a_network_they_have_not_seen(name: str) -> None:
    network = load_network("resnet34")
    told, true = fit_predictor(name, MEASURED).predict(network), TRUE.predict(network)
    assert np.median(np.abs(told / true - 1)) < {"roofline": 0.05, "linear": 0.25, "quadratic": 0.1}[name]
    assert told.sum() == pytest.approx(true.sum(), rel=0.1)


def test_flop_alone_do_worse_where_memory_binds() -> None:
    network = load_network("mobilenet_v3_large")
    true = TRUE.predict(network)
    error = {name: float(np.median(np.abs(fit_predictor(name, MEASURED).predict(network) / true - 1)))
             for name in ("flop", "linear")}  # fmt: skip
    assert error["flop"] > 2 * error["linear"]


def test_depthwise_convolutions_are_told_apart() -> None:
    assert kernels_of(load_network("mobilenet_v2")).count("depthwise") == 17
    assert kernels_of(load_network("convnext_tiny")).count("depthwise") == 18
    for name in ("resnet50", "vgg16", "googlenet"):
        assert "depthwise" not in kernels_of(load_network(name))


def test_a_kernel_never_seen_gets_the_rooflines_time() -> None:
    network = load_network("vit_b_16")
    told = fit_predictor("linear", MEASURED).predict(network)
    attention = np.array(network.kind) == "attention"
    assert told[attention] == pytest.approx(fit_roofline(MEASURED).predict(network)[attention])


def test_bad_input_is_told() -> None:
    with pytest.raises(InputError, match="did you mean 'linear'"):
        fit_predictor("lineer", MEASURED)
    for name in PREDICTORS:
        with pytest.raises(InputError, match="no network was measured"):
            fit_predictor(name, [])
    with pytest.raises(InputError, match="another network"):
        fit_roofline([(load_network("vgg16"), MEASURED[0][1])])


def test_a_measured_device_survives_its_file_and_stands_in_instances(tmp_path: Path) -> None:
    device = fit_device(MEASURED, name="box", processor="some CPU", runtime="torch", like="phone")
    path = tmp_path / "box.json"
    write_device(device, path)
    back = read_device(path)
    assert back.to_json() == read_json(path) and back.speed == device.speed
    server = dataclasses.replace(back.as_server(bandwidth_mhz=20.0, name="s"), blocks=10)
    assert isinstance(server, Server)
    link = Link("s", uplink_mbps=10.0)
    user = User("u", network="resnet18", device=back.as_device(), radio="wifi", deadline_s=1.0, links=[link])
    instance = build([user], [server])
    assert instance.devices.gflops[0] == device.speed.gflops == instance.servers.gflops[0]
    assert instance.devices.kappa[0] == lookup("devices", "phone").kappa
    drawn = generate("campus", users=3, servers=2, seed=1, devices=[str(path), "phone"])
    assert drawn.devices.name.tolist() == ["box", "phone"]
    assert drawn.devices.launch_s[0] == device.speed.launch_s


def test_provenance_of_instances_without_devices_is_as_before() -> None:
    assert "devices" not in generate("campus", users=2, servers=1, seed=0).provenance["parameters"]


def test_a_wrong_device_file_says_where(tmp_path: Path) -> None:
    document = fit_device(MEASURED[:1], name="box", processor="c", runtime="t").to_json()
    for field, value, match in (("schema", "edgecut-device/9", "newer"), ("numbers", {}, r"numbers\.gflops"),
                                ("timings", [{}], r"timings\[0\]")):  # fmt: skip
        path = tmp_path / "wrong.json"
        write_json(path, document | {field: value})
        with pytest.raises(InputError, match=match):
            read_device(path)
    with pytest.raises(InputError, match=r"campus\.devices.*phone"):
        generate("campus", users=2, servers=1, seed=0, devices=["fone"])
    with pytest.raises(InputError, match="does not exist"):
        generate("campus", users=2, servers=1, seed=0, networks=[str(tmp_path / "none.json")])
