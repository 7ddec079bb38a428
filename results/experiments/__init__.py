"""One file an experiment."""

from results.experiments import (
    cut_against_rate,
    droo_policy,
    energy_against_deadline,
    energy_against_users,
    hoda_utility,
    integrality,
    mad2rl_slots,
)

__all__ = [
    "cut_against_rate",
    "droo_policy",
    "energy_against_deadline",
    "energy_against_users",
    "hoda_utility",
    "integrality",
    "mad2rl_slots",
]
