"""What the benchmarks share: repeated timing, the machine they ran on, and where results go."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["RESULTS", "machine", "seconds", "store"]

RESULTS = Path(__file__).resolve().parent / "results"
_LIBRARIES = ("numpy", "scipy", "highspy", "pyomo", "cvxpy", "clarabel")


def seconds(work: Callable[[], Any], repeats: int) -> list[float]:
    """[repeats] wall times of the work, s."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


def machine() -> dict[str, Any]:
    """Cores and versions of everything that a time depends on."""
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in _LIBRARIES},
    }


def store(name: str, figures: dict[str, Any]) -> None:
    """Print the figures and write them to benchmarks/results."""
    text = json.dumps({"benchmark": name, "machine": machine(), **figures}, indent=2)
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text + "\n")
