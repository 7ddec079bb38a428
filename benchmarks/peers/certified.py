"""`python -m benchmarks.peers.certified`: how many large instances `branch` settles by its certificate alone.

Whole units, seed 1, stopped at 1 % or 120 s. The certified gap is what the certifier, which shares no code with any
solver, makes of the certificate, in the seconds that are given beside it.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.measure import RESULTS, machine
from benchmarks.peers.family import BARS, build, places
from instances.certify import certify
from instances.expand import expand
from solvers import Limits, Stop, get_method
from solvers.answer import Clock

SEED, LIMITS = 1, Limits(time_s=120.0, gap=1e-2)


def rows() -> Iterator[dict[str, Any]]:
    """One a large instance: the gap, and that to what the certificate proves; null without a plan.

    ``no_plan``: whether the certificate proves that there is none (docs/theory.md, P43).
    """
    method = get_method("branch")
    for users in BARS["large"].sizes:
        for place in places(users, "units", SEED):
            instance = build(place)
            table, start = expand(instance), time.perf_counter()
            answer = method.solve(table, limits=LIMITS, rng=np.random.default_rng(0), clock=Clock(LIMITS))
            took, cost = time.perf_counter() - start, answer.objective_j
            proven = -math.inf if answer.certificate is None else certify(instance, answer.certificate).bound_j
            gaps = {"gap": answer.bound_j, "certified_gap": proven}
            yield {
                **place.to_json(), "stop": answer.stop.value, "wall_s": round(took, 2),
                "certify_s": round(time.perf_counter() - start - took, 2),
                "infeasible": answer.stop is Stop.INFEASIBLE,
                **{name: 1 - bound / cost if math.isfinite(cost) else None for name, bound in gaps.items()},
                "no_plan": proven == math.inf,
            }  # fmt: skip


def main() -> None:
    """Run all, print and write benchmarks/results/certified_large.json."""
    found = []
    for row in rows():
        print(json.dumps(row), flush=True)
        found.append(row)
    known = [row for row in found if row["certified_gap"] is not None]
    within = sum(row["certified_gap"] <= LIMITS.gap + 1e-9 for row in known)
    summary = {
        "instances": len(found), "certified": within, "infeasible": sum(row["infeasible"] for row in found),
        "certified_infeasible": sum(row["no_plan"] for row in found),
    }  # fmt: skip
    print(summary)
    text = json.dumps({"benchmark": "certified", "machine": machine(), **summary, "rows": found}, indent=2)
    (RESULTS / "certified_large.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
