"""``python -m solvers.learned.train``: solve generated instances by `branch`, train the perceptron, write its weights.

Needs the extra ``learn`` (scikit-learn). The seeds are never used by the benchmarks, which start at 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from instances.columns import Floats
from instances.errors import InputError
from instances.expand import expand
from instances.generate import generate
from instances.options import OptionTable
from solvers.answer import Clock, Limits
from solvers.heuristics.situation import Situation
from solvers.heuristics.thinning import thin
from solvers.learned.features import FEATURES, features
from solvers.learned.imitation import WEIGHTS
from solvers.learned.network import Network, write_network
from solvers.registry import METHODS

__all__ = ["examples", "lessons", "train"]

FAMILIES = ("campus", "factory", "metro", "roadside")
RULES = ("continuous", "units")
SIZES = ((8, 2), (14, 3), (20, 3), (28, 4), (20, 1), (40, 3))
FIRST_SEED = 10_001
SEEDS = 5
HIDDEN = (48, 24)
LIMITS = Limits(gap=1e-3, nodes=100, time_s=8.0)


def lessons(seeds: int = SEEDS) -> Iterator[OptionTable]:
    """Tables of instances to learn from."""
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        for family in FAMILIES:
            for rule in RULES:
                for users, servers in SIZES:
                    yield expand(generate(family, users=users, servers=servers, seed=seed, allocation=rule))


def examples(table: OptionTable) -> tuple[Floats, Floats] | None:
    """Features of usable options [n, features] and whether the plan of `branch` uses each [n]; None without a plan."""
    limits = LIMITS
    rng, clock = np.random.default_rng(0), Clock(limits)
    answer = METHODS["branch"].solve(table, limits=limits, rng=rng, clock=clock)
    if answer.decision is None or answer.table is not None:
        return None
    best = answer.decision.chosen
    kept = np.union1d(thin(table), best)
    rows, inputs = features(Situation(table.take(kept)))
    return inputs, np.isin(kept[rows], best).astype(float)


def train(inputs: Floats, used: Floats, seed: int = 0) -> Network:
    """Perceptron of the chance that an option is used.

    Raises:
        InputError: scikit-learn is not installed.
    """
    mean, scale = inputs.mean(axis=0), inputs.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    networks, one_thread = _learners()
    with one_thread(limits=1):
        learner = networks.MLPClassifier(HIDDEN, alpha=1e-3, early_stopping=True, n_iter_no_change=20, max_iter=400,
                                         random_state=seed).fit((inputs - mean) / scale, used.astype(int))  # fmt: skip
    return Network(FEATURES, mean, scale, tuple(learner.coefs_), tuple(learner.intercepts_))


def _learners() -> tuple[Any, Any]:
    try:
        from sklearn import neural_network
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise InputError("train", "scikit-learn is not installed", str(error),
                         "pip install 'edgecut[learn]'") from error  # fmt: skip
    return neural_network, threadpool_limits


def main() -> None:
    """Solve, train, write."""
    solved = [found for table in lessons() if (found := examples(table)) is not None]
    inputs, used = (np.concatenate(part) for part in zip(*solved, strict=True))
    network = train(inputs, used)
    made: dict[str, object] = {
        "by": "python -m solvers.learned.train", "families": FAMILIES, "allocation": RULES, "sizes": SIZES,
        "seeds": [FIRST_SEED, FIRST_SEED + SEEDS - 1], "instances": len(solved), "examples": len(used),
        "gap": LIMITS.gap,
    }  # fmt: skip
    write_network(network, WEIGHTS, made)
    print(f"{len(solved)} instances, {len(used)} options, of which {int(used.sum())} used; wrote {WEIGHTS}")


if __name__ == "__main__":
    main()
