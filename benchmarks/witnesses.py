"""SCIP and CP-SAT as askers of `results.trust`: `python -m results.trust differential --with benchmarks.witnesses`.

SCIP states rotated cones under continuous shares and the column model under units, CP-SAT the column model in integers.
Needs the extra `bench`; a peer that is not installed is named on stderr and left out.
"""

from __future__ import annotations

import atexit
import dataclasses
import importlib.util
import json
import math
import subprocess
import sys
from typing import Any

import numpy as np

from benchmarks.peers.child import PEERS
from instances.files import plan_from_json
from instances.instance import Instance
from instances.json_file import instance_to_json
from instances.options import OptionTable
from results.trust.askers import LIMITS, asker
from solvers.answer import Answer, Stop
from solvers.exact import HAIR
from solvers.result import Result

__all__ = ["NEEDED", "Witness"]

LIMIT_S = 60.0
"""s of a peer for one instance; it answers in less than a second as a rule."""

NEEDED = {"scip_cones_pruned": "pyscipopt", "scip_units": "pyscipopt", "cpsat_units": "ortools"}
"""Peers that are asked, and the module that each needs."""


@dataclasses.dataclass
class Witness:
    """A peer in a process of its own, started when it is first asked."""

    name: str
    _process: Any = None

    def reason(self, instance: Instance, table: OptionTable) -> str | None:
        """Only what its model states."""
        allocation = PEERS[self.name][0]
        if table.allocation != allocation:
            return f"it needs {allocation} allocation"
        if table.aggregate != "sum":
            return "it minimises sums"
        if (np.diff(table.start) == 0).any():
            return "a user has no option at all, which is found before any solver is asked"
        if self.name != "scip_units" and np.isfinite(table.energy_j).any():
            return "its model has no energy budgets"
        if self.name == "scip_cones_pruned" and table.second_w.any():
            return "its model has no cost of time"
        return None

    def ask(self, instance: Instance, table: OptionTable, seed: int) -> Result:
        """Its answer, recomputed by our checker."""
        said = self._said({"instance": instance_to_json(instance), "gap": LIMITS.gap, "limit_s": LIMIT_S})
        plan = None if said["plan"] is None else plan_from_json(instance, said["plan"])
        stop = Stop.INFEASIBLE if said["infeasible"] else Stop.FINISHED
        objective = _number(said["objective_j"], math.inf)
        bound = math.inf if said["infeasible"] else _number(said["bound_j"], -math.inf)
        if objective < bound <= objective + HAIR * float(table.cost_j().max(initial=0.0)):
            bound = objective  # the rounding of sums, as of an optimum of 0
        claims = Answer(None, stop, bound, objective, message=said["status"])
        return Result.checked(instance, claims, plan, method=self.name, limits=LIMITS, certify=False)

    def _said(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, "-m", "benchmarks.peers.witness", self.name]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            atexit.register(self.close)
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with status {self._process.wait()}")
        said: dict[str, Any] = json.loads(line)
        return said

    def close(self) -> None:
        """End its process."""
        if self._process is not None and self._process.poll() is None:
            self._process.stdin.close()
            self._process.wait(timeout=LIMIT_S)


def _number(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else float(value)


for _name, _module in NEEDED.items():
    if importlib.util.find_spec(_module) is None:
        print(f"{_name} is not asked: {_module} is not installed (pip install 'edgecut[bench]')", file=sys.stderr)
    else:
        asker(Witness(_name))
