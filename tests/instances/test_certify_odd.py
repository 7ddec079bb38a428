"""Certificates that are not understood are rejected; what is written down is read back to the last bit."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from instances.certificate import Certificate, Leaf, ServerSplit, UserSplit
from instances.certificate_file import certificate_from_json, certificate_to_json
from instances.certify import certify
from instances.certify_cuts import list_cuts
from instances.cuts import efficient_cuts
from instances.errors import InputError
from instances.expand import expand
from instances.generate import generate
from tests.builders import tiny_instance, tiny_network
from tests.instances.random_trees import prove, random_tree


def test_a_list_without_a_cut_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    network = tiny_instance(1, layers=5).networks[0]
    whole = efficient_cuts(network)
    assert len(list_cuts(network)) == len(whole)
    masks = whole.on_device
    fakes = [np.delete(masks, row, axis=0) for row in range(len(masks) - 1)]
    for fake in [*fakes, np.vstack([~masks[1:2], masks])]:
        monkeypatch.setattr("instances.certify_cuts.efficient_cuts",
                            lambda _, fake=fake: dataclasses.replace(whole, on_device=fake))  # fmt: skip
        with pytest.raises(InputError, match="cuts"):
            list_cuts(network)


def spoilt() -> dict[str, Any]:
    good, shape = np.full((3, 2), 0.1), Leaf(np.full((3, 2), 0.1))

    def leaf(place: tuple[int, int], value: float) -> Leaf:
        prices = good.copy()
        prices[place] = value
        return Leaf(prices)

    return {
        "negative price": leaf((0, 1), -1e-9),
        "price no number": leaf((1, 0), math.nan),
        "price infinite": leaf((2, 1), math.inf),
        "too few prices": Leaf(good[:2]),
        "too many servers": Leaf(np.full((3, 3), 0.1)),
        "flat prices": Leaf(good.ravel()),
        "a list of prices": Leaf(good.tolist()),  # type: ignore[arg-type]
        "whole prices": Leaf(good.astype(int)),
        "no node": None,
        "a text": "leaf",
        "unknown server": ServerSplit(2, shape, shape),
        "negative server": ServerSplit(-1, shape, shape),
        "server a fraction": ServerSplit(0.0, shape, shape),  # type: ignore[arg-type]
        "server true": ServerSplit(True, shape, shape),
        "server settled twice": ServerSplit(0, ServerSplit(0, shape, shape), shape),
        "server settled far above": ServerSplit(1, shape, ServerSplit(0, shape, ServerSplit(1, shape, shape))),
        "unknown user": UserSplit(9, ((-1, 0),), shape, shape),
        "no options": UserSplit(0, (), shape, shape),
        "options a list": UserSplit(0, [(-1, 0)], shape, shape),  # type: ignore[arg-type]
        "unknown cut": UserSplit(0, ((0, 10**6),), shape, shape),
        "cut below all": UserSplit(0, ((0, -1),), shape, shape),
        "remote cut on the device": UserSplit(0, ((-1, 0),), shape, shape),
        "option a triple": UserSplit(0, ((0, 0, 0),), shape, shape),  # type: ignore[arg-type]
        "one option no pair of whole numbers": UserSplit(0, ((0, 0), (0, 0.5)), shape, shape),  # type: ignore[arg-type]
        "option twice": UserSplit(0, ((0, 0), (0, 0)), shape, shape),
        "fault below a split": ServerSplit(0, shape, leaf((0, 0), math.nan)),
    }


@pytest.mark.parametrize("fault", spoilt())
def test_what_is_not_understood_is_rejected(fault: str) -> None:
    instance = generate("campus", users=3, servers=2, seed=1)
    with pytest.raises(InputError, match="certificate"):
        prove(instance, spoilt()[fault])


@pytest.mark.parametrize("bound", [math.nan, None, "1", True])
def test_a_claim_is_a_number(bound: Any) -> None:
    instance = generate("campus", users=3, servers=2, seed=1)
    with pytest.raises(InputError, match="bound_j"):
        certify(instance, Certificate(Leaf(np.zeros((3, 2))), bound))


def test_files_keep_every_bit_and_know_names() -> None:
    instance = tiny_instance(6, users=3, servers=3, tightness=0.2, memory_limits=False)
    root = random_tree(expand(instance), np.random.default_rng(8), 5)
    document = certificate_to_json(instance, Certificate(root, 0.1 + 0.2))
    again = certificate_from_json(instance, document)
    assert again.bound_j == 0.1 + 0.2
    assert certificate_to_json(instance, again) == document
    order = np.array([2, 0, 1])  # the same servers in another order
    place = np.argsort(order)
    turned = instance.replace(
        servers=instance.servers.take(order), links=instance.links.replace(server=place[instance.links.server])
    )
    moved = prove(turned, certificate_from_json(turned, document).root)
    assert moved == pytest.approx(prove(instance, root), rel=1e-12)


@pytest.mark.parametrize(("part", "counted"), [(0.9, True), (1.1, False)])
def test_bytes_are_counted_up_to_an_exabyte(part: float, counted: bool) -> None:
    """2⁶⁰ bytes: sums of whole bytes then stay within 64 bits."""
    network = tiny_network(np.random.default_rng(0), 4)
    scale = part * 2.0**60 / 125_000 / (network.output_mbit.sum() + network.input_mbit)
    large = dataclasses.replace(network, output_mbit=scale * network.output_mbit, input_mbit=scale * network.input_mbit)
    if counted:
        assert len(list_cuts(large)) == len(list_cuts(network))
    else:
        with pytest.raises(InputError, match="too large to count their bytes"):
            list_cuts(large)
