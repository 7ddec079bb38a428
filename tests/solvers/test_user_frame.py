"""A result as a data frame: the columns are those of plan and report, the cut is the plan's."""

from __future__ import annotations

import numpy as np
import pytest

from instances.errors import InputError
from solvers import Limits, solve
from solvers.user_frame import ON_DEVICE, TURNED_AWAY
from tests.builders import tiny_admission, tiny_instance


def test_rows_are_plan_and_report() -> None:
    result = solve(tiny_instance(4, users=5, servers=2, layers=4, allocation="units", tightness=0.3), "branch")
    plan, report, instance = result.plan, result.report, result.instance
    assert plan is not None and report is not None
    frame = result.users
    assert frame["user"].tolist() == instance.users.name.tolist()
    for column, values in (("latency_s", report.latency_s), ("energy_j", report.user_energy_j),
                           ("uplink_share", plan.uplink_share), ("clock", plan.clock)):  # fmt: skip
        assert np.array_equal(frame[column], values)
    assert np.allclose(frame[["device_s", "uplink_s", "server_s", "fixed_s"]].sum(axis=1), frame["latency_s"])
    for row, (server, cut) in enumerate(zip(plan.server, plan.cut, strict=True)):
        mask = plan.cuts[cut].on_device
        assert frame["server"][row] == (ON_DEVICE if server < 0 else instance.servers.name[server])
        assert frame["on_device"][row] == mask.sum()
        network = instance.networks[instance.users.network[row]]
        assert frame["cut_after"][row] == (network.layers[np.flatnonzero(mask)[-1]] if mask.any() else "")
        assert frame["layers"][row] == network.n_layers


def test_users_that_are_turned_away_are_marked() -> None:
    away = None
    for seed in range(20):
        instance = tiny_admission(seed, users=5, servers=1, layers=3, allocation="units")
        result = solve(instance, "greedy")
        if result.report is not None and not result.report.admitted.all():
            away = ~result.report.admitted
            break
    assert away is not None, "no seed turns anybody away"
    frame = result.users
    assert (frame["server"][away] == TURNED_AWAY).all() and (frame["server"][~away] != TURNED_AWAY).all()
    assert (frame["layers"][away] == 0).all() and (frame["cut_after"][away] == "").all()


def test_no_plan_no_frame() -> None:
    result = solve(tiny_instance(4, users=3, servers=2, layers=3), "joint_relaxed", limits=Limits(rounds=1))
    with pytest.raises(InputError, match="no valid plan"):
        _ = result.users
