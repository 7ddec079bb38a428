"""`instances.verify` against figures worked out by hand: what plans cost, and the edges of every rule.

Rules forgive a billionth; a plan that takes just that is accepted, one that takes a little more is refused.
"""

from __future__ import annotations

import copy
import json
import math
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from instances import verify as exact
from tests.trust.hand_made import (
    LAYERS,
    Document,
    away,
    certificate,
    cost_of,
    given,
    latency_of,
    network,
    plan,
    result,
    row,
    stay,
)

ROOM = Fraction(1, 10**9)
ONE = 1 << exact.BITS
SPLIT = [row("ann", "near", 2, 0.5, 0.25, 0.75), row("bob", "far", 1, 0.5, 0.125, 0.5), stay("cid", 1.25)]
"""Everyone otherwise: the shares are whole blocks and units."""
ENDS = [
    row("ann", "far", 0, 0.25, 0.5, 1.0),
    row("bob", "far", 3, 0.125, 0.5, 1.0),
    row("cid", "near", 0, 1.0, 1.0, 1.0),
]


def read(d: Document, folder: Path = exact.CATALOG) -> exact.Problem:
    return exact.Problem(copy.deepcopy(d), folder)


def cost(d: Document, *rows: Document) -> Any:
    return read(d).check(copy.deepcopy(plan(*rows)))


def why(d: Document, *rows: Document) -> str:
    """The rule that a plan breaks; empty where it breaks none."""
    try:
        cost(d, *rows)
    except exact.Wrong as error:
        assert error.args[1] == 4
        return str(error.args[0])
    return ""


def changed(d: Document, *path: Any, to: Any) -> Document:
    """A copy with one value in another's place, or a new one."""
    d = copy.deepcopy(d)
    place = d
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return d


@pytest.mark.parametrize("allocation", ["continuous", "units"])
@pytest.mark.parametrize("problem", ["J-E", "J-L", "J-C", "J-A"])
def test_what_plans_cost(problem: str, allocation: str) -> None:
    d = given(problem, allocation)
    for rows in (SPLIT, ENDS, [stay("ann"), stay("bob"), stay("cid")], SPLIT[::-1]):
        assert cost(d, *rows) == cost_of(d, rows)
    if problem == "J-A":
        assert cost(d, away("ann"), away("bob"), SPLIT[2]) == Fraction(5, 2)
    else:
        assert why(d, away("ann"), *SPLIT[1:]) == "ann is turned away"


def test_a_cost_on_paper() -> None:
    """Ann keeps two layers: 2 + 4 GFLOP at 2 GFLOP/s and two launches, 3.25 s; the clock's 2⁻⁹⁰ (1.5e9)³ W."""
    d = changed(given(), "servers", 0, "idle_w", to=0.0)
    mbit, fetch_s, gflop = Fraction(2), Fraction(1, 8), Fraction(1_001_000, 10**9)
    joule = Fraction(15, 10) ** 3 * 10**27 / 2**90 * Fraction(13, 4) * Fraction(9, 16)  # at three quarters of the clock
    joule += Fraction(3, 2) * mbit / (2 * 4) * 2  # half of 4 MHz, 2 bit/s/Hz
    joule += Fraction(1, 4) * mbit + Fraction(3, 4) * fetch_s + Fraction(1, 8) * 2
    joule += Fraction(1, 2) * Fraction(1, 2) * gflop
    assert cost(d, SPLIT[0], stay("bob"), stay("cid")) - cost(d, stay("ann"), stay("bob"), stay("cid")) == (
        2 * joule - 2 * Fraction(27, 8) * 10**27 / 2**90 * (Fraction(7, 2) + Fraction(75, 100_000))
    )


def test_deadlines_are_met_within_room() -> None:
    """Figures are set so that the latency of Ann is 1e9 + 1 billionths of a second, which is no float."""
    layers = [("only", "conv", 10**9 + 1, 0, 0, [-1])]
    d = given(networks=[network(layers)])
    d = changed(changed(d, "devices", 0, "launch_s", to=0.0), "devices", 0, "gflops", to=1.0)
    text = {"users": [stay("ann"), stay("bob", 1.0), stay("cid")],
            "cuts": {"net/4": {"network": "net", "device_layers": ["only"]}}}  # fmt: skip

    def late(deadline_s: float) -> bool:
        try:
            read(changed(d, "users", 0, "deadline_s", to=deadline_s)).check(copy.deepcopy(text))
        except exact.Wrong as error:
            assert error.args == ("ann is late", 4)
            return True
        return False

    assert not late(1.0) and late(1.0 - 2**-40) and not late(1.0 + 2**-40)


@pytest.mark.parametrize("rows", [SPLIT, ENDS], ids=["split", "ends"])
@pytest.mark.parametrize("user", range(3))
def test_latency_counts_all_its_parts(rows: list[Document], user: int) -> None:
    d = given()
    latency = float(latency_of(d, rows[user]))
    for factor, broken in ((1 + 1e-8, ""), (1 - 1e-8, f"{rows[user]['user']} is late")):
        assert why(changed(d, "users", user, "deadline_s", to=latency * factor), *rows) == broken


def test_clocks_shares_and_memory_have_edges() -> None:
    d, others = given(), [stay("bob"), stay("cid")]
    for clock, broken in (
        (0.5, False),
        (0.5 - 4e-10, False),
        (0.5 - 1e-9, True),
        (2.0 + 1e-9, False),
        (2.0 + 4e-9, True),
    ):
        assert why(d, stay("ann", clock), *others) == ("ann: clock out of range" if broken else "")
    loose = changed(d, "users", 0, "deadline_s", to=1e6)
    for at, share in ((3, 1 + 5e-10), (4, 1 + 5e-10)):
        for value, broken in ((share, False), (1 + 2e-9, True), (0.0, True), (1e-3, False)):
            shares = {3: (value, 0.5), 4: (0.5, value)}[at]
            assert why(loose, row("ann", "near", 1, *shares, 1.0), *others) == (
                "ann: impossible shares" if broken else ""
            )
    assert why(d, row("ann", "near", 1, -0.1, 1.0, 1.0), *others) == "-0.1 is no number, or below 0.0"
    kept = 1_000_000 + 2_000_000 + 64_000 + 250_000
    for memory_mb, broken in ((kept / 1e6, False), (kept / 1e6 * (1 - 5e-10), False), (kept / 1e6 * (1 - 2e-9), True)):
        short = changed(d, "devices", 0, "memory_mb", to=memory_mb)
        assert why(short, stay("ann"), *others) == ("ann: too large for its device" if broken else "")


