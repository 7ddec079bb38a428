"""HODA beside the exact optimum, with the task size that the public code computes with and the one it names."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats
from instances.systems.hoda import draw_cell
from results.claims.registry import Finding, claim
from results.experiment import rows_of
from solvers.systems.hoda import enumerate_sets, set_value, terms_of

CODED_MBIT, NAMED_MBIT = 0.42, 3.36


def mean_utilities(task_mbit: float) -> tuple[Floats, Floats]:
    """Mean utility of optimum and heuristic for every number of users."""
    rows = [row for row in rows_of("hoda_utility") if row["task_mbit"] == task_mbit]
    by_users = sorted(rows, key=lambda row: int(row["users"]))
    exact, fast = (np.array([row[name] for row in by_users]) for name in ("exact", "hoda"))
    return exact, fast


def lost_percent(task_mbit: float) -> float:
    """What the heuristic loses on average over all numbers of users, %."""
    exact, fast = mean_utilities(task_mbit)
    return float(100 * (1 - fast / exact).mean())


@claim(
    "hoda.near_optimal",
    system="HODA",
    says="the heuristic stays within 5 % of the optimum on average",
    source="Lyu, Tian et al., IEEE TVT 66(4), 2017, abstract",
    evidence="abstract; cell and constants of Pham's code",
    published="5 %",
    measures="mean loss of utility against the exact optimum, N = 2 … 10, 100 cells each, worse of the two task sizes",
    tolerance="at most 5 %",
)
def near_optimal() -> Finding:
    """Loss of the heuristic, %."""
    coded, named = lost_percent(CODED_MBIT), lost_percent(NAMED_MBIT)
    why = f"{coded:.2g} % with 420e3 bits, {named:.2g} % with 420 KB"
    return Finding(max(coded, named), "%", "reproduced" if max(coded, named) <= 5 else "not reproducible", why)


@claim(
    "hoda.grows_with_users",
    system="HODA",
    says="system utility grows with the number of users and flattens once sub-channels are taken",
    source="public code of Pham, EXAMPLE 3 (N = 2 … 10, 4 sub-channels)",
    evidence="code",
    published="–",
    measures="mean optimal utility with 10 users over that with 4, 420e3 bits",
    tolerance="more than 1, and less than 10/4",
)
def grows_with_users() -> Finding:
    """Ratio of utilities."""
    exact, _ = mean_utilities(CODED_MBIT)
    ratio = float(exact[-1] / exact[2])
    if 1 < ratio < 2.5:
        return Finding(ratio, "–", "trend", "the published curve has no numbers that we could read")
    return Finding(ratio, "–", "not reproducible", "utility does not grow as described")


@claim(
    "hoda.bits_or_bytes",
    system="HODA",
    says="a task is 420 KB (comment) or 420e3 bits (value in use)",
    source="public code of Pham, EXAMPLE 3",
    evidence="code",
    published="8 times the data",
    measures="part of the mean optimal utility with 10 users that is left with 420 KB",
    tolerance="–",
)
def bits_or_bytes() -> Finding:
    """Utility with 420 KB over that with 420e3 bits, %."""
    (coded, _), (named, _) = mean_utilities(CODED_MBIT), mean_utilities(NAMED_MBIT)
    part = float(100 * named[-1] / coded[-1])
    return Finding(part, "%", "trend", "both readings run; the ambiguity decides the level, not who is better")


@claim(
    "hoda.full_power",
    system="HODA",
    says="the code's test for full power uses the gain without dividing by the noise, so that it always holds",
    source="public code of Pham, HODA.m and EXAMPLE 3",
    evidence="code; own reading",
    published="–",
    measures="mean utility lost, 10 users, when the optimal sets send at full power instead of the best one",
    tolerance="–",
)
def full_power() -> Finding:
    """Loss from full power at the same sets, %."""
    lost, rng = [], np.random.default_rng(1)
    for _ in range(20):
        cell = draw_cell(10, rng, task_mbit=CODED_MBIT)
        best, full = terms_of(cell), terms_of(cell, np.full(cell.n_users, cell.power_w[1]))
        users = [int(u) for u in enumerate_sets(cell).remote]
        lost.append(1 - set_value(full, users) / set_value(best, users))
    return Finding(100 * float(np.mean(lost)), "%", "trend", "no figure is published about this; ours is exact power")
