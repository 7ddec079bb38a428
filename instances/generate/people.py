"""Users of a generator: what they run, on what, over which radio."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from instances.columns import Floats, Ints
from instances.dnn import Dnn, load_network
from instances.generate.draws import Draws
from instances.generate.settings import Settings
from instances.generate.tables import device_table, radio_dbm, radio_table
from instances.instance import Devices, Radios

__all__ = ["Mix", "People", "draw_people"]


@dataclasses.dataclass(frozen=True)
class Mix:
    """Catalogue names and the weight with which each is drawn."""

    networks: Mapping[str, float]
    devices: Mapping[str, float]
    radios: Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class People:
    """Tables of an instance, the row of each that every user has, and ``up_dbm`` [users] of their radios."""

    networks: tuple[Dnn, ...]
    devices: Devices
    radios: Radios
    network: Ints
    device: Ints
    radio: Ints
    up_dbm: Floats


def draw_people(settings: Settings, draws: Draws, mix: Mix, devices: Devices | None = None) -> People:
    """Users with networks and devices (the settings' choice before the mix's) and radios, drawn independently.

    ``devices``: table in place of the catalogue's, one row for each entry of ``mix.devices``.
    """
    if settings.devices is not None:
        mix, devices = dataclasses.replace(mix, devices=settings.devices), None
    networks = settings.networks or mix.networks
    radio = draws.pick("radios", _weights(mix.radios))
    return People(
        networks=tuple(load_network(name) for name in networks),
        devices=device_table(list(mix.devices), settings) if devices is None else devices,
        radios=radio_table(list(mix.radios)),
        network=draws.pick("networks", _weights(networks)),
        device=draws.pick("devices", _weights(mix.devices)),
        radio=radio,
        up_dbm=radio_dbm(list(mix.radios))[radio],
    )


def _weights(mix: Mapping[str, float]) -> Floats:
    return np.array(list(mix.values()), dtype=float)
