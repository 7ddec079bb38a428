"""Training steps and generated networks: counts by hand, and totals that do not depend on how they are built."""

from __future__ import annotations

import numpy as np
import pytest

from instances.check_request import check_request
from instances.dnn import NETWORK_INPUT, Dnn, load_network
from instances.errors import InputError
from instances.networks_generated import GENERATED, generated_network
from instances.request import Request
from instances.training import FORWARD_SUFFIXES, training_step
from solvers.split import Goal, split


def two_layers() -> Dnn:
    """Two layers of 1 and 2 GFLOP, 4 and 8 MB of weights, tensors of 3 and 0.5 Mbit, input 10."""
    return Dnn("two", ("a", "b"), ("conv", "conv"), np.array([1.0, 2.0]), np.array([4.0, 8.0]), np.array([3.0, 0.5]),
               ((NETWORK_INPUT,), (0,)), 10.0, 0.1)  # fmt: skip


def test_a_step_by_hand() -> None:
    step = training_step(two_layers(), batch=4)
    assert step.layers == ("begin", "a/weights", "b/weights", "a", "b", "loss", "b/gradient", "b/weight gradient",
                           "b/update", "a/weight gradient", "a/update")  # fmt: skip
    read = {name: {"input" if p < 0 else step.layers[p] for p in reads}
            for name, reads in zip(step.layers, step.predecessors, strict=True)}  # fmt: skip
    assert read["b"] == {"a", "b/weights"} and read["loss"] == {"b"}
    assert read["b/gradient"] == {"loss", "a", "b/weights"}
    assert read["b/weight gradient"] == {"loss", "a"} and read["b/update"] == {"b/weight gradient", "b/weights"}
    assert read["a/weight gradient"] == {"b/gradient", "input"}  # nobody wants the gradient of the input
    size = dict(zip(step.layers, step.output_mbit.tolist(), strict=True))
    assert size["a"] == 12.0 and size["b/gradient"] == 12.0 and size["b/weight gradient"] == 64.0
    work = dict(zip(step.layers, step.gflop.tolist(), strict=True))
    assert work["b/gradient"] == work["b/weight gradient"] == work["b"] == 8.0
    assert work["a/update"] == pytest.approx(2e-9 * 1e6)
    assert step.input_mbit == 40.0 and step.total_weight_mb == 12.0


@pytest.mark.parametrize("name", ["alexnet", "resnet18", "mobilenet_v2", "googlenet"])
def test_a_step_works_three_times_as_much(name: str) -> None:
    net = load_network(name)
    step = training_step(net, batch=8)
    forward = [v for v, layer in enumerate(step.layers) if not layer.endswith(FORWARD_SUFFIXES)]
    assert step.gflop[forward].sum() == pytest.approx(8 * net.total_gflop, rel=1e-4)
    assert 2.8 < step.total_gflop / (8 * net.total_gflop) <= 3.01  # the first layers hand nothing back
    assert step.total_weight_mb == pytest.approx(net.total_weight_mb)
    assert Dnn.from_json(step.to_json()).fingerprint == step.fingerprint


def test_activations_and_weights_cross_between_forward_and_backward() -> None:
    step = training_step(two_layers())
    request = Request.from_catalog(step, "phone", "edge_gpu", "wifi", one_way=False)
    back = np.array([name.endswith(("gradient", "/update")) for name in step.layers]).astype(int)
    sent = check_request(request, back).sent_mbit[0, 1]
    weights = 8.0 * (4.0 + 8.0)  # for the backward layers and the updates
    assert sent == pytest.approx(10.0 + 3.0 + 0.5 + weights)  # input, activation, loss


def test_switching_pays_in_training_where_a_single_cut_cannot() -> None:
    request = Request.from_catalog(training_step(generated_network("convolutional_vae"), batch=16), "phone",
                                   "edge_cpu_8core", "3g", server_weight=0.0, one_way=False)  # fmt: skip
    for goal in (Goal.latency(), Goal.energy()):
        one = split(request.replace(one_way=True), "min_cut", goal)
        many, program = (split(request, method, goal) for method in ("min_cut", "switching_milp"))
        assert program.value == pytest.approx(many.value, rel=1e-7)
        assert many.value < 0.9 * one.value


@pytest.mark.parametrize("name", GENERATED)
def test_generated_networks_are_chains_that_survive_a_file(name: str) -> None:
    net = generated_network(name)
    assert all(reads == (v - 1,) for v, reads in enumerate(net.predecessors))
    assert Dnn.from_json(net.to_json()).fingerprint == net.fingerprint
    assert net.source and generated_network(name) is net


def test_published_sizes() -> None:
    # VQ-VAE: codes of 32 × 32; DCGAN: 4 × 4 × 1024 after the first layer, 64 × 64 × 3 at the end.
    vq = generated_network("vq_vae")
    assert vq.output_mbit[vq.kind.index("quantise")] == 32 * 32 * 2 * 8 / 1e6
    gan = generated_network("dcgan_generator")
    assert gan.output_mbit[0] == 4 * 4 * 1024 * 32 / 1e6 and gan.output_mbit[-1] == 64 * 64 * 3 * 32 / 1e6
    assert gan.gflop[1] == 2 * 4 * 4 * 25 * 1024 * 512 / 1e9
    blocks = generated_network("vq_image_to_image")
    # 12 blocks of 768: 85 million weights, as in BERT-base without its embeddings.
    kinds = np.array(blocks.kind)
    assert blocks.weight_mb[kinds == "transformer"].sum() == pytest.approx(4 * 85.05, rel=0.001)
    vae = generated_network("convolutional_vae")
    assert vae.output_mbit[vae.kind.index("linear")] == 100 * 32 / 1e6
    with pytest.raises(InputError, match="did you mean"):
        generated_network("vq_vea")
