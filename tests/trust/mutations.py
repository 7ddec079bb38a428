"""Results with certificates over the problems and rules, and mutations of their documents."""

from __future__ import annotations

import copy
import dataclasses
import functools
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from instances.instance import Instance
from instances.json_file import instance_to_json
from solvers import Limits, solve
from solvers.result_file import result_to_json
from tests.builders import tiny_admission, tiny_instance

__all__ = ["KINDS", "Case", "case_of", "cases", "mutate"]

Document = dict[str, Any]
Place = tuple[Any, Any]
"""A list or an object of a document, and an index or a key in it."""
PROBLEMS = ("J-E", "J-L", "J-C", "J-A")


@dataclasses.dataclass(frozen=True)
class Case:
    """An instance, its file and that of a certified result, and the cost of an optimal plan."""

    name: str
    instance: Instance
    given: Document
    result: Document
    optimum: float


@functools.cache
def case_of(problem: str, allocation: str, method: str, seed: int) -> Case | None:
    """A case with a plan and a certificate; None where that seed has neither."""
    if problem == "J-A":
        instance = tiny_admission(seed + 2, 3, 2, 3, allocation)  # the first two turn nobody away
    else:
        instance = tiny_instance(seed, users=3, servers=2, layers=3, allocation=allocation, problem=problem)
    result = solve(instance, method, limits=Limits(gap=1e-6, nodes=200, rounds=30))
    document = json.loads(json.dumps(result_to_json(result)))
    if document["plan"] is None or document["certificate"] is None or not document["certified_j"]:
        return None
    optimum = solve(instance, "brute_force").objective_j
    given = json.loads(json.dumps(instance_to_json(instance)))
    return Case(f"{problem} {allocation} {method} {seed}", instance, given, document, optimum)


def cases(seeds: range) -> list[Case]:
    """Every problem under both rules by both methods with certificates."""
    found = [
        case_of(problem, allocation, method, seed)
        for problem in PROBLEMS
        for allocation in ("continuous", "units")
        for method in ("branch", "prices")
        for seed in seeds
    ]
    return [case for case in found if case is not None]


def _places(value: Any, kind: type | tuple[type, ...]) -> list[Place]:
    """Where values of a kind stand, at any depth."""
    found: list[Place] = []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        if isinstance(inner, kind) and not isinstance(inner, bool):
            found.append((value, key))
        found += _places(inner, kind)
    return found


def _pick(rng: np.random.Generator, places: list[Any]) -> Any:
    return places[rng.integers(len(places))]


def _changed(value: float, rng: np.random.Generator) -> Any:
    """Another number: a little or a lot larger or smaller, of the other sign, or none at all."""
    way = rng.random()
    if way < 0.6:
        return value * (1 + rng.choice([-1, 1]) * 10 ** rng.uniform(-6, 0)) if value else 10 ** rng.uniform(-6, 0)
    if way < 0.7:
        return -value - 1e-9
    if way < 0.8:
        return value * 10 ** rng.uniform(1, 9) + 1e-3
    return [None, str(value), True, [value], 0, 1e300][rng.integers(6)]


def _claims(d: Document, rng: np.random.Generator) -> None:
    """A figure that the result states."""
    name = ("objective_j", "bound_j", "certified_j", "gap", "certificate")[rng.integers(5)]
    place = d["certificate"] if name == "certificate" else d
    name = "bound_j" if name == "certificate" else name
    place[name] = _changed(place[name] or 0.0, rng)


def _careful_lie(d: Document, rng: np.random.Generator) -> None:
    """All figures agree with each other: the bound is better than what is proven."""
    lie = d["certified_j"] * (1 + 10 ** rng.uniform(-7, 0))
    d.update(certified_j=lie, bound_j=lie, gap=max(d["objective_j"] - lie, 0) / d["objective_j"], verdict="certified")
    d["certificate"]["bound_j"] = lie


def _cheaper_plan(d: Document, rng: np.random.Generator) -> None:
    """The objective is stated too low, and all else with it."""
    factor = 1 - 10 ** rng.uniform(-7, -0.1)
    d["objective_j"] *= factor
    if rng.random() < 0.5:
        d["gap"] = max(d["objective_j"] - d["bound_j"], 0) / d["objective_j"]


def _plan_number(d: Document, rng: np.random.Generator) -> None:
    place, key = _pick(rng, _places(d["plan"]["users"], (int, float)))
    place[key] = _changed(place[key], rng)


def _plan_name(d: Document, rng: np.random.Generator) -> None:
    """Another server, cut, user or layer in the plan."""
    place, key = _pick(rng, _places(d["plan"], str))
    others = [p[k] for p, k in _places(d["plan"], str)] + ["nobody", None]
    place[key] = _pick(rng, others)


