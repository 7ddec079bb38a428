"""The oracle's groups of options: what fits in a server's memory, whatever else there is in the table."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from instances.expand import expand
from solvers.brute_force import _Enumeration
from tests.builders import tiny_instance


@pytest.mark.parametrize("seed", range(4))
def test_groups_that_take_too_much_memory_cost_infinitely_much(seed: int) -> None:
    """Every pair of options of two users at a server that has room for half of the largest pair."""
    table = expand(tiny_instance(seed, users=2, servers=1, tightness=0.0, memory_limits=False))
    rows = [np.flatnonzero((table.user == user) & ~table.is_local) for user in range(2)]
    pairs = [np.array(pair, dtype=np.int64) for pair in itertools.product(*rows)]
    needs = [float(table.stock[pair, 0].sum()) for pair in pairs]
    room = 0.5 * (max(needs) + min(needs))
    known, loose = _Enumeration(table), _Enumeration(table)
    known._room = np.array([[room]])
    seen = set()
    for pair, need in zip(pairs, needs, strict=True):
        cost, alone = (found.group(pair, 0)[0] for found in (known, loose))
        assert cost == (alone if need <= room else math.inf)
        seen.add(cost == alone < math.inf)
    assert seen == {True, False}
