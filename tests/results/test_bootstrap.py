"""Bootstrap intervals."""

from __future__ import annotations

import numpy as np

from results.metrics import interval


def test_bootstrap_intervals_cover_the_mean_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        _, low, high = interval(rng.normal(3.0, 1.0, 30), rng, draws=400)
        hits += low <= 3.0 <= high
    assert 0.88 <= hits / 200 <= 0.99
    assert interval([2.0, 2.0], rng) == (2.0, 2.0, 2.0)
