"""The registry of kinds of files: small valid ones, how they are read, how they are broken.

A kind is one `file_kind` line. What reading means includes the first use: an instance is expanded, a plan checked, a
certificate recomputed, since a reader that lets nonsense through has only put the traceback off.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from instances.build import build
from instances.catalog import read_models
from instances.certificate_file import certificate_from_json, certificate_to_json
from instances.certify import certify
from instances.check import check
from instances.device_file import fit_device, read_device, write_device
from instances.dnn import load_network
from instances.expand import expand
from instances.files import load, plan_from_json, plan_to_json, read_json, save
from instances.generate import generate
from instances.instance import Instance
from instances.json_text import format_json
from instances.network_file import write_network
from instances.records import Link, Server, User
from instances.registry import Registry
from instances.roofline_fit import Roofline
from instances.storage import read_bytes
from instances.timing import Timing
from results.store import read_rows
from results.trust.fuzz.broken import JSON, ROWS, Mutator
from results.trust.fuzz.graphs import ONNX, small_model
from results.trust.fuzz.tables import PARQUET
from results.trust.recipes import random_network
from solvers import Limits, Result, solve
from solvers.learned.network import read_network
from solvers.result_file import examine, result_to_json

__all__ = ["KINDS", "FileKind", "file_kind", "small_instance", "small_result", "written"]


MOST_LAYERS = 100


@dataclasses.dataclass(frozen=True)
class FileKind:
    """``valid``: contents of valid files; ``read``: reads a file of this kind, and uses it once."""

    name: str
    suffix: str
    valid: Callable[[], list[bytes]]
    read: Callable[[Path], object]
    mutators: tuple[Mutator, ...]


KINDS = Registry[FileKind]("kind")


def file_kind(kind: FileKind) -> FileKind:
    """Register a kind under its name."""
    KINDS.add(kind.name, kind)
    return kind


def written(write: Callable[[Path], object], suffix: str) -> bytes:
    """What a writer puts into a file."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix}"
        write(path)
        return path.read_bytes()


@functools.cache
def small_instance() -> Instance:
    """Three users with networks of one to three layers, one of them the catalogue's, and two servers."""
    rng = np.random.default_rng(5)
    users = [User(f"u{i}", random_network(rng, f"net{i}"), "phone", 0.5 + i, [Link("s0", efficiency=3.0 + i),
             Link("s1", uplink_mbps=20.0, round_trip_s=0.01)]) for i in range(2)]  # fmt: skip
    users.append(User("u2", "alexnet", "raspberry_pi_4", 3.0, [Link("s0", efficiency=5.0)], radio="wifi"))
    servers = [Server("s0", gflops=500.0, bandwidth_mhz=20.0, idle_w=1.0, blocks=10, units=4),
               Server("s1", model="edge_gpu", bandwidth_mhz=10.0, blocks=10, units=4)]  # fmt: skip
    return build(users, servers, name="small")


@functools.cache
def small_result() -> Result:
    """Its optimum, with a certificate."""
    return solve(small_instance(), "branch", limits=Limits(gap=1e-6, nodes=500))


def _instances() -> list[Instance]:
    mixed = generate("mixed", users=2, servers=1, seed=1, networks=["alexnet"])
    admission = generate("campus", users=3, servers=2, seed=1, problem="J-A", energy_part=0.5)
    money = generate("factory", users=2, servers=1, seed=2, problem="J-C", allocation="units")
    return [small_instance(), mixed, admission, money]


def _use(path: Path) -> None:
    instance = load(path)
    layers = max(network.n_layers for network in instance.networks)
    # What a large instance takes is no fault of its file; with a cloud behind, options are pairs of cuts.
    if instance.n_users <= 1000 and not (len(instance.clouds) and layers > MOST_LAYERS):
        expand(instance)


def _text(data: dict[str, Any]) -> bytes:
    return format_json(data).encode()


def _plans() -> list[bytes]:
    plan = small_result().plan
    assert plan is not None
    return [_text(plan_to_json(small_instance(), plan))]


def _read_plan(path: Path) -> None:
    check(small_instance(), plan_from_json(small_instance(), read_json(path)))


def _results() -> list[bytes]:
    greedy = solve(small_instance(), "greedy")
    return [_text(result_to_json(result)) for result in (small_result(), greedy)]


def _certificates() -> list[bytes]:
    certificate = small_result().certificate
    assert certificate is not None
    return [_text(certificate_to_json(small_instance(), certificate))]


def _read_certificate(path: Path) -> None:
    certify(small_instance(), certificate_from_json(small_instance(), read_json(path)))


def _devices() -> list[bytes]:
    network = load_network("alexnet")
    times = Roofline(gflops=20.0, memory_gb_s=10.0, launch_s=1e-4).predict(network)
    whole = np.array([0.9, 1.0, 1.1]) * times.sum()
    timing = Timing(network.name, network.fingerprint, 5, times, times * 0.9, times * 1.1, whole)
    device = fit_device([(network, timing)], name="mine", processor="cpu", runtime="none", like="phone")
    return [written(lambda path: write_device(device, path), ".json")]


def _read_device(path: Path) -> None:
    device = read_device(path).as_device()
    build([User("u", "alexnet", device, 1.0)], [])


def _networks() -> list[bytes]:
    found = [random_network(np.random.default_rng(3), "small"), load_network("squeezenet1_1")]
    return [written(lambda path, net=net: write_network(net, path), ".json") for net in found]  # type: ignore[misc]


def _read_onnx(path: Path) -> None:
    import warnings

    from instances.onnx_graph import from_onnx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # unknown operators are told of, as they should be
        from_onnx(path)


def _catalogues() -> list[bytes]:
    from importlib import resources

    folder = resources.files("instances").joinpath("catalog")
    return [file.read_bytes() for file in folder.iterdir() if file.name.endswith(".json")]


def _policies() -> list[bytes]:
    from importlib import resources

    found = [file.read_bytes() for file in resources.files("solvers").joinpath("learned").iterdir()
             if file.name.endswith(".json")]  # fmt: skip
    return [content for content in found if b'"features"' in content and len(content) < 500_000]


def _rows() -> list[bytes]:
    return [b"".join(json.dumps({"key": f"k{k}", "case": {"seed": k}, "objective_j": 0.5}).encode() + b"\n"
                     for k in range(5))]  # fmt: skip


for _kind in (
    FileKind("instance, JSON", ".json", lambda: [written(functools.partial(save, i), ".json") for i in _instances()],
             _use, JSON),
    FileKind("instance, Parquet", ".parquet",
             lambda: [written(functools.partial(save, i), ".parquet") for i in _instances()], _use, PARQUET),
    FileKind("plan", ".json", _plans, _read_plan, JSON),
    FileKind("result", ".json", _results, lambda path: examine(small_instance(), read_json(path)), JSON),
    FileKind("certificate", ".json", _certificates, _read_certificate, JSON),
    FileKind("device", ".json", _devices, _read_device, JSON),
    FileKind("network", ".json", _networks, lambda path: load_network(str(path)), JSON),
    FileKind("catalogue", ".json", _catalogues, lambda path: read_models(read_bytes(path), str(path)), JSON),
    FileKind("policy", ".json", _policies, read_network, JSON),
    FileKind("rows of results", ".jsonl", _rows, read_rows, ROWS),
):  # fmt: skip
    file_kind(_kind)

if importlib.util.find_spec("onnx") is not None:
    file_kind(FileKind("ONNX", ".onnx", lambda: [small_model()], _read_onnx, ONNX))
