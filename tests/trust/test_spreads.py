"""Coefficients up to 10¹² apart: rejected with a clear error or solved right, never answered wrong.

Right is what enumeration in rational arithmetic says, to the last digit. One thing at a time is spread over users or
servers of a tiny instance: bandwidth, energies, deadlines, weights, speeds, or all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from instances.check import check
from instances.errors import InputError
from instances.expand import expand
from instances.instance import Instance
from results.trust.askers import LIMITS, Asker, askers_now
from results.trust.contradictions import ask_all, contradictions
from solvers import Result, Verdict, solve
from tests.builders import tiny_instance
from tests.trust.exact_oracle import exact_optimum

EASY, HARD = (0, 4, 8, 12), tuple(range(13))
ROOM = 3e-6
"""Relative: the gap asked for is 1e-6, and MILP solvers let rows slip by as much."""


def _steps(decades: int, count: int) -> np.ndarray:
    """[count] factors from 1 to 10^decades."""
    return np.asarray(10.0 ** np.linspace(0, decades, count)) if count > 1 else np.array([10.0**decades])


def _bandwidth(instance: Instance, decades: int) -> Instance:
    """Bandwidths around their own sizes, and links as much worse, one server a thousand millionth of another."""
    servers = instance.servers
    return instance.replace(
        servers=servers.replace(bandwidth_mhz=servers.bandwidth_mhz * _steps(decades, len(servers)))
    )


def _narrow(instance: Instance, decades: int) -> Instance:
    servers = instance.servers
    return instance.replace(
        servers=servers.replace(bandwidth_mhz=servers.bandwidth_mhz / _steps(decades, len(servers)))
    )


def _energies(instance: Instance, decades: int) -> Instance:
    devices, servers = instance.devices, instance.servers
    return instance.replace(
        devices=devices.replace(kappa=devices.kappa * _steps(decades, len(devices))),
        servers=servers.replace(idle_w=servers.idle_w / _steps(decades, len(servers))),
    )


def _deadlines(instance: Instance, decades: int) -> Instance:
    users = instance.users
    return instance.replace(users=users.replace(deadline_s=users.deadline_s * _steps(decades, len(users))))


def _weights(instance: Instance, decades: int) -> Instance:
    users = instance.users
    return instance.replace(users=users.replace(weight=users.weight * _steps(decades, len(users))))


def _speeds(instance: Instance, decades: int) -> Instance:
    servers = instance.servers
    return instance.replace(servers=servers.replace(gflops=servers.gflops * _steps(decades, len(servers))))


def _everything(instance: Instance, decades: int) -> Instance:
    for spread in (_energies, _weights, _deadlines, _bandwidth):
        instance = spread(instance, decades)
    return instance


SPREADS: dict[str, Callable[[Instance, int], Instance]] = {
    "bandwidth up": _bandwidth,
    "bandwidth down": _narrow,
    "energies": _energies,
    "deadlines": _deadlines,
    "weights": _weights,
    "speeds": _speeds,
    "everything": _everything,
}


def _instance(seed: int, allocation: str) -> Instance:
    users, servers, layers = ((2, 2, 2), (3, 1, 1))[seed % 2]
    plain = tiny_instance(seed, users, servers, layers, allocation, tightness=0.4)
    pieces = np.full(plain.n_servers, 3)
    return plain.replace(servers=plain.servers.replace(blocks=pieces, units=pieces))


def _askers(*, many: bool) -> list[Asker]:
    """Everybody; or, where time counts, each way to an answer once."""
    few = ("branch", "brute_force", "exact", "joint_compact", "greedy")
    return [entry for entry in askers_now() if many or entry.name in few]


def _held_to(name: str, result: Result, least: Fraction | None) -> None:
    """A result against the exact optimum."""
    assert result.verdict is not Verdict.WRONG, f"{name}: {result.message}"
    if least is None:
        assert result.plan is None and not math.isfinite(result.objective_j), f"{name} has a plan where none exists"
        return
    optimum = float(least)
    assert not result.verdict.infeasible, f"{name} calls infeasible what costs {optimum}"
    assert result.bound_j <= optimum * (1 + ROOM), f"{name}: bound {result.bound_j}, optimum {optimum}"
    assert result.objective_j >= optimum * (1 - 1e-8), f"{name}: {result.objective_j} is below the optimum {optimum}"
    if result.verdict in (Verdict.OPTIMAL, Verdict.CERTIFIED) and result.gap <= LIMITS.gap:
        assert result.objective_j <= optimum * (1 + ROOM), f"{name}: 'optimal' {result.objective_j}, is {optimum}"


def _units(what: str, decades: int, seed: int, *, many: bool) -> tuple[int, int]:
    """Every asker on one instance; how many answered it and how many refused it."""
    instance = SPREADS[what](_instance(seed, "units"), decades)
    table = expand(instance)
    least = exact_optimum(table) if (np.diff(table.start) > 0).all() else None
    claims = ask_all(instance, _askers(many=many), seed)
    assert contradictions(claims) == []
    refused = [claim for claim in claims if claim.reason.startswith("refused")]
    for claim in claims:
        assert not claim.raised, claim.raised
        if claim.result is not None and claim.result.method not in ("greedy", "local_search"):
            _held_to(f"{claim.asker}, {what} 1e{decades}, seed {seed}", claim.result, least)
    for claim in refused:
        assert "outside 0.0001 … 10000" in claim.reason and "Fix: " in claim.reason
    return sum(claim.result is not None for claim in claims), len(refused)


def _continuous(what: str, decades: int, seed: int, *, many: bool) -> None:
    """No claim may contradict another, or a plan in whole units, whose exact cost is an upper bound."""
    instance = SPREADS[what](_instance(seed, "continuous"), decades)
    table = expand(instance)
    pieces = expand(instance.replace(allocation="units"))
    most = exact_optimum(pieces) if (np.diff(pieces.start) > 0).all() else None
    claims = ask_all(instance, _askers(many=many), seed)
    assert contradictions(claims) == []
    assert len(table) == len(pieces)
    for claim in claims:
        assert not claim.raised, claim.raised
        if claim.result is None or most is None:
            continue
        assert not claim.result.verdict.infeasible, f"{claim.asker} calls infeasible what pieces can do"
        assert claim.result.bound_j <= float(most) * (1 + ROOM), f"{claim.asker}, {what} 1e{decades}, seed {seed}"


@pytest.mark.parametrize("what", SPREADS)
def test_units_are_right_or_refused(what: str) -> None:
    answered = refused = 0
    for decades in EASY:
        a, r = _units(what, decades, seed=decades + decades // 4, many=False)
        answered, refused = answered + a, refused + r
    assert answered >= 4 * len(EASY)


@pytest.mark.parametrize("what", SPREADS)
def test_continuous_claims_hold_together(what: str) -> None:
    for decades in EASY[2:]:
        _continuous(what, decades, seed=decades + decades // 4, many=False)


@pytest.mark.nightly
@pytest.mark.parametrize("what", SPREADS)
@pytest.mark.parametrize("decades", HARD)
def test_every_spread_on_many_instances(what: str, decades: int) -> None:
    for seed in range(20):
        _units(what, decades, seed, many=True)
        _continuous(what, decades, seed, many=True)


def test_the_exact_oracle_agrees_with_enumeration_in_floats() -> None:
    """Where nothing is spread, both oracles say the same to rounding; and the plan behind it is valid."""
    solved = 0
    for seed in range(8):
        instance = _instance(seed, "units")
        table = expand(instance)
        if (np.diff(table.start) == 0).any():
            continue
        least, found = exact_optimum(table), solve(instance, "brute_force")
        assert (least is None) == (found.plan is None)
        if least is not None and found.plan is not None:
            solved += 1
            assert float(least) == pytest.approx(found.objective_j, rel=1e-12)
            assert check(instance, found.plan).valid
    assert solved >= 5


def test_a_range_of_coefficients_that_misleads_solvers_is_refused() -> None:
    """Programs name the row and the coefficient; methods that need no MILP still answer."""
    from scipy.sparse import csr_matrix

    from formulations.program import LARGEST, SMALLEST, Program, Rows

    for value in (SMALLEST / 2, LARGEST * 2, 1e-12, 1e12, np.nan):
        rows = Rows(csr_matrix(np.array([[1.0, value]])), np.zeros(1), np.ones(1))
        with pytest.raises(InputError, match="where MILP solvers answer wrongly"):
            Program(np.zeros(2), np.zeros(2), np.ones(2), np.ones(2, dtype=bool), rows)