def test_memory_of_a_device_to_the_byte() -> None:
    d = changed(
        given(networks=[network([("only", "conv", 1, 10**9 + 1, 0, [-1])])]), "devices", 0, "memory_mb", to=1000.0
    )
    text = {"users": [stay("ann"), row("bob", "far", 0, 1.0, 1.0, 1.0), row("cid", "near", 0, 1.0, 1.0, 1.0)],
            "cuts": {"net/4": {"network": "net", "device_layers": ["only"]},
                     "net/0": {"network": "net", "device_layers": []}}}  # fmt: skip
    for name in ("near", "far"):
        text["users"][1 + (name == "near")]["server"] = name
    d["servers"][0]["memory_mb"], d["servers"][1]["memory_mb"] = 1000.0, 1000.0  # just what is forgiven
    read(d).check(copy.deepcopy(text))
    for table, s, message in (
        ("devices", 0, "ann: too large"),
        ("servers", 0, "near: more"),
        ("servers", 1, "far: more"),
    ):
        with pytest.raises(exact.Wrong, match=message):
            read(changed(d, table, s, "memory_mb", to=999.9999)).check(copy.deepcopy(text))


def test_servers_are_shared_by_all_of_their_users() -> None:
    d = changed(changed(given(), "users", 0, "deadline_s", to=1e6), "users", 1, "deadline_s", to=1e6)
    ann, bob = row("ann", "far", 1, 0.5, 0.5, 1.0), row("bob", "far", 1, 0.5, 0.5, 1.0)
    assert why(d, ann, bob, stay("cid")) == ""
    for name in ("uplink_share", "compute_share"):
        assert why(d, {**ann, name: 0.5 + 5e-10}, bob, stay("cid")) == ""
        assert why(d, {**ann, name: 0.5 + 2e-9}, bob, stay("cid")).startswith("far: more than all")
    moved = Fraction(2_000_000 + 64_000 + 250_000) * 2
    for factor, broken in ((1.0, False), (1 - 5e-10, False), (1 - 2e-9, True)):
        short = changed(d, "servers", 1, "memory_mb", to=float(moved / 10**6) * factor)
        assert why(short, ann, bob, stay("cid")).startswith("far: more than all") == broken
    gflop = Fraction(4_001_001_000, 10**9) * 2
    need = float(gflop / 4 + 2 * 2)  # a quarter of a joule each, 2 W for 2 s
    for factor, broken in ((1.0, False), (1 - 5e-10, False), (1 - 2e-9, True)):
        short = changed(d, "servers", 1, "energy_budget_j", to=need * factor)
        assert why(short, ann, bob, stay("cid")) == ("far: more than its energy is used" if broken else "")
    both = changed(d, "servers", 0, "energy_budget_j", to=8.0)  # which its idle power takes
    assert why(both, ann, bob, row("cid", "near", 4 - 1, 1.0, 1.0, 1.0)) == "near: more than its energy is used"
    assert why(both, ann, bob, stay("cid")) == ""


def test_pieces_are_whole() -> None:
    d = changed(given(allocation="units"), "users", 0, "deadline_s", to=1e6)
    for s, blocks, units in ((0, 8, 4), (1, 16, 8)):
        at = ("near", "far")[s]
        for beta, phi in ((3 / blocks, 3 / units), (1 / blocks, 1 / units), (3 / blocks * (1 + 5e-10), 3 / units)):
            assert why(d, row("ann", at, 2, beta, phi, 1.0), stay("bob"), stay("cid")) == ""
        parts = [(2.5, 3), (3, 2.5), (3 * (1 + 2e-9), 3), (0.5, 1), (1 + 3e-9, 1), (0.25, 1)]
        for beta, phi in ((b / blocks, m / units) for b, m in parts):
            found = why(d, row("ann", at, 2, beta, phi, 1.0), stay("bob"), stay("cid"))
            assert found == "ann has a part of a piece", (at, beta, phi)
    assert why(given(), row("ann", "near", 2, 0.4, 0.4, 1.0), stay("bob"), stay("cid")) == ""


def test_cuts_and_users_fit() -> None:
    d = given()
    other = "bob has a cut of another network, layers without a server, or the reverse"
    assert why(d, stay("ann"), {**stay("bob"), "cut": "net/3"}, stay("cid")) == other
    assert why(d, stay("ann"), {**stay("bob"), "server": "far"}, stay("cid")) == other
    two = given(networks=[network(), network(name="twin")])
    two["users"][1]["network"] = "twin"
    assert why(two, stay("ann"), stay("bob"), stay("cid")) == other
    for rows in ([stay("ann"), stay("bob")], [stay("ann"), stay("bob"), stay("dan")]):
        assert why(d, *rows) == "the plan is for other users"
    assert why(d, stay("ann"), stay("bob"), stay("cid"), stay("cid")) == "a user is there twice"
    with pytest.raises(KeyError):
        cost(d, stay("ann"), stay("bob"), row("cid", "far", 1, 1.0, 1.0, 1.0))  # out of its reach
    for layers in (["second"], ["first", "third"], ["fourth"], ["second", "third", "fourth"]):
        text = plan(stay("ann"), stay("bob"), stay("cid"))
        text["cuts"]["net/2"]["device_layers"] = layers
        with pytest.raises(exact.Wrong, match="net/2 lacks what a layer reads"):
            read(d).check(text)
    text = plan(*copy.deepcopy(SPLIT))
    text["cuts"]["net/2"]["device_layers"] = ["second", "first"]
    assert read(d).check(text) == cost_of(d, SPLIT)
    for extra in ({"more": 1}, {"cuts": None}):
        with pytest.raises((*exact.NO_SENSE, exact.Wrong)):
            read(d).check({**plan(*SPLIT), **extra})


