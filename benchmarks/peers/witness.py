"""A peer that answers about one instance after another: `python -m benchmarks.peers.witness NAME`.

Reads a JSON object a line, ``{"instance": …, "gap": …, "limit_s": …}``; writes one a line: ``status`` in the peer's own
words, ``infeasible``, ``objective_j`` and ``bound_j`` as it claims them (null: none), and its ``plan``. CP-SAT and
HiGHS must not meet in one process, so each peer has its own.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
from typing import Any

from benchmarks.peers.child import PEERS
from benchmarks.peers.trace import Recorder, plain
from instances.expand import expand
from instances.files import plan_to_json
from instances.json_file import instance_from_json
from instances.plan import Plan

__all__ = ["answer"]


def answer(name: str, request: dict[str, Any]) -> dict[str, Any]:
    """What the peer says of an instance."""
    _, module, function = PEERS[name]
    instance = instance_from_json(request["instance"])
    table = expand(instance)
    record = Recorder(io.StringIO(), request["limit_s"], request["gap"])
    ending = getattr(importlib.import_module(f"benchmarks.peers.{module}"), function)(table, record, 1)
    plan = None
    if record.decision is not None and record.table is not None:
        d = record.decision
        plan = plan_to_json(instance, Plan.from_options(record.table, d.chosen, d.uplink_share, d.compute_share))
    return {
        "status": ending.status,
        "infeasible": ending.status.lower() == "infeasible",
        "objective_j": plain(record.best_j),
        "bound_j": plain(record.bound_j),
        "plan": plan,
    }


def main() -> None:
    """Answer until there are no more questions."""
    for line in sys.stdin:
        print(json.dumps(answer(sys.argv[1], json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
