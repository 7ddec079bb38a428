"""NASNet-A, operator by operator, from its published cells: the largest network here, and one that no vertex parts.

Every cell reads the two before it, so there is no layer through which all data pass, and parallel branches make more
cuts than can be listed: what enumeration cannot answer and a minimum cut can.

Zoph et al., Learning Transferable Architectures for Scalable Image Recognition, CVPR 2018; layer sizes follow the cells
of its public implementation in Keras, whose count of 88,949,818 parameters (batch statistics included) comes out.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from instances.dnn import NETWORK_INPUT, Dnn

__all__ = ["nasnet_a_large"]

_BYTES = 4


@lru_cache(maxsize=1)
def nasnet_a_large() -> Dnn:
    """NASNet-A (6 @ 4032) on 331 × 331 images, 1000 classes, FP32; one layer an operator."""
    graph = _Graph()
    cell = graph.norm(graph.convolve(NETWORK_INPUT, 96, 3, 2, 331, 3, padded=False))
    before: int | None = None
    for filters in (42, 84):
        cell, before = _reduction_cell(graph, cell, before, filters), cell
    assert before is not None  # the stem has two cells
    for filters, after in ((168, 336), (336, 672), (672, 0)):
        for _ in range(6):
            cell, before = _normal_cell(graph, cell, before, filters), cell
        if after:
            # The reduction is skipped as a second input: the next cell reads what came before it.
            cell = _reduction_cell(graph, cell, before, after)
    pooled = graph.pool_all(graph.relu(cell))
    graph.classify(pooled, 1000)
    return graph.network()


def _normal_cell(g: _Graph, here: int, before: int, filters: int) -> int:
    p, h = _adjust(g, before, here, filters), _squeeze(g, here, filters)
    parts = [
        g.add(_separable(g, h, filters, 5), _separable(g, p, filters, 3)),
        g.add(_separable(g, p, filters, 5), _separable(g, p, filters, 3)),
        g.add(g.pool(h), p),
        g.add(g.pool(p), g.pool(p)),
        g.add(_separable(g, h, filters, 3), h),
    ]
    return g.join([p, *parts])


def _reduction_cell(g: _Graph, here: int, before: int | None, filters: int) -> int:
    p = here if before is None else _adjust(g, before, here, filters)
    h = _squeeze(g, here, filters)
    first = g.add(_separable(g, h, filters, 5, 2), _separable(g, p, filters, 7, 2))
    second = g.add(g.pool(h, 2), _separable(g, p, filters, 7, 2))
    third = g.add(g.pool(h, 2), _separable(g, p, filters, 5, 2))
    fourth = g.add(g.pool(first), second)
    fifth = g.add(_separable(g, first, filters, 3), g.pool(h, 2))
    return g.join([second, third, fourth, fifth])


def _squeeze(g: _Graph, here: int, filters: int) -> int:
    return g.norm(g.convolve(g.relu(here), filters, 1))


def _adjust(g: _Graph, before: int, here: int, filters: int) -> int:
    """The cell before the last, brought to this cell's size: two shifted halves where it is larger."""
    if g.side[before] != g.side[here]:
        ready = g.relu(before)
        halves = [g.convolve(g.pool(ready, 2, 1), filters // 2, 1) for _ in range(2)]
        return g.norm(g.join(halves))
    return before if g.channels[before] == filters else _squeeze(g, before, filters)


def _separable(g: _Graph, here: int, filters: int, kernel: int, stride: int = 1) -> int:
    """Twice: activation, depthwise and pointwise convolution, normalisation."""
    for step in (stride, 1):
        here = g.norm(g.convolve(g.depthwise(g.relu(here), kernel, step), filters, 1))
    return here


class _Graph:
    """Operators so far; ``side`` and ``channels`` of each one's output."""

    def __init__(self) -> None:
        self.side: list[int] = []
        self.channels: list[int] = []
        self._rows: list[tuple[str, float, float, tuple[int, ...]]] = []

    def convolve(
        self, here: int, filters: int, kernel: int, stride: int = 1, side: int = 0, channels: int = 0,
        *, padded: bool = True,
    ) -> int:  # fmt: skip
        side, channels = (side, channels) if here == NETWORK_INPUT else (self.side[here], self.channels[here])
        out = -(-side // stride) if padded else (side - kernel) // stride + 1
        weights = kernel * kernel * channels * filters
        return self._put("conv", 2.0 * out * out * weights, weights, out, filters, (here,))

    def depthwise(self, here: int, kernel: int, stride: int) -> int:
        out, weights = -(-self.side[here] // stride), kernel * kernel * self.channels[here]
        return self._put("conv", 2.0 * out * out * weights, weights, out, self.channels[here], (here,))

    def norm(self, here: int) -> int:
        return self._like("norm", here, (here,), per_value=2.0, weights=4 * self.channels[here])

    def relu(self, here: int) -> int:
        return self._like("activation", here, (here,))

    def add(self, one: int, other: int) -> int:
        return self._like("add", one, tuple(sorted({one, other})))

    def pool(self, here: int, stride: int = 1, kernel: int = 3) -> int:
        out = -(-self.side[here] // stride)
        flop = float(kernel * kernel * out * out * self.channels[here])
        return self._put("pool", flop, 0, out, self.channels[here], (here,))

    def join(self, parts: list[int]) -> int:
        channels = sum(self.channels[part] for part in parts)
        return self._put("concat", 0.0, 0, self.side[parts[0]], channels, tuple(sorted(set(parts))))

    def pool_all(self, here: int) -> int:
        values = float(self.side[here] ** 2 * self.channels[here])
        return self._put("pool", values, 0, 1, self.channels[here], (here,))

    def classify(self, here: int, classes: int) -> int:
        weights = (self.channels[here] + 1) * classes
        return self._put("linear", 2.0 * self.channels[here] * classes, weights, 1, classes, (here,))

    def network(self) -> Dnn:
        values = np.array(self.side) ** 2 * np.array(self.channels)
        count: dict[str, int] = {}
        names = []
        for kind, *_ in self._rows:
            count[kind] = count.get(kind, 0) + 1
            names.append(f"{kind}{count[kind]}")
        return Dnn(
            name="nasnet_a_large",
            layers=tuple(names),
            kind=tuple(row[0] for row in self._rows),
            gflop=np.array([row[1] for row in self._rows]) / 1e9,
            weight_mb=np.array([row[2] for row in self._rows]) * _BYTES / 1e6,
            output_mbit=values * _BYTES * 8 / 1e6,
            predecessors=tuple(row[3] for row in self._rows),
            input_mbit=331 * 331 * 3 * 8 / 1e6,
            result_mbit=1000 * _BYTES * 8 / 1e6,
            source="built by instances.nasnet after Zoph et al., CVPR 2018",
        )

    def _like(self, kind: str, model: int, reads: tuple[int, ...], per_value: float = 1.0, weights: int = 0) -> int:
        values = self.side[model] ** 2 * self.channels[model]
        return self._put(kind, per_value * values, weights, self.side[model], self.channels[model], reads)

    def _put(self, kind: str, flop: float, weights: int, side: int, channels: int, reads: tuple[int, ...]) -> int:
        self.side.append(side)
        self.channels.append(channels)
        self._rows.append((kind, flop, float(weights), reads))
        return len(self._rows) - 1
