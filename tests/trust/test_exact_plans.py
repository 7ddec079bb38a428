"""`instances.verify` against plans worked out by hand: what they cost, and the edges of every rule.

Rules forgive a billionth; a plan that takes just that is accepted, one that takes a little more is refused.
"""

from __future__ import annotations

import copy
from fractions import Fraction

import pytest

from instances import verify as exact
from tests.trust.exact_words import ENDS, SPLIT, changed, cost, read, why
from tests.trust.hand_made import (
    Document,
    away,
    cost_of,
    given,
    latency_of,
    network,
    plan,
    row,
    stay,
)


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
