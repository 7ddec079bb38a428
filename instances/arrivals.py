"""Requests that come and go: users of an instance arrive slot by slot and stay for a while, one inference a slot."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Bools, Ints, as_column
from instances.errors import InputError
from instances.instance import Instance

__all__ = ["Arrivals", "draw_arrivals", "of_users"]


@dataclasses.dataclass(frozen=True, eq=False)
class Arrivals:
    """One sequence of requests, in the order in which they arrive.

    Args:
        instance: the population. A user of it makes at most one request.
        user: [n] whose request it is.
        slot: [n] when it arrives, not falling; requests of one slot are decided in this order.
        stay: [n] slots that it stays, the first included; known when it arrives.
        n_slots: how many there are; what stays longer counts up to the last one.

    Raises:
        InputError: columns that do not fit together, a slot out of range, a user twice.
    """

    instance: Instance
    user: Ints
    slot: Ints
    stay: Ints
    n_slots: int

    def __post_init__(self) -> None:
        for name in ("user", "slot", "stay"):
            column = as_column("Arrivals", name, getattr(self, name), "Ints")
            object.__setattr__(self, name, column)
            if len(column) != len(self.user):
                raise InputError(f"Arrivals.{name}", f"has {len(column)} rows for {len(self.user)} requests")
        if len(np.unique(self.user)) < len(self.user):
            raise InputError("Arrivals.user", "names one twice", "a user makes one request")
        if len(self.user) and not (self.user.min() >= 0 and self.user.max() < self.instance.n_users):
            raise InputError("Arrivals.user", "names one that is not there", f"there are {self.instance.n_users}")
        if (np.diff(self.slot) < 0).any() or ((self.slot < 0) | (self.slot >= self.n_slots)).any():
            raise InputError("Arrivals.slot", "falls, or is out of range", f"slots are 0 … {self.n_slots - 1} in order")
        if (self.stay < 1).any():
            raise InputError("Arrivals.stay", "holds one below 1", "who comes stays for its slot")

    def __len__(self) -> int:
        return len(self.user)

    @property
    def end(self) -> Ints:
        """[n] first slot in which it is gone, at most ``n_slots``."""
        return np.asarray(np.minimum(self.slot + self.stay, self.n_slots))

    @property
    def inferences(self) -> Ints:
        """[n] slots that count."""
        return np.asarray(self.end - self.slot)

    def present(self, slot: int) -> Bools:
        """[n] who is there in a slot."""
        return np.asarray((self.slot <= slot) & (slot < self.end))


def draw_arrivals(
    instance: Instance, rng: np.random.Generator, *, slots: int, rate: float, mean_stay: float
) -> Arrivals:
    """Poisson arrivals with geometric stays; users come in random order until all have been.

    Args:
        instance: the population. rng: everything is drawn from it.
        slots: how many. rate: mean arrivals a slot. mean_stay: slots, 1 or more.

    Raises:
        InputError: a number out of range, or more requests than users.
    """
    if slots < 1 or not (np.isfinite(rate) and rate > 0) or not (np.isfinite(mean_stay) and mean_stay >= 1):
        raise InputError("draw_arrivals", f"slots {slots}, rate {rate}, mean stay {mean_stay}",
                         "slots and mean stay are 1 or more, the rate is positive")  # fmt: skip
    slot = np.repeat(np.arange(slots), rng.poisson(rate, slots))
    if len(slot) > instance.n_users:
        raise InputError("draw_arrivals", f"{len(slot)} requests of {instance.n_users} users", "each user comes once",
                         "draw a larger instance, fewer slots or a lower rate")  # fmt: skip
    user = rng.permutation(instance.n_users)[: len(slot)]
    return Arrivals(instance, user, slot, rng.geometric(1 / mean_stay, len(slot)), slots)


def of_users(instance: Instance, users: Ints) -> Instance:
    """The instance with some of its users alone, in the order given."""
    place = np.full(instance.n_users, -1)
    place[users] = np.arange(len(users))
    links = instance.links.take(np.flatnonzero(place[instance.links.user] >= 0))
    own = {name: None if getattr(instance, name) is None else getattr(instance, name)[users]
           for name in ("device_budget_j", "accuracy_floor")}  # fmt: skip
    return instance.replace(users=instance.users.take(users), links=links.replace(user=place[links.user]), **own)
