"""Exits, cascades, bit widths and binary branches: what the builders make, and what they refuse."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from instances.accuracy import TOP1, with_accuracy
from instances.binary import with_binary_branch
from instances.cascade import cascade
from instances.cuts import enumerate_cuts
from instances.dnn import Dnn, network_names
from instances.errors import InputError
from instances.exits import Exit, block_boundaries, boundary_at, truncated, with_exits
from instances.expand import expand
from instances.families import variant_columns
from instances.quantise import assumed_loss, bit_variants
from instances.references import networks_among
from tests.builders import tiny_instance
from tests.instances.test_check import by_hand


def chain() -> Dnn:
    """Three layers in a row, accurate in 0.8 of the answers that reach the end."""
    return Dnn(
        name="chain", layers=("a", "b", "c"), kind=("conv",) * 3, gflop=np.array([1.0, 2.0, 3.0]),
        weight_mb=np.array([1.0, 2.0, 3.0]), output_mbit=np.array([3.2, 1.6, 0.032]),
        predecessors=((-1,), (0,), (1,)), input_mbit=1.2, result_mbit=0.032, accuracy=0.8,
    )  # fmt: skip


def test_block_boundaries() -> None:
    assert block_boundaries(chain()) == ("a", "b")
    assert block_boundaries(by_hand().networks[0]) == ("a",)  # behind b, c's tensor goes on too
    assert boundary_at(chain(), 0.5) == "b" and boundary_at(chain(), 0.1) == "a"


def test_exits_by_hand() -> None:
    net = with_exits(
        chain(), [Exit("b", 0.25, 0.9, features=10, classes=5), Exit("a", 0.5, 0.95, features=20, classes=5)]
    )
    assert net.layers == ("a", "a.exit.pool", "a.exit.linear", "a.exit.decision", "b", "b.exit.pool", "b.exit.linear",
                          "b.exit.decision", "c")  # fmt: skip
    np.testing.assert_allclose(net.run_probability, [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25])
    assert net.predecessors[4] == (0, 3) and net.predecessors[8] == (4, 7)
    assert net.accuracy == pytest.approx(0.5 * 0.95 + 0.25 * 0.9 + 0.25 * 0.8)
    assert net.weight_mb[2] == pytest.approx(21 * 5 * 4 / 1e6) and net.gflop[2] == pytest.approx(200 / 1e9)
    # Nothing behind a remote decision is on the device.
    cuts = enumerate_cuts(net)
    assert not (cuts.on_device[:, 4] & ~cuts.on_device[:, 3]).any()


def test_truncated_by_hand() -> None:
    net = truncated(chain(), Exit("b", 1.0, 0.6, features=10, classes=5))
    assert net.layers == ("a", "b", "b.exit.pool", "b.exit.linear") and net.accuracy == 0.6
    assert not net.is_conditional and net.name == "chain/b"


def test_cascade_by_hand() -> None:
    net = cascade(chain(), by_hand().networks[0], handed_over=0.3, accuracy=0.9)
    assert net.layers[:5] == ("small.a", "small.b", "small.c", "decision", "big.a")
    assert net.predecessors[3] == (2,) and net.predecessors[4] == (-1, 3) and net.predecessors[7] == (5, 6)
    np.testing.assert_allclose(net.run_probability, [1] * 4 + [0.3] * 4)
    assert net.input_mbit == 6.0 and net.result_mbit == 0.5
    # The small one on the device and the big one remote: the input goes up for 30 % of the requests.
    instance = by_hand().replace(networks=(net,))
    table = expand(instance)
    split = [o for o in range(len(table)) if table.on_device(o).tolist() == [True] * 4 + [False] * 4]
    assert split and table.uplink_mhz_s[split[0]] == pytest.approx(0.3 * 6.0 / 4.0)


def test_binary_branch_by_hand() -> None:
    net = with_binary_branch(chain(), "a", leaves=0.6, accuracy=0.78, speedup=4.0)
    assert net.layers == ("a", "binary.b", "binary.c", "decision", "b", "c")
    np.testing.assert_allclose(net.run_probability, [1, 1, 1, 1, 0.4, 0.4])
    np.testing.assert_allclose(net.weight_mb, [1.0, 2 / 32, 3 / 32, 0.0, 2.0, 3.0])
    np.testing.assert_allclose(net.gflop, [1.0, 0.5, 0.75, 0.0, 2.0, 3.0])
    assert net.predecessors[4] == (0, 3) and net.predecessors[5] == (4,)


def test_bit_widths() -> None:
    made = bit_variants(chain(), (8, 4), with_input=True)
    assert [v.upload_factor for v in made] == [0.25, 0.125] and [v.input_factor for v in made] == [1.0, 0.5]
    assert made[0].loss[-1] == 0.0 and made[1].loss[-1] == pytest.approx(0.02)
    assert assumed_loss(chain(), 6)[0] < assumed_loss(chain(), 5)[0]
    measured = bit_variants(chain(), (3,), [[0.1, 0.2, 0.0, 0.0]])
    assert measured[0].loss == (0.1, 0.2, 0.0, 0.0)


@pytest.mark.parametrize("seed", range(4))
def test_whole_numbers_are_the_network_itself(seed: int) -> None:
    plain = tiny_instance(seed)
    net = dataclasses.replace(plain.networks[0], accuracy=0.9)
    plain = plain.replace(networks=(net, *plain.networks[1:]))
    whole = variant_columns(bit_variants(net, (32,), [[0.0] * (net.n_layers + 1)]), networks_among(plain.networks))
    both, alone = expand(plain.replace(variants=whole)), expand(plain)
    twice = both.take(both.cut >= sum(len(ways) for ways in both.cut_sets[: len(plain.networks)]))
    mine = alone.take(plain.users.network[alone.user] == 0)
    for column in ("user", "server", "device_s", "device_j", "uplink_mhz_s", "server_s", "fixed_s", "fixed_j"):
        np.testing.assert_array_equal(getattr(twice, column), getattr(mine, column))


def test_published_accuracies_are_of_networks_that_exist() -> None:
    assert set(TOP1) <= set(network_names())
    assert with_accuracy("resnet18").accuracy == TOP1["resnet18"]
    for name in TOP1:
        assert block_boundaries(with_accuracy(name)), name


ONE = [Exit("a", 0.1, 0.5)]
PLAIN = dataclasses.replace(chain(), accuracy=None)
REFUSED: list[tuple[str, Callable[[], object], str]] = [
    ("no boundary", lambda: truncated(by_hand().networks[0], Exit("b", 1.0, 0.5)), "exit.after"),
    ("exit twice", lambda: with_exits(chain(), ONE * 2), "exits"),
    ("too many leave", lambda: with_exits(chain(), [Exit("a", 0.7, 0.5), Exit("b", 0.7, 0.5)]), "more than all"),
    ("leaves in per cent", lambda: with_exits(chain(), [Exit("a", 70, 0.5)]), "exits[0].leaves"),
    ("no accuracy", lambda: with_exits(PLAIN, ONE), "accuracy"),
    ("exits of exits", lambda: with_exits(with_exits(chain(), ONE), [Exit("b", 0.1, 0.5)]), "already"),
    ("bits of what is not known", lambda: bit_variants(PLAIN), "accuracy"),
    ("no bits", lambda: bit_variants(chain(), (0,)), "bits[0]"),
    ("losses of another width", lambda: bit_variants(chain(), (8, 4), [[0.0] * 4]), "losses"),
    ("more than all handed over", lambda: cascade(chain(), chain(), handed_over=1.2, accuracy=0.5), "handed_over"),
    ("branch nowhere", lambda: with_binary_branch(chain(), "c", leaves=0.5, accuracy=0.5), "after"),
    ("no accuracy of words", lambda: with_accuracy("gpt2"), "gpt2"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "where"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_builders_refuse(make: Callable[[], object], where: str) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert where in str(caught.value)
