"""Prices of a server's resources, and of being served there at all."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats, Ints
from instances.options import LOCAL

__all__ = ["Rates"]


@dataclasses.dataclass(frozen=True, eq=False)
class Rates:
    """``prices`` [kinds, n_servers] of the whole uplink, compute and each stock (memory, energy where limited), J.

    ``pair``, ``link_j`` [links]: user × n_servers + server, and what that user pays for being served there, J. It is
    the multiplier of "user i is at server s only if s is on", and adds up to what the server costs to be on.
    """

    prices: Floats
    pair: Ints = dataclasses.field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    link_j: Floats = dataclasses.field(default_factory=lambda: np.zeros(0))

    def mixed(self, other: Rates, part: float) -> Rates:
        """``part`` of these and the rest of others."""
        pair, place = np.unique(np.concatenate([self.pair, other.pair]), return_inverse=True)
        weighted = np.concatenate([part * self.link_j, (1 - part) * other.link_j])
        link_j: Floats = np.bincount(place.reshape(-1), weighted, len(pair)).astype(float)
        return Rates(part * self.prices + (1 - part) * other.prices, pair.astype(np.int64), link_j)

    def links_of(self, user: Ints, server: Ints) -> Floats | float:
        """[n] what offers pay for being served at all; 0 for those without a server."""
        n_servers = self.prices.shape[1]
        if not len(self.pair):
            return 0.0
        wanted = user * n_servers + server
        place = np.minimum(np.searchsorted(self.pair, wanted), len(self.pair) - 1)
        return np.where((server != LOCAL) & (self.pair[place] == wanted), self.link_j[place], 0.0)

    @property
    def paid_j(self) -> Floats:
        """[n_servers] what a server that is on takes in when it is full and everybody with a link pays."""
        n_servers = self.prices.shape[1]
        linked = np.bincount(self.pair % max(n_servers, 1), self.link_j, n_servers)
        return np.asarray(self.prices.sum(axis=0) + linked)
