"""Online policies against hindsight: four settings, every policy on the same sequences of requests.

A case is one setting and seed; its row holds what every policy spent, and what hindsight proves. Learned policies are
trained once a setting, on sequences of other seeds. `missed` is the part of the saving over running everything on the
device that a policy misses, (cost − bound)/(cost of all local − bound), with the bound recomputed from prices: no less
than the true regret.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from instances.accuracy import TOP1, with_accuracy
from instances.arrivals import Arrivals, draw_arrivals
from instances.binary import with_binary_branch
from instances.check_arrivals import check_schedule
from instances.exits import block_boundaries
from instances.generate import generate
from instances.instance import Instance
from results.experiment import experiment
from solvers import Limits
from solvers.online import POLICIES, Market, Policy, look_back, play, schedule_of
from solvers.online.bid import learn_bid_prices
from solvers.online.learned import Training, train_policy

SEEDS, QUICK_SEEDS = range(10), range(2)
POPULATION, SERVERS, SLOTS, RATE, MEAN_STAY = 240, 2, 40, 4.0, 6.0
PIECES: dict[str, Any] = {"allocation": "units", "blocks": 25, "units": 10}
FIRST_TRAINING, BID_SEQUENCES, EPISODES = 10_000, 12, 120
LIMITS = Limits(gap=1e-2, nodes=20)


def population(setting: str) -> Instance:
    """The users that may come."""
    return _POPULATIONS[setting]()


def _campus(problem: str = "J-E") -> Instance:
    weights = {"weight_ratio": 20.0} if problem == "J-A" else {}
    return generate("campus", users=POPULATION, servers=SERVERS, seed=1, load=POPULATION / 20, problem=problem,
                    **PIECES, **weights)  # fmt: skip


def _branches() -> Instance:
    """A factory whose networks have a binary branch behind their first block, where half of the requests leave
    [assumed], as in LcDNN: the edge schedules what remains."""
    plain = generate("factory", users=POPULATION, servers=SERVERS, seed=1, load=POPULATION / 20, **PIECES)
    nets = []
    for net in plain.networks:
        known = with_accuracy(net.name) if net.name in TOP1 else net
        nets.append(with_binary_branch(known, block_boundaries(known)[0], leaves=0.5, accuracy=0.9 * TOP1[net.name]))
    return plain.replace(networks=tuple(nets))


def _tiers() -> Instance:
    return generate("mixed", users=POPULATION, servers=SERVERS, seed=1, load=POPULATION / 20,
                    networks=["alexnet", "squeezenet1_1"], **PIECES)  # fmt: skip


_POPULATIONS: dict[str, Callable[[], Instance]] = {
    "campus": _campus,
    "admission": lambda: _campus("J-A"),
    "binary branches": _branches,
    "exits and tiers": _tiers,
}
SETTINGS = tuple(_POPULATIONS)


@dataclasses.dataclass(frozen=True, eq=False)
class Prepared:
    """A setting's users, menus and policies, the learned ones trained."""

    instance: Instance
    market: Market
    policies: tuple[Policy, ...]


@functools.cache
def prepare(setting: str, quick: bool = False) -> Prepared:
    """Everything that does not depend on the seed of a case."""
    instance = population(setting)
    market = Market.of(instance)
    earlier = [sequence(instance, FIRST_TRAINING + s) for s in range(3 if quick else BID_SEQUENCES)]
    bid = learn_bid_prices(market, earlier)
    learned = train_policy(market, lambda rng: draw(instance, rng), np.random.default_rng(FIRST_TRAINING),
                           Training(episodes=10 if quick else EPISODES))  # fmt: skip
    return Prepared(instance, market, (*POLICIES.values(), bid, learned))


def draw(instance: Instance, rng: np.random.Generator) -> Arrivals:
    """One sequence of the experiment."""
    return draw_arrivals(instance, rng, slots=SLOTS, rate=RATE, mean_stay=MEAN_STAY)


def sequence(instance: Instance, seed: int) -> Arrivals:
    """The sequence of a seed."""
    return draw(instance, np.random.default_rng(seed))


def cases(quick: bool) -> list[dict[str, Any]]:
    """Settings × seeds."""
    names = SETTINGS[:1] if quick else SETTINGS
    return [{"setting": name, "seed": s, **({"quick": True} if quick else {})}
            for name in names for s in (QUICK_SEEDS if quick else SEEDS)]  # fmt: skip


@experiment("online", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Hindsight, and every policy on the same sequence; every schedule checked."""
    ready = prepare(case["setting"], bool(case.get("quick")))
    arrivals = sequence(ready.instance, case["seed"])
    best = look_back(ready.market, arrivals, LIMITS)
    alone = float((ready.market.cost[arrivals.user, 0] * arrivals.inferences).sum())
    names, costs, away = [], [], []
    for policy in ready.policies:
        episode = play(ready.market, arrivals, policy.begin(ready.market, np.random.default_rng(case["seed"])))
        report = check_schedule(arrivals, schedule_of(ready.market, episode))
        assert report.valid, f"{policy.name}: {report.broken[:3]}"
        names.append(policy.name)
        costs.append(report.cost)
        away.append(report.turned_away)
    reach = max(alone - best.certified, 1e-12)
    return {
        "requests": len(arrivals), "unit": ready.instance.unit, "all_local": alone,
        "hindsight": best.cost, "bound": best.bound, "certified": best.certified,
        "hindsight_missed": (best.cost - best.certified) / reach,
        "policy": names, "cost": costs, "turned_away": away, "missed": [(c - best.certified) / reach for c in costs],
    }  # fmt: skip
