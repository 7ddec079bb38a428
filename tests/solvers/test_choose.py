"""How the columns of an undecided user are parted, on paper."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from solvers.branch.choose import _by_pieces


def offers(user: list[int], blocks: list[int], units: list[int]) -> Any:
    """Columns of one option."""
    return SimpleNamespace(user=np.array(user), blocks=np.array(blocks), units=np.array(units))


@pytest.mark.parametrize(
    ("blocks", "units", "weight", "kind", "most", "among"),
    [
        ([2, 5], [3, 3], [0.5, 0.5], "blocks", 3, [True, False]),  # two numbers of blocks are enough to part them
        ([4, 4], [1, 4], [0.5, 0.5], "units", 2, [True, False]),
        ([2, 5, 9], [1, 2, 3], [0.2, 0.4, 0.4], "blocks", 6, [True, True, False]),
    ],
)
def test_columns_with_no_more_pieces_than_the_mean(
    blocks: list[int], units: list[int], weight: list[float], kind: str, most: int, among: list[bool]
) -> None:
    n = len(blocks)
    columns = offers([7, *[3] * n], [1, *blocks], [1, *units])
    parting = _by_pieces(columns, np.array([1.0, *weight]), np.ones(n + 1, dtype=bool))
    assert parting is not None
    assert (parting.user, parting.pieces) == (3, (kind, most))
    assert parting.among.tolist() == [False, *among]
    assert 0 < parting.among[1:].sum() < n


def test_nothing_is_parted_where_all_is_decided() -> None:
    columns = offers([0, 1], [1, 2], [1, 2])
    assert _by_pieces(columns, np.array([1.0, 1 - 1e-9]), np.ones(2, dtype=bool)) is None


def test_the_user_that_is_parted_most_evenly_comes_first() -> None:
    columns = offers([0, 0, 1, 1], [1, 3, 2, 4], [1, 1, 1, 1])
    parting = _by_pieces(columns, np.array([0.9, 0.1, 0.5, 0.5]), np.ones(4, dtype=bool))
    assert parting is not None and parting.user == 1
    assert parting.among.tolist() == [False, False, True, False]
