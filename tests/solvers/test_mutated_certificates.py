"""No tampering with a certificate in a result gets through.

Each mutation changes one thing in a document; several at once by chance are none's friend either.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from instances.errors import InputError
from solvers import Result
from solvers.result_file import examine, result_to_json
from tests.solvers.certified import CASES, Document, certified_result


@pytest.fixture(scope="module", params=CASES, ids=lambda p: p[0])
def certified(request: pytest.FixtureRequest) -> Result:
    return certified_result(*request.param)


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