def test_numbers() -> None:
    assert exact.number(0.1) == Fraction(0.1) != Fraction(1, 10) and exact.number(0) == 0 and exact.number(-1, -2) == -1
    for value in (True, "1", None, -1, -1e-300, [1]):
        with pytest.raises(exact.Wrong, match="is no number, or below 0"):
            exact.number(value)
    for value in (math.inf, math.nan):
        with pytest.raises((exact.Wrong, *exact.NO_SENSE)):
            exact.number(value)
    assert Fraction(8, 10**6) == exact.BYTE and exact.MEGA == 1000**2 and exact.GIGA == 1000**3
    assert exact.BITS == 128 and exact.ROOM == ROOM and exact.MOST == 10**6
    assert exact.down(Fraction(1, 2)) == ONE // 2 and exact.down(Fraction(-1, 3)) == -(ONE // 3) - 1
    assert exact.down(Fraction(1, 3)) == ONE // 3


def test_tables() -> None:
    rows = [{"name": "x", "b": 1, "memory_mb": 2.5}, {"name": "y", "b": 3.0}]
    found = exact.table(copy.deepcopy(rows), "name b memory_mb")
    assert found == {"x": {"name": "x", "b": Fraction(1), "memory_mb": Fraction(5, 2)},
                     "y": {"name": "y", "b": Fraction(3), "memory_mb": math.inf}}  # fmt: skip
    assert all(type(r["b"]) is Fraction for r in found.values())
    for names, status in (("name b", 65), ("name b c memory_mb", 65)):
        with pytest.raises(exact.Wrong) as caught:
            exact.table(copy.deepcopy(rows), names)
        assert caught.value.args[1] == status
    assert exact.table([{"name": "x"}], "name memory_mb") == {"x": {"name": "x", "memory_mb": math.inf}}
    with pytest.raises(exact.Wrong, match="a name is there twice"):
        exact.table([{"name": "x"}, {"name": "x"}], "name")
    with pytest.raises(exact.Wrong, match="below 0"):
        exact.table([{"name": "x", "b": -1}], "name b")
    with pytest.raises(exact.Wrong, match="is no number"):
        exact.table([{"name": "x", "b": "y" * 10}], "name b")
    with pytest.raises(exact.Wrong) as caught:
        exact.fields({"a": 1}, "a b")
    assert caught.value.args[1] == 4 and "should have the fields a b" in caught.value.args[0]
    assert exact.fields({"a": 1, "b": 2}, "b a") == {"a": 1, "b": 2}
    exact.demand(1, "")
    for status in (4, 65):
        with pytest.raises(exact.Wrong) as caught:
            exact.demand([], "so", status)
        assert caught.value.args == ("so", status)


@pytest.mark.parametrize(
    ("energy", "lateness", "low", "high", "value"),
    [
        (1.0, 2.0, 0.5, 2.0, 3.0),  # at the clock 1
        (4.0, 64.0, 0.5, 4.0, 48.0),  # at 2
        (1.0, 2.0, 2.0, 4.0, 5.0),  # too slow to be there
        (1.0, 16.0, 0.5, 1.0, 17.0),
        (0.0, 3.0, 0.5, 2.0, 1.5),
        (3.0, 0.0, 0.5, 2.0, 0.75),
        (0.0, 0.0, 0.5, 2.0, 0.0),
        (1.0, 2.0, 1.0, 2.0, 3.0),  # just at its slowest, and at its fastest
        (1.0, 2.0, 0.5, 1.0, 3.0),
        (0.5, 27.0, 1.0, 8.0, 13.5),
    ],
)
def test_least_clocks(energy: float, lateness: float, low: float, high: float, value: float) -> None:
    found = exact.least_clock(*(exact.down(Fraction(x)) for x in (energy, lateness, low, high)))
    assert found <= exact.down(Fraction(value)) <= found + 8


def test_cuts_of_a_network() -> None:
    net = exact.Network(network())
    assert net.traffic == [2_500_000, 3_750_000, 250_000, 500_000] and net.everything == 15
    assert [tuple(cut) for cut in (net.cut(0), net.cut(1), net.cut(3), net.cut(7), net.cut(15))] == [
        (0, 1_000_000, 0, 3_314_000, 6_001_001_000),
        (1, 1_500_000, 1_000_000, 2_314_000, 4_001_001_000),
        (3, 250_000, 3_000_000, 314_000, 1_001_000),
        (7, 125_000, 3_064_000, 250_000, 1_000_000),
        (15, 0, 3_314_000, 0, 0),
    ]
    assert net.cuts == [net.cut(mask) for mask in (0, 1, 3, 7, 15)]


def test_of_cuts_alike_that_which_sends_least_is_kept() -> None:
    """Two branches that no machine tells apart, but for what they send; two that have the same FLOP as one."""
    layers = [("in", "conv", 10, 5, 100, [-1]), ("left", "conv", 20, 7, 60, [0]), ("right", "conv", 20, 7, 60, [0]),
              ("both", "add", 0, 0, 40, [1, 2]), ("out", "conv", 30, 7, 10, [3])]  # fmt: skip
    net = exact.Network(network(layers))
    assert [cut.mask for cut in net.cuts] == [0, 1, 3, 7, 15, 31] or [cut.mask for cut in net.cuts] == [
        0,
        1,
        5,
        7,
        15,
        31,
    ]
    uneven = [*layers[:1], ("left", "slice", 20, 7, 60, [0]), ("right", "slice", 20, 7, 60, [0]), *layers[3:]]
    assert len(exact.Network(network(uneven)).cuts) == 6
    told = [*layers[:2], ("right", "conv", 20, 8, 60, [0]), *layers[3:]]
    assert [cut.mask for cut in exact.Network(network(told)).cuts] == [0, 1, 5, 3, 7, 15, 31]
    equal = [("one", "conv", 10, 5, 10**6, [-1]), ("two", "conv", 10, 5, 10**6, [0])]
    assert [cut.mask for cut in exact.Network(network(equal)).cuts] == [0, 1, 3]
    many = exact.Network(network(layers)).cut(1)
    assert many.upload == 100  # once, however many read it


