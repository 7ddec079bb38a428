"""Systems with models of their own in the library: how their problems are drawn, and what a plan of theirs is worth.

Each is a function from an entry to its problem, beside the evaluator of `instances.systems`, which shares no code with
the methods. Bounds here are the word of an exact method; the plan is recomputed.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from instances.arrivals import Arrivals, draw_arrivals
from instances.check_arrivals import check_schedule
from instances.errors import InputError, nearest
from instances.generate import generate
from instances.instance import Instance
from instances.library.entries import Entry
from instances.systems.batching import draw_batching
from instances.systems.check_batching import evaluate as evaluate_batching
from instances.systems.check_droo import evaluate as evaluate_frame
from instances.systems.check_hoda import evaluate as evaluate_cell
from instances.systems.check_iao import evaluate as evaluate_units
from instances.systems.check_mad2rl import evaluate as evaluate_slot
from instances.systems.check_uav import check_mission
from instances.systems.droo import draw_frames
from instances.systems.hoda import draw_cell
from instances.systems.iao_family import draw_units
from instances.systems.mad2rl import draw_slot
from instances.systems.uav import Craft, draw_mission

__all__ = ["SYSTEMS", "System", "digest", "get_system"]

RATE_MBPS = 70.0
"""Uplink of every device around a batching server: the middle of what `draw_batching` draws."""


@dataclasses.dataclass(frozen=True)
class System:
    """A system: what it optimises, whether less or more is better, and two functions.

    Args:
        says: the objective in words, with its unit.
        sense: min or max.
        draw: entry and generator → problem.
        measure: problem and plan → value, and the rules that are broken.
    """

    says: str
    sense: Literal["min", "max"]
    draw: Callable[[Entry, np.random.Generator], Any]
    measure: Callable[[Any, Any], tuple[float, tuple[str, ...]]]


def _units(entry: Entry, rng: np.random.Generator) -> Any:
    return draw_units(rng, users=entry.users, **entry.options)


def _frame(entry: Entry, rng: np.random.Generator) -> Any:
    return draw_frames(entry.users, 1, rng)[0]


def _cell(entry: Entry, rng: np.random.Generator) -> Any:
    return draw_cell(entry.users, rng, **entry.options)


def _slot(entry: Entry, rng: np.random.Generator) -> Any:
    return draw_slot(entry.users, entry.servers, rng, **entry.options)


def _batching(entry: Entry, rng: np.random.Generator) -> Any:
    """Devices that differ in deadlines only: for these the best groups are known."""
    low, high = entry.options["deadline_s"]
    drawn = draw_batching(entry.users, rng, deadline_s=(low, high))
    return dataclasses.replace(drawn, rate_mbps=np.full(entry.users, RATE_MBPS))


def _flight(entry: Entry, rng: np.random.Generator) -> Any:
    craft, slots = Craft(speed_m_s=100.0), entry.options["slots"]
    battery_j = slots * craft.hover_w * craft.hover_s + 5e4
    return draw_mission(rng, users=entry.users, craft=entry.servers, length_m=400.0, channels=2, busy=0.7,
                        battery_j=battery_j, machine=craft, **entry.options)  # fmt: skip


def _requests(entry: Entry, rng: np.random.Generator) -> Arrivals:
    options = dict(entry.options)
    times = {name: options.pop(name) for name in ("slots", "rate", "mean_stay")}
    population = generate("campus", users=entry.users, servers=entry.servers, seed=entry.seed, allocation="units",
                          load=entry.users / 20, **options)  # fmt: skip
    return draw_arrivals(population, rng, **times)


def _of_batching(problem: Any, plan: Any) -> tuple[float, tuple[str, ...]]:
    report = evaluate_batching(problem, plan)
    return report.total_j, report.violations


def _of_frame(problem: Any, plan: Any) -> tuple[float, tuple[str, ...]]:
    report = evaluate_frame(problem, plan)
    return report.value, report.violations


def _of_cell(problem: Any, plan: Any) -> tuple[float, tuple[str, ...]]:
    report = evaluate_cell(problem, plan)
    return report.utility, report.violations


def _of_units(problem: Any, plan: Any) -> tuple[float, tuple[str, ...]]:
    report = evaluate_units(problem, plan)
    return report.largest_s, report.violations


def _of_slot(problem: Any, plan: Any) -> tuple[float, tuple[str, ...]]:
    report = evaluate_slot(problem, plan)
    return report.objective, report.violations


def _of_requests(problem: Any, plan: Any) -> tuple[float, tuple[str, ...]]:
    report = check_schedule(problem, plan)
    return report.cost, report.broken


def _of_flight(problem: Any, plan: Any) -> tuple[float, tuple[str, ...]]:
    report = check_mission(problem, plan)
    return report.cost, report.broken


SYSTEMS: dict[str, System] = {
    "batching": System("energy, J", "min", _batching, _of_batching),
    "droo": System("weighted rate, Mbit/s", "max", _frame, _of_frame),
    "hoda": System("saved time and energy", "max", _cell, _of_cell),
    "iao": System("largest latency, s", "min", _units, _of_units),
    "mad2rl": System("time and queues", "min", _slot, _of_slot),
    "online": System("energy or rejections of all slots", "min", _requests, _of_requests),
    "uav": System("delay and energy", "min", _flight, _of_flight),
}
"""Every system by its word."""


def get_system(word: str) -> System:
    """The system of a word.

    Raises:
        InputError: there is none; names the nearest.
    """
    if word not in SYSTEMS:
        raise InputError("system", f"'{word}' is not known", fix=nearest(word, SYSTEMS))
    return SYSTEMS[word]


def digest(problem: Any) -> str:
    """SHA-256 (hex) of a problem record: names and values of its fields, in their order, records inside included."""
    found = hashlib.sha256(b"edgecut-system-fingerprint/1")
    _add(found, "", problem)
    return found.hexdigest()


def _add(found: Any, label: str, value: Any) -> None:
    if isinstance(value, Instance):
        _add(found, label, value.fingerprint)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            _add(found, f"{label}.{field.name}", getattr(value, field.name))
    elif isinstance(value, tuple):
        for k, one in enumerate(value):
            _add(found, f"{label}[{k}]", one)
    elif isinstance(value, np.ndarray):
        kind = {"f": "<f8", "i": "<i8", "b": "<i8"}[value.dtype.kind]
        content = np.ascontiguousarray(value, dtype=kind).tobytes()
        found.update(f"{label}:{value.shape}:".encode() + content)
    else:
        text = float(value).hex() if isinstance(value, (int, float, np.number)) else str(value)
        found.update(f"{label}:{len(text)}:{text}".encode())
