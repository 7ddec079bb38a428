"""Imitation of exact plans: a perceptron scores options, repair makes the best-scored ones fit, shares are exact."""

from __future__ import annotations

import functools
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

__all__ = ["WEIGHTS", "Imitation", "scores"]

WEIGHTS = Path(__file__).with_name("imitation.json")


@method
class Imitation:
    """Every user's option of highest score, and where these overload a server the exchange that costs least score.

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
        return run(table, clock, lambda situation, incumbent: _decode(situation, incumbent, rng))


def scores(situation: Situation, network: Network) -> Floats:
    """[n_options] log of the chance that an exact plan uses the option, as far as the network can tell; −inf where not
    usable.
    """
    rows, inputs = features(situation)
    score = np.full(len(situation.table), -np.inf)
    score[rows] = -np.logaddexp(0.0, -network.log_odds(inputs))
    return score


def _decode(situation: Situation, incumbent: Incumbent, rng: np.random.Generator) -> Outcome:
    score = scores(situation, _network())
    chosen = situation.best_of_each(-score)
    fitting = repair(situation, chosen, -score, rng=rng, clock=incumbent.clock)
    incumbent.detail["changed"] = float((chosen != fitting).sum()) if fitting is not None else float(len(chosen))
    if fitting is not None:
        incumbent.offer(fitting)
    message = "the options of highest score do not fit, and repair found none near them that do"
    return (Stop.TIME if incumbent.out_of_time else Stop.FINISHED), message


@functools.cache
def _network() -> Network:
    network = read_network(WEIGHTS)
    if network.features != FEATURES:
        raise InputError(str(WEIGHTS), "was trained on other features", fix="python -m solvers.learned.train")
    return network
