"""The palette read with other eyes: simulated colour blindness, and greyscale.

Colour-blind vision by the matrices for severity 1 of Machado, Oliveira and Fernandes, "A physiologically-based model
for simulation of color vision deficiency", IEEE TVCG 15(6), 2009, applied to linear RGB. Distances are CIE 1976 in
L*a*b* under D65; a difference of about 2 is just noticed.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from results.style import COLOURS, DASHES, MARKERS, SEQUENCE

EYES = {
    "normal": np.eye(3),
    "protanopia": np.array([
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]),
    "deuteranopia": np.array([
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]),
    "tritanopia": np.array([
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ]),
}  # fmt: skip
TO_XYZ = np.array([
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
])  # fmt: skip
LEAST_DISTANCE, LEAST_LIGHTNESS = 25.0, 8.0
OLD = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D31")
"""Okabe and Ito's colours with a brown, which were used before."""


def linear(colours: tuple[str, ...]) -> NDArray[Any]:
    """[colours, 3] linear RGB of hexadecimal sRGB."""
    coded = np.array([[int(c[k : k + 2], 16) / 255 for k in (1, 3, 5)] for c in colours])
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray[Any]) -> NDArray[Any]:
    """[colours, 3] L*, a*, b* of linear RGB."""
    t = np.clip(rgb, 0, 1) @ TO_XYZ.T / TO_XYZ.sum(axis=1)
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def least_distance(colours: tuple[str, ...], eyes: str) -> float:
    """Of any two colours, seen with such eyes."""
    seen = lab(linear(colours) @ EYES[eyes].T)
    return min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2))


def least_lightness(colours: tuple[str, ...]) -> float:
    """Least difference of any two in L*, which is what greyscale shows."""
    light = np.sort(lab(linear(colours))[:, 0])
    return float(np.diff(light).min())


def test_lab_of_known_colours() -> None:
    assert lab(linear(("#FFFFFF",)))[0] == pytest.approx([100, 0, 0], abs=0.02)
    assert lab(linear(("#FF0000",)))[0] == pytest.approx([53.24, 80.09, 67.20], abs=0.05)


def test_simulated_eyes_keep_grey_grey() -> None:
    for matrix in EYES.values():
        assert matrix.sum(axis=1) == pytest.approx(np.ones(3), abs=2e-6)


@pytest.mark.parametrize("eyes", EYES)
def test_colours_stay_apart(eyes: str) -> None:
    assert least_distance(COLOURS, eyes) >= LEAST_DISTANCE


def test_colours_stay_apart_in_greyscale_and_on_white() -> None:
    assert least_lightness(COLOURS) >= LEAST_LIGHTNESS
    assert lab(linear(COLOURS))[:, 0].max() <= 80


def test_the_test_sees_colours_that_are_too_near() -> None:
    assert least_lightness(OLD) < 1
    assert min(least_distance(OLD, eyes) for eyes in EYES) < LEAST_DISTANCE


def test_neighbours_differ_in_lightness_by_more() -> None:
    light = lab(linear(COLOURS))[:, 0]
    assert np.abs(np.diff(light)).min() >= 2 * LEAST_LIGHTNESS


def test_curves_differ_in_colour_marker_and_dash() -> None:
    assert len(set(COLOURS)) == len(COLOURS) == len(set(MARKERS)) == len({str(d) for d in DASHES})


def test_lightness_of_the_colour_map_grows() -> None:
    import matplotlib

    shades = matplotlib.colormaps[SEQUENCE](np.linspace(0, 1, 21))[:, :3]
    coded = tuple("#" + "".join(f"{round(255 * v):02X}" for v in shade) for shade in shades)
    for eyes in EYES.values():
        assert (np.diff(lab(linear(coded) @ eyes.T)[:, 0]) > 0).all()
