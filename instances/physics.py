"""The formulas of the model, each once. All arguments are arrays or scalars that broadcast.

Symbols follow docs/theory.md: l device time, e device energy (both at the nominal clock), a uplink MHz·s,
W bandwidth, c server time, t fixed time, q fixed energy, β and φ shares, z clock ratio, D deadline.
`instances.check` restates them on purpose, so that the checker shares nothing with what it checks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from instances.columns import Floats

THERMAL_NOISE_DBM_PER_HZ = -174.0
"""Noise density of a resistor at 290 K (kT), dBm/Hz."""


def layer_time_s(
    gflop: ArrayLike, traffic_mb: ArrayLike, gflops: ArrayLike, memory_gb_s: ArrayLike, launch_s: ArrayLike
) -> Floats:
    """Roofline time of a layer (Williams et al., CACM 2009) plus a launch overhead, s."""
    compute = np.asarray(gflop) / np.asarray(gflops)
    memory = np.asarray(traffic_mb) / (1e3 * np.asarray(memory_gb_s))
    return np.asarray(np.maximum(compute, memory) + launch_s, dtype=float)


def active_power_w(kappa: ArrayLike, clock_ghz: ArrayLike) -> Floats:
    """CMOS switching power κ f³ at the nominal clock, W (κ in W/Hz³)."""
    return np.asarray(np.asarray(kappa) * (1e9 * np.asarray(clock_ghz)) ** 3, dtype=float)


def spectral_efficiency(
    tx_dbm: ArrayLike,
    loss_db: ArrayLike,
    bandwidth_mhz: ArrayLike,
    *,
    noise_figure_db: float = 0.0,
    ceiling: float = 7.4,
) -> Floats:
    """Shannon efficiency log2(1+SNR) over the band, bit/s/Hz, with a modulation ceiling (256-QAM: about 7.4)."""
    noise_dbm = THERMAL_NOISE_DBM_PER_HZ + 60 + 10 * np.log10(np.asarray(bandwidth_mhz)) + noise_figure_db
    snr = 10 ** ((np.asarray(tx_dbm) - np.asarray(loss_db) - noise_dbm) / 10)
    return np.asarray(np.minimum(np.log2(1 + snr), ceiling), dtype=float)


def uplink_mhz_s(upload_mbit: ArrayLike, efficiency: ArrayLike) -> Floats:
    """Megahertz-seconds of uplink that a transfer needs: a = d/η."""
    return np.asarray(np.asarray(upload_mbit) / np.asarray(efficiency), dtype=float)


def fixed_time_s(
    round_trip_s: ArrayLike,
    upload_mbit: ArrayLike,
    result_mbit: ArrayLike,
    download_mbps: ArrayLike,
    backhaul_mbps: ArrayLike,
) -> Floats:
    """Time that no decision changes: round trip, wide-area transfer both ways, result download (t)."""
    wide_area = (np.asarray(upload_mbit) + np.asarray(result_mbit)) / np.asarray(backhaul_mbps)
    return np.asarray(round_trip_s + wide_area + np.asarray(result_mbit) / np.asarray(download_mbps), dtype=float)


def receive_j(result_mbit: ArrayLike, download_mbps: ArrayLike, rx_w: ArrayLike, rx_j_per_mbit: ArrayLike) -> Floats:
    """Energy to receive the result, J."""
    air = np.asarray(result_mbit) / np.asarray(download_mbps)
    return np.asarray(rx_w * air + np.asarray(rx_j_per_mbit) * result_mbit, dtype=float)


def over_share(work_s: ArrayLike, share: ArrayLike) -> Floats:
    """Time of ``work_s`` (on the whole resource) with a share of it; 0 work takes 0 s even on a zero share."""
    work, part = np.broadcast_arrays(np.asarray(work_s, dtype=float), np.asarray(share, dtype=float))
    result = np.zeros(work.shape)
    busy = work > 0
    with np.errstate(divide="ignore"):
        np.divide(work, part, out=result, where=busy)
    return result


def clock_for(device_s: ArrayLike, slack_s: ArrayLike, clock_min: ArrayLike) -> Floats:
    """Slowest clock ratio that does ``device_s`` within ``slack_s``: z = max(z_min, l/slack); inf if slack ≤ 0 < l.

    Energy e z² grows with z, so the slowest feasible clock is the best one. Where seconds count too, the best one is
    `unhurried_clock` or what the slack forces, whichever is faster: give that clock as ``clock_min``.
    """
    need, slack = np.broadcast_arrays(np.asarray(device_s, dtype=float), np.asarray(slack_s, dtype=float))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(need > 0, np.where(slack > 0, need / np.where(slack > 0, slack, 1.0), np.inf), 0.0)
    return np.maximum(ratio, clock_min)


def unhurried_clock(
    device_s: ArrayLike, device_j: ArrayLike, second_w: ArrayLike, clock_min: ArrayLike, clock_max: ArrayLike
) -> Floats:
    """Best clock ratio when no deadline presses: argmin of e z² + ω l/z, ∛(ω l/(2e)) within the clock range.

    ``second_w`` ω is what a second of latency counts as, W. The slowest clock where a second counts nothing.
    """
    length, energy, second = (np.asarray(v, dtype=float) for v in (device_s, device_j, second_w))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        wanted = np.where(second * length > 0, np.cbrt(second * length / (2 * energy)), 0.0)
    return np.asarray(np.clip(wanted, clock_min, clock_max), dtype=float)


def latency_s(
    device_s: ArrayLike,
    clock: ArrayLike,
    uplink_s: ArrayLike,
    uplink_share: ArrayLike,
    server_s: ArrayLike,
    compute_share: ArrayLike,
    fixed_s: ArrayLike,
) -> Floats:
    """T = l/z + a/(βW) + c/φ + t, with ``uplink_s`` = a/W."""
    air, run = over_share(uplink_s, uplink_share), over_share(server_s, compute_share)
    return np.asarray(np.asarray(device_s) / np.asarray(clock) + air + run + fixed_s, dtype=float)


def energy_j(
    device_j: ArrayLike,
    clock: ArrayLike,
    tx_w: ArrayLike,
    uplink_s: ArrayLike,
    uplink_share: ArrayLike,
    fixed_j: ArrayLike,
) -> Floats:
    """E = e z² + p a/(βW) + q, with ``uplink_s`` = a/W."""
    air = over_share(uplink_s, uplink_share)
    return np.asarray(np.asarray(device_j) * np.asarray(clock) ** 2 + np.asarray(tx_w) * air + fixed_j, dtype=float)
