"""Tasks of components: what the record refuses, what the checker computes, what the family draws."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from instances.check_components import check_components
from instances.component_costs import price_components
from instances.component_family import INPUTS, draw_task, even_steps, inputs_of
from instances.components import WEIGHTINGS, ComponentSystem, ComponentTask, Division
from instances.errors import InputError


def plain_task(**changes: Any) -> ComponentTask:
    """Two components of round numbers: 8 Mbit in 4 steps, a radio of 10 Mbit/s both ways."""
    # 1 MHz in one subcarrier and a signal of 2¹⁰ − 1 times the noise: 10 bit/s/Hz.
    loss = 100.0
    dbm = -114.0 + loss + 10 * math.log10(2**10 - 1)
    system = ComponentSystem(
        device_gflops=2.0, device_j_per_gflop=0.5, core_gflops=4.0, tx_w=2.0, rx_w=1.0, uplink_dbm=dbm,
        downlink_dbm=dbm, subcarrier_mhz=1.0, loss_db=loss, loss_slope_db=0.0, divide_gflop=0.5,
        divide_gflop_per_mbit=0.25, most_cores=4, most_subcarriers=2,
    )  # fmt: skip
    fields: dict[str, Any] = {
        "task_mbit": 8.0, "resolution": 4, "steps": [2, 2], "distance_m": [299.792458, 599.584916],
        "subcarriers": [1, 1], "cores": [2, 1], "deadline_s": [9.0, 9.0], "gflop_per_mbit": [1.0, 1.0],
        "output_per_input": [0.5, 0.0], "delay_max_s": 2.0, "energy_max_j": 4.0,
        "weights": (0.1, 0.2, 0.3, 0.2, 0.1, 0.1), "system": system,
    }  # fmt: skip
    return ComponentTask(**(fields | changes))


def division(steps: list[int], remote: list[int]) -> Division:
    return Division(np.array(steps), np.array(remote, dtype=bool))


def test_terms_by_hand() -> None:
    report = check_components(plain_task(), division([2, 2], [1, 0]))
    # First: 4 Mbit up 0.4 s, 4 GFLOP on 8 GFLOP/s 0.5 s, 2 Mbit back 0.2 s, twice 1 µs of flight.
    # Second: 4 GFLOP and 0.5 + 0.25·4 GFLOP of division on 2 GFLOP/s.
    assert report.time_s == pytest.approx([1.1 + 2e-6, 2.75], rel=1e-9)
    assert report.device_j == pytest.approx([2 * 0.4 + 1 * 0.2, 2.75], rel=1e-9)
    assert report.delay == pytest.approx(0.3 * (1.1 + 2e-6) / 2 + 0.1 * 2.75 / 2)
    assert report.energy == pytest.approx(0.2 * 1.0 / 4 + 0.2 * 2.75 / 4)
    assert report.cores == pytest.approx(0.1 * 2 / 4)
    assert report.subcarriers == pytest.approx(0.1 * 1 / 2)
    assert report.cost == pytest.approx(report.delay + report.energy + report.cores + report.subcarriers)
    assert report.valid and report.latency_s == pytest.approx(3.850002)


def test_no_upload_behind_a_component_at_the_server() -> None:
    report = check_components(plain_task(), division([2, 2], [1, 1]))
    assert report.time_s[1] == pytest.approx(4 / 4 + 2e-6)  # one core; nothing to send, nothing to return
    assert report.device_j[1] == 0.0


@pytest.mark.parametrize(
    ("steps", "remote", "said"),
    [([2, 1], [0, 0], "add up to 3"), ([4, 0], [0, 0], "at least 1"), ([4], [0], "not of 2 components"),
     ([3, 1], [0, 0], "component 0 takes")],
)  # fmt: skip
def test_broken_rules_are_named(steps: list[int], remote: list[int], said: str) -> None:
    report = check_components(plain_task(deadline_s=[3.0, 3.0]), division(steps, remote))
    assert not report.valid and len(report.broken) == 1 and said in report.broken[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"weights": (0.5,) * 6}, "weights"), ({"weights": (-0.1, 0.3, 0.3, 0.2, 0.2, 0.1)}, "weights"),
     ({"steps": [1, 2]}, "add up to 3"), ({"cores": [5, 1]}, "more than the server"),
     ({"distance_m": [1.0, math.nan]}, "distance_m"), ({"deadline_s": [1.0]}, "deadline_s"),
     ({"gflop_per_mbit": [0.0, 1.0]}, "gflop_per_mbit"), ({"task_mbit": 0.0}, "task_mbit"),
     ({"output_per_input": [-0.1, 0.0]}, "output_per_input"), ({"energy_max_j": math.inf}, "energy_max_j")],
)  # fmt: skip
def test_bad_tasks_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        plain_task(**changes)


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(ComponentSystem)])
def test_bad_systems_are_refused(field: str) -> None:
    with pytest.raises(InputError, match=field):
        ComponentSystem(**{field: math.nan})  # type: ignore[arg-type]


def test_figures_agree_with_the_checker_on_every_division() -> None:
    rng = np.random.default_rng(3)
    for weighting in WEIGHTINGS:
        task = draw_task(rng, weighting=weighting, components=4)
        costs = price_components(task)
        for _ in range(50):
            steps = 1 + rng.multinomial(task.resolution - 4, rng.dirichlet(np.ones(4)))
            remote = rng.random(4) < 0.5
            report = check_components(task, Division(steps, remote))
            here = remote.astype(int)
            arc = np.arange(4), np.append(0, here[:-1]), here
            assert report.time_s == pytest.approx((costs.fixed_s[arc] + costs.each_s[arc] * steps).tolist(), rel=1e-9)
            assert report.valid == bool((steps <= costs.most[arc]).all())
            if report.valid:
                assert report.cost == pytest.approx(float(costs.of_size(steps)[arc].sum()), rel=1e-9)


def test_family_can_always_be_done_by_the_device() -> None:
    rng = np.random.default_rng(5)
    for weighting in WEIGHTINGS:
        for n in range(1, 7):
            task = draw_task(rng, weighting=weighting, components=n)
            assert check_components(task, Division(task.steps, np.zeros(n, dtype=bool))).valid
            inputs = inputs_of(task)
            assert len(inputs) == INPUTS == 21
            assert np.count_nonzero(inputs) == 3 + 3 * n


def test_same_seed_same_task() -> None:
    first, second = (inputs_of(draw_task(np.random.default_rng(9))) for _ in range(2))
    assert np.array_equal(first, second)


def test_family_refuses_what_it_does_not_know() -> None:
    with pytest.raises(InputError, match="delay"):
        draw_task(np.random.default_rng(1), weighting="dely")
    with pytest.raises(InputError, match="1 to 6"):
        draw_task(np.random.default_rng(1), components=7)
    assert even_steps(8, 3).tolist() == [3, 3, 2]
