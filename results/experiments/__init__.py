"""One file an experiment."""

from results.experiments import (
    cut_against_rate,
    droo_policy,
    energy_against_deadline,
    energy_against_users,
    front_regret,
    hoda_utility,
    integrality,
    layer_times,
    learned_flights,
    learned_pieces,
    mad2rl_slots,
    online,
    pareto_fronts,
    predictors,
    reality,
    road_rivals,
)

__all__ = [
    "cut_against_rate",
    "droo_policy",
    "energy_against_deadline",
    "energy_against_users",
    "front_regret",
    "hoda_utility",
    "integrality",
    "layer_times",
    "learned_flights",
    "learned_pieces",
    "mad2rl_slots",
    "online",
    "pareto_fronts",
    "predictors",
    "reality",
    "road_rivals",
]
