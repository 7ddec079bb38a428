"""Layer times of the catalogue's networks on the machine at hand: one row a network.

Needs the extra `profile`. `python -m benchmarks predictors` fills the store; a machine of one's own is measured by
deleting the file first.
"""

from __future__ import annotations

from typing import Any

from instances.dnn import load_network
from instances.errors import InputError
from instances.measure import measure_layers
from instances.processor import processor_name, runtime_name
from instances.profile import TORCHVISION_MODELS, build_model
from instances.timing import Timing
from instances.torch_graph import make_runnable
from results.experiment import experiment, rows_of
from results.store import RUNS

__all__ = ["NAME", "measured_networks", "run"]

NAME = "layer_times"
REPEATS = 15
QUICK = ("squeezenet1_1", "mobilenet_v3_small")


def cases(quick: bool) -> list[dict[str, Any]]:
    """Networks that torchvision builds."""
    return [{"network": name} for name in (QUICK if quick else sorted(TORCHVISION_MODELS))]


@experiment(NAME, cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Medians and quartiles of every layer's time, and of the whole network's.

    Raises:
        InputError: the module has other layers than the catalogue's network of that name.
    """
    name = case["network"]
    module, example, input_bytes, _ = build_model(name, "cpu")
    runnable = make_runnable(module, example, name=name, input_bytes=input_bytes)
    if runnable.network.fingerprint != load_network(name).fingerprint:
        raise InputError(f"networks[{name}]", "is built otherwise here than in the catalogue",
                         "another version of torchvision", "pip install 'torchvision==0.28.0'")  # fmt: skip
    timing = measure_layers(runnable, repeats=REPEATS).to_json()
    del timing["network"]
    return {**timing, "processor": processor_name(), "runtime": runtime_name(), "threads": 1}


def measured_networks(*, quick: bool = False) -> dict[str, Timing]:
    """The committed times, by network.  Raises InputError for missing rows."""
    fields = ("network", "fingerprint", "repeats", "layer_s", "low_s", "high_s", "whole_s")
    rows = rows_of(NAME, quick=quick, folder=RUNS)
    return {row["network"]: Timing.from_json({field: row[field] for field in fields}) for row in rows}
