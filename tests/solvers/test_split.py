"""Splitters beyond conformance: what the cut graph means, how exact the flow is, QDMP, tiers, the longest stage."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from formulations.split import cut_graph
from formulations.split.graph import CutGraph, CutStructure
from formulations.split.split_cut import SplitCut
from instances.check_request import check_request
from instances.dnn import Dnn, load_network, network_names
from instances.errors import InputError
from instances.nasnet import nasnet_a_large
from instances.request import Request
from instances.request_build import Machine, Wire
from solvers.answer import Limits
from solvers.highs import solve_program
from solvers.result import Verdict
from solvers.split import Goal, LinearCosts, dads, qdmp, split
from solvers.split.brute_force import all_placements
from solvers.split.max_flow import minimum_cut
from solvers.split.qdmp import cut_vertices
from tests.builders import tiny_network
from tests.request_builders import chain_network, tiny_request

TIGHT = Limits(gap=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_p17_every_placement_has_a_cut_of_its_value(seed: int) -> None:
    """Layers nailed to a placement leave one cut, that of the auxiliary nodes: it must cost what the checker says."""
    machines = 2 + seed % 2
    request = tiny_request(np.random.default_rng([seed, 5]), 4, machines, one_way=seed % 4 < 2, sinks=seed % 3 == 0,
                           route="relay")  # fmt: skip
    goal = Goal.mixed(0.6)
    costs = LinearCosts.of(request, goal)
    for placement in all_placements(machines, 4):
        here = np.arange(machines)[:, None] == placement
        nailed = dataclasses.replace(costs, run=np.where(here, costs.run, np.inf))
        cut = minimum_cut(cut_graph(nailed))
        report = check_request(request, placement)
        if report.valid:
            assert cut.value == pytest.approx(goal.value(report.latency_s, report.energy_j, report.stage_s), rel=1e-12)
        else:
            assert math.isinf(cut.value)


@pytest.mark.parametrize("seed", range(40))
def test_p17_linear_program_has_whole_vertices(seed: int) -> None:
    machines = 2 + seed % 2
    request = tiny_request(np.random.default_rng([seed, 6]), 6, machines, one_way=seed % 3 > 0, route="relay")
    model = SplitCut().build(request, Goal.latency())
    outcome = solve_program(model.program, TIGHT)
    assert outcome.values is not None
    assert np.abs(outcome.values - np.round(outcome.values)).max() < 1e-9
    assert outcome.objective == pytest.approx(split(request, "min_cut").value, rel=1e-9)


def test_p17_flow_and_cut_meet_whatever_the_range_of_capacities() -> None:
    for seed in range(60):
        rng = np.random.default_rng([seed, 7])
        request = tiny_request(rng, 8, machines=3, route="relay", one_way=seed % 2 == 0)
        spread = 10.0 ** rng.uniform(-7, 3, request.time_s.shape)
        request = request.replace(time_s=request.time_s * spread, opening_s=request.opening_s * 1e-9)
        cut = minimum_cut(cut_graph(LinearCosts.of(request, Goal.latency())))
        assert cut.bound <= cut.value <= cut.bound * (1 + 1e-12)
        assert cut.value == pytest.approx(split(request, "brute_force").value, rel=1e-12)


def test_p17_ties_are_no_trouble() -> None:
    """Every cut of this chain costs 3: nothing is settled by what is left of the capacities."""
    pytest.importorskip("networkx", reason="the referee of minimum cuts is the extra `graph`")
    net = chain_network([1.0, 1.0, 1.0], [0.0, 0.0, 0.0], input_mbit=0.0)
    request = Request.chain_of_tiers(net, (Machine("a", 1.0), Machine("b", 1.0)), (Wire(1.0, 1.0),))
    for name in ("min_cut", "scan", "qdmp", "split_cut", "min_cut_networkx"):
        assert split(request, name).value == 3.0


def test_printed_graph_of_dads_lets_data_return_for_nothing() -> None:
    """Without infinite reverse arcs: device, cloud, device for 4.0, of which the way back is not paid; truth 7.5."""
    pytest.importorskip("networkx", reason="the referee of minimum cuts is the extra `graph`")
    request = Request(
        network=chain_network([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], input_mbit=1.0),
        machines=("edge", "cloud"), time_s=np.array([[5.0, 1.0, 5.0], [1.0, 9.0, 1.0]]), energy_j=np.zeros((2, 3)),
        memory_mb=np.full(2, np.inf), send_s_per_mbit=np.array([[0.0, 0.5], [0.0, 0.0]]),
        send_j_per_mbit=np.zeros((2, 2)), one_way=True,
    )  # fmt: skip
    graph = cut_graph(LinearCosts.of(request, Goal.latency()))
    kept = np.isfinite(graph.capacity)
    columns = {name: getattr(graph.structure, name)[kept] for name in ("tail", "head", "kind", "level", "item")}
    printed = CutGraph(CutStructure(graph.structure.n_nodes, graph.structure.node, **columns),
                       graph.capacity[kept], graph.constant)  # fmt: skip
    wrong = minimum_cut(printed)
    assert wrong.value == pytest.approx(4.0)
    assert printed.placement(wrong.source_side).tolist() == [1, 0, 1]
    assert "one way" in {b.rule for b in check_request(request, np.array([1, 0, 1])).breaches}
    for name in ("min_cut", "min_cut_networkx", "split_cut", "split_milp", "scan", "qdmp", "brute_force"):
        assert split(request, name).value == pytest.approx(7.5)
    # Where the way back is allowed and costs nothing, 4.0 is the truth: the graph for two ways finds it.
    assert split(request.replace(one_way=False), "min_cut").value == pytest.approx(4.0)


@pytest.mark.parametrize("name", network_names())
def test_splitters_agree_on_the_catalogue(name: str) -> None:
    for mbps, goal in ((2.0, Goal.latency()), (30.0, Goal.mixed(5.0)), (8.0, Goal.energy())):
        request = Request.from_catalog(name, "phone", "edge_gpu_a2", "lte", up_mbps=mbps, round_trip_s=0.02)
        results = [split(request, method, goal) for method in ("scan", "min_cut", "qdmp")]
        assert all(result.verdict is Verdict.OPTIMAL for result in results)
        for other in results[1:]:
            assert other.value == pytest.approx(results[0].value, rel=1e-9)


@pytest.mark.parametrize("name", ["googlenet", "densenet121", "resnet101"])
def test_programs_and_networkx_agree_on_large_graphs(name: str) -> None:
    pytest.importorskip("networkx", reason="the referee of minimum cuts is the extra `graph`")
    request = Request.from_catalog(name, "phone", "edge_gpu_a2", "wifi", up_mbps=20.0)
    best = split(request, "min_cut").value
    for method in ("split_cut", "min_cut_networkx"):
        assert split(request, method).value == pytest.approx(best, rel=1e-9)
    both_ways = request.replace(one_way=False)
    assert split(both_ways, "min_cut").value == pytest.approx(split(both_ways, "min_cut_networkx").value, rel=1e-9)


def test_nasnet_is_what_was_published_and_only_a_cut_splits_it() -> None:
    net = nasnet_a_large()
    assert net.n_layers > 800
    assert net.total_weight_mb * 1e6 / 4 == 88_949_818  # parameters of the public implementation
    assert net.gmac == pytest.approx(23.8, rel=0.01)
    assert cut_vertices(net).max() < net.n_layers and len(cut_vertices(net)) < 10
    request = Request.from_catalog(net, "phone_flagship", "edge_gpu", "wifi", up_mbps=6.0)
    with pytest.raises(InputError, match="more than 20000 cuts"):
        split(request, "scan")
    best = split(request, "min_cut")
    assert best.verdict is Verdict.OPTIMAL
    assert split(request, "split_cut").value == pytest.approx(best.value, rel=1e-9)
    assert split(request, "qdmp").value == pytest.approx(best.value, rel=1e-9)


def test_p17_wide_segments_are_cut_and_narrow_ones_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for single arcs only every other segment is a minimum cut; both ways give the best of all."""
    requests = [tiny_request(np.random.default_rng([seed, 13]), 7, gaps=seed % 6 == 0) for seed in range(60)]
    best = [split(request, "brute_force") for request in requests]
    listed = [split(request, "qdmp") for request in requests]
    monkeypatch.setattr(qdmp, "_NARROW", 2)
    qdmp._kept.clear()
    wide = [split(request, "qdmp") for request in requests]
    qdmp._kept.clear()
    assert sum(result.detail.get("solved", 0) > 0 for result in wide) > 20
    assert all(result.detail.get("wide", 0) == 0 for result in listed)
    for a, b, c in zip(best, listed, wide, strict=True):
        assert a.verdict is b.verdict is c.verdict
        if a.valid:
            assert b.value == pytest.approx(a.value, rel=1e-9) and c.value == pytest.approx(a.value, rel=1e-9)


