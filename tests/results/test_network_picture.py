"""Pictures of networks: where boxes stand, what the gaps between them are, and what the cuts in them cost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from instances.build import Link, Server, User, build
from instances.catalog import devices, radios, servers
from instances.cuts import cuts_of, enumerate_cuts
from instances.dnn import load_network, network_names
from instances.errors import InputError
from instances.expand import expand
from results.network_layout import MOST_COLUMNS, lay_out
from results.network_picture import Setting, cut_costs, draw_network

SETTING = Setting(devices()["phone"], devices()["phone"].active_w, servers()["edge_gpu"], radios()["wifi"], 20.0)


@pytest.mark.parametrize("name", network_names())
def test_every_layer_has_one_box_and_every_gap_is_a_cut(name: str) -> None:
    network = load_network(name)
    layout = lay_out(network)
    assert sorted(j for box in layout.boxes for j in box.layers) == list(range(network.n_layers))
    assert len(layout.boxes) >= 12 and 2 <= layout.columns <= MOST_COLUMNS
    assert not layout.gaps.on_device[0].any() and layout.gaps.on_device[-1].all()
    for column, kept in enumerate(layout.gaps.on_device):
        assert kept.sum() == sum(len(box.layers) for box in layout.boxes if box.column < column)
    assert all(one < 0 or layout.boxes[one].column < layout.boxes[other].column for one, other in layout.edges)


def test_boxes_of_a_column_do_not_overlap() -> None:
    for name in ("googlenet", "inception_v3"):
        places = [(box.column, box.row) for box in lay_out(load_network(name)).boxes]
        assert len(set(places)) == len(places)


def test_costs_are_those_of_the_option_table() -> None:
    network = load_network("alexnet")
    costs = cut_costs(enumerate_cuts(network), SETTING)
    user = User("u", network="alexnet", device="phone", radio="wifi", deadline_s=1e6,
                links=[Link("s", uplink_mbps=20.0)])  # fmt: skip
    table = expand(build([user], [Server("s", model="edge_gpu", bandwidth_mhz=20.0)], server_energy_weight=0.0))
    order = table.cut
    assert costs["device_s"][order] == pytest.approx(table.device_s)
    assert costs["upload_s"][order] == pytest.approx(table.uplink_s)
    assert costs["server_s"][order] == pytest.approx(table.server_s)


def test_cuts_given_must_be_down_closed() -> None:
    network = load_network("alexnet")
    wrong = np.zeros((1, network.n_layers), dtype=np.bool_)
    wrong[0, 3] = True
    with pytest.raises(InputError, match="without what it reads"):
        cuts_of(network, wrong)


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")])
def test_a_picture_is_drawn(name: str, start: bytes, tmp_path: Path) -> None:
    draw_network(load_network("squeezenet1_1"), tmp_path / name, SETTING)
    assert (tmp_path / name).read_bytes().startswith(start)


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"one of \.png"):
        draw_network(load_network("alexnet"), tmp_path / "a.gif", SETTING)
