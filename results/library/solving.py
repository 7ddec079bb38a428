"""Which methods run on which instance, and how long; everything that they find goes through the library's rules."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from instances.certificate import Certificate, Leaf
from instances.certify import certify
from instances.instance import Instance
from instances.library.entries import HOME, Entry, entry
from instances.library.loading import load
from instances.library.records import Record, best
from instances.library.rules import Offer, Outcome, certifiable, sign, submit, take_word
from results.library.systems import solve_system
from solvers import Limits, Result, Verdict, solve

__all__ = ["improve"]

EXACT_USERS, MEDIUM_USERS = 60, 1000
"""Users up to which instances are searched to the end, and up to which branch and price runs at all."""
SHORT_S, LONG_S = 15.0, 40.0
"""Limits of one run on instances up to `EXACT_USERS` and above."""
SOLVED, NEAR = 1e-7, 1e-5
"""Gaps at which runs on such instances may stop."""
OPEN = 1e-3
"""Gap above which a plan is also sought by local search."""


def improve(name: str, *, limit_s: float | None = None, folder: Path = HOME) -> tuple[Record, str]:
    """Run what suits the instance, and submit what is found; the record afterwards, and what was taken.

    Args:
        name: of the library. limit_s: s for each run; None: as suits the size. folder: of the library.
    """
    one, problem = entry(name, folder), load(name, folder=folder)
    if not one.is_joint:
        offer = solve_system(one, problem, limit_s or SHORT_S)
        told = [
            submit(name, offer, folder=folder, problem=problem),
            take_word(name, offer, folder=folder, problem=problem),
        ]
        return best(name, folder=folder), _said(told)
    told = []
    for method, limits in _runs(one, limit_s):
        told += _run(one, problem, method, limits, folder)
    record = best(name, folder=folder)
    if not record.word:  # the certificate of the first run was rejected: another gap gives another tree
        told += _run(one, problem, "branch", Limits(time_s=limit_s or SHORT_S, gap=10 * SOLVED), folder)
        record = best(name, folder=folder)
    if one.users <= MEDIUM_USERS and one.problem != "J-M" and OPEN < record.gap < math.inf:
        told += _run(one, problem, "local_search", Limits(time_s=limit_s or SHORT_S), folder)
    return best(name, folder=folder), _said(told)


def _said(told: list[Outcome]) -> str:
    return "; ".join(outcome.why for outcome in told if outcome.accepted) or "nothing better"


def _runs(one: Entry, limit_s: float | None) -> list[tuple[str, Limits]]:
    """Methods and limits, in the order in which they run."""
    if one.problem == "J-M":
        return [("bottleneck", Limits(time_s=limit_s or SHORT_S, gap=1e-6))]
    if one.users <= EXACT_USERS:
        return [("branch", Limits(time_s=limit_s or SHORT_S, gap=SOLVED))]
    prices = ("prices", Limits(time_s=limit_s or 2 * LONG_S, gap=NEAR))
    return [prices, ("branch", Limits(time_s=limit_s or LONG_S, gap=NEAR))] if one.users <= MEDIUM_USERS else [prices]


def _run(one: Entry, instance: Instance, method: str, limits: Limits, folder: Path) -> list[Outcome]:
    result = solve(instance, method, limits=limits, certify=False)
    if result.verdict is Verdict.WRONG:
        raise RuntimeError(f"{one.name}: {method} is wrong: {result.message}")
    if result.verdict.infeasible:
        return [_without_plan(one, instance, result, folder)]
    return [
        submit(one.name, result, folder=folder, problem=instance),
        *([] if certifiable(instance) else [take_word(one.name, result, folder=folder, problem=instance)]),
    ]


def _without_plan(one: Entry, instance: Instance, result: Result, folder: Path) -> Outcome:
    """That there is no plan: certified where a user has no way at all, else on the word of the method."""
    by = sign(result.method, result.seed)
    nothing = Certificate(Leaf(np.zeros((3, instance.n_servers))), math.inf)
    proven = certifiable(instance) and certify(instance, nothing).bound_j == math.inf
    offer = Offer(one.fingerprint, None, nothing if proven else None, math.inf, by, result.message)
    take = submit if proven else take_word
    return take(one.name, offer, folder=folder, problem=instance)


def timed(name: str, **options: Any) -> tuple[Record, str, float]:
    """`improve`, and the seconds that it took."""
    begin = time.perf_counter()
    record, why = improve(name, **options)
    return record, why, time.perf_counter() - begin
