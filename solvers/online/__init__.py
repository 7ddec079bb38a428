"""Requests that arrive over time: policies, and how far they are from what hindsight would have done.

Importing this package registers the policies that need no training. `solvers.online.environment` holds the Gymnasium
environment (extra ``rl``) and is imported by itself.
"""

from solvers.online import drift, myopic, simple
from solvers.online.desk import Desk, Episode, View, play, schedule_of
from solvers.online.hindsight import Hindsight, bound_of_prices, look_back
from solvers.online.market import Market
from solvers.online.registry import POLICIES, Policy, get_policy, policy

__all__ = [
    "POLICIES",
    "Desk",
    "Episode",
    "Hindsight",
    "Market",
    "Policy",
    "View",
    "bound_of_prices",
    "drift",
    "get_policy",
    "look_back",
    "myopic",
    "play",
    "policy",
    "schedule_of",
    "simple",
]