def _plan_rows(d: Document, rng: np.random.Generator) -> None:
    """A user's row lost or doubled, or what two users do exchanged."""
    rows = d["plan"]["users"]
    i, j = rng.choice(len(rows), 2, replace=False)
    way = rng.random()
    if way < 0.3:
        del rows[i]
    elif way < 0.5:
        rows.append(copy.deepcopy(rows[i]))
    else:
        rows[i]["user"], rows[j]["user"] = rows[j]["user"], rows[i]["user"]


def _layers(d: Document, rng: np.random.Generator) -> None:
    """A cut with a layer less, or a layer more, or one twice."""
    cut = _pick(rng, list(d["plan"]["cuts"].values()))
    layers = cut["device_layers"]
    if layers and rng.random() < 0.6:
        del layers[rng.integers(len(layers))]
    else:
        layers.append(f"layer{rng.integers(4)}")


def _price(d: Document, rng: np.random.Generator) -> None:
    place, key = _pick(rng, _places([n.get("prices", n.get("sieve")) for n in d["certificate"]["nodes"]], (int, float)))
    place[key] = _changed(place[key], rng)


def _scaled_prices(d: Document, rng: np.random.Generator) -> None:
    factor = 10 ** rng.uniform(-2, 2)
    for place, key in _places([n.get("prices") for n in d["certificate"]["nodes"]], (int, float)):
        place[key] *= factor


def _certificate_name(d: Document, rng: np.random.Generator) -> None:
    place, key = _pick(rng, _places(d["certificate"], str))
    others = [p[k] for p, k in _places([d["certificate"], d["plan"]["users"]], str)]
    place[key] = _pick(rng, [*others, "nobody", None])


def _nodes(d: Document, rng: np.random.Generator) -> None:
    """A node lost, doubled, or exchanged with another."""
    nodes = d["certificate"]["nodes"]
    i, j = rng.integers(len(nodes), size=2)
    way = rng.random()
    if way < 0.4:
        del nodes[i]
    elif way < 0.6:
        nodes.insert(j, copy.deepcopy(nodes[i]))
    else:
        nodes[i], nodes[j] = nodes[j], nodes[i]


def _index(d: Document, rng: np.random.Generator) -> None:
    """The number of a cut, or how many pieces, in a split."""
    places = _places([n for n in d["certificate"]["nodes"] if "user" in n], int)
    if not places:
        return _price(d, rng)
    place, key = _pick(rng, places)
    place[key] += int(rng.choice([-100, -2, -1, 1, 2, 100]))
    return None


def _word(d: Document, rng: np.random.Generator) -> None:
    d["verdict"] = _pick(
        rng, ["certified", "optimal", "bounded", "feasible", "infeasible", "unknown", "wrong", "", None]
    )
    if rng.random() < 0.5:
        d["bound_j"] = _pick(rng, [None, d["objective_j"], 2 * d["objective_j"]])


def _lost(d: Document, rng: np.random.Generator) -> None:
    """A field that is not there any more."""
    place, key = _pick(rng, _places({k: d[k] for k in ("plan", "certificate")}, object))
    del place[key]


KINDS: dict[str, Callable[[Document, np.random.Generator], None]] = {
    "claim": _claims, "careful lie": _careful_lie, "cheaper plan": _cheaper_plan, "number of the plan": _plan_number,
    "name in the plan": _plan_name, "rows of the plan": _plan_rows, "layers": _layers, "price": _price,
    "all prices": _scaled_prices, "name in the certificate": _certificate_name, "nodes": _nodes, "index": _index,
    "verdict": _word, "field lost": _lost,
}  # fmt: skip
"""Mutations of a result. Two more are of a pair: another instance's certificate, and another instance."""


def mutate(case: Case, others: list[Case], rng: np.random.Generator) -> tuple[str, Document, Document]:
    """Kind of mutation, and the files of instance and result after it; one of the two has changed."""
    kind = _pick(rng, [*KINDS, "another certificate", "another instance"])
    given, result = copy.deepcopy(case.given), copy.deepcopy(case.result)
    if kind == "another certificate":
        other = _pick(rng, others).result
        result["certificate"] = copy.deepcopy(other["certificate"])
        if rng.random() < 0.5:
            result.update({f: other[f] for f in ("objective_j", "bound_j", "certified_j", "gap")})
    elif kind == "another instance":
        place, key = _pick(rng, _places([given[f] for f in ("users", "devices", "radios", "servers")], float))
        place[key] *= 1 + rng.choice([-1, 1]) * 10 ** rng.uniform(-3, -0.05)
    else:
        KINDS[kind](result, rng)
    return kind, given, result
