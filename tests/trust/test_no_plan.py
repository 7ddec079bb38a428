"""Results that say "no plan exists, certified": what was changed in them is refused, by both verifiers alike."""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edgecut.exact import run_exactly
from instances.certificate_file import certificate_from_json
from instances.certify import certify
from instances.errors import InputError
from instances.instance import Instance
from instances.json_file import instance_to_json
from instances.verify import NO_SENSE, Wrong, verify
from solvers import Limits, Verdict, solve
from solvers.result_file import examine, result_to_json
from tests.instances.crowds import remote
from tests.shell import edgecut

Document = dict[str, Any]


def plain(document: Document) -> Document:
    return json.loads(json.dumps(document))  # type: ignore[no-any-return]


@functools.cache
def denied(method: str, allocation: str, problem: str) -> tuple[tuple[Instance, Document], ...]:
    """Instances without a plan in which nobody is stuck alone, and their results; for brevity the first three."""
    found = []
    for seed in range(60):
        instance = remote(seed, allocation, problem, users=3, narrow=0.5)
        result = solve(instance, method, limits=Limits(nodes=200))
        alone = "best possible" in result.message  # then any prices would do
        if result.verdict is Verdict.CERTIFIED_INFEASIBLE and not alone:
            found.append((instance, plain(result_to_json(result))))
        if len(found) == 3:
            break
    assert len(found) == 3
    return tuple(found)


CASES = (
    ("branch", "units", "J-E"),
    ("branch", "continuous", "J-L"),
    ("prices", "units", "J-C"),
    ("prices", "continuous", "J-E"),
)


def exactly(instance: Instance, document: Document) -> Any:
    """Proven bound by the exact verifier; None where it refuses; 65 where it does not know the file."""
    try:
        return verify(plain(instance_to_json(instance)), document)[1]
    except Wrong as error:
        return 65 if error.args[1] == 65 else None
    except NO_SENSE:
        return None


@pytest.mark.parametrize("case", CASES)
def test_both_verifiers_find_that_there_is_no_plan(case: tuple[str, str, str]) -> None:
    for instance, document in denied(*case):
        assert document["verdict"] == "certified infeasible" and document["certificate"]["costless"] is True
        assert document["certified_j"] is document["bound_j"] is document["certificate"]["bound_j"] is None
        found = examine(instance, document)
        assert not found.faults and found.certified_j == math.inf
        assert found.result is not None and found.result.verdict is Verdict.CERTIFIED_INFEASIBLE
        assert found.result.bound_j == found.result.certified_j == math.inf
        assert exactly(instance, document) == (65 if document["certificate"].get("whole") else math.inf)


def _prices(document: Document, factor: float) -> None:
    for node in document["certificate"]["nodes"]:
        for kind in ("prices", "sieve"):
            if kind in node:
                node[kind] = [[price * factor for price in row] for row in node[kind]]
        for link in node.get("links", []):
            link[2] *= factor


FORGED: dict[str, Callable[[Document], Any]] = {
    "no prices": lambda d: _prices(d, 0.0),
    "costs counted again": lambda d: d["certificate"].pop("costless"),
    "flag denied": lambda d: d["certificate"].update(costless=False),
    "flag of another kind": lambda d: d["certificate"].update(costless="yes"),
    "a bound besides": lambda d: d["certificate"].update(bound_j=1.0),
    "no certificate": lambda d: d.update(certificate=None),
    "no nodes": lambda d: d["certificate"].update(nodes=[]),
    "certified without a plan": lambda d: d.update(verdict="certified"),
    "an optimum": lambda d: d.update(verdict="optimal", objective_j=1.0),
}


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("case", CASES)
def test_what_was_forged_is_refused(name: str, case: tuple[str, str, str]) -> None:
    for instance, document in denied(*case):
        changed = copy.deepcopy(document)
        FORGED[name](changed)
        with contextlib.suppress(InputError):  # some are not even read
            assert examine(instance, changed).faults, name
        whole = bool(changed["certificate"]) and "whole" in changed["certificate"]
        assert exactly(instance, changed) in ((None, 65) if whole else (None,)), name


@pytest.mark.parametrize("case", CASES)
def test_a_weaker_word_than_what_is_proven_is_true(case: tuple[str, str, str]) -> None:
    """Somebody's word, and a certificate that bears it out: accepted, and told."""
    for instance, document in denied(*case):
        found = examine(instance, {**document, "verdict": "infeasible"})
        assert not found.faults and found.certified_j == math.inf
        _prices(worse := copy.deepcopy({**document, "verdict": "infeasible"}), 0.0)
        assert any("claims inf and proves 0" in fault for fault in examine(instance, worse).faults)


