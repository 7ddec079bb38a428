"""Certificates by payments (docs/theory.md, P42): against enumeration, the MILP, and what tampering makes of them."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import pickle
from typing import Any

import numpy as np
import pytest

from formulations.parts.unit_columns import list_columns
from instances.certificate import Certificate, Dropped, Leaf, Node, Part, Payments, ServerSplit
from instances.certificate_file import certificate_from_json, certificate_to_json
from instances.certify import CERTIFIABLE, certify
from instances.certify_row import Row
from instances.certify_stand import NEVER, Stand
from instances.errors import InputError, TooMuchError
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.options import LOCAL
from solvers import Limits, Result, Verdict, solve
from solvers.result_file import result_from_json, result_to_json, verify
from tests.builders import tiny_admission, tiny_instance


def road(seed: int, users: int = 7, servers: int = 3, load: float = 1.0, **options: Any) -> Instance:
    more = {"allocation": "units", "blocks": 6, "units": 3, **options}
    return generate("roadside", users=users, servers=servers, seed=seed, load=load, **more)


def prove(instance: Instance, root: Node, claim: float = 0.0) -> float:
    return certify(instance, Certificate(root, claim, True)).bound_j


def joined(servers: int, excess_j: float) -> tuple[Part, ...]:
    """All places one by one, each joined to those before it."""
    parts = [Part(0, 1, excess_j)]
    for k in range(1, servers):
        parts += [Part(k, k + 1, excess_j), Part(0, k + 1, excess_j)]
    return tuple(parts)


def best_of(instance: Instance) -> float:
    result = solve(instance, "joint_units", limits=Limits(gap=1e-10))
    assert result.verdict in (Verdict.OPTIMAL, Verdict.INFEASIBLE)
    return result.objective_j


@pytest.mark.parametrize("problem", CERTIFIABLE)
def test_p42_never_above_the_optimum(problem: str) -> None:
    """Payments, prices, rows and claims at random, on tiny instances of every problem."""
    compared = near = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        if problem == "J-A":
            instance = tiny_admission(seed, 3, 2, 2, "units", device_budgets=seed % 2 > 0)
        else:
            instance = tiny_instance(seed, users=3, servers=2, layers=2, allocation="units", problem=problem)
        best = solve(instance, "brute_force").objective_j
        size = best if 0 < best < math.inf else 1.0
        paid = size * rng.uniform(0, 1, 3) * 10 ** rng.uniform(-2, 1)
        row = tuple(rng.permutation(2).tolist())
        parts = joined(2, size * float(rng.choice([0.1, 1.0, 100.0]))) if seed % 3 else ()
        node: Node = Payments(paid, size * rng.random((2, 2)), row if parts else (), parts)
        if seed % 4 == 0:
            node = Dropped(size * rng.random((3, 2)), node)
        bound = prove(instance, node, claim=size * float(rng.choice([0.5, 2.0, 10.0])))
        assert bound <= best * (1 + 1e-12), seed
        compared += math.isfinite(best)
        near += 0.5 * best < bound < math.inf
    assert compared >= 40 and near >= 15


@pytest.mark.parametrize("seed", range(12))
def test_p42_the_whole_row_proves_the_optimum_whatever_is_paid(seed: int) -> None:
    instance = road(seed, users=8, servers=4, load=0.5 + 0.04 * seed)
    best, rng = best_of(instance), np.random.default_rng(seed)
    assert math.isfinite(best)
    paid = best / 8 * rng.uniform(0, 3, 8)
    row = tuple(rng.permutation(4).tolist())
    bound = prove(instance, Payments(paid, best * rng.random((2, 4)), row, joined(4, 100 * best)))
    assert bound == pytest.approx(best, rel=1e-9) and bound <= best * (1 + 1e-12)


def test_p42_the_whole_row_proves_the_optimum_where_users_need_servers() -> None:
    """Devices that can hold no network by themselves; where there is no plan the bound is as large as numbers are."""
    plans = 0
    for seed in range(10):
        instance = road(seed, users=8, servers=3, load=2.5 if seed % 2 else 0.7)
        small = instance.devices.replace(memory_mb=np.full(len(instance.devices), 4.5))
        instance = instance.replace(devices=small)
        best = best_of(instance)
        bound = prove(instance, Payments(np.full(8, 0.5), np.ones((2, 3)), (0, 1, 2), joined(3, 1e6)))
        plans += math.isfinite(best)
        assert bound == pytest.approx(best, rel=1e-9) if math.isfinite(best) else bound > 15
    assert 0 < plans < 10


def enumerated(instance: Instance, paid: np.ndarray) -> float:
    """P36a, by all patterns of every server."""
    table = expand(instance)
    columns = list_columns(table)
    alone = np.full(table.n_users, np.inf)
    local = columns.server == LOCAL
    np.minimum.at(alone, columns.user[local], columns.cost_j[local])
    total, excess = float(np.minimum(paid, alone).sum()), np.maximum(paid - alone, 0.0)
    for s in range(table.n_servers):
        least = 0.0
        own = [np.append(-1, np.flatnonzero((columns.server == s) & (columns.user == i))) for i in range(len(paid))]
        for pick in itertools.product(*own):
            rows = np.array([k for k in pick if k >= 0], dtype=int)
            fits = columns.blocks[rows].sum() <= table.blocks[s] and columns.units[rows].sum() <= table.units[s]
            if len(rows) and fits:  # nobody pays more than running locally costs (P42)
                gain = (columns.cost_j[rows] - paid[columns.user[rows]] + excess[columns.user[rows]]).sum()
                least = min(least, gain + table.static_j[s])
        total += least
    return float(total)


def random_stand(rng: np.random.Generator, users: int = 5) -> Stand:
    count = rng.integers(1, 5, users)
    user = np.repeat(np.arange(users), count)
    n = len(user)
    return Stand(
        user, rng.integers(0, 6, n), rng.integers(0, 4, n), rng.integers(-50, 20, n), (8, 5), int(rng.integers(30))
    )


def values_of(stand: Stand) -> dict[int, int]:
    """Least gain with static energy of every set of users that fits, by enumeration."""
    found = {0: 0}
    own = [np.append(-1, np.flatnonzero(stand.user == i)) for i in stand.users]
    for pick in itertools.product(*own):
        rows = [k for k in pick if k >= 0]
        members = sum(1 << j for j, k in enumerate(pick) if k >= 0)
        if members and stand.blocks[rows].sum() <= stand.room[0] and stand.units[rows].sum() <= stand.room[1]:
            value = int(stand.gain[rows].sum()) + stand.static
            found[members] = min(found.get(members, value), value)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_sets_and_the_best_of_them_are_those_of_enumeration(seed: int) -> None:
    rng = np.random.default_rng(seed)
    stand = random_stand(rng)
    values = values_of(stand)
    for per_block, per_unit in ((0, 0), (3, 2), (1000, 0)):
        assert min(0, stand.static + stand.least(per_block, per_unit)) == min(values.values())
    for ceiling in (NEVER // 4, 0, -20):
        sets = stand.sets(ceiling)
        assert (np.diff(sets.value) >= 0).all()
        assert dict(zip(sets.members.tolist(), sets.value.tolist(), strict=True)) == {
            members: value for members, value in values.items() if value <= ceiling
        }


def shared_row(seed: int) -> tuple[Row, list[Stand], list[int], np.ndarray, np.ndarray]:
    """Three servers; users reach neighbours; some cannot do without a server."""
    rng = np.random.default_rng(seed)
    reach = [[0, 1, 2], [1, 2, 3, 4], [3, 4, 5]]
    paid = rng.integers(0, 40, 6)
    alone = np.where(rng.random(6) < 0.3, NEVER, paid + rng.integers(0, 30, 6))
    stands, least = [], []
    for users in reach:
        stand = random_stand(rng, len(users))
        stand = dataclasses.replace(stand, user=np.array(users)[stand.user])
        stands.append(stand)
        least.append(min(values_of(stand).values()))
    return Row(stands, least, paid, alone), stands, least, paid, alone


def least_excess(stands: list[Stand], least: list[int], paid: np.ndarray, alone: np.ndarray, part: range) -> int:
    """By enumeration of disjoint sets: P41's W."""
    first, last = np.full(6, 9), np.full(6, -1)
    for k, stand in enumerate(stands):
        first[stand.users], last[stand.users] = np.minimum(first[stand.users], k), k
    inside = [i for i in range(6) if first[i] >= part.start and last[i] < part.stop]
    choices = []
    for k in part:
        users = stands[k].users
        sets = [({int(u) for j, u in enumerate(users) if m >> j & 1}, v - least[k])
                for m, v in values_of(stands[k]).items()]  # fmt: skip
        choices.append(sets)
    found = NEVER
    for pick in itertools.product(*choices):
        members = [user for one, _ in pick for user in one]
        if len(set(members)) == len(members):
            lost = sum(int(alone[i] - paid[i]) if alone[i] < NEVER else NEVER for i in inside if i not in members)
            found = min(found, sum(value for _, value in pick) + lost)
    return found


