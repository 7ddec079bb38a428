"""Refusals and edges of single functions that no larger test reaches: what is said, where, and what would fix it."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edgecut.commands.generate import _settings
from edgecut.sweep_lines import SweepLines
from edgecut.tables import print_table
from formulations.compare import same_program
from formulations.joint_fixed import JointFixed
from formulations.parts.rows import make_rows
from formulations.program import Decision, Program
from instances.binary import with_binary_branch
from instances.cascade import cascade
from instances.certificate_file import certificate_from_json, certificate_to_json
from instances.dnn import load_network
from instances.errors import InputError
from instances.exits import block_boundaries
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.plan import Plan
from instances.roofline_fit import fit_roofline
from instances.supported import supported_rows
from instances.systems.iao_family import units_around
from instances.units import in_base_units
from results.sweep.runner import News
from solvers import Result, solve
from solvers.answer import Stop
from solvers.bandwidth_map import map_bandwidth
from solvers.conflict import _and
from solvers.objective import decision_cost
from solvers.result_file import result_from_json, result_to_json
from solvers.sensitivity.choices import chosen_options
from solvers.split.answer import SplitAnswer
from tests.builders import tiny_instance


@pytest.fixture(scope="module")
def solved() -> Result:
    return solve(tiny_instance(4, tightness=0.3, memory_limits=False), "branch")


def chancy() -> Any:
    """A catalogue network with layers that may not run."""
    net = load_network("alexnet")
    chance = np.ones(net.n_layers)
    chance[-1] = 0.5
    return dataclasses.replace(net, run_probability=chance, accuracy=0.5)


def plan_of(solved: Result) -> Plan:
    assert solved.plan is not None
    return solved.plan


REFUSED: dict[str, tuple[Callable[[], Any], str, str]] = {
    "branch of a network left to chance": (
        lambda: with_binary_branch(chancy(), block_boundaries(chancy())[0], leaves=0.5, accuracy=0.5),
        "networks[alexnet]", "branch a plain network"),
    "cascade of one": (lambda: cascade(chancy(), load_network("vgg16"), handed_over=0.5, accuracy=0.6),
                       "networks[alexnet]", "cascade plain networks"),
    "units of two servers": (lambda: units_around(tiny_instance(1), 4), "instance", "give an instance with one"),
    "a setting without '='": (lambda: _settings(["load"]), "--set", "write it as NAME=VALUE"),
    "a setting of its own": (lambda: _settings(["users=4"]), "--set", "give it as --users"),
    "a formulation without arrays": (lambda: JointFixed().build(expand(tiny_instance(1))), "formulation joint_fixed",
                                     "use solve_convex"),
    "nor a Pyomo statement": (lambda: JointFixed().to_pyomo(expand(tiny_instance(1))), "formulation joint_fixed",
                              "has no array form"),
    "a negative seed": (lambda: solve(tiny_instance(1), "greedy", seed=-1), "seed", "give 0 or more"),
    "no times": (lambda: fit_roofline([]), "fit", "measure one"),
    "a floor for another number of users": (lambda: tiny_instance(1).replace(accuracy_floor=np.zeros(9)),
                                            "accuracy_floor", "give every one a floor"),
    "a cloud for another number of servers": (
        lambda: tiny_instance(1).replace(server_cloud=np.full(9, -1, dtype=np.int64)), "server_cloud",
        "give every server a cloud"),
    "a tariff that is none": (lambda: tiny_instance(1).replace(tariff=3.0), "tariff", "give a Tariff"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_refused(name: str) -> None:
    make, where, fix = REFUSED[name]
    with pytest.raises(InputError) as refused:
        make()
    assert where in str(refused.value) and fix in str(refused.value)


def test_settings_of_generators_are_numbers_lists_or_words() -> None:
    assert _settings(["load=0.5", "blocks=10", "networks=alexnet,vgg16", "cut_rule=supported"]) == {
        "load": 0.5, "blocks": 10, "networks": ["alexnet", "vgg16"], "cut_rule": "supported",
    }  # fmt: skip


@pytest.mark.parametrize(("field", "value", "why"), [
    ("trace", {}, "is not a list"), ("solve_s", math.inf, "a finite number"), ("solve_s", -1.0, "cannot be negative"),
])  # fmt: skip
def test_results_with_such_fields_are_refused(solved: Result, field: str, value: Any, why: str) -> None:
    document = json.loads(json.dumps(result_to_json(solved)))
    assert result_from_json(solved.instance, document).objective_j == solved.objective_j
    with pytest.raises(InputError) as refused:
        result_from_json(solved.instance, {**document, field: value})
    assert field in str(refused.value) and why in str(refused.value)


@pytest.mark.parametrize(("link", "why"), [("x", "a link is"), ([0, 0], "a link is"), ([0, 0, "much"], "links[0][2]")])
def test_certificates_with_such_links_are_refused(solved: Result, link: Any, why: str) -> None:
    assert solved.certificate is not None
    data = json.loads(json.dumps(certificate_to_json(solved.instance, solved.certificate)))
    if isinstance(link, list):
        link = [str(solved.instance.users.name[0]), str(solved.instance.servers.name[0]), *link[2:]]
    priced = next(row for row in data["nodes"] if "prices" in row)
    priced["links"] = [link]
    with pytest.raises(InputError) as refused:
        certificate_from_json(solved.instance, data)
    assert why in str(refused.value)


def test_plans_have_columns_of_one_length(solved: Result) -> None:
    with pytest.raises(InputError, match=r"Plan\.clock.*has 1 rows"):
        plan_of(solved).replace(clock=np.ones(1))


def test_a_decision_of_other_users_costs_infinitely_much(solved: Result) -> None:
    table = expand(solved.instance)
    for chosen in (np.zeros(1, dtype=np.int64), np.full(table.n_users, len(table)), np.full(table.n_users, -1),
                   np.zeros(table.n_users, dtype=np.int64)):  # fmt: skip
        share = np.ones(len(chosen))
        assert math.isinf(decision_cost(table, Decision(chosen, share, share)))


def test_values_in_other_units_are_scaled_one_by_one() -> None:
    """Lists number by number; nothing and infinity stay what they are."""
    fields = ("bandwidth_mhz", "deadline_s")
    assert in_base_units({"bandwidth_hz": [2e7, 1e6], "deadline_ms": 500}, fields, "x") == {
        "bandwidth_mhz": [20, 1], "deadline_s": 0.5,
    }  # fmt: skip
    assert in_base_units({"bandwidth_hz": None}, fields, "x") == {"bandwidth_mhz": None}
    assert in_base_units({"bandwidth_hz": math.inf}, fields, "x") == {"bandwidth_mhz": math.inf}


def program(cost: float, low: float, names: tuple[str, str] = ("x", "y")) -> Program:
    rows = make_rows(np.zeros(2, dtype=np.int64), np.arange(2), 1.0, low, np.inf, (1, 2))
    return Program(np.array([cost, 2.0]), np.zeros(2), np.ones(2), np.ones(2, dtype=bool), rows,
                   column_name=names.__getitem__)  # fmt: skip


def test_programs_that_differ_say_where() -> None:
    assert same_program(program(1.0, 1.0), program(1.0, 1.0)) is None
    for other, why in ((program(3.0, 1.0), "column x: cost"), (program(1.0, 0.5), "row 0"),
                       (program(1.0, 1.0, ("x", "z")), "on one side only")):  # fmt: skip
        difference = same_program(program(1.0, 1.0), other)
        assert difference is not None and why in difference


def test_nothing_has_no_supported_rows_and_no_table() -> None:
    assert len(supported_rows(np.zeros(0), np.zeros(0), np.zeros(0))) == 0
    out = io.StringIO()
    print_table([], out)
    assert out.getvalue() == "(nothing to show)\n"
    assert _and([]) == "the limits given" and _and(["a"]) == "a" and _and(["a", "b", "c"]) == "a, b and c"


def test_quiet_sweeps_say_nothing_and_others_what_is_new() -> None:
    for quiet, lines in ((True, 0), (False, 1)):
        out = io.StringIO()
        with SweepLines(out, quiet=quiet) as shown:
            shown(News("an instance was drawn"))
        assert len(out.getvalue().splitlines()) == lines


def test_a_map_of_widths_has_no_plan_below_the_first() -> None:
    """From each width on another option is best: the map agrees with solving at widths between."""
    made = next(i for i in map(one_user, range(20)) if len(map_bandwidth(i).uplink_mhz))
    found = map_bandwidth(made)
    assert (np.diff(found.uplink_mhz) > 0).all()
    if found.uplink_mhz[0] > 0:
        assert found.plan_at(0.5 * found.uplink_mhz[0]) is None and found.option_at(0.0) == -1
    for width in found.uplink_mhz * 1.01 + 1e-6:
        at = made.replace(servers=made.servers.replace(bandwidth_mhz=np.full(made.n_servers, width)))
        best = solve(at, "brute_force")
        value = found.table.fixed_j[found.option_at(float(width))]
        assert best.objective_j == pytest.approx(value, rel=1e-9, abs=1e-12)
        assert found.plan_at(float(width)) is not None


def one_user(seed: int) -> Instance:
    return generate("mixed", users=1, servers=1, seed=seed, problem="J-Q", networks=["alexnet"])


def test_an_optimum_that_is_infinite_is_none() -> None:
    found = SplitAnswer.optimal(np.zeros(3, dtype=np.int64), math.inf)
    assert found.placement is None and found.stop is Stop.INFEASIBLE and found.bound == math.inf and found.message
    good = SplitAnswer.optimal(np.zeros(3, dtype=np.int64), 2.0, cuts=1.0)
    assert good.placement is not None and (good.value, good.bound, good.detail) == (2.0, 2.0, {"cuts": 1.0})


def test_convex_shares_are_those_of_the_plan() -> None:
    """For the options of an optimal plan the convex statement costs what the plan does, and no less than its bound."""
    instance = tiny_instance(4, tightness=0.3, memory_limits=False, allocation="continuous")
    table, best = expand(instance), solve(instance, "exact")
    assert best.plan is not None
    chosen = chosen_options(table, best.plan)
    found = JointFixed().solve_convex(table, chosen)
    assert found.objective_j == pytest.approx(best.objective_j, rel=1e-3)
    assert found.objective_j >= best.bound_j * (1 - 1e-6)