@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_the_mark_on_certificates_of_plans_that_exist(allocation: str) -> None:
    """Good trees of ordinary bounds prove nothing without costs, with a plan in the file or taken out of it."""
    tried = 0
    for seed in range(14):
        instance = remote(seed, allocation, users=3)
        result = solve(instance, "branch", limits=Limits(nodes=100))
        if not result.valid:
            continue
        document = plain(result_to_json(result))
        document["certificate"].update(costless=True, bound_j=None)
        empty = {**document, "plan": None, "objective_j": None, "bound_j": None, "certified_j": None, "gap": None,
                 "verdict": "certified infeasible", "stop": "infeasible"}  # fmt: skip
        for forged in (document, empty):
            assert examine(instance, forged).faults
            assert exactly(instance, forged) in (None, 65)
        tried += 1
    assert tried >= 6


def test_a_certificate_of_another_instance() -> None:
    """One whose deadlines are ten times as long: there is a plan, and the certificate does not deny it."""
    for case in CASES:
        for instance, document in denied(*case):
            loose = instance.replace(users=instance.users.replace(deadline_s=10 * instance.users.deadline_s))
            forged = {**document, "instance": {"name": loose.name, "fingerprint": loose.fingerprint}}
            assert examine(instance, forged).faults and examine(loose, document).faults
            assert examine(loose, forged).faults and exactly(loose, forged) in (None, 65)


def _changed(document: Document, rng: np.random.Generator) -> None:
    """Prices, nodes or an index of the certificate."""
    nodes = document["certificate"]["nodes"]
    node = nodes[rng.integers(len(nodes))]
    way = rng.random()
    row = node.get("prices", node.get("sieve"))
    if row is not None and way < 0.6:
        k, s = rng.integers(3), rng.integers(len(row[0]))
        row[k][s] = float(row[k][s] * rng.choice([0.0, 0.1, 0.9, 1.1, 10.0]))
    elif way < 0.8:
        del nodes[rng.integers(len(nodes))]
    elif "user" in node and "options" in node:
        node["options"] = node["options"][:-1] or [[None, 0]]
    else:
        nodes.insert(int(rng.integers(len(nodes) + 1)), copy.deepcopy(node))


def test_both_verifiers_agree_on_what_was_changed_at_random() -> None:
    """What the exact verifier accepts is what the certifier proves, and what is refused by one is by the other."""
    rng = np.random.default_rng(5)
    refused = accepted = 0
    for _ in range(60):
        cases = denied(*CASES[rng.integers(len(CASES))])
        instance, document = cases[rng.integers(len(cases))]
        changed = copy.deepcopy(document)
        _changed(changed, rng)
        try:
            proven = certify(instance, certificate_from_json(instance, changed["certificate"])).bound_j == math.inf
            assert proven != bool(examine(instance, changed).faults)
        except InputError:
            proven = False
        said = exactly(instance, changed)
        assert said == 65 or (said == math.inf) == proven
        refused, accepted = refused + (not proven), accepted + proven
    assert refused >= 10 and accepted >= 10, (refused, accepted)


def test_commands_say_so(tmp_path: Any) -> None:
    instance, document = denied("prices", "units", "J-C")[0]
    (tmp_path / "i.json").write_text(json.dumps(instance_to_json(instance)))
    (tmp_path / "r.json").write_text(json.dumps(document))
    done = edgecut("verify", "i.json", "r.json", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith("certified: no plan exists")
    assert "exact arithmetic: the same (no plan exists)" in done.stdout
    shown = json.loads(edgecut("verify", "i.json", "r.json", "--json", cwd=tmp_path).stdout)
    assert shown["certified_infeasible"] is True and shown["certified_j"] is None and shown["valid"]
    done = edgecut("solve", "i.json", "--method", "prices", cwd=tmp_path)
    assert done.returncode == 3 and "CERTIFIED INFEASIBLE (no plan exists, recomputed" in done.stdout
    _prices(document := copy.deepcopy(document), 0.0)
    (tmp_path / "r.json").write_text(json.dumps(document))
    done = edgecut("verify", "i.json", "r.json", cwd=tmp_path)
    assert done.returncode == 4 and "certified infeasible" in done.stdout


def test_what_the_exact_verifier_does_not_know_it_says(tmp_path: Any) -> None:
    for instance, document in denied("branch", "units", "J-E"):
        whole = copy.deepcopy(document)
        whole["certificate"]["whole"] = True
        path = tmp_path / "i.json"
        path.write_text(json.dumps(instance_to_json(instance)))
        found = examine(instance, whole)
        assert not found.faults  # whole pieces are a restriction of shares
        exact = run_exactly(path, instance, whole, found, True)
        assert not exact.ran and not exact.faults and "not handled (a certificate of whole blocks" in exact.line