def test_networks_that_make_no_sense() -> None:
    for change in ({"flop": 1.5}, {"flop": -1}, {"weight_bytes": 2**53 + 1}, {"output_bytes": True}):
        d = network()
        d["layers"][1].update(change)
        with pytest.raises(exact.Wrong, match="no whole numbers"):
            exact.Network(d)
    for name, value in (("input_bytes", -1), ("result_bytes", 0.5), ("result_bytes", 2**53 + 1)):
        with pytest.raises(exact.Wrong, match="no whole numbers"):
            exact.Network(network(**{name: value}))
    exact.Network(network(result_bytes=2**53, input_bytes=0))
    for layer, reads in ((0, [0]), (0, []), (1, [2]), (1, [1]), (1, [-2, 0]), (2, [-2]), (3, [0, 3])):
        d = network()
        d["layers"][layer]["predecessors"] = reads
        with pytest.raises(exact.Wrong, match="before what it reads"):
            exact.Network(d)
    twice = network([*LAYERS, ("first", "conv", 1, 1, 1, [3])])
    with pytest.raises(exact.Wrong, match="or twice"):
        exact.Network(twice)
    with pytest.raises((exact.Wrong, *exact.NO_SENSE)):
        exact.Network(network([]))
    for other in ({"schema": "edgecut-dnn/2"}, {"layers": [{**network()["layers"][0], "more": 1}]}):
        with pytest.raises(exact.Wrong):
            exact.Network({**network(), **other})
    with pytest.raises(exact.Wrong) as caught:
        exact.Network({**network(), "schema": "edgecut-dnn/2"})
    assert caught.value.args[1] == 65


def test_very_many_cuts_are_not_handled(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = [(f"l{j}", "conv", j + 1, 1, 1, [-1]) for j in range(4)]
    monkeypatch.setattr(exact, "MOST", 16)
    assert len(exact.Network(network(wide)).cuts) == 16
    monkeypatch.setattr(exact, "MOST", 15)
    with pytest.raises(exact.Wrong) as caught:
        exact.Network(network(wide))
    assert caught.value.args == ("a network with very many cuts", 65)


def test_instances_that_are_not_handled() -> None:
    money = given("J-C")["tariff"]
    for change in ({"schema": "edgecut-instance/2"}, {"problem": "J-M"}, {"cut_rule": "all"}, {"tariff": money},
                   {"clouds": []}):  # fmt: skip
        with pytest.raises(exact.Wrong) as caught:
            read({**given(), **change})
        assert caught.value.args[1] == 65, change
    with pytest.raises(exact.Wrong) as caught:
        read({**given("J-C"), "tariff": None})
    assert caught.value.args[1] == 65
    short = {k: v for k, v in given().items() if k not in ("tariff", "latency_weight_w")}
    assert cost(short, *SPLIT) == cost_of(given(), SPLIT)
    with pytest.raises(ValueError):
        read(given(allocation="whole"))
    assert (read(given()).units, read(given(allocation="units")).units) == (0, 1)


def test_networks_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "net.json").write_text(json.dumps(network()))
    print_ = exact.Network(network()).fingerprint
    assert (
        print_ == exact.Network(network(source="elsewhere")).fingerprint != exact.Network(network(name="x")).fingerprint
    )
    for named in ({"name": "net"}, {"name": "net", "fingerprint": print_}):
        assert read(given(networks=[named]), tmp_path).check(plan(*copy.deepcopy(SPLIT))) == cost_of(given(), SPLIT)
    for networks in ([{"name": "net", "fingerprint": "00"}], [network(), network()], [network(), {"name": "net"}]):
        with pytest.raises(exact.Wrong, match="a network is there twice, or is another one") as caught:
            read(given(networks=networks), tmp_path)
        assert caught.value.args[1] == 4


def keys(problem: exact.Problem, user: int) -> list[Any]:
    return [option.key for option in problem.options(user)]


@pytest.mark.parametrize("deadline_s", [0.6, 1.0, 1.5, 2.0, 3.0, 7.0])
@pytest.mark.parametrize("user", range(3))
def test_which_options_there_are(user: int, deadline_s: float) -> None:
    """Under J-A: what can be in time, being turned away, and nothing remote where staying local costs as little."""
    d = changed(given("J-A"), "users", user, "deadline_s", to=deadline_s)
    places = [None, *links_of(d, user)]
    every = [(at, k) for at in places for k in range(5) if (at is None) == (k == 4)]
    in_time = [key for key in every if latency_at_best(d, user, key) < deadline_s]
    meant = in_time[:1] if (None, 4) in in_time else in_time
    assert keys(read(d), user) == [*meant, (None, None)]


def links_of(d: Document, user: int) -> list[str]:
    return [link["server"] for link in d["users"][user]["links"]]


def latency_at_best(d: Document, user: int, key: tuple[str | None, int]) -> float:
    name = d["users"][user]["name"]
    device = next(x for x in d["devices"] if x["name"] == d["users"][user]["device"])
    shares = (0.0, 0.0) if key[0] is None else (1.0, 1.0)
    return float(latency_of(d, row(name, key[0], key[1], *shares, device["clock_max"])))


def dear() -> Document:
    """An instance in which computing takes so much energy that all others are kept beside staying local."""
    return changed(given(), "devices", 0, "kappa", to=2.0**-80)


def test_options_that_break_a_rule_by_twice_of_what_is_forgiven() -> None:
    d = dear()
    all_of_them = keys(read(d), 0)
    assert len(all_of_them) > 4
    gflop = 4.001001  # of the last three layers
    for table, s, name, need in (("devices", 0, "memory_mb", 1.0), ("servers", 0, "memory_mb", 2.314),
                                 ("servers", 0, "energy_budget_j", 8.0 + 0.5 * gflop),
                                 ("servers", 1, "energy_budget_j", 4.0 + 0.25 * gflop)):  # fmt: skip
        at = ("near", "far")[s] if table == "servers" else "near"
        assert (at, 1) in all_of_them
        assert (at, 1) in keys(read(changed(d, table, s, name, to=need * (1 - 1.5e-9))), 0), (table, name)
        assert (at, 1) not in keys(read(changed(d, table, s, name, to=need * (1 - 6e-9))), 0), (table, name)


