"""How often the catalogue's image networks are right: published figures, which the layer graphs do not hold."""

from __future__ import annotations

import dataclasses

from instances.dnn import Dnn, load_network
from instances.errors import InputError, nearest

__all__ = ["TOP1", "with_accuracy"]

TOP1 = {
    "alexnet": 0.56522, "vgg16": 0.71592, "resnet18": 0.69758, "resnet34": 0.73314, "resnet50": 0.76130,
    "resnet101": 0.77374, "squeezenet1_0": 0.58092, "squeezenet1_1": 0.58178, "densenet121": 0.74434,
    "inception_v3": 0.77294, "googlenet": 0.69778, "shufflenet_v2": 0.69362, "mobilenet_v2": 0.71878,
    "mobilenet_v3_large": 0.74042, "mobilenet_v3_small": 0.67668, "efficientnet_b0": 0.77692,
    "convnext_tiny": 0.82520, "swin_t": 0.81474, "vit_b_16": 0.81072,
}  # fmt: skip
"""Top-1 accuracy on ImageNet-1K of torchvision's first weights (IMAGENET1K_V1), as its documentation lists them
[quoted from memory]."""


def with_accuracy(name: str) -> Dnn:
    """The catalogue's network of that name with its accuracy.  Raises InputError where none is known."""
    network = load_network(name)
    if name not in TOP1:
        raise InputError("network", f"'{name}' has no accuracy here", "only image networks do", nearest(name, TOP1))
    return dataclasses.replace(network, accuracy=TOP1[name])
