"""Every registry: a name is taken once, and one that is not known is answered with the nearest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from formulations.registry import FORMULATIONS, formulation, get_formulation
from formulations.split.registry import SPLIT_FORMULATIONS, split_formulation
from instances.errors import InputError
from results.claims.registry import CLAIMS, Finding, claim
from results.experiment import EXPERIMENTS, experiment, known_experiments, record, run_experiment
from results.trust.askers import ASKERS, asker, askers_now
from results.trust.fuzz.kinds import KINDS, file_kind
from solvers.components.registry import COMPONENT_METHODS, component_method
from solvers.online.registry import POLICIES, policy
from solvers.registry import METHODS, get_method, method
from solvers.rows.registry import ROW_METHODS, get_row_method, row_method
from solvers.split.registry import SPLITTERS, splitter
from solvers.uav.registry import FLIGHT_METHODS, flight_method

CLASSES: dict[str, tuple[dict[str, Any], Callable[..., Any]]] = {
    "formulations": (FORMULATIONS, formulation),
    "methods": (METHODS, method),
    "splitters": (SPLITTERS, splitter),
    "split formulations": (SPLIT_FORMULATIONS, split_formulation),
    "row methods": (ROW_METHODS, row_method),
    "flight methods": (FLIGHT_METHODS, flight_method),
    "component methods": (COMPONENT_METHODS, component_method),
    "policies": (POLICIES, policy),
}


@pytest.mark.parametrize("registry", CLASSES)
def test_a_name_is_taken_once(registry: str) -> None:
    """A second class of the same name is refused, and the first one stays."""
    known, register = CLASSES[registry]
    name, entry = next(iter(known.items()))
    second = type("Second", (), {"name": name, "title": "another"})
    with pytest.raises(ValueError, match=f"'{name}' is registered twice"):
        register(second)
    assert known[name] is entry


def test_named_entries_are_taken_once() -> None:
    asked, kind = askers_now()[0], next(iter(KINDS.values()))
    with pytest.raises(ValueError, match=f"kind '{kind.name}' is registered twice"):
        file_kind(kind)
    with ASKERS.restored():
        asker(Named("own asker"))
        with pytest.raises(ValueError, match="asker 'own asker' is registered twice"):
            asker(Named("own asker"))
    assert "own asker" not in ASKERS and asked.name != "own asker"


class Named:
    """Something with a name."""

    def __init__(self, name: str) -> None:
        self.name = name


def test_claims_and_experiments_are_taken_once() -> None:
    name = next(iter(CLAIMS))
    about = dict.fromkeys(("system", "says", "source", "evidence", "published", "measures", "tolerance"), "own")
    with pytest.raises(ValueError, match=f"claim '{name}' is registered twice"):
        claim(name, **about)(lambda: Finding(1.0, "J", "reproduced"))
    taken = next(name for name in known_experiments() if name in EXPERIMENTS)
    with pytest.raises(ValueError, match=f"experiment '{taken}' is registered twice"):
        experiment(taken, lambda quick: [])(lambda case: {})
    with pytest.raises(ValueError, match=f"'{taken}' is registered twice"):
        record(taken)(lambda: [])


def test_unknown_names_are_answered_with_the_nearest() -> None:
    for get, wrong, right in (
        (get_method, "gredy", "greedy"),
        (get_formulation, "joint_unit", "joint_units"),
        (get_row_method, "coedgee", "coedge"),
        (run_experiment, "cut_map", "cut_maps"),
    ):
        with pytest.raises(InputError, match=f"did you mean '{right}'") as refused:
            get(wrong)
        assert f"'{wrong}'" in str(refused.value)


def test_a_finding_is_a_number() -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises(InputError, match="a finding is a number"):
            Finding(value, "J", "reproduced")