def test_what_an_option_takes() -> None:
    """In parts of the server's memory and of what its idle power leaves of its energy."""
    d = changed(dear(), "servers", 0, "energy_budget_j", to=16.0)
    option = next(o for o in read(d).options(0) if o.key == ("near", 1))
    assert option.stocks[0] / ONE == pytest.approx(2.314 / 8)
    assert option.stocks[1] / ONE == pytest.approx(0.5 * 4.001001 / (16 - 8))
    assert option.device / ONE == pytest.approx(1.125) and option.air / ONE == pytest.approx(12 / 8)
    far = next(o for o in read(d).options(0) if o.key == ("far", 2))
    assert far.stocks[1] == 0 and far.stocks[0] / ONE == pytest.approx(0.314 / 128)


def test_a_link_without_a_price_costs_nothing() -> None:
    """To the last bit, as bounds must not be above the truth."""
    option = next(o for o in read(dear()).options(0) if o.key == ("near", 2))
    at = {"near": [ONE, ONE, ONE, ONE]}
    assert (
        option.worth(at, {}) == option.worth(at, {(0, "near"): 0}) == option.worth(at, {(1, "near"): 5, (0, "far"): 7})
    )
    assert option.worth(at, {(0, "near"): 3}) == option.worth(at, {}) + 3


def proven(d: Document, *nodes: Document, claim: float | None = None) -> float:
    bound = exact.Proof(read(d), certificate(claim, *copy.deepcopy(nodes))).bound
    return bound if bound == math.inf else bound / ONE


def prices(near: tuple[float, ...] = (0.0, 0.0, 0.0), far: tuple[float, ...] = (0.0, 0.0, 0.0)) -> Document:
    """Uplink, compute, memory and perhaps energy, of both servers."""
    return {"prices": [list(pair) for pair in zip(near, far, strict=True)]}


def still(problem: str = "J-E") -> Document:
    """Clocks that cannot be changed, and all the time there is: λ does nothing."""
    d = given(problem)
    for device in d["devices"]:
        device["clock_min"] = device["clock_max"] = 1.0
    for user in d["users"]:
        user["deadline_s"] = 2.0**40
    return d


MOVED_MB = (3.314, 2.314, 0.314, 0.25)
SENT_MBIT = (8.0, 12.0, 2.0, 1.0)


def worth(d: Document, user: int, at: str | None, kept: int, mu: float, nu: float) -> float:
    """Least cost of a choice at any shares at these prices, without memory and its server's idle power."""
    name = d["users"][user]["name"]
    if at is None:
        return float(cost_of(d, [stay(name)]))
    weight, late = d["users"][user]["weight"], d["latency_weight_w"]
    server = next(x for x in d["servers"] if x["name"] == at)
    link = next(x for x in d["users"][user]["links"] if x["server"] == at)
    watt = next(x for x in d["radios"] if x["name"] == d["users"][user]["radio"])["tx_w"]
    sending_s = SENT_MBIT[kept] / (link["efficiency"] * server["bandwidth_mhz"])
    r = row(name, at, kept, 1.0, 1.0, 1.0)
    there_s = float(latency_of(d, {**r, "compute_share": 0.5}) - latency_of(d, r))  # twice as long by once
    total = float(cost_of(d, [r])) - float(cost_of(d, [r]) - cost_of({**d, "horizon_s": 0.0}, [r]))
    for work, price in ((weight * (watt + late) * sending_s, mu), (weight * late * there_s, nu)):
        total += price if work >= price else 2 * math.sqrt(work * price) - work
    return total


NONE = (0.0, 0.0, 0.0)
SOME = [
    (NONE, NONE),
    ((0.3, 0.2, 0.1), (0.05, 0.7, 0.4)),
    ((5.0, 0.0, 2.0), (0.01, 0.02, 0.9)),
    ((0.9, 0.8, 9.0), NONE),
]


def least(d: Document, user: int, near: tuple[float, ...], far: tuple[float, ...], *places: str | None) -> float:
    """Least worth of a user at some places, memory paid."""
    found = [worth(d, user, None, 4, 0, 0)] if None in places else []
    for at in {*places} & {*links_of(d, user)}:
        mu, nu, pi, *_ = near if at == "near" else far
        memory_mb = 8.0 if at == "near" else 128.0
        found += [worth(d, user, at, k, mu, nu) + pi * MOVED_MB[k] / memory_mb for k in range(4)]
    return min(found, default=math.inf)


@pytest.mark.parametrize(("near", "far"), SOME)
@pytest.mark.parametrize("problem", ["J-E", "J-L"])
def test_bounds_on_paper(problem: str, near: tuple[float, ...], far: tuple[float, ...]) -> None:
    """Clocks stand still, nobody is in a hurry: at prices μ, ν the least is fixed + 2 √(μ a w (p + ω)) + 2 √(ν c w ω),
    or, where μ > a w (p + ω), that and μ in place of the root."""
    d = still(problem)
    best = sum(least(d, user, near, far, None, "near", "far") for user in range(3))
    due = sum(max(sum(prices_) - on, 0.0) for prices_, on in ((near, 4.0), (far, 2.0)))  # idle for 2 s, half counted
    assert proven(d, prices(near, far)) == pytest.approx(best - due, rel=1e-8)


def test_bounds_of_parts() -> None:
    """A case's least is the least of its parts': servers that are on or off, and who may choose what."""
    d, (near, far) = still("J-L"), SOME[1]
    leaf, users = prices(near, far), range(3)
    both = sum(least(d, u, near, far, None, "near", "far") for u in users)
    without = sum(least(d, u, near, far, None, "far") for u in users)
    on, dues = 4.0 - sum(near), max(sum(far) - 2.0, 0.0)  # what near costs, less its prices
    split = proven(d, {"server": "near"}, leaf, leaf)
    assert split == pytest.approx(min(without, both + on) - dues, rel=1e-8)
    high = prices((9.0, 9.0, 9.0), far)
    off_first = proven(d, {"server": "near"}, leaf, high)
    assert off_first != split
    at_near = [["near", k] for k in range(4)]
    among = least(d, 0, near, far, "near")
    rest = least(d, 0, near, far, None, "far")
    others = sum(least(d, u, near, far, None, "near", "far") for u in (1, 2))
    user = {"user": "ann", "options": at_near}
    assert proven(d, user, leaf, leaf) == pytest.approx(min(among, rest) + others, rel=1e-8)
    one = proven(d, user, leaf, high)  # the last part is the one without
    other = proven(d, user, high, leaf)
    assert min(one, other) < max(one, other) <= proven(d, user, leaf, leaf) + 1e-9
    for nodes in ([user, leaf], [{"server": "near"}, leaf], [leaf, leaf]):
        with pytest.raises((exact.Wrong, *exact.NO_SENSE)):
            proven(d, *nodes)
    with pytest.raises(exact.Wrong, match="a case is missing"):
        proven(d, {"server": "near"}, leaf)
    for node in ({"server": "away"}, {"odd": 1}):
        with pytest.raises(exact.Wrong):
            proven(d, node, leaf, leaf)
    with pytest.raises(exact.Wrong, match="settled"):
        proven(d, {"server": "near"}, {"server": "near"}, leaf, leaf, leaf)


