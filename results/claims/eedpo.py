"""EEDPO: its strategy against the exact optimum, and completion against the devices' energy."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats
from instances.generate import generate
from instances.instance import Instance
from results.claims.registry import Finding, claim
from solvers import Limits, solve

SEEDS, USERS = 6, 12
PARTS = (0.02, 0.1, 0.5)
"""Energy that a device may spend, as a part of what its whole network costs it."""
METHODS = ("exact", "eedpo", "all_local", "all_remote")


def crowd(seed: int, part: float) -> Instance:
    """A campus with one server, overloaded, of J-A with energy limits of devices."""
    return generate("campus", users=USERS, servers=1, seed=seed, problem="J-A", allocation="units", blocks=20, units=10,
                    load=1.5, deadline_scale=0.8, device_energy_part=part)  # fmt: skip


def completion() -> dict[str, Floats]:
    """[parts] part of the tasks that is completed, mean over seeds, by method."""
    rates: dict[str, list[float]] = {name: [] for name in METHODS}
    for part in PARTS:
        instances = [crowd(seed, part) for seed in range(SEEDS)]
        for name in METHODS:
            results = [solve(instance, name, limits=Limits(gap=1e-3, nodes=2000)) for instance in instances]
            rates[name].append(float(np.mean([1 - r.objective_j / r.instance.users.weight.sum() for r in results])))
    return {name: np.array(found) for name, found in rates.items()}


@claim(
    "eedpo.near_optimal",
    system="EEDPO",
    says="a minimum cut a task and then a dynamic programme over tasks complete far more tasks than baselines",
    source="Wireless Communications and Mobile Computing 2023, 3835297, abstract",
    evidence="abstract; steps own",
    published="significant",
    measures=f"completion rate of `eedpo` over that of the better of all local and all remote, {USERS} users at one "
    f"overloaded server, {len(PARTS)} energy limits, {SEEDS} seeds",
    tolerance="above both baselines at every limit, as a trend: networks, radios and limits are ours",
    slow=True,
)
def near_optimal() -> Finding:
    """Gain in completion rate, points of a percent; the reason gives what is lost against the optimum."""
    rate = completion()
    gain = rate["eedpo"] - np.maximum(rate["all_local"], rate["all_remote"])
    lost = 100 * float((rate["exact"] - rate["eedpo"]).mean())
    why = f"{lost:.1f} points below the optimum; networks, radios and limits are ours"
    return Finding(100 * float(gain.mean()), "points", "trend" if (gain > 0).all() else "not reproducible", why)


@claim(
    "eedpo.energy_cap",
    system="EEDPO",
    says="completion grows with the devices' energy cap",
    source="Wireless Communications and Mobile Computing 2023, 3835297, abstract (tests over the cap)",
    evidence="abstract",
    published="–",
    measures=f"completion rate of `eedpo` at the largest cap less that at the smallest, {SEEDS} seeds",
    tolerance="it never falls from cap to cap, as a trend",
    slow=True,
)
def energy_cap() -> Finding:
    """Points of a percent."""
    rate = completion()["eedpo"]
    good = bool((np.diff(rate) >= -1e-9).all() and rate[-1] > rate[0])
    return Finding(100 * float(rate[-1] - rate[0]), "points", "trend" if good else "not reproducible",
                   f"rates {', '.join(f'{r:.2f}' for r in rate)} at {', '.join(map(str, PARTS))}")  # fmt: skip
