"""Option tables drawn at random, written as arrays."""

from __future__ import annotations

import numpy as np

from instances.options import LOCAL, OptionTable

SEEDS = range(6)


def random_table(
    rng: np.random.Generator,
    users: int,
    servers: int = 1,
    per_pair: int = 2,
    *,
    local: bool = True,
    deadline: tuple[float, float] = (0.6, 1.2),
    static: float = 0.0,
    pieces: int = 6,
) -> OptionTable:
    """Random options: ``per_pair`` on every server for every user, and a slow local one if ``local``."""
    user, server = [], []
    for i in range(users):
        user += [i] * (local + servers * per_pair)
        server += [LOCAL] * local + np.repeat(np.arange(servers), per_pair).tolist()
    where = np.array(server)
    n, far = len(where), where != LOCAL
    device_s = np.where(far, rng.uniform(0.02, 0.25, n), rng.uniform(0.5, 0.7, n))
    power = rng.uniform(1.0, 4.0, users)[np.array(user)]
    bandwidth = rng.uniform(5.0, 20.0, servers)
    band = bandwidth[where] if servers else np.ones(n)
    return OptionTable(
        user=np.array(user),
        server=where,
        cut=np.zeros(n, dtype=np.int64),
        device_s=device_s,
        device_j=power * device_s,
        uplink_mhz_s=np.where(far, rng.uniform(0.005, 0.06, n) * band, 0.0),
        tx_w=np.where(far, rng.uniform(0.3, 1.5, n), 0.0),
        server_s=np.where(far, rng.uniform(0.005, 0.06, n), 0.0),
        fixed_s=np.where(far, rng.uniform(0.001, 0.02, n), 0.0),
        fixed_j=np.where(far, rng.uniform(0.01, 0.2, n), 0.0),
        server_mb=np.where(far, rng.uniform(1.0, 10.0, n), 0.0),
        deadline_s=rng.uniform(*deadline, users),
        weight=rng.uniform(0.5, 2.0, users),
        clock_min=rng.uniform(0.2, 0.5, users),
        clock_max=np.full(users, 1.4),
        bandwidth_mhz=bandwidth,
        blocks=np.full(servers, pieces),
        units=np.full(servers, pieces),
        memory_mb=np.full(servers, 12.0 * users),
        static_j=np.full(servers, static),
        allocation="units",
    )