def test_cut_vertices_are_those_without_which_the_result_is_cut_off() -> None:
    for seed in range(60):
        net = tiny_network(np.random.default_rng([seed, 8]), 7)
        assert cut_vertices(net).tolist() == [v for v in range(7) if not _reaches_result_without(net, v)]


def _reaches_result_without(net: Dnn, gone: int) -> bool:
    reached = {-1}
    for v, reads in enumerate(net.predecessors):
        if v != gone and reached & set(reads):
            reached.add(v)
    return any(not net.readers[v] for v in reached - {-1})


def test_deadline_of_latency_and_limits_that_bind() -> None:
    pytest.importorskip("networkx", reason="the referee of minimum cuts is the extra `graph`")
    request = tiny_request(np.random.default_rng(9), 6)
    best = split(request, "min_cut").value
    late = request.replace(deadline_s=best * 0.99)
    for name in ("min_cut", "scan", "qdmp", "split_milp", "split_cut", "min_cut_networkx"):
        assert split(late, name).verdict is Verdict.INFEASIBLE
    with pytest.raises(InputError, match="deadline"):
        split(request.replace(deadline_s=best), "min_cut", Goal.energy())
    with pytest.raises(InputError, match="memory may bind"):
        split(request.replace(memory_mb=np.ones(2)), "min_cut")
    with pytest.raises(InputError, match="a cut needs two, or a relay"):
        split(tiny_request(np.random.default_rng(0), 4, machines=3), "min_cut")


