"""Certificates in results: what CERTIFIED means, and that no tampering with them gets through."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import instances.certify
from instances.certificate import Certificate, Dropped, Leaf, Node, ServerSplit, UserSplit
from instances.certificate_file import certificate_from_json, certificate_to_json
from instances.certify import certify
from instances.errors import InputError
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from solvers import Limits, Result, Verdict, solve
from solvers.answer import Answer, Stop
from solvers.branch.cases import Record
from solvers.branch.proof import _tree
from solvers.branch.rates import Rates
from solvers.prices import Dual
from solvers.prices.ascent import climb, first_prices
from solvers.result_file import examine, result_from_json, result_to_json, verify
from tests.builders import tiny_admission, tiny_instance

Document = dict[str, Any]


def good_prices(instance: Instance) -> np.ndarray:
    dual = Dual(expand(instance))
    return climb(dual, first_prices(dual), 30).prices


def tree_of(instance: Instance) -> Node:
    """Servers and users split, good prices in every leaf, each a little different."""
    prices, table = good_prices(instance), expand(instance)
    factors = iter(1 + 0.01 * np.arange(20))

    def leaf() -> Leaf:
        return Leaf(prices * next(factors))

    def options(user: int, count: int) -> tuple[tuple[int, int], ...]:
        rows = np.flatnonzero(table.user == user)[:count]
        return tuple((int(table.server[o]), int(table.cut[o])) for o in rows)

    return ServerSplit(
        0, UserSplit(0, options(0, 2), leaf(), UserSplit(1, options(1, 1), leaf(), leaf())),
        ServerSplit(1, leaf(), UserSplit(2, options(2, 3), leaf(), leaf())),
    )  # fmt: skip


def certified_result(allocation: str, seed: int) -> Result:
    """A result with the plan of brute force and the certificate of a tree."""
    instance = tiny_instance(seed, users=3, servers=2, layers=3, allocation=allocation, tightness=0.3)
    best = solve(instance, "brute_force")
    root = tree_of(instance)
    proof = certify(instance, Certificate(root, 0.0))
    answer = Answer(None, Stop.FINISHED, proof.bound_j, best.objective_j, certificate=Certificate(root, proof.bound_j))
    return Result.checked(instance, answer, best.plan, method="prices", limits=Limits(gap=1e-4))


@pytest.fixture(scope="module", params=[("units", 3), ("continuous", 8)], ids=lambda p: p[0])
def certified(request: pytest.FixtureRequest) -> Result:
    return certified_result(*request.param)


@pytest.fixture(scope="module")
def priced() -> Result:
    return solve(generate("campus", users=12, servers=3, seed=1), "prices", limits=Limits(rounds=10))


def judged(result: Result, *, gap: float = 1e-4, certify: bool = True, **claims: Any) -> Result:
    """The result that an answer with other claims would have become."""
    answer = Answer(None, Stop.FINISHED, result.bound_j, result.objective_j, certificate=result.certificate)
    return Result.checked(result.instance, dataclasses.replace(answer, **claims), result.plan, method="prices",
                          limits=Limits(gap=gap), certify=certify)  # fmt: skip


def test_plan_and_bound_make_it_certified(certified: Result, priced: Result) -> None:
    for result in (certified, priced):
        assert (result.verdict, result.message) == (Verdict.CERTIFIED, "")
        assert result.certificate is not None
        proof = certify(result.instance, result.certificate)
        assert result.bound_j == result.certified_j == result.certificate.bound_j == proof.bound_j
        assert result.gap == result.certified_gap < math.inf and result.certify_s > 0


def test_without_certification_nothing_rests_on_it(priced: Result) -> None:
    result = judged(priced, certify=False)
    assert result.verdict is Verdict.BOUNDED and result.certified_j == -math.inf and result.certificate is not None
    assert result.certified_gap == math.inf


def test_a_better_bound_stays_the_solvers_word(certified: Result) -> None:
    """Further apart than the gap asked for: both bounds are kept, and the verdict is about the solver's."""
    assert certified.certified_gap > 1e-4
    result = judged(certified, bound_j=certified.objective_j)
    assert result.verdict is Verdict.OPTIMAL
    assert result.bound_j == result.objective_j and result.certified_j == certified.certified_j
    loose = judged(certified, bound_j=0.5 * (certified.objective_j + certified.certified_j))
    assert loose.verdict is Verdict.BOUNDED and loose.certified_j < loose.bound_j
    for kept in (result, loose):
        assert verify(kept.instance, result_to_json(kept)) == []


