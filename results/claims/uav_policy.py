"""Multi-UAV offloading: what a policy learned by deep Q-learning misses of the best flight in hindsight."""

from __future__ import annotations

import numpy as np

from results.claims.registry import Finding, claim
from results.experiment import rows_of
from results.metrics import interval

FAMILY = "district"


def missed(method: str) -> np.ndarray:
    """[seeds] part of the possible saving that a method misses, %, from the committed run."""
    rows = [row for row in rows_of("learned_flights") if row["family"] == FAMILY]
    return 100 * np.array([row["missed"][row["method"].index(method)] for row in rows])


@claim(
    "uav.learned",
    system="Multi-UAV DRL",
    says="a policy learned by deep reinforcement offloads with less delay and energy than those it is compared with",
    source="Multi-UAV offloading by deep reinforcement learning, IEEE Access 2022",
    evidence="abstract, no figures; constants from code",
    published="–",
    measures="part of the possible saving that hops chosen greedily slot by slot miss, less what a deep Q-network "
    "misses, against the exact flight in hindsight; 10 flights over a district (results/runs/learned_flights.jsonl)",
    tolerance="a 95 % interval above 0 is a trend",
)
def learned() -> Finding:
    """Mean difference, percentage points."""
    gain = missed("uav_myopic") - missed("uav_learned")
    mean, low, high = interval(gain.tolist(), np.random.default_rng(0))
    own, hover = missed("uav_learned").mean(), missed("uav_hover").mean()
    why = (
        f"95 % interval {low:.2f} to {high:.2f}; the network misses {own:.1f} %, hovering in the middle {hover:.1f} %; "
        "network, features and training are ours, and whom vehicles serve is settled exactly for all"
    )
    return Finding(mean, "points", "trend" if low > 0 else "not reproducible", why)
