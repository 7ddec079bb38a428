"""Pareto fronts: nothing missed against brute force, and what errors of prediction cost."""

from __future__ import annotations

import numpy as np
import pytest

from instances.check_request import check_request
from instances.columns import Floats
from instances.dnn import network_names
from instances.errors import InputError
from instances.nasnet import nasnet_a_large
from instances.request import Request
from solvers.split import Goal, split
from solvers.split.brute_force import all_placements, count_stages
from solvers.split.front import Front, front_of, front_of_cuts, front_of_switching, pareto_front
from solvers.split.front_program import front_by_programs
from solvers.split.front_regret import front_regret, sigma_of, with_errors
from solvers.split.labels import keep_best
from tests.request_builders import tiny_request


def brute_front(request: Request) -> Floats:
    """[2, k] the non-dominated points, one by one."""
    placements = all_placements(request.n_machines, request.n_layers)
    latency, energy, _, fits = count_stages(request, placements)
    fits &= (latency <= request.deadline_s) & (energy <= request.energy_cap_j)
    points = sorted(zip(latency[fits].tolist(), energy[fits].tolist(), strict=True))
    front: list[tuple[float, float]] = []
    for x, y in points:
        if not front or y < front[-1][1] * (1 - 1e-12):
            front.append((x, y))
    return np.array(front).reshape(len(front), 2).T


def agrees(front: Front, points: Floats) -> bool:
    return np.stack([front.latency_s, front.energy_j]).shape == points.shape and np.allclose(
        [front.latency_s, front.energy_j], points, rtol=1e-11, atol=0
    )


@pytest.mark.parametrize("seed", range(60))
def test_p24_no_point_is_missed_with_switches(seed: int) -> None:
    rng = np.random.default_rng([seed, 24])
    machines = 3 if seed % 3 == 2 else 2
    request = tiny_request(rng, int(rng.integers(2, 6 if machines == 3 else 9)), machines, one_way=seed % 4 == 1,
                           route="relay" if seed % 6 == 2 else "direct", chain=seed % 5 < 2, sinks=seed % 7 == 3,
                           limits=seed % 8 >= 5, gaps=seed % 9 == 4)  # fmt: skip
    assert agrees(front_of_switching(request), brute_front(request))


@pytest.mark.parametrize("seed", range(30))
def test_p24_no_cut_is_missed(seed: int) -> None:
    rng = np.random.default_rng([seed, 25])
    request = tiny_request(rng, int(rng.integers(2, 9)), sinks=seed % 7 == 3, limits=seed % 2 == 0, gaps=seed % 5 == 4)
    if seed % 3 == 0:
        request = request.replace(load_cap_s=np.array([np.inf, 0.5 * request.network.total_gflop]))
    front = pareto_front(request)
    assert agrees(front, brute_front(request))
    assert agrees(front_of_switching(request), brute_front(request))
    for k in range(len(front)):
        assert check_request(request, front.placements[k]).latency_s == front.latency_s[k]


def test_p24_points_that_no_weighting_finds() -> None:
    unsupported = 0
    for seed in range(12):
        request = tiny_request(np.random.default_rng([seed, 3]), 7, one_way=False)
        front = front_of_switching(request)
        unsupported += int((~front.supported).sum())
        corners = {round(float(x), 9) for x in front.latency_s[front.supported]}
        for weight in np.logspace(-3, 3, 25):
            found = split(request, "min_cut", Goal.mixed(float(weight))).report
            assert found is not None
            value = found.energy_j + weight * found.latency_s
            assert value == pytest.approx(float((front.energy_j + weight * front.latency_s).min()), rel=1e-9)
            assert min(abs(found.latency_s - corner) for corner in corners) < 1e-6 or value > 0
    assert unsupported >= 10


@pytest.mark.parametrize("seed", range(6))
def test_p24_the_programs_agree(seed: int) -> None:
    request = tiny_request(np.random.default_rng([seed, 8]), 5, 2 + seed % 2, one_way=seed % 2 == 0, limits=seed == 4)
    points = brute_front(request)
    front = front_by_programs(request, nodes=10_000)
    apart = bool((np.diff(-points[1]) > 1e-4 * points[1][:-1]).all())
    assert apart, "draw another seed: two points lie nearer than the programs tell apart"
    assert agrees(front, points)