def test_a_certified_gap_within_the_limit_is_enough(certified: Result) -> None:
    result = judged(certified, gap=0.99, bound_j=certified.objective_j)
    assert result.verdict is Verdict.CERTIFIED and result.bound_j == result.certified_j
    assert result.detail["solver_bound_j"] == certified.objective_j
    document = result_to_json(result)
    assert verify(result.instance, document) == []
    assert result_to_json(result_from_json(result.instance, document)) == document


def test_a_modest_claim_gets_what_is_proven(certified: Result) -> None:
    result = judged(certified, bound_j=-math.inf)
    assert result.verdict is Verdict.CERTIFIED and result.bound_j == certified.certified_j


def test_a_certificate_that_proves_less_than_it_says_is_wrong(certified: Result) -> None:
    assert certified.certificate is not None
    more = dataclasses.replace(certified.certificate, bound_j=certified.certified_j * (1 + 1e-6))
    result = judged(certified, certificate=more)
    assert result.verdict is Verdict.WRONG and "certificate claims" in result.message
    assert result.certified_j == certified.certified_j


def test_a_certificate_that_is_not_understood_is_wrong(certified: Result) -> None:
    for root in (Leaf(np.full((3, 2), -1.0)), Leaf(np.zeros((2, 2))), None):
        result = judged(certified, certificate=Certificate(root, 0.0))  # type: ignore[arg-type]
        assert result.verdict is Verdict.WRONG and "certificate rejected" in result.message
        assert result.certificate is None and result.certified_j == -math.inf