def test_prices_of_links_of_energy_and_of_what_is_unlimited() -> None:
    d, (near, far) = still(), SOME[1]
    plain = proven(d, prices(near, far))
    unlimited = copy.deepcopy(d)
    del unlimited["servers"][1]["memory_mb"]  # then its price is neither paid nor due
    dues = [max(sum(near) - 4.0, 0), max(0.05 + 0.7 - 2.0, 0)]
    best = sum(least(d, u, near, (0.05, 0.7, 0.0), None, "near", "far") for u in range(3))
    for pi in (0.4, 50.0):
        assert proven(unlimited, prices(near, (0.05, 0.7, pi))) == pytest.approx(best - sum(dues), rel=1e-8)
    energy = prices((*near, 30.0), (*far, 40.0))
    assert proven(d, energy) == plain  # of which there is no limit
    d["servers"][0]["energy_budget_j"] = 40.0  # 32 J are left: of its GFLOP, half a joule each
    best = 0.0
    for u in range(3):
        found = [least(d, u, near, far, None, "far")]
        if "near" in links_of(d, u):
            found += [worth(d, u, "near", k, *near[:2]) + near[2] * MOVED_MB[k] / 8 + 30.0 * 0.5 * gflop / 32
                      for k, gflop in enumerate((6.001001, 4.001001, 0.001001, 0.001))]  # fmt: skip
        best += min(found)
    due = max(sum(near) + 30.0 - 4.0, 0.0)
    assert proven(d, energy) == pytest.approx(best - due, rel=1e-8)
    assert proven(d, prices((*near, 0.0), (*far, 0.0))) == pytest.approx(plain, rel=1e-12)
    d = still()
    for price in (0.25, 100.0):
        leaf = {**prices(near, far), "links": [["ann", "near", price]]}
        best = sum(least(d, u, near, far, None, "near", "far") for u in (1, 2))
        best += min(least(d, 0, near, far, "near") + price, least(d, 0, near, far, None, "far"))
        assert proven(d, leaf) == pytest.approx(best - max(sum(near) + price - 4.0, 0.0), rel=1e-8)
    for wrong in ({"prices": [[0.0, 0.0]] * 2}, {"prices": [[0.0, 0.0]] * 5}, {"prices": [[0.0]] * 3},
                  {"prices": [[0.0, -1e-9]] * 3}, {**prices(), "links": [["nobody", "near", 1.0]]},
                  {**prices(), "links": [["ann", "near", -1.0]]},
                  {**prices(), "sieve": prices()["prices"]}):  # fmt: skip
        with pytest.raises((exact.Wrong, *exact.NO_SENSE)):
            proven(d, wrong)


def test_a_sieve_leaves_out_what_costs_the_claim() -> None:
    """At no prices each user takes its least; an option that is dearer by more than the claim allows is left out."""
    d = still("J-L")
    costs = [{key: worth(d, u, *key, 0.0, 0.0) for key in places(d, u)} for u in range(3)]
    free = sum(min(one.values()) for one in costs)
    high = prices((50.0, 60.0, 70.0), (80.0, 90.0, 95.0))
    sieve = {"sieve": prices()["prices"]}
    for room in (0.01, 0.3, 1.0, 100.0):
        claim = free + room
        kept = [{key for key, x in one.items() if free - min(one.values()) + x < claim} for one in costs]
        after = 0.0
        for u, left in enumerate(kept):
            after += min((worth(d, u, at, k, *((50.0, 60.0) if at == "near" else (80.0, 90.0)))
                          + ((70.0 * MOVED_MB[k] / 8) if at == "near" else (95.0 * MOVED_MB[k] / 128) if at else 0.0)
                          for at, k in left), default=math.inf)  # fmt: skip
        due = 180.0 - 4.0 + 265.0 - 2.0
        assert proven(d, sieve, high, claim=claim) == pytest.approx(min(after - due, claim), rel=1e-8), room
    assert proven(d, sieve, prices(), claim=free - 1.0) == pytest.approx(free - 1.0)  # nothing is left
    assert proven(d, sieve, prices()) == pytest.approx(free)
    with pytest.raises(exact.Wrong, match="a case is missing"):
        proven(d, sieve, claim=free)


def places(d: Document, user: int) -> list[tuple[str | None, int]]:
    """Ways of a user that cost less than staying local, which is one of them."""
    local = worth(d, user, None, 4, 0.0, 0.0)
    every: list[tuple[str | None, int]] = [(at, k) for at in links_of(d, user) for k in range(4)]
    return [(None, 4), *(key for key in every if worth(d, user, *key, 0.0, 0.0) < local)]


def hurried(deadline_s: float) -> exact.Option:
    """Ann with two layers at the near server, 3.25 s of computing at clocks of ½ to 2; not all of them fit hers."""
    d = changed(changed(dear(), "users", 0, "deadline_s", to=deadline_s), "devices", 0, "memory_mb", to=3.1)
    return next(o for o in read(d).options(0) if o.key == ("near", 2))


