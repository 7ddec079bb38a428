"""Smaller instances on which a fault is still there: delta debugging over what an instance is made of.

Each reduction proposes instances that are smaller or plainer in one respect. The first that still shows the fault is
taken and all is tried again, until nothing smaller shows it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from instances.columns import Floats
from instances.errors import InputError
from instances.instance import Instance
from instances.registry import Registry
from instances.variants import Variants
from results.trust.parts import keep_links, keep_networks, keep_servers, keep_users, without_layers

__all__ = ["REDUCTIONS", "reduction", "shrink"]

Reduction = Callable[[Instance], Iterator[Instance]]

REDUCTIONS = Registry[Reduction]("reduction")

reduction = REDUCTIONS.under
"""Decorator: register a way to make instances smaller. Proposals may raise InputError: they are passed over."""

MOST_TRIES = 400
"""Instances tried for one fault."""


def shrink(instance: Instance, shows: Callable[[Instance], bool], most_tries: int = MOST_TRIES) -> Instance:
    """The smallest instance found on which ``shows`` holds, as it does on ``instance``.

    Args:
        instance: shows the fault.
        shows: whether an instance shows it.
        most_tries: instances tried at most.
    """
    left, changed = most_tries, True
    while changed and left > 0:
        changed = False
        for propose in REDUCTIONS.values():
            again = True
            while again and left > 0:
                again = False
                for smaller in _proposals(propose, instance):
                    left -= 1
                    if shows(smaller):
                        instance, changed, again = smaller, True, True
                        break
                    if left <= 0:
                        break
    return instance


def _proposals(propose: Reduction, instance: Instance) -> Iterator[Instance]:
    """The proposals that are instances at all."""
    found = propose(instance)
    while True:
        try:
            yield next(found)
        except StopIteration:
            return
        except InputError:
            return  # what the generator had left is lost; the other reductions are not


def _halves(count: int) -> Iterator[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Rows to keep of so many: halves first, then all but one."""
    rows, size = np.arange(count), count // 2
    while size >= 1:
        for first in range(0, count, size):
            yield np.concatenate([rows[:first], rows[first + size :]])
        size //= 2


@reduction("users")
def _fewer_users(instance: Instance) -> Iterator[Instance]:
    for rows in _halves(instance.n_users):
        if len(rows):
            yield keep_users(instance, rows)


@reduction("servers")
def _fewer_servers(instance: Instance) -> Iterator[Instance]:
    for rows in _halves(instance.n_servers):
        yield keep_servers(instance, rows)


@reduction("links")
def _fewer_links(instance: Instance) -> Iterator[Instance]:
    for rows in _halves(len(instance.links)):
        kept = np.zeros(len(instance.links), dtype=bool)
        kept[rows] = True
        yield keep_links(instance, kept)


@reduction("option families")
def _fewer_families(instance: Instance) -> Iterator[Instance]:
    if len(instance.clouds):
        nobody = np.full(instance.n_servers, -1, dtype=np.int64)
        yield instance.replace(server_cloud=nobody, clouds=instance.clouds.take(np.zeros(0, dtype=np.int64)))
    if len(instance.variants):
        yield instance.replace(variants=Variants.none())
        for rows in _halves(len(instance.variants)):
            yield instance.replace(variants=_variants(instance.variants, rows))
    if instance.accuracy_floor is not None:
        yield instance.replace(accuracy_floor=None)
    if instance.deadline_rule != "expected":
        yield instance.replace(deadline_rule="expected")
    for g, network in enumerate(instance.networks):
        if network.is_conditional:
            always = dataclasses.replace(network, run_probability=np.ones(network.n_layers))
            yield instance.replace(networks=(*instance.networks[:g], always, *instance.networks[g + 1 :]))


def _variants(variants: Variants, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Variants:
    columns = {f.name: getattr(variants, f.name)[rows] for f in dataclasses.fields(variants) if f.name != "loss"}
    return Variants(**columns, loss=tuple(variants.loss[int(row)] for row in rows))


@reduction("limits")
def _fewer_limits(instance: Instance) -> Iterator[Instance]:
    """Budgets, memory, deadlines, clocks and hops that bind nobody."""
    servers, devices, links, users = instance.servers, instance.devices, instance.links, instance.users
    if instance.device_budget_j is not None:
        yield instance.replace(device_budget_j=None)
    if instance.energy_budget_j is not None:
        yield instance.replace(energy_budget_j=None)
    if np.isfinite(servers.memory_mb).any():
        yield instance.replace(servers=servers.replace(memory_mb=np.full(len(servers), np.inf)))
    if np.isfinite(devices.memory_mb).any():
        yield instance.replace(devices=devices.replace(memory_mb=np.full(len(devices), np.inf)))
    if np.isfinite(links.backhaul_mbps).any():
        yield instance.replace(links=links.replace(backhaul_mbps=np.full(len(links), np.inf)))
    if np.isfinite(links.download_mbps).any():
        yield instance.replace(links=links.replace(download_mbps=np.full(len(links), np.inf)))
    if links.round_trip_s.any():
        yield instance.replace(links=links.replace(round_trip_s=np.zeros(len(links))))
    if (devices.clock_min != devices.clock_max).any():
        yield instance.replace(devices=devices.replace(clock_min=devices.clock_max))
    if (users.deadline_s < 100).any():
        yield instance.replace(users=users.replace(deadline_s=np.full(len(users), 100.0)))


@reduction("layers")
def _fewer_layers(instance: Instance) -> Iterator[Instance]:
    used = np.unique(np.concatenate([instance.users.network, instance.variants.runs, instance.variants.network]))
    if len(used) < len(instance.networks):
        yield keep_networks(instance, used)
    if any(len(loss) for loss in instance.variants.loss):
        return  # losses belong to layers
    for g, network in enumerate(instance.networks):
        everything = np.arange(network.n_layers)
        for kept in (everything[-1:], *_halves(network.n_layers)):
            shorter = without_layers(network, set(everything.tolist()) - set(kept.tolist()))
            if shorter is not None:
                # Another name: the catalogue's network of this name is the long one.
                shorter = dataclasses.replace(shorter, name=f"short{g}")
                yield instance.replace(networks=(*instance.networks[:g], shorter, *instance.networks[g + 1 :]))


@reduction("pieces")
def _fewer_pieces(instance: Instance) -> Iterator[Instance]:
    servers = instance.servers
    for field in ("blocks", "units"):
        pieces = getattr(servers, field)
        for fewer in (np.ones_like(pieces), pieces // 2, pieces - 1):
            if (fewer >= 1).all() and (fewer < pieces).any():
                yield instance.replace(servers=servers.replace(**{field: fewer}))


@reduction("digits")
def _fewer_digits(instance: Instance) -> Iterator[Instance]:
    """Numbers that a person can read: 1 in place of any weight, two digits in place of seventeen."""
    users = instance.users
    if (users.weight != 1).any():
        yield instance.replace(users=users.replace(weight=np.ones(len(users))))
    for table in ("users", "devices", "radios", "servers", "links"):
        struct = getattr(instance, table)
        plain = {
            field.name: _rounded(getattr(struct, field.name))
            for field in dataclasses.fields(struct)
            if getattr(struct, field.name).dtype.kind == "f"
        }
        if any((plain[name] != getattr(struct, name)).any() for name in plain):
            yield instance.replace(**{table: struct.replace(**plain)})


def _rounded(values: Floats) -> Floats:
    return np.array([float(f"{value:.2g}") for value in values], dtype=np.float64)