def test_a_certificate_above_the_plan_is_wrong(certified: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    high = instances.certify.Proof(2 * certified.objective_j, 0.0, 1)
    monkeypatch.setattr("solvers.result.prove", lambda *_: high)
    result = judged(certified)
    assert result.verdict is Verdict.WRONG and "above a verified plan" in result.message
    assert result.certified_j == -math.inf


def test_without_a_plan_the_bound_is_proven_all_the_same(certified: Result) -> None:
    answer = Answer(None, Stop.TIME, certified.bound_j, certificate=certified.certificate)
    result = Result.checked(certified.instance, answer, None, method="prices")
    assert result.verdict is Verdict.UNKNOWN and result.bound_j == result.certified_j == certified.certified_j
    assert verify(result.instance, result_to_json(result)) == []


def test_interrupted_certification_keeps_the_rest(certified: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("solvers.result.prove", interrupt)
    result = judged(certified)
    assert result.verdict is Verdict.BOUNDED and result.valid and result.certified_j == -math.inf


def test_documents_round_trip(certified: Result, priced: Result) -> None:
    for result in (certified, priced, judged(priced, certify=False)):
        document = result_to_json(result)
        assert result_to_json(result_from_json(result.instance, document)) == document
        assert verify(result.instance, document) == []


def test_verify_recomputes_what_was_not(priced: Result) -> None:
    document = result_to_json(judged(priced, certify=False))
    assert document["certified_j"] is None
    assert examine(priced.instance, document).certified_j == priced.certified_j
    document["certificate"]["bound_j"] *= 1.001
    assert "certificate claims" in verify(priced.instance, document)[0]


def test_documents_of_the_first_schema_are_read() -> None:
    instance = tiny_instance(2, allocation="continuous", tightness=0.4, memory_limits=False)
    document = result_to_json(solve(instance, "brute_force"))
    old = {k: v for k, v in document.items() if k not in ("certificate", "certified_j", "certify_s")}
    old["schema"] = "edgecut-result/1"
    assert verify(instance, old) == []
    again = result_from_json(instance, old)
    assert again.verdict is Verdict.OPTIMAL and again.certificate is None
    with pytest.raises(InputError, match="verdict"):
        verify(instance, {**old, "verdict": "certified"})


# Mutations. Each changes one thing in a document; several at once by chance are none's friend either.


def _leaf(document: Document, rng: np.random.Generator) -> list[list[float]]:
    leaves = [node for node in document["certificate"]["nodes"] if "prices" in node]
    return leaves[rng.integers(len(leaves))]["prices"]  # type: ignore[no-any-return]


def _change_price(change: Callable[[float, np.random.Generator], Any]) -> Callable[..., None]:
    def mutate(document: Document, rng: np.random.Generator) -> None:
        prices = _leaf(document, rng)
        k, s = rng.integers(2), rng.integers(len(prices[0]))
        prices[k][s] = change(prices[k][s], rng)

    return mutate


def _scale_prices(low: float, high: float) -> Callable[..., None]:
    """All prices of one server, in every leaf: whichever leaf is the least, it is another one now."""

    def mutate(document: Document, rng: np.random.Generator) -> None:
        leaves = [node["prices"] for node in document["certificate"]["nodes"] if "prices" in node]
        s, factor = rng.integers(len(leaves[0][0])), rng.uniform(low, high)
        for prices in leaves:
            for row in prices:
                row[s] *= factor

    return mutate


def _change_figure(name: str, *, nested: bool = False) -> Callable[..., None]:
    def mutate(document: Document, rng: np.random.Generator) -> None:
        place = document["certificate"] if nested else document
        place[name] *= 1 + rng.choice([-1, 1]) * 10 ** rng.uniform(-7, 0)

    return mutate


def _nodes(change: Callable[[list[Document], int, np.random.Generator], None], kind: str = "") -> Callable[..., None]:
    def mutate(document: Document, rng: np.random.Generator) -> None:
        nodes = document["certificate"]["nodes"]
        fitting = [k for k, node in enumerate(nodes) if kind in ("", *node)]
        change(nodes, int(rng.choice(fitting)), rng)

    return mutate


def _extent(nodes: list[Document], k: int) -> int:
    """Number of nodes of the subtree that starts at k."""
    wanted, size = 1, 0
    while wanted:
        wanted += 1 if "prices" not in nodes[k + size] else -1
        size += 1
    return size


def _swap_parts(nodes: list[Document], k: int, rng: np.random.Generator) -> None:
    a = _extent(nodes, k + 1)
    b = _extent(nodes, k + 1 + a)
    first, second = nodes[k + 1 : k + 1 + a], nodes[k + 1 + a : k + 1 + a + b]
    nodes[k + 1 : k + 1 + a + b] = second + first


def _drop_branch(nodes: list[Document], k: int, rng: np.random.Generator) -> None:
    del nodes[k : k + _extent(nodes, k)]


def _cut_out_split(nodes: list[Document], k: int, rng: np.random.Generator) -> None:
    """One of the two cases takes the place of the split: the other one is forgotten."""
    a = _extent(nodes, k + 1)
    b = _extent(nodes, k + 1 + a)
    nodes[k : k + 1 + a + b] = nodes[k + 1 : k + 1 + a] if rng.random() < 0.5 else nodes[k + 1 + a : k + 1 + a + b]


def _drop_option(nodes: list[Document], k: int, rng: np.random.Generator) -> None:
    del nodes[k]["options"][rng.integers(len(nodes[k]["options"]))]


def _other_cut(nodes: list[Document], k: int, rng: np.random.Generator) -> None:
    nodes[k]["options"][0][1] += int(rng.choice([-1, 1, 3]))


def _set(name: str, value: Any) -> Callable[..., None]:
    return lambda document, rng: document.update({name: value})


def _in_certificate(name: str, value: Any) -> Callable[..., None]:
    return lambda document, rng: document["certificate"].update({name: value})


def _rename_server(document: Document, rng: np.random.Generator) -> None:
    document["certificate"]["servers"].reverse()


def _claim_all(document: Document, rng: np.random.Generator) -> None:
    """The careful liar: every figure agrees with every other."""
    lie = document["certified_j"] + rng.uniform(0.01, 1) * (document["objective_j"] - document["certified_j"])
    document.update(certified_j=lie, bound_j=lie, gap=(document["objective_j"] - lie) / document["objective_j"])
    document["certificate"]["bound_j"] = lie


MUTATIONS: dict[str, Callable[..., None]] = {
    "price raised": _change_price(lambda p, rng: (p + 1e-3) * rng.uniform(1.01, 3)),
    "price lowered": _change_price(lambda p, rng: p * rng.uniform(0, 0.9)),
    "prices of a server raised": _scale_prices(1.01, 3),
    "prices of a server lowered": _scale_prices(0.0, 0.9),
    "price negative": _change_price(lambda p, rng: -p - 1e-12),
    "price a text": _change_price(lambda p, rng: str(p)),
    "price null": _change_price(lambda p, rng: None),
    "price no number": _change_price(lambda p, rng: math.nan),
    "price infinite": _change_price(lambda p, rng: math.inf),
    "row of prices lost": lambda d, rng: _leaf(d, rng).pop(),
    "price too many": lambda d, rng: _leaf(d, rng)[rng.integers(3)].append(0.1),
    "bound changed": _change_figure("bound_j"),
    "certified bound changed": _change_figure("certified_j"),
    "claim of the certificate changed": _change_figure("bound_j", nested=True),
    "objective changed": _change_figure("objective_j"),
    "gap changed": _change_figure("gap"),
    "everything claimed at once": _claim_all,
    "branch lost": _nodes(_drop_branch),
    "case forgotten": _nodes(_cut_out_split, "server"),
    "other case forgotten": _nodes(_cut_out_split, "user"),
    "off and on swapped": _nodes(_swap_parts, "server"),
    "among and other swapped": _nodes(_swap_parts, "user"),
    "node lost": _nodes(lambda nodes, k, rng: nodes.pop(k)),
    "node doubled": _nodes(lambda nodes, k, rng: nodes.insert(k, copy.deepcopy(nodes[k]))),
    "option lost": _nodes(_drop_option, "user"),
    "another cut": _nodes(_other_cut, "user"),
    "unknown server": _nodes(lambda nodes, k, rng: nodes[k].update(server="nowhere"), "server"),
    "the other server": _nodes(
        lambda n, k, rng: n[k].update(server="s1" if n[k]["server"] == "s0" else "s0"), "server"
    ),
    "unknown user": _nodes(lambda nodes, k, rng: nodes[k].update(user="nobody"), "user"),
    "another user": _nodes(lambda n, k, rng: n[k].update(user=f"u{(int(n[k]['user'][1:]) + 1) % 3}"), "user"),
    "field too many": _nodes(lambda nodes, k, rng: nodes[k].update(colour="blue")),
    "servers in another order": _rename_server,
    "servers lost": _in_certificate("servers", []),
    "no nodes": _in_certificate("nodes", []),
    "claim null": _in_certificate("bound_j", None),
    "certificate lost": _set("certificate", None),
    "certificate a list": _set("certificate", []),
    "verdict optimal": _set("verdict", "optimal"),
    "verdict bounded": _set("verdict", "bounded"),
    "certified bound hidden": _set("certified_j", None),
    "older schema": _set("schema", "edgecut-result/1"),
    "another instance": lambda d, rng: d["instance"].update(fingerprint="0" * 64),
}
HARMLESS = (
    "prices of a server raised",
    "prices of a server lowered",
    "price raised",
    "price lowered",
    "off and on swapped",
    "among and other swapped",
    "option lost",
    "another cut",
    "the other server",
    "another user",
    "case forgotten",
    "other case forgotten",
    "servers in another order",
)
"""May by chance leave the recomputed bound as it was: of a case that was not the least, or of a price that never bore.
What remains is then a certificate of its own, and what it proves is recomputed."""


@pytest.mark.parametrize("name", MUTATIONS)
def test_mutated_certificates_are_refuted(name: str, certified: Result) -> None:
    """10 of each kind for two results, more than 800 in all: rejected, or the recorded bound is truly proven."""
    rng = np.random.default_rng(sum(name.encode()))
    original = result_to_json(certified)
    refuted = 0
    for _ in range(10):
        document = copy.deepcopy(original)
        MUTATIONS[name](document, rng)
        assert document != original
        try:
            found = examine(certified.instance, document)
        except InputError:
            refuted += 1
            continue
        if found.faults:
            refuted += 1
            continue
        assert name in HARMLESS
        # Nothing false is said: the plan is as good as before, and the bound is one, recomputed to nine digits.
        assert found.certified_j == pytest.approx(document["certified_j"], rel=2e-9)
        assert found.certified_j <= certified.objective_j * (1 + 1e-12)
        assert found.result is not None and found.result.valid
    assert refuted == 10 or name in HARMLESS
    assert refuted >= 5 or name not in HARMLESS[:2]


@pytest.mark.parametrize("method", ["prices", "branch"])
def test_certificates_of_other_problems_count_as_no_proof(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the certifier does not know the costs, it refuses, and the verdict is by the solver's word."""
    for module in ("instances.certify", "solvers.result"):
        monkeypatch.setattr(f"{module}.CERTIFIABLE", ("J-E",))
    instance = tiny_instance(4, allocation="continuous", problem="J-L")
    result = solve(instance, method, limits=Limits(gap=1e-6))
    assert result.certificate is not None and result.certified_j == -math.inf
    assert result.verdict in (Verdict.OPTIMAL, Verdict.BOUNDED), result.message
    with pytest.raises(InputError, match="is J-L"):
        certify(instance, result.certificate)
    document = result_to_json(result)
    found = examine(instance, json.loads(json.dumps(document)))
    assert found.faults == [] and found.certified_j == -math.inf
    assert result_to_json(result_from_json(instance, document)) == document


def test_rejections_in_a_split_are_read_back() -> None:
    instance = tiny_admission(4, allocation="continuous", budgets=False)
    leaf = Leaf(np.zeros((3, instance.n_servers)))
    one = Certificate(UserSplit(1, ((-1, -1), (0, 1)), leaf, leaf), 0.0)
    document = certificate_to_json(instance, one)
    root = certificate_from_json(instance, document).root
    assert isinstance(root, UserSplit) and root.options[0] == (-1, -1)
    assert certificate_to_json(instance, Certificate(root, 0.0)) == document


def test_a_split_whose_first_part_has_nothing_to_choose_is_no_node() -> None:
    """Found on the library's metro-e-60x3-light-c-1 at a gap of 1e-7: its certificate was rejected."""
    table = expand(generate("campus", users=3, servers=2, seed=1))
    rates = Rates(np.zeros((2 + len(table.stocks), table.n_servers)))
    parts = Record(rates, np.inf), Record(rates, 1.0)
    nothing = np.zeros(0, dtype=np.int64)
    split = Record(rates, 1.0, sieve=rates, user=0, among=nothing, parts=parts)
    made = _tree(table, split, np.arange(len(table)))
    assert isinstance(made, Dropped) and isinstance(made.rest, Leaf)
