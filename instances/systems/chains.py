"""Networks as chains whose costs follow from shapes: AlexNet, ResNet18 and VGG16 as Liu et al. count them.

A convolution takes 2HW(C_in k² + 1)C_out operations, a fully connected layer (2I − 1)O; a value is 4 bytes. Pooling is
free. A residual block is one link of the chain, since a cut inside it would have to send its input as well.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from instances.columns import Floats
from instances.dnn import Dnn
from instances.errors import InputError, nearest

__all__ = ["CHAINS", "Chain", "chain_of", "load_chain"]

MBIT_PER_VALUE = 32e-6


@dataclasses.dataclass(frozen=True, eq=False)
class Chain:
    """A network as L links in a row.

    Args:
        name: of the network.
        gflop: [L] work of each link, GFLOP.
        output_mbit: [L + 1] what goes over the air when that many links ran on the device; the input first.

    Raises:
        InputError: lengths that do not match, or a number that is negative or not finite.
    """

    name: str
    gflop: Floats
    output_mbit: Floats

    def __post_init__(self) -> None:
        for field in ("gflop", "output_mbit"):
            array = np.array(getattr(self, field), dtype=float)
            array.flags.writeable = False
            if array.ndim != 1 or not (np.isfinite(array) & (array >= 0)).all():
                raise InputError(f"{self.name}.{field}", "holds no finite numbers ≥ 0", fix="one number a link")
            object.__setattr__(self, field, array)
        if len(self.output_mbit) != len(self.gflop) + 1:
            raise InputError(
                f"{self.name}.output_mbit", f"has {len(self.output_mbit)} entries", "the input and every link send one"
            )

    @property
    def before_gflop(self) -> Floats:
        """[L + 1] work on the device when it runs that many links."""
        return np.concatenate([[0.0], np.cumsum(self.gflop)])

    @property
    def after_gflop(self) -> Floats:
        """[L + 1] work left for the helper; exactly 0 when the device runs all links."""
        return np.concatenate([np.cumsum(self.gflop[::-1])[::-1], [0.0]])


def convolution(side: int, channels_in: int, kernel: int, channels_out: int) -> float:
    """GFLOP of a convolution with a square output of ``side`` pixels."""
    return 2e-9 * side * side * (channels_in * kernel * kernel + 1) * channels_out


def connected(inputs: int, outputs: int) -> float:
    """GFLOP of a fully connected layer."""
    return 1e-9 * (2 * inputs - 1) * outputs


def _chain(name: str, links: list[tuple[float, int]]) -> Chain:
    """A chain from (GFLOP, values sent after it), fed with an image of 3 × 224 × 224 values."""
    values = [3 * 224 * 224, *(sent for _, sent in links)]
    return Chain(name, np.array([work for work, _ in links]), MBIT_PER_VALUE * np.array(values, dtype=float))


def _alexnet() -> Chain:
    """The one-tower AlexNet; pooling joined to the convolution before it."""
    return _chain("alexnet", [
        (convolution(55, 3, 11, 64), 64 * 27 * 27),
        (convolution(27, 64, 5, 192), 192 * 13 * 13),
        (convolution(13, 192, 3, 384), 384 * 13 * 13),
        (convolution(13, 384, 3, 256), 256 * 13 * 13),
        (convolution(13, 256, 3, 256), 256 * 6 * 6),
        (connected(256 * 6 * 6, 4096), 4096),
        (connected(4096, 4096), 4096),
        (connected(4096, 1000), 1000),
    ])  # fmt: skip


def _vgg16() -> Chain:
    """VGG16; pooling joined to the convolution before it."""
    links, channels, side = [], 3, 224
    for width, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for place in range(depth):
            after = side // 2 if place == depth - 1 else side
            links.append((convolution(side, channels, 3, width), width * after * after))
            channels = width
        side //= 2
    ends = [(512 * 7 * 7, 4096), (4096, 4096), (4096, 1000)]
    return _chain("vgg16", links + [(connected(i, o), o) for i, o in ends])


def _resnet18() -> Chain:
    """ResNet18 by residual blocks."""
    links, channels, side = [(convolution(112, 3, 7, 64), 64 * 56 * 56)], 64, 56
    for width in (64, 128, 256, 512):
        for place in range(2):
            wider = place == 0 and width != channels
            side = side // 2 if wider else side
            shortcut = convolution(side, channels, 1, width) if wider else 0.0
            work = convolution(side, channels, 3, width) + convolution(side, width, 3, width) + shortcut
            # Average pooling belongs to the last block: nobody would send what it still has to shrink.
            values = width if (width, place) == (512, 1) else width * side * side
            links.append((work, values))
            channels = width
    return _chain("resnet18", [*links, (connected(512, 1000), 1000)])


CHAINS = {"alexnet": _alexnet, "resnet18": _resnet18, "vgg16": _vgg16}


@functools.lru_cache(maxsize=8)
def load_chain(name: str) -> Chain:
    """The chain of that name.

    Raises:
        InputError: no such chain.
    """
    if name not in CHAINS:
        raise InputError("chain", f"'{name}' is not known", fix=nearest(name, CHAINS))
    return CHAINS[name]()


def chain_of(network: Dnn, *, shrinking: bool = False) -> Chain:
    """A network of the catalogue as a chain, cut where only the last link's output is still read.

    With ``shrinking`` only where it is also smaller than everything that could have been sent before.
    """
    gflop, sent, work = [], [network.input_mbit], 0.0
    reaches = [max(reads, default=-1) for reads in network.readers]
    open_until = reaches[-1]
    for layer in range(network.n_layers):
        work += float(network.gflop[layer])
        last = layer == network.n_layers - 1
        output = network.result_mbit if last else float(network.output_mbit[layer])
        if last or (open_until <= layer and (not shrinking or output < min(sent))):
            gflop.append(work)
            sent.append(output)
            work = 0.0
        open_until = max(open_until, reaches[layer])
    return Chain(network.name, np.array(gflop), np.array(sent))
