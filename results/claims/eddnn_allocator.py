"""eDDNN's allocator: layouts chosen layer by layer by a learned policy, against the exact optimum."""

from __future__ import annotations

import numpy as np

from results.claims.registry import Finding, claim
from results.experiment import rows_of
from results.metrics import interval


def regret(method: str) -> np.ndarray:
    """[cases] latency over the optimum among candidate layouts, less 1, in %, from the committed run."""
    return 100 * np.array([row["regret"][row["method"].index(method)] for row in rows_of("learned_pieces")])


@claim(
    "eddnn.allocator",
    system="eDDNN",
    says="an allocation of pieces learned by deep reinforcement makes latency least",
    source="Huang et al., IEEE IoT-J 2021, doi:10.1109/JIOT.2021.3112715, abstract",
    evidence="abstract, no figures for the allocator; devices, links and network own",
    published="–",
    measures="latency of a deep Q-network's layouts over the exact optimum among candidate layouts, mean; four "
    "networks, 3 drawn devices, 6 seeds (results/runs/learned_pieces.jsonl)",
    tolerance="at most 5 % is a trend",
)
def allocator() -> Finding:
    """Mean regret, %."""
    mean, low, high = interval(regret("pieces_learned").tolist(), np.random.default_rng(0))
    others = {name: regret(name).mean() for name in ("equal", "coedge", "pieces_greedy")}
    why = (
        f"95 % interval {low:.2f} to {high:.2f}; equal rows {others['equal']:.0f} %, rounded rows "
        f"{others['coedge']:.1f} %, each layer where it is cheapest now {others['pieces_greedy']:.0f} %; the paper's "
        "network is not published"
    )
    return Finding(mean, "%", "trend" if mean <= 5 else "not reproducible", why)
