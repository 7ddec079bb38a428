"""Cuts against enumeration of all subsets, uploads counted once, and a filter that loses nothing."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from instances.cuts import CutSet, efficient_cuts, enumerate_cuts
from instances.dnn import Dnn, load_network, network_names
from instances.errors import InputError


def make_random_network(rng: np.random.Generator, n_layers: int, name: str) -> Dnn:
    """Random acyclic graph with few distinct layers, so that many layers are alike, as in real branches."""
    predecessors = []
    for j in range(n_layers):
        chosen = np.flatnonzero(rng.random(j + 1) < rng.uniform(0.15, 0.6)) - 1
        predecessors.append(tuple(int(p) for p in chosen) or (int(rng.integers(-1, j)),))
    return Dnn(
        name=name,
        layers=tuple(f"l{j}" for j in range(n_layers)),
        kind=tuple(rng.choice(["conv", "pool"], n_layers, p=[0.8, 0.2]).tolist()),
        gflop=rng.choice([0.0, 1.0], n_layers, p=[0.2, 0.8]),
        weight_mb=rng.choice([0.0, 1.0], n_layers, p=[0.2, 0.8]),
        output_mbit=rng.choice([8.0, 16.0], n_layers, p=[0.8, 0.2]),
        predecessors=tuple(predecessors),
        input_mbit=8.0,
        result_mbit=0.1,
        source="random",
    )


def make_chain(n_layers: int, fan: int = 1) -> Dnn:
    """`n_layers` layers, `fan` side by side reading the input, the last reading all before it."""
    wide = [(-1,)] * fan if fan > 1 else [(-1,)]
    rest = [(j - 1,) for j in range(len(wide), n_layers)]
    return Dnn(
        name="made",
        layers=tuple(f"l{j}" for j in range(n_layers)),
        kind=("conv",) * n_layers,
        gflop=np.arange(1.0, n_layers + 1),
        weight_mb=np.ones(n_layers),
        output_mbit=np.ones(n_layers),
        predecessors=tuple([*wide, *rest]),
        input_mbit=1.0,
        result_mbit=0.1,
    )


def list_cuts_plainly(network: Dnn) -> dict[frozenset[int], float]:
    """Every down-closed subset with its upload in Mbit, by trying all subsets."""
    found = {}
    for bits in itertools.product((False, True), repeat=network.n_layers):
        kept = frozenset(j for j, bit in enumerate(bits) if bit)
        if any(p >= 0 and p not in kept for j in kept for p in network.predecessors[j]):
            continue
        crossing = {p for j in range(network.n_layers) if j not in kept for p in network.predecessors[j]}
        sent = [network.input_mbit if p == -1 else network.output_mbit[p] for p in crossing if p == -1 or p in kept]
        found[kept] = float(sum(sent))
    return found


def as_sets(cuts: CutSet) -> list[frozenset[int]]:
    return [frozenset(np.flatnonzero(row).tolist()) for row in cuts.on_device]


RANDOM_NETWORKS = [
    make_random_network(np.random.default_rng(seed), 2 + seed % 10, f"random{seed}") for seed in range(60)
]


@pytest.mark.parametrize("network", RANDOM_NETWORKS, ids=lambda n: n.name)
def test_cuts_equal_plain_enumeration(network: Dnn) -> None:
    cuts, plain = enumerate_cuts(network), list_cuts_plainly(network)
    kept = as_sets(cuts)
    assert len(kept) == len(set(kept)) == len(cuts) == cuts.n_cuts
    assert set(kept) == set(plain)
    assert cuts.upload_mbit == pytest.approx([plain[k] for k in kept])
    everything = range(network.n_layers)
    for row, kept_layers in enumerate(kept):
        remote = [j for j in everything if j not in kept_layers]
        local = sorted(kept_layers)
        assert cuts.device_gflop[row] == pytest.approx(network.gflop[local].sum())
        assert cuts.server_gflop[row] == pytest.approx(network.gflop[remote].sum())
        assert cuts.device_weight_mb[row] == pytest.approx(network.weight_mb[local].sum())
        assert cuts.server_weight_mb[row] == pytest.approx(network.weight_mb[remote].sum())


@pytest.mark.parametrize("find", [enumerate_cuts, efficient_cuts])
def test_order_and_ends(find: Callable[[Dnn], CutSet]) -> None:
    for network in [*RANDOM_NETWORKS, load_network("inception_v3")]:
        cuts = find(network)
        assert not cuts.on_device[0].any() and cuts.on_device[-1].all()
        assert cuts.upload_mbit[0] == network.input_mbit and cuts.upload_mbit[-1] == 0.0
        assert (np.diff(cuts.device_gflop) >= -1e-9).all()
        for array in (cuts.on_device, cuts.upload_mbit, cuts.server_gflop):
            assert not array.flags.writeable


def test_a_tensor_with_many_readers_is_sent_once() -> None:
    network = Dnn(
        name="fan",
        layers=("a", "b", "c", "d"),
        kind=("conv",) * 4,
        gflop=np.array([1.0, 1.0, 1.0, 1.0]),
        weight_mb=np.zeros(4),
        output_mbit=np.array([5.0, 7.0, 11.0, 1.0]),
        predecessors=((-1,), (0,), (0, -1), (0, 1, 2)),
        input_mbit=3.0,
        result_mbit=1.0,
    )
    upload = dict(zip(as_sets(enumerate_cuts(network)), enumerate_cuts(network).upload_mbit, strict=True))
    assert upload == {
        frozenset(): 3.0,
        frozenset({0}): 5.0 + 3.0,  # c still reads the input
        frozenset({0, 1}): 5.0 + 7.0 + 3.0,
        frozenset({0, 2}): 5.0 + 11.0,
        frozenset({0, 1, 2}): 5.0 + 7.0 + 11.0,
        frozenset({0, 1, 2, 3}): 0.0,
    }


def cost_of_cuts(cuts: CutSet, rng: np.random.Generator) -> Callable[[CutSet], NDArray[np.float64]]:
    """A random planner's cost: times and energies by likeness of layers, a price of upload, limits of memory."""
    network = cuts.network
    peak, bandwidth, launch = rng.uniform(0.1, 5, (2, 2)), rng.uniform(0.1, 5, (2, 2)), rng.uniform(0, 2, 2)
    is_pool = np.array([kind == "pool" for kind in network.kind], dtype=int)
    work = [network.gflop / peak[s][is_pool] for s in (0, 1)]
    moved = [network.traffic_mb / bandwidth[s][is_pool] for s in (0, 1)]
    device, server = (np.maximum(work[s], moved[s]) + launch[s] for s in (0, 1))
    price = rng.uniform(0, 3)
    total_mb = network.total_weight_mb
    device_mb, server_mb = rng.uniform(0.3, 1.1, 2) * total_mb
    convex = rng.random() < 0.5

    def cost(some: CutSet) -> NDArray[np.float64]:
        sending = price * (some.upload_mbit**2 if convex else some.upload_mbit)
        value = some.on_device @ device + ~some.on_device @ server + sending
        fits = (some.device_weight_mb <= device_mb + 1e-9) & (some.server_weight_mb <= server_mb + 1e-9)
        return np.where(fits, value, np.inf)

    return cost