@pytest.mark.parametrize("name", network_names())
def test_front_of_every_catalogue_network(name: str) -> None:
    request = Request.from_catalog(name, "glasses", "edge_gpu", "wifi", server_weight=0.0)
    front = pareto_front(request)
    fastest, frugal = (split(request, "min_cut", goal) for goal in (Goal.latency(), Goal.energy()))
    assert front.latency_s[0] == pytest.approx(fastest.value, rel=1e-9)
    assert front.energy_j[-1] == pytest.approx(frugal.value, rel=1e-9)
    assert (np.diff(front.latency_s) > 0).all() and (np.diff(front.energy_j) < 0).all()
    both = front_of_switching(request.replace(one_way=False))
    assert both.latency_s[0] <= front.latency_s[0] * (1 + 1e-12)
    corner = 1.1 * front.latency_s[-1], 1.1 * front.energy_j[0]
    assert both.hypervolume(*corner) >= front.hypervolume(*corner) * (1 - 1e-9)


def test_front_of_a_network_whose_cuts_cannot_be_listed() -> None:
    net = nasnet_a_large()
    request = Request.from_catalog(net, "glasses", "edge_gpu", "wifi", server_weight=0.0)
    with pytest.raises(InputError, match="more than 20000 cuts"):
        front_of_cuts(request, most_cuts=20_000)
    front = pareto_front(request)
    fastest, frugal = (split(request, "min_cut", goal) for goal in (Goal.latency(), Goal.energy()))
    assert front.latency_s[0] == pytest.approx(fastest.value, rel=1e-9)
    assert front.energy_j[-1] == pytest.approx(frugal.value, rel=1e-9)


def test_hypervolume_and_knee_by_hand() -> None:
    request = tiny_request(np.random.default_rng(0), 2)
    front = Front(request, np.array([1.0, 2.0, 4.0]), np.array([8.0, 3.0, 2.0]), np.zeros((3, 2), dtype=np.int64))
    assert front.hypervolume(5.0, 10.0) == (5 - 1) * (10 - 8) + (5 - 2) * (8 - 3) + (5 - 4) * (3 - 2)
    assert front.hypervolume(1.5, 9.0) == 0.5 * 1.0
    assert front.knee == 1
    empty = Front(request, np.zeros(0), np.zeros(0), np.zeros((0, 2), dtype=np.int64))
    assert empty.hypervolume(1.0, 1.0) == 0
    with pytest.raises(InputError, match="empty"):
        _ = empty.knee
    hopeless = front_of(request.replace(deadline_s=0.0), all_placements(2, 2))
    assert len(hopeless) == 0 == len(pareto_front(request.replace(deadline_s=0.0)))
    with pytest.raises(InputError, match="two sides"):
        front_of_cuts(tiny_request(np.random.default_rng(0), 2, 3))


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_keep_best_keeps_exactly_what_nothing_beats(rows: int) -> None:
    rng = np.random.default_rng(rows)
    for _ in range(30):
        figures, group = rng.integers(0, 5, (rows, 25)).astype(float), rng.integers(0, 3, 25)
        kept = keep_best(figures, group, np.zeros(rows))
        assert len({(int(group[k]), *figures[:, k]) for k in kept}) == len(kept)
        for k in range(25):
            beaten = [j for j in range(25) if group[j] == group[k] and (figures[:, j] <= figures[:, k]).all()
                      and (figures[:, j] < figures[:, k]).any()]  # fmt: skip
            same = [j for j in kept if group[j] == group[k] and (figures[:, j] == figures[:, k]).all()]
            assert bool(same) == (not beaten)


def test_true_predictions_cost_nothing_and_errors_do() -> None:
    request = Request.from_catalog("mobilenet_v3_small", "phone_flagship", "edge_gpu", "nr_5g", server_weight=0.0)
    none = front_regret(request, request)
    assert none.hypervolume_loss == none.worst_excess == none.fastest_excess == none.frugal_excess == 0
    mean = [np.mean([front_regret(with_errors(request, error, np.random.default_rng(seed)), request).worst_excess
                     for seed in range(20)]) for error in (0.05, 0.6)]  # fmt: skip
    assert 0 <= mean[0] < mean[1]
    with pytest.raises(InputError, match="another network"):
        front_regret(Request.from_catalog("alexnet", "phone", "edge_gpu", "wifi"), request)


@pytest.mark.parametrize("error", [0.0, 0.05, 0.3, 0.7])
def test_errors_have_the_median_asked_for(error: float) -> None:
    factors = np.exp(sigma_of(error) * np.random.default_rng(1).standard_normal(200_000))
    assert np.median(np.abs(factors - 1)) == pytest.approx(error, rel=0.01)
    with pytest.raises(InputError, match="median_error"):
        sigma_of(1.0)
