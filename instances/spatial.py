"""Networks as rows of feature maps: height, kernel, stride and padding of every layer up to where rows end.

The catalogue knows what layers compute and send, not their geometry; that comes from the short tables below, one line
for each kind of layer. Everything is then checked: with the heights that follow, every output must be a whole number
of channels, and every FLOP count that of a dense or a depthwise convolution. The layers behind the last map (global
pooling, linear ones) are the head, which one device runs.
"""

from __future__ import annotations

import dataclasses
import re

from instances.dnn import NETWORK_INPUT, Dnn, load_network
from instances.errors import InputError, nearest

__all__ = ["GEOMETRIES", "SpatialLayer", "SpatialNetwork", "spatial_network"]

_Rule = tuple[str, tuple[int, int, int]]
_SAME: tuple[int, int, int] = (1, 1, 0)

GEOMETRIES: dict[str, tuple[_Rule, ...]] = {
    "alexnet": (
        (r"features\.0", (11, 4, 2)),
        (r"features\.3", (5, 1, 2)),
        (r"features\.(2|5|12)", (3, 2, 0)),
        (r"features\.(6|8|10)", (3, 1, 1)),
        (r"avgpool", _SAME),  # from 6 × 6 to 6 × 6
    ),
    "vgg16": (
        (r"features\.(4|9|16|23|30)", (2, 2, 0)),
        (r"features\.\d+", (3, 1, 1)),
        (r"avgpool", _SAME),  # from 7 × 7 to 7 × 7
    ),
    "resnet18": (
        (r"conv1", (7, 2, 3)),
        (r"maxpool", (3, 2, 1)),
        (r"layer[234]\.0\.conv1", (3, 2, 1)),
        (r"layer[234]\.0\.downsample\.0", (1, 2, 0)),
        (r"layer\d\.\d\.conv\d", (3, 1, 1)),
        (r".*\.add", _SAME),
    ),
    "mobilenet_v2": (
        (r"features\.0\.0", (3, 2, 1)),
        (r"features\.1\.conv\.0\.0", (3, 1, 1)),
        (r"features\.(2|4|7|14)\.conv\.1\.0", (3, 2, 1)),
        (r"features\.\d+\.conv\.1\.0", (3, 1, 1)),
        (r"features\..*", _SAME),  # 1 × 1 convolutions and additions
    ),
}
"""Network: (layer name, (kernel, stride, padding)); the first rule that fits. A layer without one starts the head."""

INPUT_SIDE, INPUT_CHANNELS, FLOAT_BITS = 224, 3, 32


@dataclasses.dataclass(frozen=True)
class SpatialLayer:
    """A layer on square feature maps.

    Args:
        name: as in the network. reads: layers whose outputs it reads, −1 for the network's input.
        kernel, stride, padding: of its window, in rows of what it reads.
        height: rows (and columns) of its output. channels: of its output.
        gflop: GFLOP of the whole layer. mbit: its whole output.
        channelwise: each output channel depends on the same channel of the input only (pooling, addition, depthwise).
    """

    name: str
    reads: tuple[int, ...]
    kernel: int
    stride: int
    padding: int
    height: int
    channels: int
    gflop: float
    mbit: float
    channelwise: bool


@dataclasses.dataclass(frozen=True)
class SpatialNetwork:
    """The layers of a network up to its head, in topological order; the last one is what the head reads.

    Args:
        name: of the network. layers: see `SpatialLayer`.
        input_height, input_channels, input_mbit: the network's input.
        head_gflop: GFLOP of all that follows.
    """

    name: str
    layers: tuple[SpatialLayer, ...]
    input_height: int
    input_channels: int
    input_mbit: float
    head_gflop: float

    def __post_init__(self) -> None:
        if not self.layers:
            raise InputError(f"SpatialNetwork[{self.name}].layers", "is empty", "there is nothing to divide")
        for index, layer in enumerate(self.layers):
            where = f"SpatialNetwork[{self.name}].layers[{index}]"
            if not layer.reads or not all(NETWORK_INPUT <= p < index for p in layer.reads):
                raise InputError(f"{where}.reads", f"is {layer.reads}", "a layer reads layers before it")
            for p in layer.reads:
                rows = (self.height_of(p) + 2 * layer.padding - layer.kernel) // layer.stride + 1
                if rows != layer.height:
                    raise InputError(
                        f"{where}.height", f"is {layer.height}", f"its window makes {rows} rows of what it reads"
                    )
                if layer.channelwise and layer.channels != self.channels_of(p):
                    raise InputError(
                        f"{where}.channels", f"are {layer.channels}", "a channelwise layer keeps their number"
                    )

    def height_of(self, layer: int) -> int:
        """Rows of a layer's output; −1 is the network's input."""
        return self.input_height if layer == NETWORK_INPUT else self.layers[layer].height

    def channels_of(self, layer: int) -> int:
        """Channels of a layer's output; −1 is the network's input."""
        return self.input_channels if layer == NETWORK_INPUT else self.layers[layer].channels

    def mbit_of(self, layer: int) -> float:
        """Mbit of a layer's output; −1 is the network's input."""
        return self.input_mbit if layer == NETWORK_INPUT else self.layers[layer].mbit

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """(layer read, reading layer), in the order of the reading layers."""
        return tuple((p, j) for j, layer in enumerate(self.layers) for p in layer.reads)


def spatial_network(name: str) -> SpatialNetwork:
    """A catalogue network's layers with their geometry.

    Raises:
        InputError: no geometry is known for it, or geometry and catalogue contradict each other.
    """
    if name not in GEOMETRIES:
        raise InputError("network", f"'{name}' has no table of kernels", fix=nearest(name, GEOMETRIES))
    network = load_network(name)
    layers: list[SpatialLayer] = []
    for index in range(network.n_layers):
        window = next((w for pattern, w in GEOMETRIES[name] if re.fullmatch(pattern, network.layers[index])), None)
        if window is None:
            break
        layers.append(_layer(network, index, window, layers))
    head = float(network.gflop[len(layers) :].sum())
    return SpatialNetwork(name, tuple(layers), INPUT_SIDE, INPUT_CHANNELS, network.input_mbit, head)


def _layer(network: Dnn, index: int, window: tuple[int, int, int], before: list[SpatialLayer]) -> SpatialLayer:
    kernel, stride, padding = window
    reads = network.predecessors[index]
    first = reads[0]
    height_in, channels_in = (
        (INPUT_SIDE, INPUT_CHANNELS) if first == NETWORK_INPUT else (before[first].height, before[first].channels)
    )
    height = (height_in + 2 * padding - kernel) // stride + 1
    values = round(network.output_mbit[index] * 1e6 / FLOAT_BITS)
    channels, left = divmod(values, height * height)
    where = f"{network.name}.{network.layers[index]}"
    if left:
        raise InputError(where, f"has {values} values", f"which is no whole number of {height} × {height} maps")
    gflop = float(network.gflop[index])
    channelwise = network.kind[index] in ("pool", "add")
    if network.kind[index] == "conv":
        product = 2e-9 * kernel**2 * values
        channelwise = abs(gflop - product) < abs(gflop - product * channels_in)
        if not abs(gflop - product * (1 if channelwise else channels_in)) <= 1e-9 * gflop:
            raise InputError(where, f"takes {gflop:g} GFLOP", f"a {kernel} × {kernel} window does not give that")
    return SpatialLayer(
        network.layers[index], reads, kernel, stride, padding, height, channels, gflop,
        float(network.output_mbit[index]), channelwise,
    )  # fmt: skip
