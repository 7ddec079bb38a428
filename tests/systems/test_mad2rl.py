"""A slot on the road: costs of networks, the split, the exact method against enumeration, the evaluator's rules."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from instances.dnn import load_network
from instances.errors import InputError
from instances.systems.chains import CHAINS, Chain, load_chain
from instances.systems.check_mad2rl import evaluate
from instances.systems.mad2rl import LOCAL, ROADSIDE, Slot, SlotPlan, draw_slot, drive
from solvers.systems.mad2rl import all_local, best_own, enumerate_plans, greedy, simulate, solve_slot, split_speed
from solvers.systems.mad2rl.cuts import hull_cuts, list_cuts
from solvers.systems.mad2rl.split import split_costs


def short_slot(rng: np.random.Generator, clients: int, helpers: int, *, queues: float) -> Slot:
    """Clients with random chains of three links, so that all plans can be listed."""
    chains = tuple(Chain(f"c{k}", rng.uniform(0.2, 6, 3), rng.uniform(0.1, 40, 4)) for k in range(2))
    rates = rng.uniform(20, 200, (clients, 1 + helpers)) * (rng.random((clients, 1 + helpers)) < 0.8)
    return Slot(
        chains=chains,
        kind=rng.integers(0, 2, clients),
        client_gflops=rng.uniform(1, 6, clients),
        helper_gflops=rng.uniform(3, 8, helpers),
        roadside_gflops=float(rng.uniform(5, 30)),
        rate_mbps=rates,
        roadside_queue_gflop=rng.uniform(0, queues, 2) if queues else np.zeros(2),
        helper_queue_gflop=rng.uniform(0, queues, helpers) if queues else np.zeros(helpers),
        weight=float(rng.uniform(0.5, 20)),
    )


@pytest.mark.parametrize(("name", "gflop"), [("alexnet", 1.43), ("resnet18", 3.63), ("vgg16", 30.97)])
def test_networks_cost_what_the_paper_counts_and_nearly_what_the_catalogue_says(name: str, gflop: float) -> None:
    chain = load_chain(name)
    assert chain.gflop.sum() == pytest.approx(gflop, abs=0.005)
    assert chain.gflop.sum() == pytest.approx(load_network(name).total_gflop, rel=0.002)
    assert chain.before_gflop + chain.after_gflop == pytest.approx(np.full(len(chain.gflop) + 1, chain.gflop.sum()))


def test_p27a_split_is_the_best_one() -> None:
    rng = np.random.default_rng(0)
    for trial in range(300):
        slot = short_slot(rng, 3, 1, queues=8.0 if trial % 2 else 0.0)
        gammas = rng.uniform(0, 20, 2) * (rng.random(2) < 0.75)
        speed = split_speed(slot, gammas)
        assert speed.sum() == pytest.approx(slot.roadside_gflops) and (speed >= 0).all()
        value = split_costs(slot, gammas[None, :])[0]
        first = np.linspace(0, slot.roadside_gflops, 4001)[1:-1]
        others = np.stack([first, slot.roadside_gflops - first], axis=1)
        listed = (gammas / others).sum(axis=1) - slot.slot_s * others @ slot.roadside_queue_gflop
        assert value <= listed.min() + 1e-9 * abs(listed.min()) + 1e-9
        assert value >= listed.min() - 0.02 * (1 + abs(listed.min()))


@pytest.mark.parametrize("queues", [0.0, 6.0])
@pytest.mark.parametrize("seed", range(12))
def test_p27_exact_is_enumeration(seed: int, queues: float) -> None:
    slot = short_slot(np.random.default_rng(seed), 3, 1 + seed % 2, queues=queues)
    exact, listed = evaluate(slot, solve_slot(slot)), evaluate(slot, enumerate_plans(slot))
    assert not exact.violations
    assert exact.objective == pytest.approx(listed.objective, rel=1e-9, abs=1e-9)


def test_exact_is_enumeration_with_the_real_networks() -> None:
    slot = draw_slot(2, 1, np.random.default_rng(5), mix="random", queues_gflop=10, weight=20)
    assert evaluate(slot, solve_slot(slot)).objective == pytest.approx(evaluate(slot, enumerate_plans(slot)).objective)


def test_p27b_only_cuts_that_matter_are_kept() -> None:
    slot = draw_slot(3, 1, np.random.default_rng(1))
    for client in range(3):
        cuts = list_cuts(slot, client, ROADSIDE)
        assert (np.diff(cuts.fixed_s) >= 0).all() and (np.diff(cuts.left_gflop) < 0).all()
        hull, prices = hull_cuts(cuts)
        for price in (*prices, *(prices + 0.01)):
            costs = cuts.fixed_s + price * cuts.left_gflop
            assert (hull.fixed_s + price * hull.left_gflop).min() == pytest.approx(costs.min())


@pytest.mark.parametrize("method", [greedy, best_own, all_local])
def test_baselines_are_plans_and_no_better(method) -> None:  # type: ignore[no-untyped-def]
    for seed in range(4):
        slot = draw_slot(4, 2, np.random.default_rng(seed), mix="random", queues_gflop=5.0, weight=50)
        report = evaluate(slot, method(slot))
        assert not report.violations
        assert report.objective >= evaluate(slot, solve_slot(slot)).objective - 1e-9


def test_more_clients_cost_no_less() -> None:
    slot = draw_slot(4, 2, np.random.default_rng(3))
    fewer = dataclasses.replace(
        slot, kind=slot.kind[:3], client_gflops=slot.client_gflops[:3], rate_mbps=slot.rate_mbps[:3]
    )
    assert evaluate(fewer, solve_slot(fewer)).objective < evaluate(slot, solve_slot(slot)).objective


def test_by_hand() -> None:
    """One client, two links of 6 GFLOP, 10 Mbit in between, and a helper: cut in the middle when it is fast."""
    slot = Slot((Chain("c", np.array([6.0, 6.0]), np.array([1000.0, 10.0, 1.0])),), np.array([0]), np.array([3.0]),
                np.array([5.0]), 1.0, np.array([[10.0, 10.0]]), np.zeros(1), np.zeros(1))  # fmt: skip
    plan = solve_slot(slot)
    assert plan.cut.tolist() == [2] and plan.target.tolist() == [LOCAL]  # 4 s, against 2 + 1 + 1.2
    assert evaluate(slot, plan).objective == pytest.approx(4.0)
    faster = dataclasses.replace(slot, helper_gflops=np.array([12.0]))
    plan = solve_slot(faster)
    assert plan.cut.tolist() == [1] and plan.target.tolist() == [1]
    assert evaluate(faster, plan).objective == pytest.approx(2 + 1 + 0.5)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"split_gflops": np.full(3, 11.0)}, "speed of the roadside unit"),
        ({"split_gflops": np.array([10.0, 10.0, -1.0])}, "speed of the roadside unit"),
        ({"cut": np.array([99, 1])}, "client 0: cut"),
        ({"target": np.array([LOCAL, ROADSIDE])}, "client 0: cut"),
        ({"target": np.array([7, ROADSIDE])}, "client 0: target"),
        ({"target": np.array([1, ROADSIDE])}, "client 0: out of reach"),
        ({"split_gflops": np.array([0.0, 15.0, 15.0])}, "client 0: no speed for its type"),
    ],
)
def test_broken_rules_are_named(change: dict[str, np.ndarray], rule: str) -> None:
    slot = draw_slot(2, 1, np.random.default_rng(0))
    rates = slot.rate_mbps.copy()
    rates[0, 1] = 0.0
    slot = dataclasses.replace(slot, rate_mbps=rates)
    good = SlotPlan(np.array([1, 1]), np.array([ROADSIDE, ROADSIDE]), np.full(3, 10.0))
    assert not evaluate(slot, good).violations
    assert evaluate(slot, dataclasses.replace(good, **change)).violations == (rule,)


def test_queues_are_carried_over() -> None:
    rng = np.random.default_rng(2)
    first = draw_slot(3, 2, rng, weight=1000.0)
    slots = drive(first, 4, rng)
    local = simulate(slots, all_local, queues=True)
    assert local.backlog_gflop == 0
    exact = simulate(slots, solve_slot, queues=True)
    assert exact.completion_s < local.completion_s and exact.backlog_gflop > 0


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'vgg16'"):
        load_chain("vgg61")
    with pytest.raises(InputError, match="in turn"):
        draw_slot(2, 1, np.random.default_rng(0), mix="mixed")
    slot = draw_slot(2, 1, np.random.default_rng(0))
    with pytest.raises(InputError, match="rate_mbps"):
        dataclasses.replace(slot, rate_mbps=np.zeros((2, 3)))
    idle = Chain("idle", np.array([1.0, 0.0]), np.ones(3))
    with pytest.raises(InputError, match="no work"):
        dataclasses.replace(slot, chains=(idle, *slot.chains[1:]))
    with pytest.raises(InputError, match="13 clients"):
        solve_slot(draw_slot(13, 1, np.random.default_rng(0)))
    assert set(CHAINS) == {"alexnet", "resnet18", "vgg16"}
