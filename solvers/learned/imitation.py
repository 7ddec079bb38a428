"""Imitation of exact plans: a perceptron scores options, repair makes the best-scored ones fit, shares are exact."""

from __future__ import annotations

import functools
import math
from pathlib import Path

import numpy as np

from instances.columns import Floats
from instances.errors import InputError
from instances.options import OptionTable
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.heuristics.incumbent import Incumbent, Outcome, run
from solvers.heuristics.repair import repair
from solvers.heuristics.situation import Situation
from solvers.learned.features import FEATURES, features
from solvers.learned.network import Network, read_network
from solvers.registry import Kind, method

__all__ = ["WEIGHTS", "Imitation", "decode", "scores"]

WEIGHTS = Path(__file__).with_name("imitation.json")


@method
class Imitation:
    """Every user's option of highest score, and where these overload a server the exchange that costs least score.

    The same without a server that costs energy to be on, as long as that is cheaper: the network sees no crowds.
    Trained on plans of `branch` (``python -m solvers.learned.train``); only NumPy is needed to run it. Under J-A and
    other problems than J-E it runs but was not trained for them.
    """

    name = "imitation"
    title = "perceptron that imitates exact plans, then repair and exact shares"
    kind: Kind = "learned"
    guarantee: str | None = None
    reference = "imitation learning as in Gasse et al., NeurIPS 2019, here of plans; docs/heuristics.md"

    def supports(self, table: OptionTable) -> str | None:
        """Any instance."""
        return None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Score, repair, settle."""

        def search(situation: Situation, incumbent: Incumbent) -> Outcome:
            return decode(situation, incumbent, scores(situation, _network()), rng)

        return run(table, clock, search)


def scores(situation: Situation, network: Network) -> Floats:
    """[n_options] log of the chance that an exact plan uses the option, as far as the network can tell; −inf where not
    usable.
    """
    rows, inputs = features(situation)
    score = np.full(len(situation.table), -np.inf)
    score[rows] = -np.logaddexp(0.0, -network.value(inputs))
    return score


def decode(situation: Situation, incumbent: Incumbent, score: Floats, rng: np.random.Generator) -> Outcome:
    """Offer plans that follow scores [n_options]: on all servers, then without some."""
    servers = list(range(situation.table.n_servers))
    cost = _settle(situation, servers, score, incumbent, rng)
    better = True
    while better and not incumbent.out_of_time:
        better = False
        for server in [s for s in servers if situation.static_j[s] > 0]:
            rest = [s for s in servers if s != server]
            without = _settle(situation, rest, score, incumbent, rng)
            if without < cost:
                servers, cost, better = rest, without, True
    incumbent.detail["closed"] = float(situation.table.n_servers - len(servers))
    message = "the options of highest score do not fit, and repair found none near them that do"
    return (Stop.TIME if incumbent.out_of_time else Stop.FINISHED), message


def _settle(situation: Situation, servers: list[int], score: Floats, incumbent: Incumbent, rng: np.random.Generator
            ) -> float:  # fmt: skip
    """Offer the options of highest score on some servers, repaired; what they cost, J (inf: no plan)."""
    part = situation.within(servers)
    chosen = part.best_of_each(-score)
    if (chosen < 0).any():
        return math.inf
    fitting = repair(part, chosen, -score, rng=rng, clock=incumbent.clock)
    if fitting is None:
        return math.inf
    incumbent.offer(fitting)
    return situation.cost(fitting)


@functools.cache
def _network() -> Network:
    network = read_network(WEIGHTS)
    if network.features != FEATURES:
        raise InputError(str(WEIGHTS), "was trained on other features", fix="python -m solvers.learned.train")
    return network
