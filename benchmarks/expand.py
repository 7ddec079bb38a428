"""How long it takes to generate a metro and to expand it into options."""

from __future__ import annotations

import statistics

from benchmarks.measure import seconds, store
from instances.expand import expand
from instances.generate import generate

USERS, SERVERS, SEED, REPEATS = 100_000, 100, 7, 5


def main() -> None:
    """Measure, print and store."""
    instance = generate("metro", users=USERS, servers=SERVERS, seed=SEED)
    generating = seconds(lambda: generate("metro", users=USERS, servers=SERVERS, seed=SEED), REPEATS)
    times = seconds(lambda: expand(instance), REPEATS)
    store("expand", {
        "instance": {"generator": "metro", "users": USERS, "servers": SERVERS, "seed": SEED},
        "options": len(expand(instance)),
        "median_of": REPEATS,
        "generate_s": round(statistics.median(generating), 4),
        "expand_s": round(statistics.median(times), 4),
        "expand_all_s": [round(t, 4) for t in times],
    })  # fmt: skip


if __name__ == "__main__":
    main()