@pytest.mark.parametrize("seed", range(25))
def test_p41_parts_of_a_row_exceed_by_what_enumeration_says(seed: int) -> None:
    """Each part claimed to exceed by far too much gets what it does; claimed to exceed by less, no more than that."""
    row, stands, least, paid, alone = shared_row(seed)
    truth = {
        part: least_excess(stands, least, paid, alone, range(*part))
        for part in ((0, 1), (1, 2), (2, 3), (0, 2), (0, 3))
    }
    assert row.excess == 0
    for part, known in (((0, 1), [(0, 1)]), ((1, 2), [(0, 1), (1, 2)]), ((0, 2), [(0, 2)]), ((0, 3), [(0, 3)])):
        claim = min(NEVER // 8, 2 * truth[part] + 7)
        row.settle([(*part, claim)], "here")
        expected = sum(truth[p] for p in known)
        assert row.excess == expected if expected < NEVER // 8 else row.excess >= claim
    modest, *_ = shared_row(seed)
    modest.settle([(0, 1, truth[0, 1] // 2)], "here")
    assert modest.excess == min(truth[0, 1], truth[0, 1] // 2)


def test_parts_must_follow_from_one_another() -> None:
    row, *_ = shared_row(0)
    with pytest.raises(InputError, match=r"places 0 to 2.*two parts that came before"):
        row.settle([(0, 3, 0)], "certificate.parts")
    with pytest.raises(InputError, match=r"parts\[1\].*two parts that came before"):
        row.settle([(0, 2, 0), (1, 2, 0)], "certificate.parts")


def test_too_many_users_at_a_server_are_refused() -> None:
    n = 29
    one = np.ones(n, dtype=np.int64)
    stand = Stand(np.arange(n), one, one, -one, (2, 2), 0)
    assert stand.least(0, 0) == -2
    with pytest.raises(TooMuchError, match="29 users reach"):
        stand.sets(0)


@pytest.fixture(scope="module")
def result() -> Result:
    """An overloaded road: neither prices nor few cases prove it."""
    instance = road(1, users=30, servers=8, load=1.2, blocks=20, units=6)
    return solve(instance, "corridor", limits=Limits(gap=1e-7))


def payments_of(result: Result) -> Payments:
    assert result.certificate is not None
    root = result.certificate.root
    assert isinstance(root, Payments) and len(root.parts) > 3
    return root


def test_a_row_is_certified(result: Result) -> None:
    assert result.verdict is Verdict.CERTIFIED and result.certified_gap <= 1e-6
    assert prove(result.instance, dataclasses.replace(payments_of(result), parts=())) < result.objective_j * (1 - 1e-3)


def test_the_file_reads_back(result: Result) -> None:
    """Exactly; and for the same instance with its servers in another order."""
    document = json.loads(json.dumps(result_to_json(result)))
    assert verify(result.instance, document) == []
    read = result_from_json(result.instance, document).certificate
    assert read is not None and isinstance(read.root, Payments)
    old = payments_of(result)
    assert read.root.row == old.row and read.root.parts == old.parts
    assert (read.root.paid_j == old.paid_j).all() and (read.root.prices == old.prices).all()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda p: {"paid_j": p.paid_j[:-1]}, "shape"),
        (lambda p: {"paid_j": -p.paid_j}, "not negative"),
        (lambda p: {"paid_j": p.paid_j.astype(np.float32)}, "shape"),
        (lambda p: {"prices": p.prices + math.inf}, "not negative|not finite"),
        (lambda p: {"prices": p.prices[:1]}, "shape"),
        (lambda p: {"row": p.row[:-1]}, "order of all servers"),
        (lambda p: {"row": (*p.row[:-1], p.row[0])}, "order of all servers"),
        (lambda p: {"row": (*p.row[:-1], "edge0")}, "order of all servers"),
        (lambda p: {"row": ()}, "does not lie in the row"),
        (lambda p: {"parts": (*p.parts, Part(0, 9, 0.1))}, "does not lie in the row"),
        (lambda p: {"parts": (*p.parts, Part(3, 3, 0.1))}, "does not lie in the row"),
        (lambda p: {"parts": (Part(0, 1, math.inf),)}, "finite"),
        (lambda p: {"parts": (Part(0, 1, -0.1),)}, "finite"),
        (lambda p: {"parts": (Part(0, 1, True),)}, "finite"),
        (lambda p: {"parts": (Part(0, 4, 0.1),)}, "two parts that came before"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(result: Result, change: Any, reason: str) -> None:
    node = payments_of(result)
    with pytest.raises(InputError, match=reason):
        prove(result.instance, dataclasses.replace(node, **change(node)))


def test_they_stand_for_whole_pieces_and_open_servers_only(result: Result) -> None:
    node = payments_of(result)
    with pytest.raises(InputError, match="payments"):
        certify(result.instance, Certificate(node, 0.0, False))
    leaf = Leaf(np.zeros((3, 8)))
    with pytest.raises(InputError, match="payments"):
        prove(result.instance, ServerSplit(0, node, leaf))


@pytest.mark.parametrize(
    "name", ["row.MOST_STATES", "row.MOST_PAIRS", "row.MOST_ACTIVE", "stand.MOST_SETS", "stand.MOST_USERS"]
)
def test_what_is_too_much_to_check_is_no_fault(result: Result, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, and a method's result keeps the bound as its word instead of being called wrong."""
    module, limit = name.split(".")
    monkeypatch.setattr(f"instances.certify_{module}.{limit}", 1)
    assert result.certificate is not None
    with pytest.raises(TooMuchError) as caught:
        certify(result.instance, result.certificate)
    assert type(pickle.loads(pickle.dumps(caught.value))) is TooMuchError
    again = solve(result.instance, "corridor", limits=Limits(gap=1e-7))
    assert (again.verdict is Verdict.OPTIMAL and math.isnan(again.certified_j)) or again.certified_j == -math.inf


@pytest.mark.parametrize("claim", ["bound", "part", "payments"])
def test_claiming_more_proves_no_more(result: Result, claim: str) -> None:
    """A larger claim for the bound, for a part, or larger payments: never above the optimum."""
    node, best = payments_of(result), result.objective_j
    if claim == "part":
        node = dataclasses.replace(node, parts=tuple(Part(p.start, p.stop, 3 * p.excess_j + 1) for p in node.parts))
    elif claim == "payments":
        node = dataclasses.replace(node, paid_j=2 * node.paid_j)
    assert prove(result.instance, node, claim=2 * best) <= best * (1 + 1e-12)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda n: n["payments"].pop(), "lack a user"),
        (lambda n: n["payments"].append(n["payments"][0]), "twice"),
        (lambda n: n["payments"].__setitem__(0, ["nobody", 1.0]), "nobody"),
        (lambda n: n["payments"].__setitem__(0, 1.0), "payment is"),
        (lambda n: n["row"].__setitem__(0, "nowhere"), "nowhere"),
        (lambda n: n["parts"].__setitem__(0, [0, 1]), "a part is"),
        (lambda n: n["parts"].__setitem__(0, [0.5, 1, 0.0]), "whole"),
        (lambda n: n.__setitem__("prices", n["prices"] * 2), "rows"),
        (lambda n: n.__setitem__("links", []), "links"),
    ],
)  # fmt: skip
def test_files_with_faults_are_refused(result: Result, edit: Any, reason: str) -> None:
    assert result.certificate is not None
    data = json.loads(json.dumps(certificate_to_json(result.instance, result.certificate)))
    edit(data["nodes"][0])
    with pytest.raises(InputError, match=reason):
        certificate_from_json(result.instance, data)
