"""The formulas of the model against figures worked out by hand, and on the edges of what they take."""

from __future__ import annotations

import math

import numpy as np
import pytest

from instances import physics


def test_layer_time_is_the_longer_of_computing_and_moving() -> None:
    # 6 GFLOP at 3 GFLOP/s are 2 s; 5000 MB at 2 GB/s are 2.5 s; 1000 MB at 2 GB/s are 0.5 s.
    times = physics.layer_time_s([6.0, 6.0], [5000.0, 1000.0], 3.0, 2.0, 0.25)
    assert times == pytest.approx([2.75, 2.25], rel=1e-12)


def test_power_grows_with_the_cube_of_the_clock() -> None:
    assert physics.active_power_w([1e-27, 2e-27], [3.0, 0.5]) == pytest.approx([27.0, 0.25], rel=1e-12)


def test_spectral_efficiency() -> None:
    # −174 dBm/Hz over 10 MHz is −104 dBm; 23 − 120 dBm received is 7 dB above it.
    assert physics.spectral_efficiency(23.0, 120.0, 10.0) == pytest.approx(math.log2(1 + 10**0.7), rel=1e-12)
    # A noise figure of 4 dB leaves 3 dB; ten times the band costs another 10 dB.
    assert physics.spectral_efficiency(23.0, 120.0, 10.0, noise_figure_db=4.0) == pytest.approx(
        math.log2(1 + 10**0.3), rel=1e-12
    )
    assert physics.spectral_efficiency(23.0, 120.0, 100.0) == pytest.approx(math.log2(1 + 10**-0.3), rel=1e-12)
    # However strong the signal, a modulation carries so much and no more.
    assert physics.spectral_efficiency(23.0, [0.0, 120.0], 10.0) == pytest.approx([7.4, math.log2(1 + 10**0.7)])
    assert float(physics.spectral_efficiency(23.0, 0.0, 10.0, ceiling=5.5)) == 5.5
    assert physics.THERMAL_NOISE_DBM_PER_HZ == -174.0


def test_amounts_of_uplink_and_fixed_time() -> None:
    assert physics.uplink_mhz_s([6.0, 0.0], 4.0) == pytest.approx([1.5, 0.0])
    # 0.02 s + (6 + 2)/40 s over the wide area + 2/8 s down.
    assert float(physics.fixed_time_s(0.02, 6.0, 2.0, 8.0, 40.0)) == pytest.approx(0.47, rel=1e-12)
    # 2/8 s of listening at 3 W and 2 Mbit at 0.1 J.
    assert float(physics.receive_j(2.0, 8.0, 3.0, 0.1)) == pytest.approx(0.95, rel=1e-12)


def test_time_on_a_share() -> None:
    times = physics.over_share([3.0, 0.5, 0.0, 0.0, 2.0], [0.5, 0.25, 0.0, 0.5, 0.0])
    assert times.tolist() == [6.0, 2.0, 0.0, 0.0, math.inf]
    assert physics.over_share(1e-9, 0.5) == pytest.approx(2e-9)


def test_slowest_clock_that_is_in_time() -> None:
    clocks = physics.clock_for(
        [2.0, 2.0, 0.0, 2.0, 0.0, 0.25], [4.0, 1.0, -1.0, 0.0, 0.0, 0.5], [0.1, 0.1, 0.3, 0.1, 0.3, 0.9]
    )
    assert clocks.tolist() == [0.5, 2.0, 0.3, math.inf, 0.3, 0.9]
    assert float(physics.clock_for(2.0, -1.0, 0.1)) == math.inf
    assert float(physics.clock_for(1.0, 0.5, 0.1)) == 2.0
    assert float(physics.clock_for(0.5, 1e-3, 0.1)) == 500.0
    assert float(physics.clock_for(3.0, 4.0, 0.1)) == 0.75


def test_unhurried_clock_is_the_cheapest() -> None:
    # ω l = 16, e = 1: ∛(16/2) = 2, and no clock nearby costs less.
    best = float(physics.unhurried_clock(4.0, 1.0, 4.0, 0.1, 9.0))
    assert best == pytest.approx(2.0, rel=1e-12)
    around = best * np.array([0.99, 1.0, 1.01])
    assert np.argmin(around**2 + 4.0 * 4.0 / around) == 1
    assert float(physics.unhurried_clock(1.0, 4.0, 0.125, 0.1, 9.0)) == pytest.approx(0.25, rel=1e-12)


def test_unhurried_clock_keeps_to_the_range() -> None:
    clocks = physics.unhurried_clock(
        [4.0, 4.0, 4.0, 0.0], 1.0, [4.0, 4.0, 0.0, 4.0], [0.1, 2.5, 0.3, 0.3], [1.5, 9.0, 1.0, 1.0]
    )
    assert clocks.tolist() == [1.5, 2.5, 0.3, 0.3]
    # Computing that costs nothing is done as fast as can be.
    assert float(physics.unhurried_clock(4.0, 0.0, 1.0, 0.3, 1.25)) == 1.25
    # Nothing to compute, at no cost: no hurry, whatever a second counts.
    assert physics.unhurried_clock(0.0, 0.0, [1.0, 0.0], 0.3, 1.25).tolist() == [0.3, 0.3]
    assert float(physics.unhurried_clock(4.0, 0.0, 0.0, 0.3, 1.25)) == 0.3


def test_latency_and_energy() -> None:
    # 2/0.5 + 1/0.25 + 3/0.75 + 0.125 s.
    assert float(physics.latency_s(2.0, 0.5, 1.0, 0.25, 3.0, 0.75, 0.125)) == pytest.approx(12.125, rel=1e-12)
    # 3·1.5² J + 2 W · 1/0.25 s + 0.5 J.
    assert float(physics.energy_j(3.0, 1.5, 2.0, 1.0, 0.25, 0.5)) == pytest.approx(15.25, rel=1e-12)


def test_everything_broadcasts() -> None:
    clock = np.array([[0.5], [1.0]])
    assert physics.latency_s(np.ones(3), clock, 0.0, 0.0, 0.0, 0.0, 0.0).tolist() == [[2.0] * 3, [1.0] * 3]
    assert physics.energy_j(np.ones(3), clock, 0.0, 0.0, 0.0, 0.0).tolist() == [[0.25] * 3, [1.0] * 3]
