"""Generative and autoencoder networks from published layer sizes: FLOP and bytes by formula, as chains.

Small in the middle and large at both ends (or at the far end only): networks for which it pays to leave a device and to
come back. A residual block and a transformer block are one layer each, so that all are chains. FP32; images are sent
as bytes, codes as two bytes each. Sizes are those of the works named, quoted from general knowledge; what is put
together from parts says so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from instances.dnn import Dnn
from instances.errors import InputError, nearest

__all__ = ["GENERATED", "generated_network"]

_FLOAT, _CODE, _PIXEL, _TOKEN = 4, 2, 1, 4
"""Bytes of an activation, of a code, of a colour of a pixel, of a text token."""

GENERATED: dict[str, Callable[[], Dnn]] = {}


def generated_network(name: str) -> Dnn:
    """One of `GENERATED` by name.

    Raises:
        InputError: no such network; names the nearest.
    """
    if name not in GENERATED:
        raise InputError("network", f"'{name}' is not generated", fix=nearest(name, GENERATED))
    return GENERATED[name]()


def _generated(build: Callable[[], Dnn]) -> Callable[[], Dnn]:
    GENERATED[build.__name__] = lru_cache(maxsize=1)(build)
    return build


@dataclasses.dataclass
class _Chain:
    """Layers so far, and the shape of the last tensor: ``side`` × ``side`` × ``channels``."""

    side: int
    channels: int
    rows: list[tuple[str, float, float, float]] = dataclasses.field(default_factory=list)

    def convolve(self, filters: int, kernel: int, stride: int = 1) -> _Chain:
        """Padded convolution with its bias and activation."""
        side, weights = -(-self.side // stride), kernel * kernel * self.channels * filters
        return self._put("conv", 2.0 * side * side * weights, weights + filters, side, filters)

    def deconvolve(self, filters: int, kernel: int, stride: int = 2) -> _Chain:
        """Transposed convolution: every input pixel meets every weight."""
        weights = kernel * kernel * self.channels * filters
        return self._put("deconv", 2.0 * self.side**2 * weights, weights + filters, self.side * stride, filters)

    def residual(self, hidden: int) -> _Chain:
        """3 × 3 to ``hidden`` channels, 1 × 1 back, and the sum."""
        weights = 10 * self.channels * hidden
        flop = 2.0 * self.side**2 * weights + self.side**2 * self.channels
        return self._put("residual", flop, weights + hidden + self.channels, self.side, self.channels)

    def dense(self, side: int, channels: int) -> _Chain:
        """Fully connected, to a tensor of this shape."""
        before, after = self.side**2 * self.channels, side**2 * channels
        return self._put("linear", 2.0 * before * after, before * after + after, side, channels)

    def quantise(self, codes: int) -> _Chain:
        """Nearest of so many code vectors for every pixel; codes go out."""
        flop = 2.0 * self.side**2 * codes * self.channels
        return self._put("quantise", flop, codes * self.channels, self.side, 1, _CODE)

    def look_up(self, codes: int, width: int, pixels: int | None = None) -> _Chain:
        """Vectors of codes or tokens; ``pixels``: how many come out, where they are not one a code."""
        side = self.side if pixels is None else round(pixels**0.5)
        return self._put("embedding", 0.0, codes * width, side, width)

    def transform(self, tokens: int) -> _Chain:
        """Transformer block: attention and a feed-forward part of four times the width."""
        d = self.channels
        flop = 24.0 * tokens * d * d + 4.0 * tokens * tokens * d
        return self._put("transformer", flop, 12 * d * d + 13 * d, self.side, d)

    def choose(self, codes: int) -> _Chain:
        """Scores of all codes for every token, and the best of them."""
        flop = 2.0 * self.side**2 * self.channels * codes
        return self._put("linear", flop, self.channels * codes, self.side, 1, _CODE)

    def network(self, name: str, input_bytes: int, result_bytes: int, source: str) -> Dnn:
        count: dict[str, int] = {}
        names = []
        for kind, *_ in self.rows:
            count[kind] = count.get(kind, 0) + 1
            names.append(f"{kind}{count[kind]}")
        return Dnn(
            name=name,
            layers=tuple(names),
            kind=tuple(row[0] for row in self.rows),
            gflop=np.array([row[1] for row in self.rows]) / 1e9,
            weight_mb=np.array([row[2] for row in self.rows]) * _FLOAT / 1e6,
            output_mbit=np.array([row[3] for row in self.rows]) * 8 / 1e6,
            predecessors=tuple((j - 1,) for j in range(len(self.rows))),
            input_mbit=input_bytes * 8 / 1e6,
            result_mbit=result_bytes * 8 / 1e6,
            source=source,
        )

    def _put(
        self, kind: str, flop: float, weights: float, side: int, channels: int, value_bytes: int = _FLOAT
    ) -> _Chain:
        self.side, self.channels = side, channels
        self.rows.append((kind, flop, float(weights), float(side * side * channels * value_bytes)))
        return self


_CODES, _CODE_WIDTH = 512, 64


def _encode(chain: _Chain) -> _Chain:
    """Encoder of VQ-VAE as in its public implementation (128 hidden units, residual blocks of 32), down to codes."""
    chain.convolve(64, 4, 2).convolve(128, 4, 2).convolve(128, 3)
    return chain.residual(32).residual(32).convolve(_CODE_WIDTH, 1).quantise(_CODES)


def _decode(chain: _Chain) -> _Chain:
    """Decoder of the same, from codes to an image."""
    chain.look_up(_CODES, _CODE_WIDTH).convolve(128, 3).residual(32).residual(32)
    return chain.deconvolve(64, 4).deconvolve(3, 4)


@_generated
def vq_vae() -> Dnn:
    """Autoencoder with codes of 32 × 32 for images of 128 × 128: van den Oord et al., NeurIPS 2017, section 4.1."""
    image = 128 * 128 * 3 * _PIXEL
    source = "sizes of van den Oord et al., NeurIPS 2017, and its public implementation"
    return _decode(_encode(_Chain(128, 3))).network("vq_vae", image, image, source)


@_generated
def vq_image_to_image() -> Dnn:
    """Image to image in the space of codes: VQ-VAE around a bidirectional transformer of BERT-base's size.

    Put together after Chang et al., MaskGIT, CVPR 2022; one pass of the transformer over all 1024 codes.
    """
    image, chain = 128 * 128 * 3 * _PIXEL, _encode(_Chain(128, 3)).look_up(_CODES, 768)
    for _ in range(12):
        chain.transform(1024)
    source = "our composition: VQ-VAE (van den Oord et al. 2017), 12 blocks of 768 (Devlin et al. 2019)"
    return _decode(chain.choose(_CODES)).network("vq_image_to_image", image, image, source)


@_generated
def vq_text_to_image() -> Dnn:
    """Text to image by codes: 64 tokens, a transformer of GPT-2's smallest size over 64 + 1024, VQ-VAE's decoder.

    Put together after Ramesh et al., ICML 2021; one pass over all codes, as by a parallel decoder.
    """
    chain = _Chain(8, 1).look_up(50257, 768, pixels=1024)
    for _ in range(12):
        chain.transform(64 + 1024)
    source = "our composition: 12 blocks of 768 (Radford et al. 2019), VQ-VAE's decoder (van den Oord et al. 2017)"
    image = 128 * 128 * 3 * _PIXEL
    return _decode(chain.choose(_CODES)).network("vq_text_to_image", 64 * _TOKEN, image, source)


@_generated
def dcgan_generator() -> Dnn:
    """Generator of images of 64 × 64 from 100 numbers: Radford et al., ICLR 2016, figure 1."""
    chain = _Chain(1, 100).dense(4, 1024)
    for filters in (512, 256, 128, 3):
        chain.deconvolve(filters, 5)
    source = "sizes of Radford et al., ICLR 2016, figure 1"
    return chain.network("dcgan_generator", 100 * _FLOAT, 64 * 64 * 3 * _PIXEL, source)


@_generated
def convolutional_vae() -> Dnn:
    """Variational autoencoder of faces of 64 × 64 with 100 hidden numbers: Hou et al., WACV 2017."""
    chain = _Chain(64, 3)
    for filters in (32, 64, 128, 256):
        chain.convolve(filters, 4, 2)
    chain.dense(1, 100).dense(4, 256)
    for filters in (128, 64, 32, 3):
        # Upsampling to twice the side, then a 3 × 3 convolution.
        chain.side *= 2
        chain.convolve(filters, 3)
    image = 64 * 64 * 3 * _PIXEL
    return chain.network("convolutional_vae", image, image, "sizes of Hou et al., WACV 2017")
