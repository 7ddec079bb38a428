"""Tensors as raw bytes and back, and networks whose random weights are the same in every process."""

from __future__ import annotations

import math
from typing import Any

from instances.measure import one_thread
from instances.profile import build_model
from instances.torch_graph import Runnable, make_runnable, need_torch

__all__ = ["bytes_of", "room_for", "seeded", "tensors_in"]

_SEED = 1


def seeded(name: str) -> Runnable:
    """A network of the catalogue with weights drawn from one seed."""
    torch = need_torch()
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        module, example, input_bytes, _ = build_model(name, "cpu")
        return make_runnable(module, example, name=name, input_bytes=input_bytes)


def bytes_of(tensor: Any) -> memoryview:
    """The numbers of a tensor as bytes, in row order; copied only where they do not lie so already."""
    return memoryview(tensor.contiguous().numpy()).cast("B")


def room_for(nodes: Any) -> bytearray:
    """Memory for the values of some nodes, one behind the other."""
    return bytearray(sum(_size(node) for node in nodes))


def tensors_in(room: bytearray, nodes: Any) -> list[Any]:
    """The values of some nodes as they lie in a buffer; nothing is copied."""
    torch = need_torch()
    tensors, start = [], 0
    for node in nodes:
        shape, kind = tuple(node.meta["val"].shape), node.meta["val"].dtype
        flat = torch.frombuffer(room, dtype=kind, count=math.prod(shape), offset=start)
        tensors.append(flat.view(shape))
        start += _size(node)
    return tensors


def _size(node: Any) -> int:
    value = node.meta["val"]
    return int(math.prod(value.shape)) * int(value.element_size())
