"""LcDNN's scheduler: a learned policy at the edge, for requests that a binary branch has not answered."""

from __future__ import annotations

import numpy as np

from results.claims.registry import Finding, claim
from results.experiment import rows_of

SETTING = "binary branches"


def missed(policy: str) -> np.ndarray:
    """[seeds] part of the possible saving that a policy misses, from the committed run of the experiment `online`."""
    rows = [row for row in rows_of("online") if row["setting"] == SETTING]
    return np.array([row["missed"][row["policy"].index(policy)] for row in rows])


@claim(
    "lcdnn.scheduler",
    system="LcDNN",
    says="a scheduler at the edge learned by deep reinforcement serves requests better than rules that do not plan",
    source="Huang et al., LcDNN, IEEE TMC",
    evidence="abstract, no figures",
    published="–",
    measures="part of the possible saving that the cheapest action that fits misses, less what a deep Q-network "
    "misses; 10 sequences of requests with binary branches (results/runs/online.jsonl)",
    tolerance="above 0 in most sequences is a trend",
)
def scheduler() -> Finding:
    """Mean difference, percentage points."""
    gain = 100 * (missed("online_greedy") - missed("online_learned"))
    rules = {name: 100 * missed(f"online_{name}").mean() for name in ("myopic", "prices", "bid")}
    own = 100 * missed("online_learned").mean()
    why = (
        f"better in {int((gain > 0).sum())} of {len(gain)} sequences, missing {own:.1f} % itself; the exact myopic "
        f"rule misses {rules['myopic']:.1f} %, posted prices {rules['prices']:.1f} %, prices learned in hindsight "
        f"{rules['bid']:.1f} %; the network and the branch's rates are ours"
    )
    enough = (gain > 0).mean() > 0.5 and gain.mean() > 0
    return Finding(float(gain.mean()), "points", "trend" if enough else "not reproducible", why)
