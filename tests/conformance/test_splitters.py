"""What every registered splitter must do, whatever it is. New splitters are picked up from the registry."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import numpy as np
import pytest

from instances.errors import InputError
from instances.request import Request
from solvers.answer import Limits
from solvers.result import Verdict
from solvers.split import SPLITTERS, Goal, SplitAnswer, SplitResult, split
from tests.request_builders import tiny_request

KINDS = {"exact", "bound", "approximation", "heuristic", "online", "learned"}
GOALS = (Goal.latency(), Goal.energy(), Goal.mixed(0.7), Goal.stage())
TIGHT = Limits(gap=1e-9)


def requests() -> Iterator[Request]:
    """Chains and graphs, one way and two ways, two and three machines, with and without limits."""
    for seed in range(48):
        rng = np.random.default_rng([seed, 77])
        machines = 3 if seed % 3 == 2 else 2
        yield tiny_request(
            rng, layers=int(rng.integers(2, 6 if machines == 3 else 9)), machines=machines, one_way=seed % 4 != 1,
            route="relay" if seed % 6 == 2 else "direct", chain=seed % 5 == 0, sinks=seed % 7 == 3,
            limits=seed % 8 >= 5, gaps=seed % 9 == 4,
        )  # fmt: skip


def capped_requests() -> Iterator[Request]:
    """Chains and graphs with caps on energy and load, some of which nothing can keep."""
    for seed in range(16):
        rng = np.random.default_rng([seed, 78])
        free = tiny_request(rng, layers=int(rng.integers(2, 8)), machines=2, one_way=seed % 4 != 1, chain=seed % 3 == 0)
        lowest, local = free.energy_j.min(axis=0).sum(), free.energy_j[0].sum()
        cap = lowest + rng.uniform(0.0, 1.2) * (local - lowest) if seed % 2 else math.inf
        load = rng.uniform(0.2, 1.2, 2) * free.time_s.sum(axis=1) if seed % 4 < 3 else np.full(2, math.inf)
        yield free.replace(energy_cap_j=float(cap), load_cap_s=load)


REQUESTS = (*requests(), *capped_requests())


@pytest.mark.parametrize("name", SPLITTERS)
def test_declares_what_it_is(name: str) -> None:
    known = SPLITTERS[name]
    assert known.name == name and known.kind in KINDS and known.title and known.reference
    assert known.guarantee is None or known.guarantee


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.name)
@pytest.mark.parametrize("name", SPLITTERS)
def test_against_brute_force_within_what_it_guarantees(name: str, goal: Goal) -> None:
    supported = [r for r in REQUESTS if SPLITTERS[name].supports(r, goal) is None]
    if not supported:
        reasons = {SPLITTERS[name].supports(r, goal) for r in REQUESTS}
        pytest.skip(f"{name} takes no such request: {sorted(str(r) for r in reasons)[0]}")
    for request in supported:
        best = split(request, "brute_force", goal)
        mine = split(request, name, goal, seed=1, limits=TIGHT)
        assert mine.verdict is not Verdict.WRONG, mine.message
        if SPLITTERS[name].kind == "exact":
            assert mine.verdict is best.verdict, mine.message
            if best.placement is not None:
                assert mine.value == pytest.approx(best.value, rel=1e-7)
        elif best.placement is not None:
            assert mine.value >= best.value * (1 - 1e-9)
            assert mine.bound <= best.value * (1 + 1e-9)
        if SPLITTERS[name].kind == "approximation" and best.placement is not None:
            assert mine.value <= ratio_of(request) * best.value * (1 + 1e-9)


def ratio_of(request: Request) -> float:
    """The ratio that the approximations of the longest stage prove: one for each machine and link (P18a)."""
    return 2 * request.n_machines - 1


@pytest.mark.parametrize("name", SPLITTERS)
def test_same_seed_same_answer(name: str) -> None:
    for request in REQUESTS[:12]:
        for goal in GOALS:
            if SPLITTERS[name].supports(request, goal) is None:
                first, second = (split(request, name, goal, seed=5, limits=TIGHT) for _ in range(2))
                assert first.value == second.value and first.bound == second.bound
                assert np.array_equal(first.placement, second.placement)


def test_a_result_is_made_by_the_checker_only() -> None:
    result = split(REQUESTS[0], "brute_force", Goal.latency())
    assert result.verdict is Verdict.OPTIMAL and result.valid and result.gap == 0
    fields = {f.name: getattr(result, f.name) for f in dataclasses.fields(result)}
    with pytest.raises(TypeError, match="checked"):
        SplitResult(**{**fields, "seal": object()})


def test_claims_that_do_not_hold_are_refused() -> None:
    request, goal = REQUESTS[0], Goal.latency()
    true = split(request, "brute_force", goal)
    assert true.placement is not None
    lie = SplitResult.checked(request, goal, SplitAnswer(true.placement, value=true.value / 2), method="liar")
    assert lie.verdict is Verdict.WRONG and "claimed value" in lie.message and lie.value == true.value
    high = SplitResult.checked(request, goal, SplitAnswer(true.placement, bound=true.value * 2), method="liar")
    assert high.verdict is Verdict.WRONG and high.bound == -math.inf
    n = request.n_layers
    broken = SplitResult.checked(request, goal, SplitAnswer(np.full(n, 9)), method="liar")
    assert broken.verdict is Verdict.WRONG and broken.value == math.inf and "structure" in broken.message
    none = SplitResult.checked(request, goal, SplitAnswer(None), method="liar")
    assert none.verdict is Verdict.UNKNOWN and none.value == math.inf and none.bound == -math.inf


def test_what_cannot_be_split_is_refused_with_a_reason() -> None:
    with pytest.raises(InputError, match="did you mean"):
        split(REQUESTS[0], "brute_forze")
    big = tiny_request(np.random.default_rng(0), layers=30)
    with pytest.raises(InputError, match="placements are more than"):
        split(big, "brute_force")
