"""One file an experiment."""

from results.experiments import (
    cut_against_rate,
    energy_against_deadline,
    energy_against_users,
    integrality,
    layer_times,
    online,
    predictors,
    reality,
)

__all__ = [
    "cut_against_rate",
    "energy_against_deadline",
    "energy_against_users",
    "integrality",
    "layer_times",
    "online",
    "predictors",
    "reality",
]
