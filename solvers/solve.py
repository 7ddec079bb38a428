"""One `solve` for all methods: expand, ask the method, check, hand over a result."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable

import numpy as np

from formulations.program import Decision
from instances.certify import CERTIFIABLE
from instances.errors import InputError
from instances.expand import expand
from instances.instance import Instance
from instances.options import OptionTable
from instances.plan import Plan
from solvers.answer import Answer, Clock, Limits, Progress, Stop
from solvers.conflict import explain_conflict
from solvers.infeasible import explain_users
from solvers.no_plan import no_option
from solvers.registry import Method, get_method, require_support
from solvers.result import Result

__all__ = ["solve"]


def solve(
    instance: Instance,
    method: str | Method = "branch",
    *,
    limits: Limits | None = None,
    seed: int = 0,
    on_progress: Callable[[Progress], None] | None = None,
    on_plan: Callable[[Callable[[], Plan]], None] | None = None,
    table: OptionTable | None = None,
    certify: bool = True,
) -> Result:
    """Solve an instance.

    Args:
        instance: the problem.
        method: name from `solvers.METHODS`, ``branch`` proves how good the answer is; or a method that is not
            registered, such as `Exact` with other HiGHS options.
        limits: time, gap, nodes, rounds.
        seed: of all randomness (`numpy.random.SeedSequence`).
        on_progress: called with each new state, at least every second while HiGHS runs. Raising KeyboardInterrupt
            there, or pressing Ctrl-C, stops and keeps the best checked plan.
        on_plan: called with each better plan on the way, as a function that makes it when wanted; it is unchecked.
        table: options of this instance, if they are at hand already.
        certify: whether to recompute the bound from the method's certificate, if it has one; else nothing rests on it.

    Raises:
        InputError: no such method, or one that cannot run on this instance.
    """
    if isinstance(method, str):
        get_method(method)  # an unknown name is told before any work
    if seed < 0:
        raise InputError("seed", f"is {seed}", "a seed is not negative", "give 0 or more")
    limits = limits or Limits()
    clock = Clock(limits, on_progress, None if on_plan is None else lambda *found: on_plan(lambda: _plan_of(*found)))
    begin = time.perf_counter()
    clock.report()
    table = expand(instance) if table is None else table
    build_s = time.perf_counter() - begin
    chosen = require_support(method, table)
    answer = _ask(chosen, instance, table, limits, seed, clock)
    plan = None
    if answer.decision is not None:
        plan = _plan_of(answer.table or table, answer.decision)
    build_s += answer.detail.get("build_s", 0.0)
    solve_s = time.perf_counter() - begin - build_s
    return Result.checked(
        instance, answer, plan, method=chosen.name, seed=seed, limits=limits, build_s=build_s, solve_s=solve_s,
        certify=certify,
    )  # fmt: skip


def _plan_of(table: OptionTable, decision: Decision) -> Plan:
    return Plan.from_options(table, decision.chosen, decision.uplink_share, decision.compute_share)


def _ask(chosen: Method, instance: Instance, table: OptionTable, limits: Limits, seed: int, clock: Clock) -> Answer:
    stuck = np.flatnonzero(np.diff(table.start) == 0)
    if len(stuck):
        restated = instance.is_plain and instance.problem in CERTIFIABLE
        nothing = no_option(instance.n_servers) if restated else None
        why = explain_users(instance, stuck)
        return Answer(None, Stop.INFEASIBLE, bound_j=float("inf"), message=why, certificate=nothing)
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    try:
        answer = chosen.solve(table, limits=limits, rng=rng, clock=clock)
    except KeyboardInterrupt:
        return Answer(None, Stop.INTERRUPTED, trace=tuple(clock.trace), message="interrupted before a plan was found")
    if answer.stop is Stop.INFEASIBLE:
        reason = explain_conflict(instance, table, clock=Clock(Limits(time_s=min(60.0, clock.left_s))))
        answer = dataclasses.replace(answer, message=reason or answer.message)
    return dataclasses.replace(answer, message=_named(answer.message, instance))


def _named(message: str, instance: Instance) -> str:
    """Methods know users by number only; the reader knows them by name."""
    return re.sub(r"user #(\d+)", lambda found: f"user {instance.users.name[int(found[1])]}", message)
