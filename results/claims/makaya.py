"""Makaya et al.: whole networks on machines of the premises against the cloud."""

from __future__ import annotations

import numpy as np

from instances.generate import generate
from instances.instance import Instance
from results.claims.registry import Finding, claim
from solvers import solve

SEEDS, USERS, SERVERS = 8, 20, 4


def site(seed: int) -> Instance:
    """A campus with three machines and, last of its servers, the cloud; deadlines long enough for the cloud."""
    return generate("campus", users=USERS, servers=SERVERS, seed=seed, load=0.5, deadline_scale=3.0)


def only_the_cloud(instance: Instance) -> Instance:
    """The same without links to machines on the premises, the cloud's uplink and compute being those of all."""
    links, servers = instance.links, instance.servers
    cloud = instance.n_servers - 1
    band, speed = servers.bandwidth_mhz.copy(), servers.gflops.copy()
    band[cloud] = band.sum()
    speed[cloud] = speed.sum()
    return instance.replace(
        links=links.take(np.flatnonzero(links.server == cloud)),
        servers=servers.replace(bandwidth_mhz=band, gflops=speed),
    )


@claim(
    "makaya.premises_against_cloud",
    system="Makaya et al.",
    says="whole models on machines that stand on the premises answer significantly faster than in the cloud",
    source="Makaya et al., 2020, arXiv:2012.04063, abstract",
    evidence="abstract; instances own",
    published="significant",
    measures=f"mean latency of `nearest_idle` on three machines and the cloud, over `all_remote` with a cloud that has "
    f"all their uplink and compute, {USERS} users, {SEEDS} seeds; each with the shares that are best for J-L",
    tolerance="below 1 for every seed, as a trend: machines and links are ours",
    slow=True,
)
def premises_against_cloud() -> Finding:
    """Ratio of mean latencies."""
    ratios, skipped = [], 0
    for seed in range(SEEDS):
        instance = site(seed).replace(problem="J-L", latency_weight_w=100.0)
        near, far = solve(instance, "nearest_idle"), solve(only_the_cloud(instance), "all_remote")
        if near.report is None or far.report is None:
            skipped += 1
            continue
        ratios.append(float(near.report.latency_s.mean() / far.report.latency_s.mean()))
    if not ratios:
        return Finding(0.0, "pairs", "not reproducible", "the cloud alone is in time for nobody's users")
    good = max(ratios) < 1
    why = f"from {min(ratios):.2f} to {max(ratios):.2f}; {skipped} of {SEEDS} sites where the cloud alone is too late"
    return Finding(float(np.mean(ratios)), "of the cloud's", "trend" if good else "not reproducible", why)
