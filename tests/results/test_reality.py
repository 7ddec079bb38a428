"""The reality check: pacing, messages, one network really split over two processes, and how rows are judged."""

from __future__ import annotations

import socket
import threading
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from instances.cuts import enumerate_cuts
from instances.dnn import load_network
from results.experiments.predictors import front_loss, relatives
from results.reality import PacedSender, cuts_by_time, link, predict_s


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        self.now += 1e-7
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_sending_takes_megabits_over_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(link, "time", clock)
    near, far = socket.socketpair()
    content = np.random.default_rng(0).bytes(300_000)
    room = bytearray(len(content))
    reader = threading.Thread(target=link.receive_into, args=(far, memoryview(room)))
    reader.start()
    PacedSender(near, 8.0).send([memoryview(content)[:100_000], memoryview(content)[100_000:]])
    reader.join(timeout=30)
    assert bytes(room) == content
    assert clock.now == pytest.approx(0.3, rel=1e-3)  # 2.4 Mbit at 8 Mbit/s
    near.close()
    far.close()


@pytest.mark.parametrize("size", [0, 10, 100_000])
def test_messages_arrive_whole(size: int) -> None:
    near, far = socket.socketpair()
    got: list[Any] = []
    reader = threading.Thread(target=lambda: got.append(link.receive(far)))
    reader.start()
    link.send(near, {"do": "x"}, b"z" * size)
    reader.join(timeout=30)
    assert got[0][0]["do"] == "x" and bytes(got[0][1]) == b"z" * size
    near.close()
    with pytest.raises(ConnectionError):
        link.receive(far)
    far.close()


def test_cuts_are_where_the_time_is() -> None:
    network = load_network("resnet18")
    cuts, layer_s = enumerate_cuts(network), np.ones(network.n_layers)
    for row, part in zip(cuts_by_time(cuts, layer_s, (0.25, 0.75), 7.0), (0.25, 0.75), strict=True):
        assert cuts.upload_mbit[row] <= 7.0
        assert cuts.on_device[row].mean() == pytest.approx(part, abs=0.06)
        told = predict_s(cuts, int(row), layer_s, 10.0, 0.5)
        assert told["total_s"] == pytest.approx(network.n_layers + cuts.upload_mbit[row] / 10 + 0.5)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("torchvision") is None, reason="the extra profile is not installed")
def test_a_split_network_gives_the_same_answer() -> None:
    torch = pytest.importorskip("torch", reason="the extra profile is not installed")
    from results.reality import Cut, open_split_run

    with open_split_run("squeezenet1_1") as there:
        network = there.runnable.network
        cuts = enumerate_cuts(network)
        with torch.inference_mode():
            whole = there.runnable.module(*there.runnable.examples)
        for row in cuts_by_time(cuts, np.ones(network.n_layers), (0.3, 0.6), 20.0):
            kept = tuple(int(j) for j in np.flatnonzero(cuts.on_device[row]))
            crossing = there.cut(Cut(kept, float(cuts.upload_mbit[row])))
            assert crossing == round(cuts.upload_mbit[row] * 1e6 / 8)
            answer = np.frombuffer(there.result(), dtype=np.float32)
            assert answer == pytest.approx(whole.numpy().ravel(), rel=1e-3, abs=1e-6)  # threads add up in another order
        stages = there.measure(1000.0, 2)
        assert all(len(values) == 2 for values in stages.values())
        parts = ("device_s", "pack_s", "upload_s", "server_s", "return_s")
        assert np.sum([stages[name] for name in parts], axis=0) == pytest.approx(stages["quiet_s"], abs=1e-3)


def test_a_front_chosen_by_true_times_loses_nothing() -> None:
    network = load_network("googlenet")
    cuts, rng = enumerate_cuts(network), np.random.default_rng(1)
    true = 1e-3 * rng.random(network.n_layers)
    assert front_loss(cuts, true, true, 20.0) == 0.0
    # Who takes computing for free keeps everything on the device.
    assert front_loss(cuts, true, 1e-9 * true, 20.0) > 0.1


def test_relatives_are_held_out_together() -> None:
    assert relatives("resnet18") == relatives("resnet101") != relatives("vgg16")
    assert relatives("googlenet") == relatives("inception_v3")
