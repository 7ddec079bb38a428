"""How often "there is no plan" comes with a certificate, and whether both verifiers agree with it.

No user can stay on its device. `large`: the two roads of the peers' family that have no plan. `crowded`: more load than
servers carry, every generator. `hopeless`: one user's deadline is a millisecond. `edge`: deadlines that some plan just
meets, all but 3e-8 of them; there may still be another plan. ``said``: how many the method says have no plan;
``certified``: with a certificate that proves it; ``exact``: of these, how many the exact verifier proves too;
``not_handled``: where it does not know something of the file; ``settled``: how many have a certificate of any method.
"""

from __future__ import annotations

import itertools
import json
import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.measure import store
from benchmarks.peers.family import build, places, without_local
from instances.check import check
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.json_file import instance_to_json
from instances.verify import Wrong
from instances.verify import verify as verify_exactly
from solvers import Limits, Result, Verdict, get_method, solve
from solvers.answer import Clock
from solvers.result_file import result_to_json

ALLOCATIONS = ("units", "continuous")
GENERATORS = ("campus", "factory", "metro", "roadside")
LARGE = ((3000, "overloaded"), (5000, "critical"))
SEEDS, LOADS, CLOSE = range(6), (1.2, 1.5, 2.0), 3e-8
USERS, SERVERS = 12, 3
METHODS = ("branch", "prices", "corridor")
LIMITS = Limits(time_s=60.0, gap=1e-4, nodes=2000)
UNKNOWN = 65


def instances() -> Iterator[tuple[str, Instance]]:
    """The small ones, with the name of their kind."""
    for allocation, generator, seed in itertools.product(ALLOCATIONS, GENERATORS, SEEDS):
        for load in LOADS:
            yield "crowded", _made(generator, seed, load, allocation)
        easy = _made(generator, seed, 0.5, allocation)
        deadline = easy.users.deadline_s.copy()
        deadline[seed] = 1e-3
        yield "hopeless", easy.replace(users=easy.users.replace(deadline_s=deadline))
        if (edge := _edge(easy)) is not None:
            yield "edge", edge


def _made(generator: str, seed: int, load: float, allocation: str) -> Instance:
    return without_local(generate(generator, users=USERS, servers=SERVERS, seed=seed, load=load, allocation=allocation))


def _edge(instance: Instance) -> Instance | None:
    """Deadlines that the plan found misses by a hair, at the fastest clocks."""
    plan = solve(instance, "prices").plan
    if plan is None:
        return None
    fastest = instance.devices.clock_max[instance.users.device]
    latency = check(instance, plan.replace(clock=fastest)).latency_s
    return instance.replace(users=instance.users.replace(deadline_s=latency * (1 - CLOSE)))


def ask(instance: Instance, name: str) -> tuple[Result, float]:
    """The result of a method, and seconds that it took. No conflict is looked for, as `solve` does."""
    table, method = expand(instance), get_method(name)
    if (np.diff(table.start) == 0).any():
        return solve(instance, name), 0.0
    start = time.perf_counter()
    answer = method.solve(table, limits=LIMITS, rng=np.random.default_rng(0), clock=Clock(LIMITS))
    spent_s = time.perf_counter() - start
    plan = None if answer.decision is None else solve(instance, name, limits=LIMITS, table=table).plan
    return Result.checked(instance, answer, plan, method=name, limits=LIMITS), spent_s


def exactly(result: Result) -> str:
    """``exact``, ``not_handled`` or ``refused``."""
    given, said = (json.loads(json.dumps(x)) for x in (instance_to_json(result.instance), result_to_json(result)))
    try:
        return "exact" if verify_exactly(given, said)[1] == math.inf else "refused"
    except Wrong as error:
        return "not_handled" if error.args[1] == UNKNOWN else "refused"


def small() -> list[dict[str, Any]]:
    """Counts for each kind, allocation and method."""
    counts: dict[tuple[str, str, str], dict[str, int]] = {}
    for kind, instance in instances():
        table, found = expand(instance), []
        for name in METHODS:
            if (get_method(name).supports(table)) is not None:
                continue
            row = counts.setdefault((kind, instance.allocation, name), dict.fromkeys(
                ("instances", "said", "certified", "exact", "not_handled", "refused", "settled"), 0))  # fmt: skip
            result, _ = ask(instance, name)
            found.append(row)
            row["instances"] += 1
            row["said"] += result.verdict.infeasible
            if result.verdict is Verdict.CERTIFIED_INFEASIBLE:
                row["certified"] += 1
                row[exactly(result)] += 1
                found[0].setdefault("now", 1)
        if found[0].pop("now", 0):
            for row in found:
                row["settled"] += 1
    return [{"kind": k, "allocation": a, "method": m, **row} for (k, a, m), row in counts.items()]


def large() -> Iterator[dict[str, Any]]:
    """One row a road and method."""
    for users, level in LARGE:
        (place,) = (p for p in places(users, "units", 1) if p.level == level and not p.local)
        instance = build(place)
        table = expand(instance)
        for name in METHODS:
            if get_method(name).supports(table) is not None:
                continue
            result, spent_s = ask(instance, name)
            yield {**place.to_json(), "method": name, "verdict": result.verdict.value, "solve_s": round(spent_s, 2),
                   "certify_s": round(result.certify_s, 2)}  # fmt: skip


def main() -> None:
    """Ask, print and write benchmarks/results/infeasible.json."""
    store("infeasible", {"large": list(large()), "small": small()})


if __name__ == "__main__":
    main()
