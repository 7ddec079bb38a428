"""JALAD: cut and bit width of what crosses it, with a cap on the loss of accuracy."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.accuracy import with_accuracy
from instances.columns import Bools, Floats
from instances.expand import expand
from instances.quantise import bit_variants
from results.claims.registry import Finding, claim
from results.single_user import inside, latency_s, one_user

NETWORKS = ("vgg16", "resnet50", "resnet18", "mobilenet_v2")
DEVICES = ("raspberry_pi_4", "jetson_tx2_cpu", "phone_flagship")
RATES_MBPS = np.geomspace(0.3, 30.0, 12)
WIDTHS = (8, 6, 4, 3, 2)
LOSS_CAP = 0.1
LOSSES = (0.005, 0.02, 0.08)
"""Assumed accuracy lost at 4 bits, swept."""


@dataclasses.dataclass(frozen=True)
class Cases:
    """For every case: latency at 32 bits over that with fewer, whether the best cut lies inside, before and after."""

    gain: Floats
    inside_before: Bools
    inside_after: Bools


def cases(at_four_bits: float) -> Cases:
    """Best latency of each network, device and rate, with and without fewer bits."""
    found = []
    for name in NETWORKS:
        net = with_accuracy(name)
        losses = [np.append(np.full(net.n_layers, min(at_four_bits * 4.0 ** (4 - w), 0.5)), 0.0) for w in WIDTHS]
        coded = bit_variants(net, WIDTHS, losses)
        for device in DEVICES:
            capped = one_user(
                net, device, "edge_gpu", variants=coded, accuracy_floor=float(net.accuracy or 0) - LOSS_CAP
            )
            table, plain = expand(capped), expand(one_user(net, device, "edge_gpu"))
            after, before = latency_s(table, RATES_MBPS), latency_s(plain, RATES_MBPS)
            found.append((before.min(axis=1) / after.min(axis=1), inside(plain)[before.argmin(axis=1)],
                          inside(table)[after.argmin(axis=1)]))  # fmt: skip
    return Cases(*(np.concatenate(part) for part in zip(*found, strict=True)))


@claim(
    "jalad.faster",
    system="JALAD",
    says="sending features in fewer bits, with the accuracy lost capped, makes a cut network faster",
    source="Li et al., ICPADS 2018, arXiv:1812.10027",
    evidence="abstract",
    published="–",
    measures="largest ratio of the best latency at 32 bits to the best with 2 to 8 bits and at most 10 points lost, "
    "over 4 networks, 3 devices and 12 rates; least of three assumed loss curves",
    tolerance="trend: above 1.1 somewhere; the share of cases is in the last column",
)
def faster() -> Finding:
    """Least of the largest speed-ups."""
    swept = [cases(loss) for loss in LOSSES]
    largest = min(float(c.gain.max()) for c in swept)
    share = 100 * min(float((c.gain > 1.001).mean()) for c in swept)
    cuts = 100 * min(float(c.inside_after.mean()) for c in swept)
    before = 100 * float(swept[0].inside_before.mean())
    why = f"faster in {share:.0f} % of cases; cuts inside win in {cuts:.0f} %, before in {before:.0f} %; losses assumed"
    if largest > 1.1:
        return Finding(largest, "times", "trend", why)
    return Finding(largest, "times", "not reproducible", why)
