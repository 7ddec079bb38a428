"""`solve` with the price method on a cluster: the same steps as on one machine, and the same answer to the last bit.

Options are made on the workers. What comes here are sums, the options of a sample of users, and for a plan those few of
everybody's that prices favour; the plan is repaired and checked here.
"""

from __future__ import annotations

import dataclasses
import math
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from formulations.program import Decision
from instances.certificate import Certificate, Leaf
from instances.expand import expand
from instances.instance import Instance
from instances.plan import Plan
from solvers.answer import Answer, Clock, Limits, Progress, Stop
from solvers.cluster.dual import ClusterDual
from solvers.cluster.engine import connect
from solvers.cluster.recipes import Recipe, given, stored
from solvers.infeasible import explain_users
from solvers.no_plan import no_option
from solvers.objective import decision_cost
from solvers.prices.dual import Point
from solvers.prices.method import EXACT, ROUNDS, State, climb_and_plan
from solvers.prices.primal import Rounding
from solvers.result import Result
from solvers.solve import solve

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["ask_cluster", "solve_on_cluster"]

_SHARDS = 2
"""Shards for each thread: when a worker dies, the others can share what it had."""


def solve_on_cluster(
    instance: Instance,
    cluster: str,
    *,
    limits: Limits | None = None,
    seed: int = 0,
    on_progress: Callable[[Progress], None] | None = None,
    path: str | os.PathLike[str] | None = None,
) -> Result:
    """Solve an instance with the method ``prices`` on a cluster.

    Args:
        instance: the problem.
        cluster: address of a Dask scheduler, or ``local:N`` (see `connect`).
        limits, seed, on_progress: as for `solvers.solve.solve`.
        path: Parquet file of this very instance that all workers can read; without one they are sent their users.

    Raises:
        InputError: no such cluster, the extra ``cluster`` is not installed.
    """
    limits = limits or Limits()
    with connect(cluster) as client:
        if instance.n_users <= EXACT:
            # Small crowds need all options in one place, for an LP over columns and local search.
            table = client.submit(expand, instance, pure=False).result()
            return solve(instance, "prices", limits=limits, seed=seed, on_progress=on_progress, table=table)
        clock = Clock(limits, on_progress)
        clock.report()
        shards = _SHARDS * max(1, sum(client.nthreads().values()))
        recipes = (
            given(instance, shards=shards) if path is None else stored(path, users=instance.n_users, shards=shards)
        )
        answer = ask_cluster(client, recipes, instance, limits, seed, clock)
    plan = None
    if answer.decision is not None and answer.table is not None:
        d = answer.decision
        plan = Plan.from_options(answer.table, d.chosen, d.uplink_share, d.compute_share)
    build_s = answer.detail.get("build_s", 0.0)
    return Result.checked(
        instance, answer, plan, method="prices", seed=seed, limits=limits, build_s=build_s,
        solve_s=clock.elapsed_s - build_s,
    )  # fmt: skip


def ask_cluster(client: Client, recipes: list[Recipe], instance: Instance, limits: Limits, seed: int, clock: Clock
                ) -> Answer:  # fmt: skip
    """Climb and plan; a limit or an interrupt keeps the best bound and plan."""
    state, build_s = None, 0.0
    stop, message = Stop.FINISHED, ""
    rounds = ROUNDS if limits.rounds is None else limits.rounds
    try:
        begin = time.perf_counter()
        dual = ClusterDual(client, recipes)
        build_s = time.perf_counter() - begin
        if len(dual.stuck):
            message, nothing = explain_users(instance, dual.stuck), no_option(instance.n_servers)
            return Answer(None, Stop.INFEASIBLE, math.inf, message=message, certificate=nothing)
        state = _Gathered(dual.table, clock)
        rng = np.random.default_rng(np.random.SeedSequence(seed))
        climb_and_plan(state, dual, dual, rounds, limits, rng)
        if clock.left_s <= 0 and state.gap > limits.gap:
            stop = Stop.TIME
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    if state is None or state.point is None:
        return Answer(None, stop, trace=tuple(clock.trace), message="interrupted before there was a bound")
    if state.best is None:
        message = "no choice near the prices could be repaired"
    bound = state.point.bound_j
    return Answer(
        state.best, stop, max(bound, 0.0), state.best_j, tuple(clock.trace), message,
        {"rounds": float(state.rounds), "shards": float(len(recipes)), "build_s": build_s},
        None if state.best is None else state.table, Certificate(Leaf(state.point.prices), bound),
    )  # fmt: skip


@dataclasses.dataclass(eq=False)
class _Gathered(State):
    """Best bound and plan so far; ``table`` has one option a user, that of the plan, once there is one."""

    def follow(self, rounding: Rounding, point: Point) -> None:
        """The plan that comes of a point, if any does."""
        found = rounding.fit(point.chosen)
        if found is None:
            return
        table = rounding.table.take(np.searchsorted(rounding.rows, found.chosen))
        decision = Decision(np.arange(table.n_users), found.uplink_share, found.compute_share)
        cost = decision_cost(table, decision)
        if cost < self.best_j:
            self.table, self.best, self.best_j = table, decision, cost
            self.clock.found(table, decision)
            self.clock.report(cost)
