"""Online admission while users arrive: weight admitted so far over the most that hindsight could have had by then.

Hindsight is the linear relaxation of the packing of those who have come, with its bound recomputed from the prices of
its rows, so that ratios are at least what is shown.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from instances.expand import expand
from instances.generate import generate
from instances.prune import prune
from results.experiment import experiment
from solvers import Limits
from solvers.admission.arrivals import Arrivals, Rule, admit
from solvers.admission.columns import list_admission
from solvers.admission.online_moves import MovingFit
from solvers.admission.online_myopic import CheapestFit
from solvers.admission.online_prices import ExponentialPrices
from solvers.admission.packing import Packing
from solvers.admission.relaxation import relax

__all__ = ["RULES", "first_users"]

USERS, SERVERS, SEEDS, STEPS = 300, 3, tuple(range(1, 11)), 15
ORDERS = ("random", "light first")
"""Users in any order; those of least weight first, as an adversary would have them."""
RULES: dict[str, Any] = {"prices": ExponentialPrices, "myopic": CheapestFit, "moves": MovingFit}


def cases(quick: bool) -> list[dict[str, Any]]:
    """Orders × seeds, each another crowd."""
    users, seeds = (60, SEEDS[:2]) if quick else (USERS, SEEDS)
    return [{"users": users, "order": o, "seed": s, "steps": 5 if quick else STEPS} for o in ORDERS for s in seeds]


@experiment("admission_over_time", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """At each step: users that have come, hindsight's bound, and the weight that each rule has admitted."""
    instance = generate("factory", users=case["users"], servers=SERVERS, seed=case["seed"], problem="J-A", load=4.0,
                        weight_ratio=20.0, allocation="units", blocks=200, units=200)  # fmt: skip
    packing = of_small_parts(list_admission(prune(expand(instance))).packing)
    order = np.random.default_rng(case["seed"]).permutation(packing.n_users)
    if case["order"] == "light first":
        order = order[np.argsort(packing.weight[order], kind="stable")]
    taken = {name: _admitted(packing, rule, order) for name, rule in RULES.items()}
    steps = np.unique(np.linspace(0, packing.n_users, case["steps"] + 1).round().astype(int))[1:]
    bounds = [_bound(first_users(packing, order[:n])) for n in steps]
    factor = ExponentialPrices(Arrivals(packing, order).outlook).tariff.factor
    return {
        "promised": 1 / factor if np.isfinite(factor) else None,
        "largest_part": packing.largest_part,
        "arrived": [int(n) for n in steps],
        "bound": bounds,
        **{name: [float(gained[:n].sum()) for n in steps] for name, gained in taken.items()},
    }


def of_small_parts(packing: Packing) -> Packing:
    """The columns that take at most half of anything, for which something is promised."""
    kept = (packing.demand <= 0.5).all(axis=1)
    return Packing(packing.weight, packing.user[kept], packing.server[kept], packing.demand[kept], packing.n_servers)


def first_users(packing: Packing, users: Any) -> Packing:
    """The packing of these users alone; numbers of users stay."""
    there = np.zeros(packing.n_users, dtype=bool)
    there[users] = True
    kept = there[packing.user]
    weight = np.where(there, packing.weight, 0.0)
    return Packing(weight, packing.user[kept], packing.server[kept], packing.demand[kept], packing.n_servers)


def _admitted(packing: Packing, rule: Any, order: Any) -> Any:
    """[users, in their order] weight that each adds."""
    arrivals = Arrivals(packing, order)
    decides: Rule = rule(arrivals.outlook)
    taken, _ = admit(packing, arrivals, decides, order)
    assert packing.holds(taken)
    return np.where(taken[order] >= 0, packing.weight[order], 0.0)


def _bound(packing: Packing) -> float:
    found = relax(packing, Limits())
    assert found is not None
    return found.bound
