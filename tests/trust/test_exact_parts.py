"""`instances.verify` part by part: numbers, tables, least clocks, cuts of networks, and what is not handled."""

from __future__ import annotations

import copy
import json
import math
from fractions import Fraction
from pathlib import Path

import pytest

from instances import verify as exact
from tests.trust.exact_words import ONE, ROOM, SPLIT, cost, read
from tests.trust.hand_made import (
    LAYERS,
    cost_of,
    given,
    network,
    plan,
)


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
