"""Any number of switches: layered paths, limits, the guarantee of 1 + ε, and the program, against brute force."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from formulations.split.layered import LayeredStructure, layered_graph
from formulations.split.switching import switching_program
from instances.check_request import check_request
from instances.columns import Floats
from instances.dnn import load_network
from instances.errors import InputError
from instances.networks_generated import GENERATED, generated_network
from instances.request import Request
from instances.training import training_step
from solvers.answer import Limits
from solvers.highs import solve_program
from solvers.result import Verdict
from solvers.split import Goal, constrained, get_splitter, split
from solvers.split.brute_force import all_placements, count_stages
from solvers.split.constrained import Found, approximate_path, exact_path, threshold
from solvers.split.labels import set_labels
from solvers.split.multipliers import Priced
from solvers.split.paths import costs_to_go, shortest_path
from solvers.split.resources import ROOM, Resource, resources_of
from tests.request_builders import chain_network, tiny_request

TIGHT = Limits(gap=1e-9)
GOALS = (Goal.latency(), Goal.energy(), Goal.mixed(0.7))


def capped_request(seed: int) -> Request:
    """Random request with an energy cap and, but for every fourth, load caps and at times the other limits too."""
    rng = np.random.default_rng([seed, 41])
    machines = 2 + seed % 2
    request = tiny_request(rng, int(rng.integers(2, 6)), machines, one_way=seed % 4 == 0, sinks=seed % 5 == 0,
                           route="relay" if seed % 3 == 0 else "direct", limits=seed % 4 == 2)  # fmt: skip
    placements = all_placements(machines, request.n_layers)
    _, energy, _, fits = count_stages(request, placements)
    low, high = float(energy[fits].min(initial=1.0)), float(energy[fits].max(initial=2.0))
    caps = np.where(
        (rng.random(machines) < 0.5) & (seed % 4 != 1),
        request.time_s.sum(axis=1) * rng.uniform(0.2, 1.0, machines),
        np.inf,
    )
    return request.replace(energy_cap_j=low + rng.uniform(-0.05, 0.8) * (high - low), load_cap_s=caps)


def chain_template(layers: int) -> Request:
    """Two machines, both ways, whose numbers tests replace; one network, so that its structure is built once."""
    net = chain_network([1.0] * layers, [1.0] * layers)
    off = 1 - np.eye(2)
    return Request(net, ("device", "cloud"), np.ones((2, layers)), np.ones((2, layers)), np.full(2, np.inf), off, off)


def drawn(template: Request, rng: np.random.Generator) -> Request:
    """Costs and seconds drawn apart from each other, now and then 0."""
    shape = (2, template.n_layers)
    some = rng.random(shape) < 0.9
    return template.replace(time_s=rng.uniform(0.1, 1, shape), energy_j=rng.exponential(1, shape) * some,
                            send_s_per_mbit=np.array([[0, rng.uniform(0, 0.5)], [rng.uniform(0, 0.5), 0]]),
                            send_j_per_mbit=np.array([[0, rng.uniform(0, 0.5)], [rng.uniform(0, 0.5), 0]]))  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_p22_paths_are_placements(seed: int) -> None:
    rng = np.random.default_rng([seed, 22])
    machines = 2 + seed % 2
    request = tiny_request(rng, 4, machines, one_way=seed % 3 == 0, route=("direct", "relay")[seed % 2],
                           sinks=seed % 4 == 0, gaps=seed % 5 == 0)  # fmt: skip
    graph = layered_graph(request)
    best: dict[tuple[int, ...], tuple[float, float]] = {}
    for path in all_paths(graph.structure):
        latency, energy = float(graph.seconds[path].sum()), float(graph.joules[path].sum())
        report = check_request(request, graph.placement(path))
        assert latency >= report.latency_s * (1 - 1e-12) or math.isinf(latency)
        assert energy >= report.energy_j * (1 - 1e-12)
        key = tuple(graph.placement(path).tolist())
        best[key] = min(best.get(key, (math.inf, math.inf)), (latency, energy))
    for placement in all_placements(machines, 4):
        report = check_request(request, placement)
        if not report.breaches:
            assert best[tuple(placement.tolist())] == pytest.approx((report.latency_s, report.energy_j), rel=1e-12)
        elif tuple(placement.tolist()) in best:
            assert math.isinf(best[tuple(placement.tolist())][0])


def all_paths(structure: LayeredStructure) -> list[np.ndarray]:
    """Every path as its arcs."""
    paths: list[list[int]] = [[arc] for arc in range(structure.first[0], structure.first[1])]
    for stage in range(1, structure.n_stages):
        arcs = range(structure.first[stage], structure.first[stage + 1])
        paths = [[*p, a] for p in paths for a in arcs if structure.tail[a] == structure.head[p[-1]]]
    return [np.array(path) for path in paths]


def test_p22_a_chain_has_one_state_a_machine() -> None:
    request = chain_template(6)
    states = layered_graph(request).structure.states
    assert states.max() <= 4  # the machine that reads next, and whether the cloud has been opened
    assert layered_graph(request.replace(time_s=2 * request.time_s)).structure is layered_graph(request).structure


def test_p22_tensors_with_the_same_readers_count_once() -> None:
    request = Request.from_catalog("densenet121", "phone", "edge_gpu", "wifi", one_way=False)
    structure = layered_graph(request).structure
    assert structure.states.max() <= 16 and structure.n_arcs < 10_000


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.name)
def test_p22_three_exact_ways_agree_on_real_networks(goal: Goal) -> None:
    for k, name in enumerate(("alexnet", "vgg16", "densenet121", "googlenet", "inception_v3", "gpt2")):
        radio = ("3g", "lte", "wifi")[k % 3]
        request = Request.from_catalog(name, "phone", "edge_gpu", radio, one_way=k % 2 == 0, round_trip_s=0.02)
        values = [split(request, method, goal, limits=TIGHT).value
                  for method in ("min_cut", "switching_path", "switching_milp")]  # fmt: skip
        assert values[1:] == pytest.approx(values[:1] * 2, rel=1e-7)


def test_p22_between_two_machines_the_relaxation_is_whole() -> None:
    for seed in range(24):
        rng = np.random.default_rng([seed, 2])
        request = tiny_request(rng, 7, one_way=seed % 4 == 0, sinks=seed % 3 == 1)
        if seed % 3 == 0:
            request = drawn(chain_template(7), rng)
        whole = switching_program(request, Goal.mixed(1.0))
        relaxed = dataclasses.replace(whole.program, integer=np.zeros(whole.program.n_columns, dtype=bool))
        value = solve_program(relaxed, Limits()).objective
        assert value == pytest.approx(split(request, "switching_path", Goal.mixed(1.0)).value, rel=1e-9)


@pytest.mark.parametrize("method", ["switching_path", "switching_milp", "switching_fptas"])
def test_all_limits_against_brute_force(method: str) -> None:
    feasible = infeasible = 0
    for seed in range(60):
        request, goal = capped_request(seed), GOALS[seed % 3]
        if get_splitter(method).supports(request, goal) is not None:
            continue
        best, mine = split(request, "brute_force", goal), split(request, method, goal, limits=TIGHT)
        assert mine.verdict is best.verdict, (seed, mine.message)
        if best.placement is not None:
            feasible += 1
            assert mine.value == pytest.approx(best.value, rel=1e-8)
        else:
            infeasible += 1
    assert feasible >= 5 and infeasible >= 1


def test_each_new_limit_is_named() -> None:
    request = chain_template(3)
    at = np.array([0, 1, 1])
    for change, rule in (({"energy_cap_j": 0.5}, "energy cap"), ({"load_cap_s": np.array([np.inf, 1.9])}, "load cap")):
        tight = request.replace(**change)
        assert {breach.rule for breach in check_request(tight, at).breaches} == {rule}
        assert "may bind" in str(get_splitter("min_cut").supports(tight, Goal.latency()))
    with pytest.raises(InputError, match="energy_cap_j"):
        request.replace(energy_cap_j=-1.0)
    with pytest.raises(InputError, match="load_cap_s"):
        request.replace(load_cap_s=np.ones(3))


EPSILONS = (0.02, 0.2, 1.0)


def nothing_known(structure: LayeredStructure, cost: Floats, resources: list[Resource]) -> Priced:
    """What prices say when nobody looks for them: leaves all the work to the grid."""
    feasible = all(shortest_path(structure, r.amount)[0] <= r.cap * ROOM for r in resources)
    return Priced(np.zeros(len(resources)), 0.0 if feasible else math.inf, math.inf, None, feasible)


@pytest.mark.parametrize("prices", [True, False], ids=["with prices", "grid alone"])
def test_p23_within_one_plus_epsilon_of_the_optimum(prices: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not prices:
        monkeypatch.setattr(constrained, "price_limits", nothing_known)
    templates = [chain_template(layers) for layers in (3, 5, 7)]
    placements = {t.n_layers: all_placements(2, t.n_layers) for t in templates}
    worst, trials = 1.0, 0
    for seed in range(1200):
        rng = np.random.default_rng([seed, 23])
        request, epsilon = drawn(templates[seed % 3], rng), EPSILONS[seed // 3 % 3]
        latency, energy, _, _ = count_stages(request, placements[request.n_layers])
        fastest, frugal = float(latency.min()), float(latency[np.argmin(energy)])
        deadline = fastest + rng.uniform(0, 1) * (frugal - fastest)
        request = request.replace(deadline_s=deadline)
        best = float(energy[latency <= deadline * (1 + 1e-12)].min())
        graph = layered_graph(request)
        limits = resources_of(graph)
        if not limits:
            continue
        found = approximate_path(graph.structure, graph.joules, limits, epsilon)
        assert found.path is not None
        report = check_request(request, graph.placement(found.path))
        assert report.valid
        assert report.energy_j <= (1 + epsilon) * best * (1 + 1e-9)
        assert found.bound <= best * (1 + 1e-9) and found.value <= (1 + epsilon) * found.bound * (1 + 1e-9)
        assert threshold(graph.structure, graph.joules, limits[0]) <= best * (1 + 1e-9)
        worst, trials = max(worst, report.energy_j / best), trials + 1
    assert trials > 1100 and worst > 1.001  # the guarantee is used, not idle


def test_p23_the_error_of_the_grid_can_be_reached() -> None:
    layers, width, hair = 12, 0.1, 1e-6
    request = chain_template(layers)
    # The device costs nearly a width more a layer and takes a hair less; each step lands on a new cell of the grid.
    cost = np.array([np.full(layers, 1 + width - 1e-9), np.full(layers, 1 + hair)])
    cost[1, :2] = 1.0
    amount = np.array([np.full(layers, 1 - hair), np.ones(layers)])
    free = np.zeros((2, 2))
    graph = layered_graph(request.replace(time_s=amount, energy_j=cost, send_s_per_mbit=free, send_j_per_mbit=free))
    labels = set_labels(graph.structure, np.stack([graph.joules, graph.seconds]), [], np.array([width, 0.0]))
    best, kept = cost[1].sum(), labels.figures[0].min()
    assert kept <= best + layers * width * (1 + 1e-9)
    assert kept >= best + 0.9 * layers * width


def test_p23_several_limits_are_kept_within_one_plus_epsilon() -> None:
    structure = layered_graph(chain_template(6)).structure
    paths, seen = all_paths(structure), 0
    for seed in range(150):
        rng = np.random.default_rng([seed, 5])
        epsilon = EPSILONS[seed % 3]
        rows = [rng.uniform(0, 1, structure.n_arcs) for _ in range(3)]
        totals = np.array([[row[p].sum() for p in paths] for row in rows])
        caps = [float(np.quantile(total, rng.uniform(0.02, 0.5))) for total in totals[1:]]
        limits = [Resource(f"r{j}", row, cap) for j, (row, cap) in enumerate(zip(rows[1:], caps, strict=True))]
        fits = (totals[1] <= caps[0]) & (totals[2] <= caps[1])
        best = float(totals[0, fits].min(initial=math.inf))
        exact = exact_path(structure, rows[0], limits)
        assert exact.value == pytest.approx(best, rel=1e-12)
        found = approximate_path(structure, rows[0], limits, epsilon)
        if math.isfinite(best):
            assert found.path is not None
            seen += 1
            assert found.value <= (1 + epsilon) * best * (1 + 1e-9)
        if found.path is not None:
            assert rows[1][found.path].sum() <= caps[0] * (1 + 1e-9)
            assert rows[2][found.path].sum() <= caps[1] * (1 + epsilon) * (1 + 1e-9)
    assert seen > 50


def test_p23_limits_that_nothing_keeps() -> None:
    request = chain_template(4).replace(deadline_s=0.5)
    for method in ("switching_path", "switching_fptas", "switching_milp"):
        assert split(request, method, Goal.energy()).verdict is Verdict.INFEASIBLE
    graph = layered_graph(request)
    with pytest.raises(InputError, match="epsilon"):
        approximate_path(graph.structure, graph.joules, resources_of(graph), 0.0)
    with pytest.raises(InputError, match="resources"):
        approximate_path(graph.structure, graph.joules, [], 0.1)
    free = np.where(graph.structure.machine == 0, 0.0, 1.0)
    limits = [Resource("seconds", graph.seconds, 100.0)]
    found: Found = approximate_path(graph.structure, free, limits, 0.1)
    assert found.value == 0


def test_costs_to_go_are_shortest_paths_backwards() -> None:
    request = drawn(chain_template(6), np.random.default_rng(3))
    graph = layered_graph(request)
    value, path = shortest_path(graph.structure, graph.seconds)
    levels = costs_to_go(graph.structure, graph.seconds)
    assert levels[0][0] == pytest.approx(value)
    for stage in range(graph.structure.n_stages):
        state = int(graph.structure.tail[path[stage]])
        assert levels[stage][state] == pytest.approx(float(graph.seconds[path[stage:]].sum()))


def test_constrained_on_real_networks() -> None:
    for name in ("resnet18", "googlenet", "mobilenet_v3_small"):
        request = Request.from_catalog(name, "phone", "edge_gpu", "wifi", server_weight=0.0, one_way=False)
        fast, frugal = (split(request, "switching_path", goal) for goal in (Goal.latency(), Goal.energy()))
        assert fast.report is not None and frugal.report is not None
        late = request.replace(deadline_s=(fast.value + frugal.report.latency_s) / 2,
                               load_cap_s=np.array([np.inf, 0.9 * request.time_s[1].sum()]))  # fmt: skip
        path, program = (split(late, f"switching_{how}", Goal.energy(), limits=TIGHT) for how in ("path", "milp"))
        assert path.verdict is program.verdict is Verdict.OPTIMAL
        assert path.value == pytest.approx(program.value, rel=1e-7)
        assert path.value >= frugal.value


def test_a_frontier_that_is_too_wide_is_refused_with_a_way_out() -> None:
    step = training_step(load_network("alexnet"))  # every activation waits for the way back
    request = Request.from_catalog(step, "phone", "edge_gpu", "wifi", one_way=False)
    assert "switching_milp" in str(get_splitter("switching_path").supports(request, Goal.latency()))
    cut, program = (split(request, method, limits=TIGHT) for method in ("min_cut", "switching_milp"))
    assert program.value == pytest.approx(cut.value, rel=1e-7)


@pytest.mark.parametrize("name", ["vq_image_to_image", "vq_text_to_image"])
def test_coming_back_beats_every_single_cut(name: str) -> None:
    request = Request.from_catalog(generated_network(name), "phone", "cloud_gpu", "3g", server_weight=0.0)
    for goal in (Goal.latency(), Goal.energy()):
        cuts = [goal.value(report.latency_s, report.energy_j, report.stage_s) for report in every_cut(request)]
        many = split(request.replace(one_way=False), "switching_path", goal)
        assert many.placement is not None and many.placement[-1] == 0 and many.placement.max() == 1
        assert many.value < 0.5 * min(cuts)
    assert name in GENERATED


def every_cut(request: Request) -> list:
    """The checker's figures of all cuts of a chain."""
    n = request.n_layers
    return [check_request(request, (np.arange(n) >= k).astype(int)) for k in range(n + 1)]


def test_single_cuts_are_enough_where_nothing_comes_back() -> None:
    net = load_network("alexnet")
    request = Request.from_catalog(net, "phone", "cloud_gpu", "lte", server_weight=0.0)
    best = min(report.latency_s for report in every_cut(request))
    assert split(request, "switching_path").value == pytest.approx(best, rel=1e-12)
