"""One file an experiment."""

from results.experiments import (
    cut_against_rate,
    energy_against_deadline,
    energy_against_users,
    front_regret,
    integrality,
    layer_times,
    pareto_fronts,
    predictors,
    reality,
)

__all__ = [
    "cut_against_rate",
    "energy_against_deadline",
    "energy_against_users",
    "front_regret",
    "integrality",
    "layer_times",
    "pareto_fronts",
    "predictors",
    "reality",
]
