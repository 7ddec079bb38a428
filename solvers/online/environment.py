"""The desk as a Gymnasium environment (extra ``rl``).

An observation is `solvers.online.features.see` of the request that waits, flattened; ``info["action_mask"]`` says which
actions fit. An action that does not fit is replaced by action 0, and ``info["replaced"]`` says so. The reward of a
request is minus what it costs while it stays. The same seed gives the same sequence; nothing observed depends on
requests of later slots.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from instances.arrivals import Arrivals
from instances.errors import InputError
from solvers.online.desk import Desk
from solvers.online.features import feature_count, see
from solvers.online.market import Market

try:
    import gymnasium
except ImportError as error:
    raise InputError("solvers.online.environment", "gymnasium is not installed", "the environment is one of its",
                     "pip install edgecut[rl]") from error  # fmt: skip

__all__ = ["OnlineEnvironment"]

BOUND = 1e3
"""Observations are clipped to this; what they hold is parts of 1, but savings can be negative and large."""


class OnlineEnvironment(gymnasium.Env[Any, Any]):
    """One sequence an episode, one request a step.

    Args:
        market: the menus.
        draw: makes a sequence of at least one request from a generator; called at every reset.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  Gymnasium's own declaration

    def __init__(self, market: Market, draw: Callable[[np.random.Generator], Arrivals]) -> None:
        self.market, self.draw = market, draw
        self.desk: Desk | None = None
        size = market.n_actions * feature_count(market)
        self.observation_space = gymnasium.spaces.Box(-BOUND, BOUND, (size,), np.float32)
        self.action_space = gymnasium.spaces.Discrete(market.n_actions)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """A new sequence; drawn again while it is empty."""
        super().reset(seed=seed)
        arrivals = self.draw(self.np_random)
        while not len(arrivals):
            arrivals = self.draw(self.np_random)
        self.desk = Desk(self.market, arrivals)
        return self._observe()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Decide the request that waits.

        Raises:
            InputError: before the first reset, or after the last request.
        """
        if self.desk is None:
            raise InputError("OnlineEnvironment", "has not been reset", fix="call reset() first")
        fits = self.desk.view().fits
        replaced = not fits[int(action)]
        cost = self.desk.take(0 if replaced else int(action))
        if self.desk.done:
            mask = np.zeros(self.market.n_actions, dtype=np.int8)
            return np.zeros(self.observation_space.shape or (), np.float32), -cost, True, False, {
                "action_mask": mask, "replaced": replaced}  # fmt: skip
        seen, info = self._observe()
        return seen, -cost, False, False, {**info, "replaced": replaced}

    def _observe(self) -> tuple[Any, dict[str, Any]]:
        assert self.desk is not None  # reset() made it
        view = self.desk.view()
        seen = np.clip(see(view), -BOUND, BOUND).astype(np.float32).ravel()
        return seen, {"action_mask": view.fits.astype(np.int8), "slot": view.slot}
