"""Networks of the catalogue against published counts, and what a layer graph must refuse."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import numpy as np
import pytest

from instances.dnn import SCHEMA, Dnn, load_network, network_names
from instances.errors import InputError

# Billions of multiply-accumulates and millions of parameters as the models' authors and torchvision publish them;
# for the language models, 128 tokens, the products of the architecture counted by hand.
PUBLISHED = {
    "alexnet": (0.714, 61.101),
    "convnext_tiny": (4.456, 28.589),
    "densenet121": (2.834, 7.979),
    "efficientnet_b0": (0.386, 5.289),
    "googlenet": (1.498, 6.625),
    "inception_v3": (5.713, 23.835),  # 27.161 less the training-only auxiliary classifier's 3.326
    "mobilenet_v2": (0.301, 3.505),
    "mobilenet_v3_large": (0.217, 5.483),
    "mobilenet_v3_small": (0.057, 2.543),
    "resnet18": (1.814, 11.690),
    "resnet34": (3.664, 21.798),
    "resnet50": (4.089, 25.557),
    "resnet101": (7.801, 44.549),
    "shufflenet_v2": (0.145, 2.279),
    "squeezenet1_0": (0.819, 1.248),
    "squeezenet1_1": (0.349, 1.236),
    "swin_t": (4.491, 28.288),
    "vgg16": (15.470, 138.358),
    "vit_b_16": (17.564, 86.568),
    "bert_base": (11.174, 109.482),
    "gpt2": (16.114, 124.440),
}

ISSUE_COUNTS = {
    "alexnet": 0.71,
    "vgg16": 15.5,
    "resnet50": 4.1,
    "mobilenet_v2": 0.30,
    "inception_v3": 5.7,
    "vit_b_16": 17.6,
}


def make_network(**changes: Any) -> Dnn:
    """Input -> a -> {b, c} -> d, with whatever a test changes."""
    fields: dict[str, Any] = {
        "name": "diamond",
        "layers": ("a", "b", "c", "d"),
        "kind": ("conv", "conv", "conv", "add"),
        "gflop": np.array([1.0, 2.0, 3.0, 0.0]),
        "weight_mb": np.array([0.5, 1.0, 1.5, 0.0]),
        "output_mbit": np.array([8.0, 4.0, 2.0, 1.0]),
        "predecessors": ((-1,), (0,), (0,), (1, 2)),
        "input_mbit": 1.6,
        "result_mbit": 0.032,
        "source": "by hand",
    }
    return Dnn(**(fields | changes))


def test_catalogue_holds_the_networks() -> None:
    assert set(PUBLISHED) == set(network_names())


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_totals_match_published_counts(name: str) -> None:
    gmac, parameters = PUBLISHED[name]
    network = load_network(name)
    assert network.gmac == pytest.approx(gmac, rel=0.02)
    assert network.total_weight_mb / 4.0 == pytest.approx(parameters, rel=0.001)


@pytest.mark.parametrize("name", sorted(ISSUE_COUNTS))
def test_totals_match_rounded_counts(name: str) -> None:
    assert load_network(name).gmac == pytest.approx(ISSUE_COUNTS[name], rel=0.02)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_file_round_trip(name: str) -> None:
    file = resources.files("instances").joinpath("catalog", "dnns", f"{name}.json")
    data = json.loads(file.read_text(encoding="utf-8"))
    network = Dnn.from_json(data)
    assert network.to_json() == data
    assert network.name == name and data["schema"] == SCHEMA
    assert len(network.readers[-1]) >= 1
    assert all(network.readers[j] for j in range(network.n_layers - 1)), "an output that nobody reads"


def test_input_and_result_sizes() -> None:
    assert load_network("resnet50").input_mbit == 3 * 224 * 224 * 8 / 1e6
    assert load_network("resnet50").result_mbit == 1000 * 4 * 8 / 1e6
    assert load_network("gpt2").input_mbit == 128 * 4 * 8 / 1e6
    assert load_network("gpt2").result_mbit == 50257 * 4 * 8 / 1e6


def test_network_is_loaded_once() -> None:
    assert load_network("alexnet") is load_network("alexnet")


def test_arrays_are_copied_and_read_only() -> None:
    gflop = np.array([1.0, 2.0, 3.0, 0.0])
    network = make_network(gflop=gflop)
    gflop[0] = 99.0
    assert network.gflop[0] == 1.0
    for column in (network.gflop, network.weight_mb, network.output_mbit, network.traffic_mb):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1.0


def test_quantities_by_hand() -> None:
    network = make_network()
    assert network.n_layers == 4
    assert network.total_gflop == 6.0 and network.gmac == 3.0
    # MB: a reads 0.2, writes 1.0, weighs 0.5; d reads 0.5 and 0.25 and writes 0.125.
    assert network.traffic_mb == pytest.approx([1.7, 2.5, 2.75, 0.875])
    assert network.readers == ((1, 2), (3,), (3,), (), (0,))


def test_picking_layers_read_what_they_write() -> None:
    network = make_network(kind=("embedding", "slice", "conv", "add"))
    assert network.traffic_mb[:2] == pytest.approx([2.0, 1.0])


def test_fingerprint_depends_on_content_alone() -> None:
    network = make_network()
    assert network.fingerprint == make_network(source="elsewhere").fingerprint
    assert network.fingerprint == Dnn.from_json(dict(reversed(network.to_json().items()))).fingerprint
    changed = [
        make_network(name="other"),
        make_network(gflop=np.array([1.0, 2.0, 3.0, 1e-9])),
        make_network(kind=("conv", "conv", "conv", "concat")),
        make_network(predecessors=((-1,), (0,), (0,), (0, 1, 2))),
        make_network(result_mbit=0.04),
    ]
    assert len({network.fingerprint, *(c.fingerprint for c in changed)}) == 6


def test_random_numbers_survive_json() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        columns = {key: rng.uniform(0, 10, 4) for key in ("gflop", "weight_mb", "output_mbit")}
        network = make_network(**columns, input_mbit=float(rng.uniform(0, 10)))
        again = Dnn.from_json(json.loads(json.dumps(network.to_json())))
        assert again.fingerprint == network.fingerprint
        for key in columns:
            assert np.array_equal(getattr(again, key), getattr(network, key))
        assert again.input_mbit == network.input_mbit


@pytest.mark.parametrize(
    ("changes", "where", "what"),
    [
        ({"gflop": np.array([1.0, np.nan, 3.0, 0.0])}, "gflop[1]", "nan"),
        ({"weight_mb": np.array([1.0, -2.0, 3.0, 0.0])}, "weight_mb[1]", "-2"),
        ({"output_mbit": np.array([1.0, 2.0, np.inf, 0.0])}, "output_mbit[2]", "inf"),
        ({"gflop": np.array([1.0, 2.0])}, "gflop", "shape"),
        ({"input_mbit": -1.0}, "input_mbit", "-1"),
        ({"result_mbit": float("nan")}, "result_mbit", "nan"),
        ({"layers": ("a", "b", "a", "d")}, "layers[2]", "repeats the name 'a'"),
        ({"layers": ("a", "", "c", "d")}, "layers[1]", "not a name"),
        ({"layers": (), "kind": ()}, "layers", "no layer"),
        ({"kind": ("conv",)}, "kind", "1 kinds for 4 layers"),
        ({"predecessors": ((-1,), (0,), (0,), (1, 9))}, "predecessors[3]", "unknown predecessor 9"),
        ({"predecessors": ((-2,), (0,), (0,), (1, 2))}, "predecessors[0]", "unknown predecessor -2"),
        ({"predecessors": ((-1,), (0,), (0.5,), (1, 2))}, "predecessors[2]", "0.5"),
        ({"predecessors": ((-1,), (0,), (), (1, 2))}, "predecessors[2]", "reads nothing"),
        ({"predecessors": ((-1,), (0,), (0,), (1, 1))}, "predecessors[3]", "twice"),
        ({"predecessors": ((-1,), (0, 3), (0,), (1, 2))}, "predecessors", "cycle"),
        ({"predecessors": ((-1,), (1,), (0,), (1, 2))}, "predecessors[1]", "cycle b -> b"),
        ({"predecessors": ((-1,), (2,), (0,), (1, 2))}, "predecessors[1]", "stands before 'c'"),
        ({"predecessors": ((-1,), (0,))}, "predecessors", "2 lists for 4 layers"),
    ],
)
def test_refuses_bad_networks(changes: dict[str, Any], where: str, what: str) -> None:
    with pytest.raises(InputError) as caught:
        make_network(**changes)
    assert where in caught.value.where and what in caught.value.what


def test_cycle_is_named_in_reading_order() -> None:
    with pytest.raises(InputError, match=r"cycle (b -> d -> b|d -> b -> d)"):
        make_network(predecessors=((-1,), (3,), (0,), (1, 2)))


@pytest.mark.parametrize(
    ("edit", "where", "text"),
    [
        ({"schema": None}, "network.schema", "missing"),
        ({"schema": "edgecut-dnn/3"}, "network.schema", "newer"),
        ({"schema": "something else"}, "network.schema", "edgecut-dnn/1"),
        ({"input_byte": 3}, "network.input_byte", "did you mean 'input_bytes'"),
        ({"result_bytes": 1.5}, "network.result_bytes", "1.5"),
        ({"result_bytes": True}, "network.result_bytes", "True"),
        ({"input_bytes": -4}, "network.input_bytes", "-4"),
        ({"source": 3}, "network.source", "text"),
        ({"name": 3}, "network.name", "name"),
        ({"layers": "abc"}, "network.layers", "list"),
        ({"layers": []}, "layers", "no layer"),
        ({"layers": [3]}, "network.layers[0]", "object"),
    ],
)
def test_refuses_bad_files(edit: dict[str, Any], where: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        Dnn.from_json(make_network().to_json() | edit)
    assert where in caught.value.where and text in str(caught.value)


@pytest.mark.parametrize("field", ["flop", "weight_bytes", "output_bytes", "predecessors", "name", "kind"])
def test_refuses_bad_rows(field: str) -> None:
    values: list[Any] = [None, -1, 0.5, float("nan"), [0.5], [True], {}]
    for value in values:
        data = make_network().to_json()
        data["layers"][2][field] = value
        with pytest.raises(InputError, match=r"\[2\]"):
            Dnn.from_json(data)
    data = make_network().to_json()
    del data["layers"][2][field]
    with pytest.raises(InputError, match="missing"):
        Dnn.from_json(data)


def test_unknown_network_gets_the_nearest_name() -> None:
    with pytest.raises(InputError, match="did you mean 'resnet50'"):
        load_network("resnet_50")
