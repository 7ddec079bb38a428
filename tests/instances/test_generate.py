"""Generators: reproducible, each aspect on its own stream, sensible numbers, errors that name the option."""

from __future__ import annotations

import json

import numpy as np
import pytest

from instances.errors import InputError
from instances.expand import expand
from instances.generate import GENERATORS, generate
from instances.generate.draws import ASPECTS, Draws
from instances.instance import Instance
from instances.options import OptionTable

KINDS = sorted(GENERATORS)


def least_spectral_radius(table: OptionTable) -> float:
    """Largest eigenvalue over servers when users that can run locally do, and the rest take what needs least.

    A server can serve its options iff the largest eigenvalue of [[A, B], [B, C]] is at most 1, with
    A = Σ a'/S, B = Σ √(a' c)/S, C = Σ c/S.
    Users are placed one by one, the neediest first, each where the largest eigenvalue grows least.
    """
    load = np.zeros((table.n_servers, 2, 2))
    start, local = table.start, table.is_local
    need = (table.uplink_s + table.server_s) / table.slack_s
    rows = [np.arange(start[i], start[i + 1]) for i in range(table.n_users)]
    remote = [r for r in rows if not local[r].any()]
    for options in sorted(remote, key=lambda r: -need[r].min()):
        roots = np.sqrt(np.column_stack([table.uplink_s, table.server_s])[options])
        added = roots[:, :, None] * roots[:, None, :] / table.slack_s[options][:, None, None]
        after = load[table.server[options]] + added
        best = int(np.argmin(np.linalg.eigvalsh(after)[:, -1]))
        load[table.server[options[best]]] = after[best]
    return float(np.linalg.eigvalsh(load)[:, -1].max(initial=0.0))


@pytest.fixture(scope="module", params=KINDS)
def drawn(request: pytest.FixtureRequest) -> Instance:
    return generate(request.param, users=20, servers=3, seed=7)


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_instance_other_seed_another(kind: str) -> None:
    first, again, other = (generate(kind, users=12, servers=3, seed=seed).fingerprint for seed in (7, 7, 8))
    assert first == again
    assert first != other


@pytest.mark.parametrize("kind", KINDS)
def test_the_problem_asked_for_changes_the_objective_only(kind: str) -> None:
    energy, seconds, heavy, money = (
        generate(kind, users=12, servers=3, seed=7, **options)
        for options in ({}, {"problem": "J-L"}, {"problem": "J-L", "latency_weight_w": 5.0}, {"problem": "J-C"})
    )
    assert (energy.problem, energy.latency_weight_w, energy.tariff, energy.unit) == ("J-E", 0.0, None, "J")
    assert (seconds.latency_weight_w, heavy.latency_weight_w, seconds.unit) == (1.0, 5.0, "J")
    prices = money.tariff
    assert prices is not None and money.unit == "USD"
    assert (prices.per_server_s > 0).all() and (prices.rent > 0).all() == (money.servers.idle_w > 0).all()
    for other in (seconds, heavy, money):
        assert other.replace(problem="J-E", latency_weight_w=0.0, tariff=None).fingerprint == energy.fingerprint


def test_an_option_of_another_problem_is_refused() -> None:
    with pytest.raises(InputError, match="take J-L"):
        generate("campus", users=3, servers=1, seed=0, latency_weight_w=1.0)
    with pytest.raises(InputError, match=r"campus\.problem"):
        generate("campus", users=3, servers=1, seed=0, problem="J-X")


@pytest.mark.parametrize("kind", KINDS)
def test_more_users_leave_the_first_ones_as_they_were(kind: str) -> None:
    few, many = (generate(kind, users=n, servers=3, seed=5) for n in (15, 40))
    for column in ("name", "network", "device", "radio"):
        assert np.array_equal(getattr(few.users, column), getattr(many.users, column)[:15])
    kept = many.links.user < 15
    assert np.array_equal(few.links.efficiency, many.links.efficiency[kept])
    assert np.allclose(few.users.deadline_s, many.users.deadline_s[:15], rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "change",
    [
        {"load": 2.0},
        {"networks": ["alexnet"]},
        {"deadline_scale": 1.5},
        {"kappa": 1e-27},
        {"allocation": "units"},
    ],
)
def test_an_option_leaves_the_other_aspects_as_they_were(kind: str, change: dict[str, object]) -> None:
    plain, changed = (
        generate(kind, users=15, servers=3, seed=5),
        generate(kind, users=15, servers=3, seed=5, **change),
    )
    for column in ("device", "radio"):
        assert np.array_equal(getattr(plain.users, column), getattr(changed.users, column))
    assert np.array_equal(plain.links.efficiency, changed.links.efficiency)
    assert np.array_equal(plain.links.server, changed.links.server)


