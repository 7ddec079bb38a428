"""MAD2RL's other rivals: what its genetic algorithm leaves to be gained, and what a learned policy loses."""

from __future__ import annotations

import numpy as np

from results.claims.registry import Finding, claim, within
from results.experiment import rows_of
from results.metrics import interval

PUBLISHED = {
    "3_clients": (3, 3, 21.23, "Fig. 8(a)"),
    "7_clients": (7, 3, 43.94, "Fig. 8(a)"),
    "3_vehicles": (5, 3, 39.79, "Fig. 8(b)"),
    "7_vehicles": (5, 7, 29.15, "Fig. 8(b)"),
}
"""Ends of the figures: our clients and service vehicles, gain over the genetic algorithm in %, where it is from."""


def _rows(clients: int, helpers: int) -> list[dict[str, object]]:
    return [row for row in rows_of("road_rivals") if (row["clients"], row["helpers"]) == (clients, helpers)]


def _of(row: dict[str, object], field: str, method: str) -> float:
    names, values = row["method"], row[field]
    assert isinstance(names, list) and isinstance(values, list)
    return float(values[names.index(method)])


def gain(clients: int, helpers: int) -> np.ndarray:
    """[cases] completion time that the optimum saves over the genetic algorithm, %."""
    return np.array([100 * (1 - 1 / (1 + _of(row, "regret", "genetic"))) for row in _rows(clients, helpers)])


def register(name: str, clients: int, helpers: int, published: float, figure: str) -> None:
    """The claim of one end of a figure."""

    @claim(
        f"mad2rl.over_genetic_{name}",
        system="MAD2RL",
        says=f"with {name.replace('_', ' ')} completion takes {published} % less time than under a genetic algorithm",
        source=f"Liu et al., TMC 2024, {figure}",
        evidence="full text; settings of the genetic algorithm own",
        published=f"{published} %",
        measures="gain of the exact optimum, which no policy can exceed, over pymoo's genetic algorithm with 1,000 "
        "choices priced a slot, mean; 2 mixes of networks, 3 seeds, 8 slots (results/runs/road_rivals.jsonl)",
        tolerance="5 % of the published gain",
    )
    def measure() -> Finding:
        mean, low, high = interval(gain(clients, helpers).tolist(), np.random.default_rng(0))
        why = f"95 % interval {low:.2f} to {high:.2f}: a genetic algorithm given its choices leaves no such gain"
        return Finding(mean, "%", "reproduced" if within(mean, published, 0.05) else "not reproducible", why)


for _name, _end in PUBLISHED.items():
    register(_name, *_end)


@claim(
    "mad2rl.learned",
    system="MAD2RL",
    says="a learned policy completes tasks sooner than the greedy rule and the genetic algorithm",
    source="Liu et al., TMC 2024, Fig. 8",
    evidence="full text; the published network (diffusion, QMIX) is not run, ours is a deep Q-network",
    published="–",
    measures="completion time under our deep Q-network over the optimum, mean; four sizes, 2 mixes of networks, 3 "
    "seeds, 8 slots (results/runs/road_rivals.jsonl)",
    tolerance="less than greedy and than the genetic algorithm is a trend",
)
def learned() -> Finding:
    """Mean regret, %."""
    rows = rows_of("road_rivals")
    own, others = (
        {name: 100 * np.array([_of(row, "regret", name) for row in rows]) for name in names}
        for names in (("learned",), ("greedy", "genetic", "myopic"))
    )
    mean, low, high = interval(own["learned"].tolist(), np.random.default_rng(0))
    means = {name: float(values.mean()) for name, values in others.items()}
    why = (
        f"95 % interval {low:.2f} to {high:.2f}; greedy {means['greedy']:.0f} %, the genetic algorithm "
        f"{means['genetic']:.2f} %, clients in turn where the objective grows least {means['myopic']:.2f} %"
    )
    better = mean < means["greedy"] and mean < means["genetic"]
    return Finding(mean, "%", "trend" if better else "not reproducible", why)