def three_tiers(memory_mb: tuple[float, float, float] = (math.inf,) * 3) -> Request:
    tiers = (Machine("device", 2.0, memory_mb=memory_mb[0]), Machine("edge", 12.0, memory_mb=memory_mb[1]),
             Machine("cloud", 300.0, memory_mb=memory_mb[2]))  # fmt: skip
    net = chain_network([0.1, 1.0, 1.0, 6.0, 9.0, 9.0], [0.5, 1.2, 0.15, 0.1, 0.05, 0.01], input_mbit=4.0)
    return Request.chain_of_tiers(net, tiers, (Wire(10.0, 10.0, 0.002), Wire(1.0, 2.0, 0.03)))


def test_tiers_use_all_three_machines_and_keep_their_memories() -> None:
    request = three_tiers()
    free = split(request, "min_cut")
    assert free.placement.tolist() == [0, 1, 1, 2, 2, 2]
    assert free.value == pytest.approx(split(request, "brute_force").value, rel=1e-12)
    # Room for one layer at the edge and two in the cloud.
    tight = three_tiers((math.inf, 1.5, 2.5))
    result = split(tight, "split_milp", limits=TIGHT)
    assert result.verdict is Verdict.OPTIMAL and result.value > free.value * 1.05
    assert result.value == pytest.approx(split(tight, "brute_force").value, rel=1e-9)
    assert result.report is not None and (result.report.memory_mb <= tight.memory_mb).all()


