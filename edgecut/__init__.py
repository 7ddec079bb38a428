"""edgecut: where to cut each user's network between device, edge and cloud, who runs the rest, and with what share.

>>> import edgecut as ec
>>> instance = ec.generate("campus", users=4, servers=2, seed=1)
>>> result = ec.solve(instance)
>>> result.verdict.value
'optimal'
"""

from typing import Any

from edgecut.store import load, save
from formulations import FORMULATIONS
from instances.check import check
from instances.generate import generate
from instances.instance import Instance
from instances.plan import Plan
from solvers import METHODS, Limits, Result, compare, solve

__version__ = "0.1.0"
__all__ = ["Instance", "Limits", "Plan", "Result", "check", "compare", "formulations", "generate", "load", "methods",
           "save", "solve"]  # fmt: skip


def methods() -> list[dict[str, Any]]:
    """Every method: name, title, kind, guarantee, reference."""
    return [
        {key: getattr(m, key) for key in ("name", "title", "kind", "guarantee", "reference")} for m in METHODS.values()
    ]


def formulations() -> list[dict[str, Any]]:
    """Every formulation: name, title, problem, allocation, relation, reference."""
    keys = ("name", "title", "problem", "allocation", "relation", "reference")
    return [{key: getattr(f, key) for key in keys} for f in FORMULATIONS.values()]