def test_aspects_have_independent_streams_that_are_drawn_once() -> None:
    draws, again = Draws(3, 10), Draws(3, 10)
    draws.uniform("places", 2)
    assert np.array_equal(draws.uniform("deadlines"), again.uniform("deadlines"))
    streams = [Draws(3, 10).uniform(aspect).tobytes() for aspect in ASPECTS]
    assert len(set(streams)) == len(ASPECTS)
    with pytest.raises(KeyError):
        draws.uniform("places")


def test_every_user_has_an_option(drawn: Instance) -> None:
    assert set(expand(drawn).user) == set(range(drawn.n_users))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "options", [{"load": 50.0}, {"deadline_scale": 0.01}, {"bandwidth_mhz": 0.05}, {"load": 0.01}], ids=str
)
def test_alone_every_user_meets_its_deadline_under_any_pressure(kind: str, options: dict[str, float]) -> None:
    table = expand(generate(kind, users=30, servers=3, seed=1, **options))
    assert set(table.user) == set(range(30))


def test_provenance_is_plain_json_and_makes_the_instance_again(drawn: Instance) -> None:
    origin = json.loads(json.dumps(drawn.provenance, allow_nan=False))
    assert origin == drawn.provenance
    assert (origin["generator"], origin["seed"], origin["version"]) == (drawn.name.split("-")[0], 7, "1")
    again = generate(origin["generator"], seed=origin["seed"], **origin["parameters"])
    assert again.fingerprint == drawn.fingerprint