def test_p17_four_tiers_against_brute_force() -> None:
    for seed in range(25):
        request = tiny_request(np.random.default_rng([seed, 10]), 5, machines=4, route="relay", one_way=seed % 3 > 0)
        for goal in (Goal.latency(), Goal.mixed(0.3)):
            assert split(request, "min_cut", goal).value == pytest.approx(
                split(request, "brute_force", goal).value, rel=1e-12
            )


def test_p18_least_sum_is_within_the_ratio() -> None:
    """The first cuts alone, of 2,000 random graphs; the bound lies below the optimum."""
    worst = 1.0
    for seed in range(2000):
        rng = np.random.default_rng([seed, 11])
        request = tiny_request(rng, int(rng.integers(2, 7)), chain=seed % 4 == 0, sinks=seed % 5 == 0)
        best = split(request, "brute_force", Goal.stage()).value
        mine = split(request, "dsh", Goal.stage(), limits=Limits(rounds=0)).value
        worst = max(worst, mine / best)
        assert best * (1 - 1e-9) <= mine <= 3 * best * (1 + 1e-9)
    assert worst > 1.2  # the sum alone does miss the optimum


def test_p18_grid_and_its_bound() -> None:
    for seed in range(12):
        machines = 2 + seed % 3 // 2
        request = tiny_request(np.random.default_rng([seed, 12]), 5, machines, route="relay")
        best = split(request, "brute_force", Goal.stage()).value
        grid = split(request, "dsh", Goal.stage(), limits=Limits(rounds=1))
        first = split(request, "dsh", Goal.stage(), limits=Limits(rounds=0))
        assert best * (1 - 1e-9) <= grid.value <= first.value
        assert best / (2 * machines - 1) * 0.2 < grid.bound <= best * (1 + 1e-9)


def tight_for_the_sum(epsilon: float) -> Request:
    """Two layers: cut between them every stage takes 1; on the device alone, one stage takes 3 − ε."""
    return Request(
        network=chain_network([1.0, 1.0], [1.0, 0.0], input_mbit=9.0),
        machines=("edge", "cloud"), time_s=np.array([[1.0, 2.0 - epsilon], [9.0, 1.0]]), energy_j=np.zeros((2, 2)),
        memory_mb=np.full(2, np.inf), send_s_per_mbit=np.array([[0.0, 1.0], [0.0, 0.0]]),
        send_j_per_mbit=np.zeros((2, 2)), one_way=True,
    )  # fmt: skip


def test_p18_three_is_tight_for_the_sum_and_the_grid_mends_it() -> None:
    request = tight_for_the_sum(0.01)
    assert split(request, "stage_milp", Goal.stage()).value == pytest.approx(1.0)
    assert split(request, "dsh", Goal.stage(), limits=Limits(rounds=0)).value == pytest.approx(2.99)
    assert split(request, "dsh", Goal.stage()).value == pytest.approx(1.0)


def test_load_switches_where_the_longest_stage_meets_the_rate() -> None:
    request = tight_for_the_sum(0.01)  # least latency 2.99 s, all on the device
    slow, fast, flood = dads(request, 0.3), dads(request, 0.5), dads(request, 2.0)
    assert slow.load == "light" and slow.result.value == pytest.approx(2.99) and slow.keeps_up
    assert fast.load == "heavy" and fast.rate == pytest.approx(1.0) and fast.keeps_up
    assert flood.load == "heavy" and not flood.keeps_up
    with pytest.raises(InputError, match="requests a second"):
        dads(request, 0.0)
    with pytest.raises(InputError, match="cannot be placed"):
        dads(request.replace(deadline_s=1.0), 0.1)


def test_largest_network_of_the_catalogue_in_one_structure() -> None:
    """Numbers change, the structure stays: it is built once."""
    first, second = (Request.from_catalog("vgg16", "phone", "edge_gpu", "wifi", up_mbps=r) for r in (1.0, 50.0))
    graphs = [cut_graph(LinearCosts.of(r, Goal.latency())) for r in (first, second)]
    assert graphs[0].structure is graphs[1].structure
    assert load_network("vgg16").n_layers < graphs[0].structure.n_nodes
