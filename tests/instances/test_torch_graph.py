"""Networks from torch modules: counts by hand, splits that compute what the whole does, and measured times."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from instances import from_torch
from instances.cuts import enumerate_cuts
from instances.dnn import load_network
from instances.errors import InputError
from instances.measure import measure_layers
from instances.profile import profile_network
from instances.running import split, whole
from instances.timings_of import open_network
from instances.torch_graph import make_runnable

torch = pytest.importorskip("torch", reason="the extra profile is not installed")


class Branched(torch.nn.Module):  # type: ignore[misc,name-defined]
    """A residual addition in place, a split read part by part, and a joining of branches."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Conv2d(3, 4, 3, padding=1)
        self.second = torch.nn.Conv2d(4, 4, 1)
        self.third = torch.nn.Conv2d(2, 6, 1)
        self.last = torch.nn.Linear(8 * 64, 5)

    def forward(self, x: Any) -> Any:
        x = torch.relu(self.first(x))
        x = x + torch.relu(self.second(x))
        left, right = x.chunk(2, dim=1)
        return self.last(torch.cat([self.third(left), right], dim=1).flatten(1))


class Pair(torch.nn.Module):  # type: ignore[misc,name-defined]
    """Two inputs, two outputs, and an operator without a kind."""

    def forward(self, x: Any, y: Any) -> Any:
        return x @ y, torch.cumsum(x, 1)


EXAMPLE = torch.rand(1, 3, 8, 8)


def test_counts_by_hand() -> None:
    module = Branched()
    network = from_torch(module, EXAMPLE)
    assert network.name == "branched"
    products = {"first": 4 * 64 * 27, "second": 4 * 64 * 4, "third": 6 * 64 * 2, "last": 5 * 512}
    for name, count in products.items():
        assert network.gflop[network.layers.index(name)] == pytest.approx(2e-9 * count)
    assert network.total_weight_mb * 1e6 == pytest.approx(4 * sum(p.numel() for p in module.parameters()))
    assert network.input_mbit * 1e6 / 8 == pytest.approx(3 * 64) and network.result_mbit * 1e6 / 8 == 20
    assert network.fingerprint == make_runnable(module, EXAMPLE).network.fingerprint


def test_the_module_given_stays_as_it_was() -> None:
    module = Branched().train()
    from_torch(module, EXAMPLE)
    assert module.training and all(p.device.type == "cpu" for p in module.parameters())


def test_several_inputs_and_outputs_and_an_unknown_operator() -> None:
    with pytest.warns(UserWarning, match="cumsum"):
        network = from_torch(Pair(), (torch.rand(2, 3), torch.rand(3, 4)), name="pair")
    assert network.layers[-1] == "outputs" and "other" in network.kind
    assert network.input_mbit * 1e6 / 8 == pytest.approx(4 * (6 + 12))
    assert network.result_mbit * 1e6 / 8 == pytest.approx(4 * (8 + 6))


def test_a_module_that_cannot_be_exported_is_refused() -> None:
    class Looks(torch.nn.Module):  # type: ignore[misc,name-defined]
        def forward(self, x: Any) -> Any:
            return x + 1 if x.sum() > 0 else x

    with pytest.raises(InputError, match="cannot be exported"):
        from_torch(Looks(), EXAMPLE)
    with pytest.raises(InputError, match="tuple of them"):
        from_torch(Branched(), (1, 3, 8, 8))


def test_every_cut_computes_the_same_and_sends_what_the_model_says() -> None:
    torch.manual_seed(0)
    runnable = make_runnable(Branched(), EXAMPLE)
    cuts = enumerate_cuts(runnable.network)
    assert len(cuts) > runnable.network.n_layers + 1  # branches can be cut apart
    with torch.inference_mode():
        result = runnable.module(EXAMPLE)
        assert torch.equal(whole(runnable).run(runnable.examples)[0], result)
        for row, kept in enumerate(cuts.on_device):
            parts = split(runnable, set(np.flatnonzero(kept).tolist()))
            crossing = parts.device.run(runnable.examples)
            assert torch.equal(parts.server.run(crossing)[0], result)
            if kept[0] and not kept.all():  # else the input itself is sent, as bytes, or nothing is
                sent = sum(tensor.numel() * tensor.element_size() for tensor in crossing)
                assert sent == round(cuts.upload_mbit[row] * 1e6 / 8)


def test_measured_times_are_one_a_layer() -> None:
    runnable = make_runnable(Branched(), EXAMPLE)
    threads = torch.get_num_threads()
    timing = measure_layers(runnable, repeats=3)
    assert torch.get_num_threads() == threads
    timing.check_network(runnable.network)
    assert len(timing.layer_s) == runnable.network.n_layers and timing.repeats == 3
    assert (timing.layer_s > 0).all()
    assert (timing.low_s <= timing.layer_s).all() and (timing.layer_s <= timing.high_s).all()
    with pytest.raises(InputError, match="meta device"):
        measure_layers(make_runnable(Branched().to("meta"), EXAMPLE.to("meta")), repeats=1)
    with pytest.raises(InputError, match="repeats"):
        measure_layers(runnable, repeats=0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
def test_a_gpu_is_timed_by_events() -> None:
    timing = measure_layers(make_runnable(Branched().cuda(), EXAMPLE.cuda()), repeats=3)
    assert (timing.layer_s > 0).all() and timing.whole_s[0] > 0


@pytest.mark.skipif(find_spec("torchvision") is None, reason="the extra profile is not installed")
@pytest.mark.parametrize("name", ["squeezenet1_1", "shufflenet_v2"])
def test_catalogue_can_be_made_again(name: str) -> None:
    assert profile_network(name).fingerprint == load_network(name).fingerprint


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("mine.json", "is a layer graph"),
        ("tests.nothing:make", "cannot be called"),
        ("tests.builders:nothing", "cannot be called"),
        ("builtins:list", "returns no pair"),
        ("resnet19", "did you mean 'resnet18'"),
    ],
)
def test_what_cannot_be_timed_is_told(reference: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        open_network(reference)
