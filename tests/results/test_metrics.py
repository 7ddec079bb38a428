"""Metrics against numbers worked out by hand, and properties that hold for all."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.metrics import (
    Held,
    Interval,
    guarantee_verdict,
    interval,
    paired_interval,
    par,
    performance_profile,
    primal_gap,
    primal_integral,
    ratio_interval,
    relative_gap,
    shifted_geometric_mean,
    shifted_ratio,
)

INF, NAN = math.inf, math.nan
times = st.floats(0.0, 1e5)
positive = st.floats(1e-3, 1e5)
values = st.floats(-1e6, 1e6)


def test_relative_gap_by_hand() -> None:
    assert relative_gap(100.0, 99.0) == pytest.approx(0.01)  # (100 − 99)/100
    assert relative_gap(-4.0, -5.0) == pytest.approx(0.25)  # (−4 + 5)/4
    assert relative_gap(5.0, 5.0) == 0.0 == relative_gap(0.0, 0.0)
    assert relative_gap(5.0, 6.0) == 0.0  # crossed: a fault that a gap cannot say
    assert relative_gap(0.0, -1.0) == pytest.approx(1e12)
    for objective, bound in ((INF, 1.0), (1.0, -INF), (INF, -INF), (NAN, 1.0), (1.0, NAN)):
        assert relative_gap(objective, bound) == INF


def test_primal_gap_by_hand() -> None:
    assert primal_gap(12.0, 10.0) == pytest.approx(1 / 6)  # 2/12
    assert primal_gap(-8.0, -10.0) == pytest.approx(0.2)  # 2/10
    assert primal_gap(1.0, -10.0) == 1.0 and primal_gap(3.0, 0.0) == 1.0
    assert primal_gap(0.0, 0.0) == 0.0 == primal_gap(9.0, 10.0)
    assert primal_gap(INF, 10.0) == 1.0 == primal_gap(NAN, 10.0)
    with pytest.raises(ValueError, match="best value"):
        primal_gap(1.0, INF)


def test_primal_integral_by_hand() -> None:
    trace = [(1.0, None, 3.0), (2.0, 20.0, 5.0), (5.0, 12.5, 5.0), (9.0, 10.0, 10.0)]
    # 2 s · 1, 3 s · (20 − 10)/20, 4 s · (12.5 − 10)/12.5, 1 s · 0
    assert primal_integral(trace, 10.0, 10.0) == pytest.approx(2 + 1.5 + 0.8)
    assert primal_integral(trace, 10.0, 4.0) == pytest.approx(2 + 1.0)  # events after the horizon do not count
    assert primal_integral([], 10.0, 7.0) == 7.0
    assert primal_integral([(0.0, 10.0)], 10.0, 7.0) == 0.0
    assert primal_integral([(0.0, 20.0), (2.0, 40.0)], 10.0, 4.0) == 2.0  # a worse plan takes nothing back
    for bad in ([(2.0, 1.0), (1.0, 1.0)], [(-1.0, 1.0)], [(NAN, 1.0)], [(None, 1.0)]):
        with pytest.raises(ValueError, match="comes after"):
            primal_integral(bad, 1.0, 9.0)
    for horizon in (0.0, -1.0, INF, NAN):
        with pytest.raises(ValueError, match="horizon"):
            primal_integral([], 1.0, horizon)


@given(st.lists(st.tuples(st.floats(0, 100), values), max_size=8), st.floats(1, 150))
def test_a_primal_integral_lies_between_nothing_and_the_horizon(events: list[tuple[float, float]], end: float) -> None:
    events.sort(key=lambda event: event[0])
    best = min((value for _, value in events), default=0.0)
    found = primal_integral(events, best, end)
    assert 0.0 <= found <= end * (1 + 1e-12)
    assert primal_integral([(0.0, best), *events], best, end) == 0.0
    later = [(time_s + 1.0, value) for time_s, value in events]
    assert primal_integral(later, best, end) >= found - 1e-9  # later is never better


def test_shifted_geometric_mean_by_hand() -> None:
    assert shifted_geometric_mean([0.9, 9.9], 0.1) == pytest.approx(math.sqrt(10) - 0.1)  # √(1 · 10) − 0.1
    assert shifted_geometric_mean([0.0, 8.0], 1.0) == pytest.approx(2.0)  # √(1 · 9) − 1
    assert shifted_geometric_mean([2.0, 8.0], 0.0) == pytest.approx(4.0)
    assert shifted_geometric_mean([0.0, 8.0], 0.0) == 0.0
    assert shifted_geometric_mean([1.0, INF], 1.0) == INF
    assert math.isnan(shifted_geometric_mean([], 1.0))
    for bad, shift in (([-1.0], 2.0), ([NAN], 1.0), ([1.0], -1.0), ([1.0], INF)):
        with pytest.raises(ValueError, match="at least 0"):
            shifted_geometric_mean(bad, shift)


@given(st.lists(positive, min_size=1, max_size=9), st.floats(0.0, 100.0), st.floats(0.01, 100.0))
def test_shifted_means_lie_between_the_means(sample: list[float], shift: float, more: float) -> None:
    geometric, arithmetic = shifted_geometric_mean(sample, 0.0), math.fsum(sample) / len(sample)
    found, further = shifted_geometric_mean(sample, shift), shifted_geometric_mean(sample, shift + more)
    room = 1e-9 * (arithmetic + shift + more)
    assert min(sample) - room <= geometric <= found + room
    assert found <= further + room and further <= arithmetic + room
    scaled = shifted_geometric_mean([7 * v for v in sample], 7 * shift)
    assert scaled == pytest.approx(7 * found, rel=1e-9, abs=7 * room)


def test_shifted_ratio_by_hand() -> None:
    # (0.9 + 0.1)/(3.9 + 0.1) = 1/4 and (9.9 + 0.1)/(9.9 + 0.1) = 1: √(1/4) = 1/2
    assert shifted_ratio([0.9, 9.9], [3.9, 9.9], 0.1) == pytest.approx(0.5)
    assert math.isnan(shifted_ratio([], [], 1.0))
    for a, b, shift in (([1.0], [1.0, 2.0], 1.0), ([INF], [1.0], 1.0), ([0.0], [1.0], 0.0)):
        with pytest.raises(ValueError, match="ratio"):
            shifted_ratio(a, b, shift)


@given(st.lists(st.tuples(times, times), min_size=1, max_size=9), st.floats(0.01, 10.0))
def test_shifted_ratios_are_those_of_the_means(pairs: list[tuple[float, float]], shift: float) -> None:
    a, b = ([pair[k] for pair in pairs] for k in (0, 1))
    above, below = (shifted_geometric_mean(sample, shift) + shift for sample in (a, b))
    assert shifted_ratio(a, b, shift) == pytest.approx(above / below, rel=1e-9)
    assert shifted_ratio(b, a, shift) == pytest.approx(1 / shifted_ratio(a, b, shift), rel=1e-9)


def test_par_by_hand() -> None:
    # 10 s, 60 s (just solved), and three unsolved at 2 · 60 s: (10 + 60 + 360)/5
    assert par([10.0, 60.0, None, INF, 61.0], 60.0) == pytest.approx(86.0)
    assert par([10.0, None], [60.0, 20.0], factor=10.0) == pytest.approx(105.0)  # (10 + 200)/2
    assert par([NAN], 5.0) == 10.0
    assert math.isnan(par([], 60.0))
    for taken, limit, factor in (([-1.0], 1.0, 2.0), ([1.0], 0.0, 2.0), ([1.0], INF, 2.0), ([1.0], 1.0, 0.5)):
        with pytest.raises(ValueError, match="at least 0"):
            par(taken, limit, factor)
    with pytest.raises(ValueError, match="limits for"):
        par([1.0, 2.0], [3.0])


def test_performance_profile_by_hand() -> None:
    profile = performance_profile({
        "a": [1.0, 4.0, None, None],
        "b": [2.0, 4.0, 3.0, INF],
        "c": [8.0, NAN, None, None],
    })  # fmt: skip
    # least: 1, 4, 3, none. a: 1, 1, –, –; b: 2, 1 (a tie), 1, –; c: 8, –, –, –; the last instance counts for all
    assert profile.ratios.tolist() == [[1, 1, INF, INF], [2, 1, 1, INF], [8, INF, INF, INF]]
    assert profile.wins == {"a": 0.5, "b": 0.5, "c": 0.0}
    assert profile.at(2.0) == {"a": 0.5, "b": 0.75, "c": 0.0}
    assert profile.solved == {"a": 0.5, "b": 0.75, "c": 0.25}
    assert profile.last == 8.0
    ratios, part = profile.steps("b")
    assert ratios.tolist() == [1.0, 2.0] and part.tolist() == [0.5, 0.75]
    ratios, part = profile.steps("c")
    assert ratios.tolist() == [1.0, 8.0] and part.tolist() == [0.0, 0.25]
    nobody = performance_profile({"a": [None], "b": [None]})
    assert nobody.solved == {"a": 0.0, "b": 0.0} and nobody.last == 1.0
    for bad in ({}, {"a": []}, {"a": [1.0], "b": [1.0, 2.0]}, {"a": [0.0]}, {"a": [-1.0]}):
        with pytest.raises(ValueError, match="times"):
            performance_profile(bad)


rows_of_times = st.lists(st.lists(st.one_of(st.none(), positive), min_size=3, max_size=3), min_size=1, max_size=6)


@given(rows_of_times, st.floats(0.1, 10.0))
def test_profiles_grow_and_do_not_depend_on_the_clock(rows: list[list[float | None]], faster: float) -> None:
    by_method = {f"m{k}": [row[k] for row in rows] for k in range(3)}
    profile = performance_profile(by_method)
    for name in by_method:
        ratios, part = profile.steps(name)
        assert ratios[0] == 1.0 and (np.diff(ratios) > 0).all() and (np.diff(part) >= 0).all()
        assert part[-1] == profile.solved[name] == sum(t is not None for t in by_method[name]) / len(rows)
        assert part[0] == profile.wins[name]
    anybody = sum(any(t is not None for t in row) for row in rows) / len(rows)
    assert anybody - 1e-12 <= sum(profile.wins.values())
    # another unit of time for each instance leaves all ratios as they are
    scaled = {name: [None if t is None else faster * t for t in row] for name, row in by_method.items()}
    np.testing.assert_allclose(performance_profile(scaled).ratios, profile.ratios, rtol=1e-12)


def test_intervals_by_hand() -> None:
    rng = np.random.default_rng(0)
    # Two values 0 and 1: the mean of two draws is 0, 1/2, 1 with 1/4, 1/2, 1/4, so 95 % reach from 0 to 1
    assert interval([0.0, 1.0], rng) == (0.5, 0.0, 1.0)
    # and the middle 40 % (from the 30th to the 70th of a hundred) are at 1/2
    assert interval([0.0, 1.0], rng, level=0.4) == (0.5, 0.5, 0.5)
    alone, none = interval([3.0], rng), interval([], rng)
    assert alone.estimate == 3.0 and math.isnan(alone.low) and math.isnan(alone.high)
    assert all(map(math.isnan, none))
    for sample, level, draws in (([1.0, INF], 0.95, 10), ([NAN], 0.95, 10), ([1.0], 1.0, 10), ([1.0], 0.5, 0)):
        with pytest.raises(ValueError, match=r"finite|level"):
            interval(sample, rng, level=level, draws=draws)


def test_intervals_of_many_values_are_drawn_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = np.random.default_rng(1).normal(size=50).tolist()
    whole = interval(sample, np.random.default_rng(2), draws=500)
    monkeypatch.setattr("results.metrics.bootstrap._BLOCK", 333)
    assert interval(sample, np.random.default_rng(2), draws=500) == whole


def test_apart_needs_ends() -> None:
    low, high = Interval(1.0, 0.5, 1.5), Interval(3.0, 1.6, 4.0)
    assert low.apart(high) and high.apart(low)
    assert not low.apart(Interval(1.6, 1.5, 1.7))  # they touch
    assert not low.apart(Interval(9.0, NAN, NAN))


def test_pairs_narrow_the_interval() -> None:
    rng = np.random.default_rng(0)
    hard = np.exp(rng.normal(0.0, 2.0, 30))  # instances differ by orders of magnitude, methods by 2 always
    found = ratio_interval((2 * hard).tolist(), hard.tolist(), 0.0, rng)
    assert found == (pytest.approx(2.0), pytest.approx(2.0), pytest.approx(2.0))
    noisy = ratio_interval((2 * hard * np.exp(rng.normal(0.0, 0.3, 30))).tolist(), hard.tolist(), 0.0, rng)
    assert 1.5 < noisy.low < noisy.estimate < noisy.high < 2.6
    mean = paired_interval([3.0, 5.0], [1.0, 1.0], lambda a, b: float((a - b).mean()), rng)
    assert mean == (3.0, 2.0, 4.0)  # differences 2 and 4
    assert math.isnan(ratio_interval([1.0], [2.0], 1.0, rng).low)
    assert all(map(math.isnan, ratio_interval([], [], 1.0, rng)))
    with pytest.raises(ValueError, match="same instances"):
        ratio_interval([1.0], [2.0, 3.0], 1.0, rng)


def test_paired_intervals_cover_the_ratio_as_often_as_they_say() -> None:
    rng, hits = np.random.default_rng(3), 0
    for _ in range(120):
        base = np.exp(rng.normal(0.0, 1.0, 25))
        other = 1.5 * base * np.exp(rng.normal(0.0, 0.5, 25))
        found = ratio_interval(other.tolist(), base.tolist(), 0.0, rng, draws=200)
        hits += found.low <= 1.5 <= found.high
    assert 0.85 <= hits / 120 <= 0.99


def test_guarantee_verdicts_by_hand() -> None:
    # a 2-approximation: value at most twice the optimum, which lies between bound and best
    assert guarantee_verdict(20.0, 2.0, 10.0) is Held.CONFIRMED  # 20 ≤ 2 · 10
    assert guarantee_verdict(21.0, 2.0, 10.0) is Held.INCONCLUSIVE  # the optimum may be 10.5
    assert guarantee_verdict(21.0, 2.0, 10.0, best=10.2) is Held.VIOLATED  # 21 > 2 · 10.2
    assert guarantee_verdict(20.3, 2.0, 10.0, best=10.2) is Held.INCONCLUSIVE
    assert guarantee_verdict(1e9, 2.0, -INF) is Held.INCONCLUSIVE
    assert guarantee_verdict(INF, 2.0, 1.0) is Held.INCONCLUSIVE  # no plan, and none known
    assert guarantee_verdict(INF, 2.0, 1.0, best=5.0) is Held.VIOLATED
    # additive: at most the optimum and 3
    assert guarantee_verdict(12.0, lambda optimum: optimum + 3, 9.0) is Held.CONFIRMED
    assert guarantee_verdict(12.1, lambda optimum: optimum + 3, 9.0, best=9.0) is Held.VIOLATED
    # maximised, at least half of an optimum of at most 10: 5 does, 4 does not if 9 are known to be possible
    assert guarantee_verdict(-5.0, 0.5, -10.0) is Held.CONFIRMED
    assert guarantee_verdict(-4.0, 0.5, -10.0, best=-9.0) is Held.VIOLATED
    assert guarantee_verdict(-4.0, 0.5, -10.0, best=-7.0) is Held.INCONCLUSIVE
    for value, ratio, bound, best in ((NAN, 1.0, 0.0, 1.0), (1.0, -1.0, 0.0, 1.0), (1.0, 1.0, 3.0, 2.0)):
        with pytest.raises(ValueError, match=r"NaN|guarantees|above"):
            guarantee_verdict(value, ratio, bound, best=best)


@given(positive, positive, st.floats(1.0, 10.0), st.floats(0.0, 1.0))
def test_no_verdict_contradicts_the_optimum(value: float, optimum: float, ratio: float, loose: float) -> None:
    kept = value <= ratio * optimum * (1 + 1e-9)
    verdict = guarantee_verdict(value, ratio, loose * optimum, best=optimum * (2 - loose))
    assert verdict is not (Held.VIOLATED if kept else Held.CONFIRMED) or value == pytest.approx(ratio * optimum)
    exact = guarantee_verdict(value, ratio, optimum, best=optimum)
    assert exact is (Held.CONFIRMED if kept else Held.VIOLATED) or value == pytest.approx(ratio * optimum)