def test_least_costs_of_those_in_a_hurry() -> None:
    """With all shares the clock need not be higher than what meets the deadline."""
    watt = 2.0**-80 * 1.5e9**3
    d = dear()
    r = row("ann", "near", 2, 1.0, 1.0, 1.0)
    rest_s = float(latency_of(d, r)) - 3.25
    assert rest_s == pytest.approx(0.25 + (0.0005 / 8 * 2 + 0.125) * 1.0 + 0.125 + 2 / 16, rel=0.01)
    fixed = float(cost_of({**d, "horizon_s": 0.0}, [r])) - 2 * watt * 3.25
    for clock in (0.5, 0.75, 1.0, 1.5, 1.99):
        option = hurried(rest_s + 3.25 / clock * (1 + 1e-12))
        assert option.least / ONE == pytest.approx(2 * watt * 3.25 * clock**2 + fixed, rel=1e-10)
    assert hurried(rest_s + 3.25 / 0.4).least / ONE == pytest.approx(2 * watt * 3.25 / 4 + fixed, rel=1e-10)
    edge = rest_s + 3.25 / 2
    forgiven = hurried(edge * (1 - 2.5e-9))  # who hardly is in time gets what plans are forgiven
    assert forgiven.least / ONE == pytest.approx(2 * watt * 3.25 * 4 + fixed, rel=1e-8)
    assert (forgiven.budget / ONE) == pytest.approx(edge * (1 + 0.5e-9) - (rest_s - 0.25 - server_s(d)), rel=1e-11)
    with pytest.raises(StopIteration):
        hurried(edge * (1 - 4e-9))
    relaxed = hurried(edge * (1 + 6e-9))
    assert relaxed.budget / ONE == pytest.approx(edge * (1 + 6e-9) - (rest_s - 0.25 - server_s(d)), rel=1e-11)


def server_s(d: Document) -> float:
    """Of the last two layers at the near server."""
    r = row("ann", "near", 2, 1.0, 0.5, 1.0)
    return float(latency_of(d, r) - latency_of(d, {**r, "compute_share": 1.0}))


def test_the_price_of_time_is_near_the_best() -> None:
    """Bounds of who is in a hurry, against the least over a grid of clocks and shares that are in time."""
    watt, d = 2.0**-80 * 1.5e9**3, dear()
    r = row("ann", "near", 2, 1.0, 1.0, 1.0)
    late_s, there_s, sending_s = float(latency_of(d, r)), server_s(d), 0.25
    fixed = float(cost_of({**d, "horizon_s": 0.0}, [r])) - 2 * watt * 3.25 - 2 * 1.5 * sending_s
    for deadline_s in (late_s * 0.7, late_s, late_s * 1.5):
        option = hurried(deadline_s)
        for mu, nu in ((300.0, 20.0), (1e4, 2e3), (1.0, 5e4)):
            found = option.worth({"near": [int(mu) << exact.BITS, int(nu) << exact.BITS, 0, 0]}, {}) / ONE
            best = math.inf
            for share in (k / 60 for k in range(1, 61)):
                for phi in (k / 60 for k in range(1, 61)):
                    left = deadline_s - (late_s - 3.25) - sending_s * (1 / share - 1) - there_s * (1 / phi - 1)
                    clock = max(3.25 / left, 0.5) if left > 0 else 3.0
                    if clock <= 2.0:
                        best = min(best, 2 * watt * 3.25 * clock**2 + 3.0 * sending_s / share + mu * share + nu * phi)
            assert found <= (best + fixed) * (1 + 1e-12)
            assert found == pytest.approx(best + fixed, rel=2e-3)


@pytest.fixture(scope="module")
def sound() -> tuple[Document, Document]:
    """An instance, and a result about it all of which is true: a plan that costs 3 % more than what is proven."""
    d = still("J-L")
    rows = [SPLIT[0] | {"clock": 1.0}, SPLIT[1] | {"clock": 1.0}, stay("cid")]
    bound = proven(d, prices())
    objective = float(cost_of(d, rows))
    gap = (objective - bound) / objective
    said = {"bound_j": bound, "certified_j": bound, "gap": gap * (1 + 1e-12), "verdict": "certified"}
    return d, result(rows, objective, certificate=certificate(bound, prices()), **said)


def refused(d: Document, r: Document) -> str:
    try:
        exact.verify(copy.deepcopy(d), copy.deepcopy(r))
    except exact.Wrong as error:
        assert error.args[1] == 4
        return str(error.args[0])
    return ""


def test_what_a_result_says(sound: tuple[Document, Document]) -> None:
    d, r = sound
    cost_, bound = exact.verify(copy.deepcopy(d), copy.deepcopy(r))
    assert float(cost_) == r["objective_j"] and float(bound) == pytest.approx(r["bound_j"], rel=1e-15)
    objective, certified = r["objective_j"], r["bound_j"]
    for factor in (1 + 5e-10, 1 - 5e-10):
        assert refused(d, {**r, "objective_j": objective * factor, "gap": 1.0}) == ""
    for objective_j in (objective * (1 + 2e-9), objective * (1 - 2e-9), None, 0.0, -objective):
        assert refused(d, {**r, "objective_j": objective_j, "gap": 1.0}).startswith("the plan costs")
    for factor, broken in ((1 + 5e-10, False), (1 + 3e-9, True), (0.5, False)):
        found = refused(d, {**r, "certified_j": certified * factor})
        assert found.startswith("the certified bound is") == broken and bool(found) == broken
    for factor, broken in ((1 + 5e-10, False), (1 + 3e-9, True), (0.5, False)):
        found = refused(d, {**r, "certificate": {**r["certificate"], "bound_j": certified * factor}})
        assert found.startswith("the certificate proves") == broken and bool(found) == broken
    assert refused(d, {**r, "certified_j": None}) == ""
    gap = r["gap"]
    for factor, broken in ((1.0, False), (1 - 1e-6, True), (2.0, False)):
        assert refused(d, {**r, "gap": gap * factor}) == ("the gap is larger than stated" if broken else "")
    assert refused(d, {**r, "gap": None}) == ""
    assert refused(d, {**r, "bound_j": None, "certified_j": None, "gap": 0.5, "verdict": "feasible"}).startswith(
        "the gap"
    )
    assert (
        refused(d, {**r, "bound_j": objective * (1 + 2e-6), "verdict": "bounded"})
        == "a bound above what the plan costs"
    )
    assert refused(d, {**r, "bound_j": objective * (1 + 5e-7), "verdict": "bounded"}) == ""
    for schema in ("edgecut-result/1", None):
        with pytest.raises(exact.Wrong) as caught:
            exact.verify(copy.deepcopy(d), {**r, "schema": schema})
        assert caught.value.args[1] == 65
    whole = {**r["certificate"], "whole": True}
    with pytest.raises(exact.Wrong) as caught:
        exact.verify(copy.deepcopy(d), {**r, "certificate": whole})
    assert caught.value.args[1] == 65
    for broken in ({"servers": ["near"]}, {"servers": ["near", "else"]}, {"more": 1}, {"nodes": []}):
        assert refused(d, {**r, "certificate": {**r["certificate"], **broken}}) if broken != {"nodes": []} else True
    turned = {**r["certificate"], "servers": ["far", "near"]}
    assert refused(d, {**r, "certificate": turned}) == ""