@pytest.mark.parametrize("network", RANDOM_NETWORKS, ids=lambda n: n.name)
def test_filter_keeps_a_best_cut(network: Dnn) -> None:
    rng = np.random.default_rng(len(network.name) + network.n_layers)
    every, efficient = enumerate_cuts(network), efficient_cuts(network)
    for _ in range(25):
        cost = cost_of_cuts(every, rng)
        best = cost(every).min()
        if np.isfinite(best):
            assert cost(efficient).min() == pytest.approx(best, rel=1e-9)
        else:
            assert not np.isfinite(cost(efficient)).any()


def test_filter_does_filter() -> None:
    dropped = sum(len(enumerate_cuts(n)) - len(efficient_cuts(n)) for n in RANDOM_NETWORKS)
    assert dropped > 50
    for network in RANDOM_NETWORKS:
        assert set(as_sets(efficient_cuts(network))) <= set(as_sets(enumerate_cuts(network)))


def test_filter_drops_only_what_has_a_no_worse_twin() -> None:
    network = load_network("inception_v3")
    every, kept = enumerate_cuts(network), efficient_cuts(network)
    likeness = list(zip(network.kind, network.gflop, network.traffic_mb, network.weight_mb, strict=True))

    def signature(row: NDArray[np.bool_]) -> tuple[tuple[str, float, float, float], ...]:
        return tuple(sorted(likeness[j] for j in np.flatnonzero(row)))

    best = {signature(row): upload for row, upload in zip(kept.on_device, kept.upload_mbit, strict=True)}
    assert len(best) == len(kept) < len(every)
    for row, upload in zip(every.on_device, every.upload_mbit, strict=True):
        assert best[signature(row)] <= upload


def test_efficient_cuts_are_cached_by_content() -> None:
    network = load_network("googlenet")
    copy = Dnn.from_json(network.to_json())
    assert efficient_cuts(network) is efficient_cuts(copy)


def test_every_network_is_cut_in_a_moment() -> None:
    for name in network_names():
        network = load_network(name)
        start = time.process_time()
        cuts = enumerate_cuts(network)
        assert time.process_time() - start < 1.0
        assert network.n_layers < len(cuts) <= 20_000


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_modules_are_cut_inside(name: str) -> None:
    """Some cut keeps one branch of a module ahead of another: two tensors of the same module cross."""
    network = load_network(name)
    cuts = efficient_cuts(network)
    concat = network.layers.index("inception3b.concat" if name == "googlenet" else "Mixed_5c.concat")
    branches = [p for p in network.predecessors[concat] if p >= 0]
    ahead = cuts.on_device[:, branches].sum(axis=1)
    assert ((ahead > 0) & (ahead < len(branches))).any()


def test_dense_blocks_are_cut_inside() -> None:
    """Behind the k-th layer of a dense block its k + 1 feature maps cross, each once."""
    network = load_network("densenet121")
    cuts = efficient_cuts(network)
    index = network.layers.index
    inside = index("features.denseblock1.denselayer3.conv2")
    row = next(k for k, kept in enumerate(cuts.on_device) if kept[inside] and kept.sum() == inside + 1)
    crossing = ["features.pool0", *(f"features.denseblock1.denselayer{k}.conv2" for k in (1, 2, 3))]
    assert cuts.upload_mbit[row] == pytest.approx(sum(network.output_mbit[index(layer)] for layer in crossing))


def test_too_many_cuts_are_refused_clearly() -> None:
    network = make_chain(30, fan=30)
    with pytest.raises(InputError, match=r"networks\[made\].*more than 200000 cuts"):
        enumerate_cuts(network)
    with pytest.raises(InputError, match="more than 6 cuts"):
        enumerate_cuts(make_chain(8), limit=6)
    assert len(enumerate_cuts(make_chain(8), limit=9)) == 9
    with pytest.raises(InputError, match="limit"):
        enumerate_cuts(make_chain(8), limit=1)


@pytest.mark.parametrize("n_layers", [1, 63, 64, 65, 128, 130])
def test_chains_longer_than_a_machine_word(n_layers: int) -> None:
    cuts = enumerate_cuts(make_chain(n_layers))
    assert np.array_equal(cuts.on_device, np.tri(n_layers + 1, n_layers, -1, dtype=bool))
