"""Which method finds the best prices soonest: time and evaluations until the bound is close to the best one known.

* market: log prices follow demand, step lengths by the rule of RPROP (`solvers.prices.ascent`);
* cutting planes: one cut a user and evaluation, from the market's 10th point on (`benchmarks.cutting_planes`);
* quasi-Newton: L-BFGS-B in log prices on a soft minimum over each user's options, its temperature falling;
* interior: the market's 6th point, then `solvers.prices.maximise`.

A bound counts when it was evaluated over all options. Errors are relative to the best bound of the four. Times are
CPU seconds of all threads: they vary less than wall time on a machine that is shared. Evaluations are those over all
options; the steps of the interior-point method over a few of them are not counted. Run it with
OPENBLAS_NUM_THREADS=1: on matrices this small more threads mostly wait for each other.
"""

from __future__ import annotations

import dataclasses
import math
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.optimize

from benchmarks.cutting_planes import Master
from benchmarks.measure import store
from instances.columns import Floats
from instances.expand import expand
from instances.generate import generate
from instances.options import OptionTable
from solvers import METHODS as SOLVERS
from solvers.answer import Clock, Limits, relative_gap
from solvers.prices.ascent import climb, first_prices
from solvers.prices.curvature import look_closely
from solvers.prices.dual import Dual, Point
from solvers.prices.fixing import survivors
from solvers.prices.maximise import maximise

SIZES = (("campus", 20, 3), ("campus", 60, 5), ("campus", 100, 5), ("factory", 200, 8), ("roadside", 100, 10),
         ("metro", 2_000, 20), ("metro", 5_000, 50))  # fmt: skip
SEEDS = (1, 2, 3)
LEVELS = (1e-3, 1e-4, 1e-6)
LIMIT_S, ROUNDS = 5.0, 400
WARM_MOVE = 0.03
"""Standard deviation of the log prices that a warm start is off by."""


@dataclasses.dataclass(eq=False)
class Run:
    """One run: its wall clock, and (CPU seconds, evaluations so far, bound) of what it found."""

    clock: Clock = dataclasses.field(default_factory=lambda: Clock(Limits(time_s=LIMIT_S)))
    start: float = dataclasses.field(default_factory=time.process_time)
    trace: list[tuple[float, int, float]] = dataclasses.field(default_factory=list)

    def hear(self, point: Point) -> None:
        """A point of the dual function."""
        self.note(point.bound_j)

    def note(self, bound: float, evaluations: int = 1) -> None:
        """A bound, and what it took since the last one."""
        before = self.trace[-1][1] if self.trace else 0
        self.trace.append((time.process_time() - self.start, before + evaluations, bound))

    def reaching(self, bound: float) -> tuple[float, int] | None:
        """CPU seconds and evaluations until the bound was reached; None if it was not."""
        return next(((t, n) for t, n, found in self.trace if found >= bound), None)


def market(dual: Dual, run: Run) -> None:
    """Prices follow demand."""
    climb(dual, first_prices(dual), ROUNDS, heard=run.hear, clock=run.clock)


def cutting_planes(dual: Dual, run: Run) -> None:
    """Kelley's method with one cut a user."""
    start = climb(dual, first_prices(dual), 10, heard=run.hear, clock=run.clock)
    master = Master(dual)

    def heard(point: Point) -> None:
        run.hear(point)
        master.add(point)

    master.tighten(start, ROUNDS, heard=heard, clock=run.clock)


def interior(dual: Dual, run: Run) -> None:
    """A few rounds of the market, then the interior-point method."""
    start = climb(dual, first_prices(dual), 6, heard=run.hear, clock=run.clock)
    maximise(dual, start.prices, heard=run.hear, clock=run.clock)


def quasi_newton(dual: Dual, run: Run) -> None:
    """L-BFGS-B on a soft minimum: its slopes are continuous, and its error is at most temperature × ln(options)."""
    table, work, n = dual.table, dual.work, dual.table.n_servers
    start = climb(dual, first_prices(dual), 6, heard=run.hear, clock=run.clock)
    force = np.array(dual.force)
    mean = abs(start.bound_j) / max(1, table.n_users)
    y, local = np.log(start.prices[:2]).ravel(), np.isfinite(dual.local_j)

    def negative(y: Floats, heat: float) -> tuple[float, Floats]:
        nonlocal force
        if run.clock.left_s <= 0:
            raise TimeoutError
        prices = np.exp(y.reshape(2, n))
        force, value, slopes, _ = look_closely(work, force, *prices[:, work.server], 3)
        least = dual.local_j.copy()
        np.minimum.at(least, work.user, value)
        part = np.exp((least[work.user] - value) / heat)
        total = np.bincount(work.user, part, table.n_users)
        total[local] += np.exp((least[local] - dual.local_j[local]) / heat)
        weight = part / total[work.user]
        excess = (prices.sum(axis=0) - table.static_j) / heat
        asked = np.stack([np.bincount(work.server, weight * slopes[:, k], n) for k in range(2)])
        run.note(float(least.sum() - np.maximum(excess * heat, 0).sum()))
        soft = float((least - heat * np.log(total)).sum() - heat * np.logaddexp(0, excess).sum())
        gain = (asked - 0.5 * (1 + np.tanh(excess / 2))) * prices
        return -soft / mean, -gain.ravel() / mean

    try:
        for heat in mean * 10.0 ** -np.arange(2, 9):
            found = scipy.optimize.minimize(negative, y, args=(heat,), jac=True, method="L-BFGS-B",
                                            options={"maxiter": 60, "ftol": 1e-14, "gtol": 1e-10})  # fmt: skip
            y = found.x
    except TimeoutError:
        pass


