"""Online rules see users in their order and nothing of later ones; moves never drop anybody."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from solvers.admission.arrivals import Arrivals, Outlook, Request, Rule, admit
from solvers.admission.online_moves import MovingFit
from solvers.admission.online_myopic import CheapestFit
from solvers.admission.online_prices import ExponentialPrices
from solvers.admission.packing import Packing
from tests.solvers.admission.packings import random_packing

RULES = (ExponentialPrices, CheapestFit, MovingFit)
Maker = type[ExponentialPrices] | type[CheapestFit] | type[MovingFit]


def until(rule: Rule, packing: Packing, count: int) -> list[object]:
    """The first ``count`` decisions."""
    arrivals = iter(Arrivals(packing))
    return [rule.decide(next(arrivals)) for _ in range(count)]


def with_other_future(packing: Packing, known: int, rng: np.random.Generator) -> Packing:
    """The same first users; the others have other weights, demands and servers."""
    later = packing.user >= known
    weight = packing.weight.copy()
    weight[known:] = rng.uniform(0.1, 10, packing.n_users - known)
    demand = np.where(later[:, None], rng.random(packing.demand.shape), packing.demand)
    server = np.where(later, packing.server[::-1], packing.server)
    return dataclasses.replace(packing, weight=weight, demand=demand, server=server)


@pytest.mark.parametrize("make", RULES)
@pytest.mark.parametrize("seed", range(10))
def test_what_comes_later_changes_no_decision(make: Maker, seed: int) -> None:
    rng = np.random.default_rng(seed)
    packing = random_packing(rng, users=20, servers=2, pieces=6, most=3)
    outlook = Outlook.of(packing)  # ranges are known beforehand; users are not
    other = with_other_future(packing, 12, rng)
    assert until(make(outlook), packing, 12) == until(make(outlook), other, 12)


def test_arrivals_reveal_one_user_at_a_time_and_nothing_else() -> None:
    packing = random_packing(np.random.default_rng(1), users=5, servers=2)
    untouched = random_packing(np.random.default_rng(1), users=5, servers=2)
    arrivals = Arrivals(packing, np.array([3, 1, 0, 2, 4]))
    assert [name for name in vars(arrivals) if not name.startswith("_")] == ["outlook"]
    assert {f.name for f in dataclasses.fields(Request)} == {"weight", "server", "demand"}
    for user, request in zip([3, 1, 0, 2, 4], arrivals, strict=True):
        mine = packing.user == user
        assert request.weight == packing.weight[user]
        assert np.array_equal(request.server, packing.server[mine])
        assert np.array_equal(request.demand, packing.demand[mine])
        request.demand[:] = 0.0  # a copy: nothing that a rule does to it reaches the packing
        assert np.array_equal(packing.demand[mine], untouched.demand[mine])
    fields = {f.name: getattr(arrivals.outlook, f.name) for f in dataclasses.fields(Outlook)}
    assert all(np.size(value) <= 2 * packing.demand.shape[1] for value in fields.values())


@pytest.mark.parametrize("make", RULES)
@pytest.mark.parametrize("seed", range(30))
def test_nobody_is_dropped_and_rows_hold_at_every_moment(make: Maker, seed: int) -> None:
    rng = np.random.default_rng(seed)
    packing = random_packing(rng, users=25, servers=3, pieces=6, most=4, columns=4)
    whole, moves = admit(packing, Arrivals(packing), make(Outlook.of(packing)))
    assert packing.holds(whole)
    assert moves == 0 or make is MovingFit
    for count in range(packing.n_users):  # what was decided up to here is what it would be if nobody else came
        first = packing.user < count
        part = Packing(packing.weight[:count], packing.user[first], packing.server[first], packing.demand[first], 3)
        taken, _ = admit(part, Arrivals(part), make(Outlook.of(packing)))
        assert part.holds(taken)
        assert (whole[:count][taken >= 0] >= 0).all()


def test_a_move_makes_room() -> None:
    """The first user takes the first server, where alone the second one can go; it can go to the second as well."""
    user, server = np.array([0, 0, 1]), np.array([0, 1, 0])
    packing = Packing(np.ones(2), user, server, np.array([[0.6], [0.7], [0.6]]), 2)
    outlook = Outlook.of(packing)
    assert packing.value(admit(packing, Arrivals(packing), CheapestFit(outlook))[0]) == 1
    taken, moves = admit(packing, Arrivals(packing), MovingFit(outlook))
    assert taken.tolist() == [1, 2] and moves == 1


def test_a_move_to_a_lighter_column_of_the_same_server_makes_room() -> None:
    """The least sum is not the least of what runs out. For a newcomer that weighs less than it takes nobody moves."""
    user, server = np.array([0, 0, 1]), np.zeros(3, dtype=int)
    demand = np.array([[0.6, 0.1], [0.2, 0.6], [0.6, 0.4]])
    for weight, expected in ((2.0, [1, 2]), (1.0, [0, -1])):
        packing = Packing(np.array([1.0, weight]), user, server, demand, 1)
        taken, moves = admit(packing, Arrivals(packing), MovingFit(Outlook.of(packing)))
        assert taken.tolist() == expected and moves == (weight > 1)


def total(make: Maker, packings: list[Packing]) -> float:
    return sum(p.value(admit(p, Arrivals(p), make(Outlook.of(p)))[0]) for p in packings)


def test_moves_admit_more_than_the_myopic_rule() -> None:
    """Sums over 40 packings of 60 equal users."""
    rngs = [np.random.default_rng(seed) for seed in range(40)]
    drawn = [random_packing(rng, users=60, servers=3, pieces=12, columns=4) for rng in rngs]
    equal = [dataclasses.replace(packing, weight=np.ones(60)) for packing in drawn]
    assert total(MovingFit, equal) > total(CheapestFit, equal)


def test_prices_keep_room_where_the_heavy_come_late() -> None:
    """Sums over 40 packings whose first 40 users weigh a twentieth of the others."""
    drawn = [random_packing(np.random.default_rng(seed), users=60, servers=3, pieces=12, most=4) for seed in range(40)]
    late = [dataclasses.replace(p, weight=np.where(np.arange(60) < 40, 0.05, 1.0)) for p in drawn]
    assert total(ExponentialPrices, late) > 1.3 * total(CheapestFit, late)