def test_numbers_are_sensible(drawn: Instance) -> None:
    longest = 8.0 if drawn.name.startswith("roadside") else 3.0
    assert (drawn.users.deadline_s >= 0.05).all()
    assert (drawn.users.deadline_s <= longest).all()
    assert (drawn.links.efficiency >= 0.1).all()
    assert np.isfinite(drawn.links.download_mbps).all()
    cheapest = np.minimum.reduceat(*(lambda table: (table.cost_j(), table.start[:-1]))(expand(drawn)))
    assert (cheapest > 1e-4).all()
    assert (cheapest < 20.0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_default_load_is_jointly_feasible(kind: str) -> None:
    for seed in range(10):
        assert least_spectral_radius(expand(generate(kind, users=20, servers=3, seed=seed))) <= 1


@pytest.mark.slow
def test_default_campus_is_jointly_feasible_for_every_seed() -> None:
    worst = max(least_spectral_radius(expand(generate("campus", users=20, servers=3, seed=s))) for s in range(51))
    assert worst <= 1


def test_load_divides_capacity_and_bandwidth_can_be_fixed() -> None:
    one, two = (generate("campus", users=20, servers=3, seed=7, load=load).servers for load in (1.0, 2.0))
    assert np.allclose(one.bandwidth_mhz, 2 * two.bandwidth_mhz)
    assert np.allclose(one.gflops, 2 * two.gflops)
    crowded = generate("campus", users=40, servers=3, seed=7, load=2.0).servers
    assert np.allclose(one.bandwidth_mhz, crowded.bandwidth_mhz)
    fixed = generate("campus", users=40, servers=3, seed=7, load=3.0, bandwidth_mhz=20).servers
    assert (fixed.bandwidth_mhz == 20.0).all()


def test_options_reach_the_instance() -> None:
    made = generate(
        "campus",
        users=8,
        servers=2,
        seed=1,
        allocation="units",
        blocks=12,
        units=6,
        kappa=5e-27,
        cut_rule="supported",
        server_energy_weight=0.5,
        networks={"alexnet": 1.0, "resnet50": 3.0},
    )
    assert (made.allocation, made.cut_rule, made.server_energy_weight) == ("units", "supported", 0.5)
    assert (made.servers.blocks == 12).all()
    assert (made.servers.units == 6).all()
    assert (made.devices.kappa == 5e-27).all()
    assert [net.name for net in made.networks] == ["alexnet", "resnet50"]


def test_campus_has_its_cloud_last_and_only_from_three_servers_on() -> None:
    three, two = (generate("campus", users=5, servers=n, seed=1) for n in (3, 2))
    assert list(three.servers.name) == ["edge0", "edge1", "cloud"]
    far = three.links.server == 2
    assert np.isfinite(three.links.backhaul_mbps[far]).all()
    assert np.isinf(three.links.backhaul_mbps[~far]).all()
    assert "cloud" not in two.servers.name


def test_roadside_links_are_near() -> None:
    made = generate("roadside", users=200, servers=10, seed=1)
    links = np.bincount(made.links.user, minlength=200)
    assert links.min() >= 1
    assert links.max() <= 3
    assert sorted(net.name for net in made.networks) == ["alexnet", "resnet18", "vgg16"]


def test_metro_of_a_hundred_thousand_users() -> None:
    made = generate("metro", users=100_000, servers=100, seed=1)
    assert made.cut_rule == "supported"
    assert len(made.links) == 300_000
    assert np.array_equal(np.bincount(made.links.user), np.full(100_000, 3))
    share = np.bincount(made.users.device, minlength=4) / 100_000
    assert np.abs(share - [0.4, 0.2, 0.2, 0.2]).max() < 0.01
    # Users spread evenly: no site is left idle, none draws a crowd.
    reached = np.bincount(made.links.server, minlength=100)
    assert reached.min() > 300
    assert reached.max() < 9000
    assert 0.1 < np.median(made.users.deadline_s) < 1.0


def test_metro_reaches_no_more_servers_than_there_are() -> None:
    assert len(generate("metro", users=5, servers=1, seed=1).links) == 5
    assert len(generate("metro", users=5, servers=9, seed=1, reach=5).links) == 25


@pytest.mark.parametrize(
    ("arguments", "where", "words"),
    [
        ({"kind": "campsu"}, "generator", "did you mean 'campus'"),
        ({"loda": 2.0}, "campus.loda", "did you mean 'load'"),
        ({"load": float("nan")}, "campus.load", "0.001 to 1000"),
        ({"load": float("inf")}, "campus.load", "out of range"),
        ({"load": -1.0}, "campus.load", "out of range"),
        ({"load": "heavy"}, "campus.load", "not a number"),
        ({"load": True}, "campus.load", "not a number"),
        ({"load": None}, "campus.load", "not a number"),
        ({"blocks": 2.5}, "campus.blocks", "whole number"),
        ({"units": 0}, "campus.units", "out of range"),
        ({"allocation": "unit"}, "campus.allocation", "did you mean 'units'"),
        ({"cut_rule": 3}, "campus.cut_rule", "known"),
        ({"networks": []}, "campus.networks", "empty"),
        ({"networks": 5}, "campus.networks", "not a list"),
        ({"networks": ["alexnett"]}, "campus.networks", "did you mean 'alexnet'"),
        ({"networks": {"alexnet": 0.0}}, "campus.networks[alexnet]", "out of range"),
        ({"users": 0}, "users", "1 to"),
        ({"users": 2.0}, "users", "not a whole number"),
        ({"servers": -1}, "servers", "out of range"),
        ({"seed": -1}, "seed", "out of range"),
        ({"seed": "7"}, "seed", "not a whole number"),
        ({"seed": True}, "seed", "out of range"),
    ],
    ids=str,
)
def test_errors_say_what_where_and_what_would_fix_it(arguments: dict[str, object], where: str, words: str) -> None:
    given: dict[str, object] = {"kind": "campus", "users": 3, "servers": 2, "seed": 1} | arguments
    with pytest.raises(InputError) as caught:
        generate(given.pop("kind"), **given)  # type: ignore[arg-type]
    assert caught.value.where == where
    assert words in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_admission_with_weights_and_budgets(kind: str) -> None:
    plain = generate(kind, users=15, servers=3, seed=5)
    admission = generate(kind, users=15, servers=3, seed=5, problem="J-A", weight_ratio=4.0, energy_part=0.5,
                         allocation="units", device_energy_part=0.7)  # fmt: skip
    assert admission.problem == "J-A" and plain.problem == "J-E"
    assert np.array_equal(plain.users.deadline_s, admission.users.deadline_s)
    assert np.array_equal(plain.links.efficiency, admission.links.efficiency)
    assert ((admission.users.weight >= 0.5) & (admission.users.weight <= 2.0)).all()
    assert admission.energy_budget_j is not None and admission.device_budget_j is not None
    gflop = np.array([net.gflop.sum() for net in admission.networks])[admission.users.network].sum()
    need = admission.servers.j_per_gflop * gflop / 3
    part = admission.dynamic_budget_j / np.where(need > 0, need, 1.0)
    assert ((part >= 0.25 - 1e-9) & (part <= 0.75 + 1e-9))[need > 0].all()
    assert (admission.device_budget_j > 0).all()
    table = expand(admission)
    assert table.is_rejection.sum() == 15 and set(table.user) == set(range(15))


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"energy_part": 0.5}, "energy_part"),
        ({"device_energy_part": 0.5, "allocation": "units"}, "device_energy_part"),
        ({"device_energy_part": 0.5, "problem": "J-A"}, "device_energy_part"),
        ({"problem": "J-Z"}, "campus.problem"),
        ({"weight_ratio": 0.5}, "campus.weight_ratio"),
    ],
    ids=str,
)
def test_admission_options_that_mean_nothing_are_refused(options: dict[str, object], where: str) -> None:
    with pytest.raises(InputError) as caught:
        generate("campus", users=4, servers=2, seed=1, **options)
    assert caught.value.where == where