METHODS: dict[str, Callable[[Dual, Run], None]] = {
    "market": market, "cutting planes": cutting_planes, "quasi-Newton": quasi_newton, "interior": interior,
}  # fmt: skip


def measure(table: OptionTable) -> tuple[dict[str, Run], float]:
    """A run of each method, and the best bound of all."""
    runs = {}
    for name, method in METHODS.items():
        dual = Dual(table)
        runs[name] = run = Run()
        method(dual, run)
    return runs, max(bound for run in runs.values() for *_, bound in run.trace)


def warm_s(table: OptionTable, seed: int) -> float:
    """CPU seconds of `maximise` to 1e-6 from prices a little off the best, as in branch and bound."""
    dual, rng = Dual(table), np.random.default_rng(seed)
    best = maximise(dual, climb(dual, first_prices(dual), 6).prices).point.prices
    times = []
    for _ in range(5):
        moved = best * np.exp(rng.normal(0, WARM_MOVE, best.shape))
        start = time.process_time()
        maximise(dual, moved, tolerance=1e-6)
        times.append(time.process_time() - start)
    return statistics.median(times)


def _middle(values: list[float | None]) -> float | None:
    """Median with None as infinite."""
    middle = statistics.median(math.inf if v is None else v for v in values)
    return None if math.isinf(middle) else middle


def row(kind: str, users: int, servers: int) -> dict[str, Any]:
    """Medians over the seeds of one size: {method: {level: {CPU s, evaluations}}}."""
    tables = [expand(generate(kind, users=users, servers=servers, seed=s, allocation="continuous")) for s in SEEDS]
    measured = [measure(table) for table in tables]
    figures: dict[str, Any] = {}
    for name in METHODS:
        figures[name] = {}
        for level in LEVELS:
            hits = [runs[name].reaching(best - level * abs(best)) for runs, best in measured]
            seconds, evaluations = (_middle([None if h is None else float(h[k]) for h in hits]) for k in (0, 1))
            figures[name][f"{level:g}"] = {"cpu_s": seconds and round(seconds, 4), "evaluations": evaluations}
    return {
        "instance": f"{kind} {users} users x {servers} servers",
        "options": [len(table) for table in tables],
        "methods": figures,
        "interior_warm_cpu_s": round(statistics.median(warm_s(t, s) for t, s in zip(tables, SEEDS, strict=True)), 4),
    }


def fixing(kind: str, users: int, servers: int) -> dict[str, Any]:
    """How many options a better plan may still use, once the price method has its bound and plan (seed 1)."""
    table = expand(generate(kind, users=users, servers=servers, seed=1, allocation="continuous"))
    limits = Limits(gap=0.0, time_s=30.0)
    rng, clock = np.random.default_rng(1), Clock(limits)
    answer = SOLVERS["prices"].solve(table, limits=limits, rng=rng, clock=clock)
    dual = Dual(table)
    prices = maximise(dual, climb(dual, first_prices(dual), 6).prices).point.prices
    left = survivors(dual, prices, answer.objective_j)
    return {
        "instance": f"{kind} {users} users x {servers} servers",
        "gap": relative_gap(answer.objective_j, answer.bound_j),
        "options": len(table),
        "worth_a_look": len(dual.work) + int((dual.local_row >= 0).sum()),
        "left": len(left.rows),
        "servers_on_for_good": int(left.on.sum()),
    }


def main() -> None:
    """Measure, print and store."""
    store("dual", {
        "wall_limit_s": LIMIT_S, "blas_threads": os.environ.get("OPENBLAS_NUM_THREADS"), "seeds": SEEDS,
        "fixing": [fixing(*size) for size in SIZES if size[0] != "factory"], "sizes": [row(*size) for size in SIZES],
    })  # fmt: skip


if __name__ == "__main__":
    main()
