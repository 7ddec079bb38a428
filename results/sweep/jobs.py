"""The runs of a sweep: every instance with every method, seed and limit, each with a key and a seed of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from results.store import case_key
from results.sweep.found import Found, unique
from results.sweep.settings import Runs, Sweep

__all__ = ["Job", "jobs_of"]


@dataclasses.dataclass(frozen=True)
class Job:
    """One run.

    Args:
        case: all that it depends on, as plain JSON values.
        path: file of its instance. spec: how that came about.
        attempt: 1, or more when earlier attempts failed.
    """

    case: dict[str, Any]
    path: Path
    spec: dict[str, Any]
    attempt: int = 1

    @property
    def key(self) -> str:
        """Identity of the case, whichever attempt."""
        return case_key(self.case)

    @property
    def label(self) -> str:
        """Name of its plan's file: the key, and the attempt after the first."""
        return self.key if self.attempt == 1 else f"{self.key}-{self.attempt}"

    @property
    def seed(self) -> int:
        """Seed that the method gets: by `SeedSequence` of the key, so it depends on neither order nor machine."""
        return seed_of(self.key)

    @property
    def order(self) -> dict[str, Any]:
        """What the process that runs it is told."""
        case = self.case
        return {
            "instance": str(self.path),
            "seed": self.seed,
            **{name: case[name] for name in ("fingerprint", "method", "options", "limits", "wall_s", "grace_s")},
            "memory_mib": 1024 * case["memory_gib"],
        }


def seed_of(key: str) -> int:
    """Whole number below 2^53 that a job's key stands for."""
    return int(np.random.SeedSequence(int(key, 16)).generate_state(1, np.uint64)[0] >> np.uint64(11))


def jobs_of(sweep: Sweep, instances: Iterable[Found]) -> list[Job]:
    """All runs, instance by instance; what the file asks for twice is run once."""
    jobs = [Job(_case(found, runs, seed), found.path, found.spec)
            for found in unique(instances) for runs in sweep.runs for seed in runs.seeds]  # fmt: skip
    return list({job.key: job for job in jobs}.values())


def _case(found: Found, runs: Runs, seed: int) -> dict[str, Any]:
    return {
        "instance": found.name,
        "fingerprint": found.fingerprint,
        "method": runs.method,
        "options": runs.options,
        "seed": seed,
        "limits": dataclasses.asdict(runs.limits),
        "wall_s": runs.wall_s,
        "grace_s": runs.grace_s,
        "memory_gib": runs.memory_gib,
    }
