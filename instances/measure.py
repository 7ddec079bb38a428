"""Times of a network's layers on the machine at hand: batch 1, one thread, the run-time's own kernels.

On a CPU the clock is the thread's processor time, so that other work on the machine does not count (what it does to
caches still does).  On a GPU events are recorded around every node on the stream.  Views and fused operators count
with the layer they belong to; constants belong to none.  Needs the extra `profile`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from instances.columns import Floats
from instances.errors import InputError
from instances.running import Program, whole
from instances.timing import Timing
from instances.torch_graph import Runnable, need_torch

__all__ = ["measure_layers", "one_thread"]

WARM_UP = 3
"""Runs before the first that counts: memory is allocated and kernels are chosen in them."""


def measure_layers(runnable: Runnable, *, repeats: int = 20) -> Timing:
    """Time every layer and the whole network, ``repeats`` times each, in turn.

    Raises:
        InputError: ``repeats`` is less than 1, or the module is on the meta device.
    """
    if repeats < 1:
        raise InputError("repeats", f"is {repeats}", "a median needs a run", "at least 1")
    torch = need_torch()
    place = runnable.examples[0].device.type
    if place == "meta":
        raise InputError("module", "is on the meta device", "nothing runs there", "move it to the cpu")
    run_layers, run_whole = (_cuda_layers, _cuda_whole) if place == "cuda" else (_cpu_layers, _cpu_whole)
    program = whole(runnable)
    with one_thread(), torch.inference_mode():
        for _ in range(WARM_UP):
            run_layers(runnable, program)
            run_whole(runnable)
        pairs = [(run_layers(runnable, program), run_whole(runnable)) for _ in range(repeats)]
    layers, ends = zip(*pairs, strict=True)
    return Timing.of_samples(runnable.network, np.array(layers), np.array(ends))


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it torch computes on one thread, and takes numbers below the normal range for 0.

    Random weights make such numbers, trained ones do not; they would slow a CPU down.
    """
    torch = need_torch()
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.set_flush_denormal(False)


def _cpu_layers(runnable: Runnable, program: Program) -> Floats:
    """[n_layers] processor time of one run, s."""
    spent = np.zeros(runnable.network.n_layers)
    clock, layer_of = time.thread_time, runnable.layer_of
    last = clock()

    def around(node: Any, work: Callable[[], Any]) -> Any:
        nonlocal last
        value = work()
        layer, now = layer_of.get(node.name), clock()
        if layer is not None:  # from the end of the layer before: fetching and dispatching belong to a layer too
            spent[layer] += now - last
            last = now
        return value

    program.run(runnable.examples, around)
    return spent


def _cpu_whole(runnable: Runnable) -> float:
    begin = time.thread_time()
    runnable.module(*runnable.examples)
    return time.thread_time() - begin


def _cuda_layers(runnable: Runnable, program: Program) -> Floats:
    """[n_layers] time on the GPU's stream of one run, s."""
    torch = need_torch()
    marks: list[tuple[int, Any, Any]] = []

    def around(node: Any, work: Callable[[], Any]) -> Any:
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        value = work()
        end.record()
        layer = runnable.layer_of.get(node.name)
        if layer is not None:
            marks.append((layer, begin, end))
        return value

    program.run(runnable.examples, around)
    torch.cuda.synchronize()
    spent = np.zeros(runnable.network.n_layers)
    for layer, begin, end in marks:
        spent[layer] += 1e-3 * begin.elapsed_time(end)
    return spent


def _cuda_whole(runnable: Runnable) -> float:
    torch = need_torch()
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    runnable.module(*runnable.examples)
    end.record()
    torch.cuda.synchronize()
    return float(1e-3 * begin.elapsed_time(end))
