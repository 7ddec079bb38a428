"""LcDNN: a binary branch on the device, the rest at the edge."""

from __future__ import annotations

import numpy as np

from instances.accuracy import with_accuracy
from instances.binary import with_binary_branch
from instances.exits import block_boundaries
from results.claims.registry import Finding, claim

NETWORKS = ("alexnet", "resnet18", "resnet34", "vgg16", "mobilenet_v2", "googlenet")


def size_ratios() -> np.ndarray:
    """MB of each network over those of its first layer and the binary branch behind it."""
    found = []
    for name in NETWORKS:
        net = with_accuracy(name)
        both = with_binary_branch(net, block_boundaries(net)[0], leaves=0.5, accuracy=0.5)
        on_device = both.layers.index("decision")
        found.append(net.total_weight_mb / float(both.weight_mb[:on_device].sum()))
    return np.array(found)


@claim(
    "lcdnn.size",
    system="LcDNN",
    says="what the device holds is 16 to 29 times smaller than the model",
    source="Huang et al., LcDNN, IEEE TMC",
    evidence="abstract",
    published="16 to 29 times",
    measures="median over 6 networks of model size over size of the first layer and a branch with weights of one bit",
    tolerance="within the published range",
)
def size() -> Finding:
    """Median ratio."""
    ratios = size_ratios()
    median = float(np.median(ratios))
    if 16 <= median <= 29:
        return Finding(median, "times", "reproduced")
    why = f"{ratios.min():.0f} to {ratios.max():.0f} times here, where all of the branch is binary"
    return Finding(median, "times", "trend" if median > 16 else "not reproducible", why)