def test_verdicts(sound: tuple[Document, Document]) -> None:
    d, r = sound
    objective, certified = r["objective_j"], r["bound_j"]

    def verdicts(**said: Any) -> set[str]:
        names = ("certified", "bounded", "feasible", "optimal", "infeasible", "unknown", "odd")
        found = {name: refused(d, {**r, **said, "verdict": name}) for name in names}
        assert set(found.values()) <= {"", "the verdict does not follow"}
        return {name for name, broken in found.items() if not broken}

    assert verdicts() == {"certified", "bounded"}
    better = certified + 0.5 * (objective - certified)
    assert verdicts(bound_j=better) == {"bounded"}
    assert verdicts(bound_j=certified * 0.9, gap=None) == {"certified", "bounded"}
    assert verdicts(bound_j=None, certified_j=None, gap=None) == {"feasible"}
    assert verdicts(bound_j=objective) == {"bounded", "optimal"}
    assert verdicts(bound_j=objective * (1 - 0.9e-6)) == {"bounded", "optimal"}
    assert verdicts(bound_j=objective * (1 - 1.1e-6)) == {"bounded"}
    assert verdicts(bound_j=certified, limits={"gap": 0.9 * r["gap"]}) == {"certified", "bounded"}
    assert verdicts(bound_j=certified, limits={"gap": 1.1 * r["gap"]}) == {"certified", "bounded", "optimal"}
    for part, names in ((0.25 * (1 + 5e-10), {"bounded", "optimal"}), (0.25 * (1 + 2e-9), {"bounded"})):
        assert verdicts(bound_j=objective * (1 - part), gap=None, limits={"gap": 0.25}) - {"certified"} == names
    assert verdicts(bound_j=objective * (1 - 0.8e-9), limits={"gap": 0.0}) == {"bounded", "optimal"}
    assert verdicts(bound_j=objective * (1 - 3e-9), limits={"gap": 0.0}) == {"bounded"}
    nothing: Document = {"plan": None, "objective_j": None, "gap": None, "certificate": None, "certified_j": None}
    assert verdicts(**nothing) == {"infeasible", "unknown"}
    for said in ({"objective_j": 1.0}, {"gap": 0.5}):
        assert refused(d, {**r, **nothing, **said, "verdict": "unknown"}) == "the plan costs inf"
    assert exact.verify(copy.deepcopy(d), {**r, **nothing, "verdict": "unknown"}) == (math.inf, -math.inf)


def test_a_case_without_a_plan_is_proven_infeasible() -> None:
    """Nobody can be in time: every user is without an option, and whatever is claimed is proven."""
    d = given()
    for user in d["users"]:
        user["deadline_s"] = 0.25
    nothing = result([stay("ann")], 0.0, plan=None, objective_j=None, verdict="infeasible",
                     certificate=certificate(None, prices()), certified_j=None)  # fmt: skip
    assert exact.verify(copy.deepcopy(d), copy.deepcopy(nothing)) == (math.inf, math.inf)
    assert refused(given(), nothing) == "the certificate proves 0" or refused(given(), nothing).startswith(
        "the certificate"
    )
    assert refused(d, {**nothing, "plan": plan(stay("ann"), stay("bob"), stay("cid")), "objective_j": 1.0}).endswith(
        "is late"
    )


def test_a_bound_below_nothing_counts_as_nothing() -> None:
    """Prices so high that the dual is negative prove that costs are not."""
    d = still()
    r = result([stay("ann"), stay("bob"), stay("cid")], float(cost_of(d, [stay(u) for u in ("ann", "bob", "cid")])))
    high = prices((1e6,) * 3, (1e6,) * 3)
    for claim, broken in ((0.0, False), (-5.0, False), (1.0, True)):
        found = refused(d, {**r, "certificate": certificate(claim, high)})
        assert bool(found) == broken, found
    _, bound = exact.verify(copy.deepcopy(d), {**r, "certificate": certificate(0.0, high)})
    assert bound == 0


def test_the_program(sound: tuple[Document, Document], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    d, r = sound
    files = {"i": d, "r": r, "lie": {**r, "objective_j": 2 * r["objective_j"]}, "old": {**r, "schema": "?"}, "bad": []}
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    words = {"r": (0, "holds: the plan costs"), "lie": (4, "WRONG: the plan costs"),
             "old": (65, "not handled: an older"), "bad": (4, "WRONG: the files make no sense: TypeError"),
             "gone": (4, "WRONG: the files make no sense")}  # fmt: skip
    for name, (status, word) in words.items():
        assert exact.main(str(tmp_path / "i.json"), str(tmp_path / f"{name}.json")) == status
        said = capsys.readouterr().out
        assert said.startswith(word) and len(said.splitlines()) == 1
    assert exact.main(str(tmp_path / "i.json"), str(tmp_path / "r.json")) == 0
    said = capsys.readouterr().out
    assert said == f"holds: the plan costs {r['objective_j']:.9g}, and no plan less than {r['bound_j']:.9g}\n"
    named = {**d, "networks": [{"name": "net"}]}
    (tmp_path / "i.json").write_text(json.dumps(named))
    (tmp_path / "net.json").write_text(json.dumps(network()))
    assert exact.main(str(tmp_path / "i.json"), str(tmp_path / "r.json")) == 4
    assert exact.main(str(tmp_path / "i.json"), str(tmp_path / "r.json"), str(tmp_path)) == 0
    shutil.copy(exact.__file__, tmp_path / "verify.py")
    for name, status in (("r", 0), ("lie", 4)):
        done = subprocess.run([sys.executable, "-I", "-S", "verify.py", "i.json", f"{name}.json", "."], cwd=tmp_path,
                              capture_output=True, text=True, timeout=120)  # fmt: skip
        assert done.returncode == status and done.stdout.startswith(("holds", "WRONG")), done.stderr
