"""JointDNN: layers on the device or in the cloud, any number of switches, against doing all at one place."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from instances.check_request import check_request
from instances.dnn import Dnn, load_network
from instances.networks_generated import GENERATED, generated_network
from instances.request import Request
from instances.training import training_step
from results.claims.registry import Finding, claim, within
from solvers.split import Goal, split

DEVICE, SERVER, RADIOS = "jetson_tx2_cpu", "cloud_gpu", ("3g", "lte", "wifi")
CLASSIFIERS = ("alexnet", "vgg16", "resnet50", "resnet101")
CONVOLUTIONAL = ("dcgan_generator", "convolutional_vae", "vq_vae")
"""Generator and autoencoders of convolutions only, as the paper's; the others here hold transformers."""
SOURCE = "Eshratifar et al., TMC 2021, arXiv 1801.08618, abstract"
PROFILES = "the paper's layer profiles are not public; ours is a roofline of the board's CPU, the paper used its GPU"


@dataclasses.dataclass(frozen=True)
class Gain:
    """How many times as much the device alone, the cloud alone and the best single cut take as the best placement."""

    network: str
    radio: str
    device: float
    cloud: float
    cut: float


def gain_of(net: Dnn, radio: str, goal: Goal) -> Gain:
    """Gains of any number of switches; energy is the device's."""
    request = Request.from_catalog(net, DEVICE, SERVER, radio, server_weight=0.0, one_way=False)
    method = "min_cut" if net.name.endswith("_training") else "switching_path"
    best = split(request, method, goal).value
    alone = [check_request(request, np.full(net.n_layers, k)) for k in range(2)]
    device, cloud = (goal.value(report.latency_s, report.energy_j, report.stage_s) / best for report in alone)
    cut = split(request.replace(one_way=True), method, goal).value / best
    return Gain(net.name, radio, device, cloud, cut)


def gains(goal: Goal) -> Iterator[Gain]:
    """Classifiers, and generator and autoencoders, over the three radios."""
    nets = [load_network(name) for name in CLASSIFIERS] + [generated_network(name) for name in CONVOLUTIONAL]
    return (gain_of(net, radio, goal) for net in nets for radio in RADIOS)


def _against_status_quo(goal: Goal, published: float) -> Finding:
    found = list(gains(goal))
    most = max(found, key=lambda g: max(g.device, g.cloud))
    value = max(most.device, most.cloud)
    better = max(found, key=lambda g: min(g.device, g.cloud))
    why = (f"largest for {most.network} over {most.radio}; against the better of the two ways at most "
           f"{min(better.device, better.cloud):.2f} ({better.network} over {better.radio}); {PROFILES}")  # fmt: skip
    if within(value, published, 0.25):
        return Finding(value, "×", "reproduced", why)
    same_size = published / 3 <= value <= published * 3
    return Finding(value, "×", "trend" if same_size else "not reproducible", why)


@claim(
    "jointdnn.latency",
    system="JointDNN",
    says="latency is up to 18 times lower than on the device alone or in the cloud alone, over 3G, LTE and WiFi",
    source=SOURCE,
    evidence="abstract",
    published="18 ×",
    measures="largest gain over either way, of seven convolutional networks over three radios (TX2 CPU, A100)",
    tolerance="25 %; within a factor of 3 counts as the trend",
)
def latency() -> Finding:
    """Largest latency gain."""
    return _against_status_quo(Goal.latency(), 18.0)


@claim(
    "jointdnn.energy",
    system="JointDNN",
    says="mobile energy is up to 32 times lower than on the device alone or in the cloud alone",
    source=SOURCE,
    evidence="abstract",
    published="32 ×",
    measures="largest gain over either way, of seven convolutional networks over three radios (TX2 CPU, A100)",
    tolerance="25 %; within a factor of 3 counts as the trend",
)
def energy() -> Finding:
    """Largest energy gain."""
    return _against_status_quo(Goal.energy(), 32.0)


@claim(
    "jointdnn.switches",
    system="JointDNN",
    says="where the result must come back to the device, several switches beat a single cut",
    source="Eshratifar et al., TMC 2021, arXiv 1801.08618",
    evidence="unverified",
    published="–",
    measures="part of (generated network, radio, goal) whose best placement beats the best single cut by 1 % or more",
    tolerance="no figure; any at all counts as the trend",
)
def switches() -> Finding:
    """Share of cases in which several switches win."""
    found = [gain_of(generated_network(name), radio, goal)
             for name in GENERATED for radio in RADIOS for goal in (Goal.latency(), Goal.energy())]  # fmt: skip
    winners = [g for g in found if g.cut >= 1.01]
    why = "the networks are ours, from published layer sizes"
    if not winners:
        return Finding(0.0, "%", "not reproducible", why)
    most = max(winners, key=lambda g: g.cut)
    names = ", ".join(sorted({g.network for g in winners}))
    return Finding(100 * len(winners) / len(found), "%", "trend",
                   f"{names}; at most {most.cut:.2f} × ({most.network} over {most.radio}); {why}")  # fmt: skip


@claim(
    "jointdnn.training",
    system="JointDNN",
    says="the same pays in training, where gradients and weights travel as well",
    source=SOURCE,
    evidence="abstract; training graph own",
    published="–",
    measures="largest gain of many switches over a single cut, training steps of 16 examples over three radios",
    tolerance="no figure; 1 % or more counts as the trend",
)
def training() -> Finding:
    """Largest gain of switches in training."""
    nets = [load_network(name) for name in ("alexnet", "resnet18")] + [generated_network(n) for n in CONVOLUTIONAL]
    found = [gain_of(training_step(net, batch=16), radio, goal)
             for net in nets for radio in RADIOS for goal in (Goal.latency(), Goal.energy())]  # fmt: skip
    most = max(found, key=lambda g: g.cut)
    why = f"{most.network} over {most.radio}; the training graph is our reconstruction"
    return Finding(most.cut, "×", "trend" if most.cut >= 1.01 else "not reproducible", why)
