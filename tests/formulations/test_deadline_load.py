"""What part of a server deadlines take, on paper: λ of Σ [A, √(Ac); √(Ac), c]/slack, the angle of its eigenvector."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from formulations.parts.deadline_load import deadline_load, roomiest_shares
from formulations.parts.prices import PricedOptions


def options(air: list[float], run: list[float], slack: list[float]) -> PricedOptions:
    """Of these, and nothing else that counts."""
    rest = {field.name: np.ones(len(air)) for field in dataclasses.fields(PricedOptions)}
    return PricedOptions(**{**rest, "air": np.array(air), "run": np.array(run), "slack": np.array(slack)})


def test_one_option_takes_air_and_run_over_slack() -> None:
    one = options([2.0], [8.0], [5.0])
    load, angle = deadline_load(one, np.ones(1))
    assert load == pytest.approx((2.0 + 8.0) / 5.0)
    assert math.tan(angle) == pytest.approx(math.sqrt(8.0 / 2.0))
    assert deadline_load(one, np.array([0.25]))[0] == pytest.approx(0.5)


def test_two_options_of_one_kind_each() -> None:
    """One only sends, the other only computes: the larger of both sums."""
    two = options([3.0, 0.0], [0.0, 8.0], [6.0, 10.0])
    assert deadline_load(two, np.ones(2))[0] == pytest.approx(0.8)
    assert deadline_load(two, np.array([2.0, 1.0]))[0] == pytest.approx(1.0)


def test_roomiest_shares_leave_all_the_same_part_of_their_slack() -> None:
    some = options([2.0, 1.0, 0.5], [8.0, 1.0, 2.0], [40.0, 10.0, 8.0])
    load, _ = deadline_load(some, np.ones(3))
    beta, phi = roomiest_shares(some)
    assert beta.sum() == pytest.approx(1.0) and phi.sum() == pytest.approx(1.0)
    assert (some.air / beta + some.run / phi) / some.slack == pytest.approx(np.full(3, load))
