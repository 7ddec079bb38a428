"""Sums that do not depend on the order of adding."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instances.expand import expand
from instances.generate import generate
from solvers.prices.shard import Shard
from solvers.prices.sums import add_sums, as_float, as_shares, exact_total, share_total

FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)


@given(st.lists(FINITE, max_size=30), st.integers(0, 30))
def test_totals_are_exact_however_split(values: list[float], cut: int) -> None:
    whole = exact_total(np.array(values, dtype=float))
    halves = [exact_total(np.array(part, dtype=float)) for part in (values[cut:], values[:cut])]
    assert whole == sum(halves)
    assert as_float(whole) == math.fsum(values)


@pytest.mark.parametrize("values", [[5e-324], [5e-324, -1e-310, 2.0**-1022], [1e16, 1.0, -1e16], [-0.1, 0.1]])
def test_totals_of_extremes(values: list[float]) -> None:
    assert as_float(exact_total(np.array(values))) == math.fsum(values)


def test_totals_of_more_than_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    values, server = rng.lognormal(0, 5, 1000), rng.integers(0, 7, 1000)
    total, shares = exact_total(values), share_total(server, rng.random(1000), 7)
    monkeypatch.setattr("solvers.prices.sums._MOST", 37)
    monkeypatch.setattr("solvers.prices.sums._CROWD", 41)
    assert exact_total(values) == total
    rng = np.random.default_rng(0)
    rng.lognormal(0, 5, 1000), rng.integers(0, 7, 1000)
    assert np.array_equal(share_total(server, rng.random(1000), 7), shares)


def test_shares_are_added_to_the_last_bit() -> None:
    rng = np.random.default_rng(1)
    server, share = rng.integers(0, 5, 10_000), rng.random(10_000) * 10.0 ** rng.uniform(-9, 0, 10_000)
    order = rng.permutation(10_000)
    total = share_total(server, share, 5)
    assert np.array_equal(total, share_total(server[order], share[order], 5))
    assert np.array_equal(total, share_total(server[:777], share[:777], 5) + share_total(server[777:], share[777:], 5))
    assert np.allclose(as_shares(total), np.bincount(server, share, 5), rtol=1e-13, atol=0)


def test_shards_add_up_to_the_whole_bit_by_bit() -> None:
    """Any split of the users, with λ kept from one evaluation to the next."""
    table = expand(generate("metro", users=700, servers=5, seed=2))
    rng = np.random.default_rng(3)
    owner = rng.integers(0, 4, table.n_users)
    shards = [Shard(table), *(Shard(table.part(owner == k)) for k in range(4))]
    force = [shard.no_force() for shard in shards]
    for _ in range(4):
        prices = 10 ** rng.uniform(-2, 2, (3, table.n_servers))
        sums = [s.at(prices, f, 2, into=f, threads=1)[1] for s, f in zip(shards, force, strict=True)]
        whole, parts = sums[0], add_sums(sums[1:])
        assert whole.total == parts.total and whole.unserved == parts.unserved == 0
        assert np.array_equal(whole.asked, parts.asked)
    assert shards[0].cheapest == sum(shard.cheapest for shard in shards[1:])
    assert np.array_equal(shards[0].held, sum(shard.held for shard in shards[1:]))


def test_an_evaluation_can_be_made_again() -> None:
    """λ goes in and comes out; nothing else is remembered."""
    shard = Shard(expand(generate("metro", users=300, servers=4, seed=5)))
    prices = np.full((3, 4), 3.0)
    first, second = np.empty(len(shard.work)), np.empty(len(shard.work))
    start = shard.no_force()
    _, cold = shard.at(prices, start, 2, into=first)
    _, warm = shard.at(prices, first, 2, into=second)
    again = np.empty(len(shard.work))
    assert shard.at(prices, start, 2, into=again)[1].total == cold.total
    assert shard.at(prices, again, 2, into=again)[1].total == warm.total
    assert np.array_equal(again, second)
