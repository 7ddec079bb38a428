"""Properties that the best shares have: less work costs no more, order and units of measure do not matter."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.allocation import (
    allocate,
)
from tests.solvers.allocation_tables import (
    COLUMNS,
    TAGS,
    everyone,
    random_table,
    table_scaled,
)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(TAGS), st.floats(1.0, 3.0), st.sampled_from(COLUMNS))
def test_less_work_never_costs_more(seed: int, tag: str, factor: float, column: str) -> None:
    table = random_table(seed, tag)
    easier = table_scaled(table, column, 1 / factor)
    before, after = allocate(table, everyone(table)), allocate(easier, everyone(table))
    assert after.objective_j <= before.objective_j * (1 + 1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(TAGS), st.randoms(use_true_random=False))
def test_order_of_users_does_not_matter(seed: int, tag: str, random: object) -> None:
    table = random_table(seed, tag)
    order = np.random.default_rng(seed).permutation(table.n_users)
    per_user = ("deadline_s", "weight", "second_w", "clock_min", "clock_max")
    moved = dataclasses.replace(table.take(order), user=np.arange(table.n_users),
                                **{name: getattr(table, name)[order] for name in per_user})  # fmt: skip
    first, second = allocate(table, everyone(table)), allocate(moved, everyone(table))
    assert second.objective_j == pytest.approx(first.objective_j, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(TAGS), st.floats(1e-6, 1e6), st.floats(1e-3, 1e3))
def test_units_of_energy_and_time_do_not_matter(seed: int, tag: str, joule: float, second: float) -> None:
    table = random_table(seed, tag)
    changes = {name: getattr(table, name) * second
               for name in ("device_s", "uplink_mhz_s", "server_s", "deadline_s")}  # fmt: skip
    changes |= {"weight": table.weight * joule, "tx_w": table.tx_w / second, "static_j": table.static_j * joule}
    before, after = allocate(table, everyone(table)), allocate(dataclasses.replace(table, **changes), everyone(table))
    assert after.objective_j == pytest.approx(before.objective_j * joule, rel=1e-9)
    assert after.gap <= 1e-9
