"""One request on device, edge and cloud, block by block: go on, leave, or hand upwards, seeing how sure it is.

The problem after the abstract of "Dynamic hierarchical DNN offloading", PEMWN 2021; how confidence develops is assumed.
Units: s, J, Mbit, GFLOP.
"""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from instances.catalog import devices, servers
from instances.columns import Bools, Floats, Ints
from instances.dnn import load_network
from instances.errors import InputError
from instances.exits import boundary_at

__all__ = ["EXIT", "GO_ON", "UP", "Hierarchy", "catalogue_hierarchy"]

GO_ON, EXIT, UP = 0, 1, 2
"""Actions in a state (blocks done, tier, confidence)."""


@dataclasses.dataclass(frozen=True, eq=False)
class Hierarchy:
    """B blocks, K tiers from the device upwards, C levels of confidence.

    Args:
        run_cost: [K, B] cost of running block b + 1 on a tier, once b are done.
        up_cost: [K − 1, B + 1] cost of handing up what b blocks have made.
        accuracy: [B + 1, C] chance of a right answer when leaving after b blocks at this confidence.
        exits: [B + 1] whether there is a way out after b blocks; at the end there is.
        room: [K] blocks that the tier's memory holds, from the first one on: it cannot run later ones.
        begin: [C] confidence at the start. moves: [B, C, C] how it changes in each block.
        error_cost: what a wrong answer costs.

    Raises:
        InputError: shapes that do not fit, chances that are none, or no way to the end.
    """

    run_cost: Floats
    up_cost: Floats
    accuracy: Floats
    exits: Bools
    room: Ints
    begin: Floats
    moves: Floats
    error_cost: float

    def __post_init__(self) -> None:
        tiers, blocks = np.shape(self.run_cost)
        levels = len(self.begin)
        shapes = {"up_cost": (tiers - 1, blocks + 1), "accuracy": (blocks + 1, levels), "exits": (blocks + 1,),
                  "room": (tiers,), "moves": (blocks, levels, levels)}  # fmt: skip
        for name, wanted in shapes.items():
            if np.shape(getattr(self, name)) != wanted:
                raise InputError(f"Hierarchy.{name}", f"has shape {np.shape(getattr(self, name))}, not {wanted}")
        for name in ("begin", "moves"):
            chances = np.asarray(getattr(self, name))
            if (chances < 0).any() or not np.allclose(chances.sum(axis=-1), 1):
                raise InputError(f"Hierarchy.{name}", "holds chances that do not add up to 1")
        if not bool(self.exits[-1]) or int(self.room[-1]) < blocks:
            raise InputError("Hierarchy", "has no way to an answer", "the top runs everything and leaves at the end")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(B + 1, K, C): the states."""
        return len(self.exits), len(self.room), len(self.begin)

    def allowed(self) -> Bools:
        """[B + 1, K, C, 3] whether an action can be taken."""
        done, tiers, levels = self.shape
        may = np.zeros((done, tiers, levels, 3), dtype=bool)
        b, k = np.arange(done)[:, None], np.arange(tiers)[None, :]
        may[..., GO_ON] = ((b < done - 1) & (b < self.room[None, :]))[..., None]
        may[..., EXIT] = np.asarray(self.exits)[:, None, None]
        may[..., UP] = (k < tiers - 1)[..., None] & (b < done)[..., None]
        return may


def catalogue_hierarchy(
    network: str, *, device: str = "raspberry_pi_4", edge: str = "edge_cpu_8core", cloud: str = "cloud_gpu",
    blocks: int = 6, device_room: int = 4, rates_mbps: tuple[float, float] = (20.0, 100.0),
    waits_s: tuple[float, float] = (0.01, 0.04), delay_w: float = 1.0, error_cost: float = 1.0, sure: float = 0.3,
    accuracy: tuple[float, float, float] = (0.5, 0.75, 0.95),
) -> Hierarchy:  # fmt: skip
    """A catalogue network on catalogue machines.

    Cost is ``delay_w`` times seconds plus ``error_cost`` for a wrong answer. Confidence has three levels; a block lifts
    it by one with chance ``sure``, and an answer at a level is right as often as ``accuracy`` says, less a little the
    earlier it is given [all assumed].

    Raises:
        InputError: an unknown name, or no blocks.
    """
    net = load_network(network)
    if blocks < 1:
        raise InputError("blocks", f"is {blocks}", fix="1 or more")
    # Boundaries nearest to equal parts of the work; two parts may have the same one.
    cuts = {net.layers.index(boundary_at(net, k / blocks)) for k in range(1, blocks)}
    edges = [-1, *sorted(cuts), net.n_layers - 1]
    work = np.array([net.gflop[a + 1 : b + 1].sum() for a, b in itertools.pairwise(edges)])
    sent = np.array([net.input_mbit, *(net.output_mbit[e] for e in edges[1:])])
    speed = np.array([float(devices()[device].gflops), float(servers()[edge].gflops), float(servers()[cloud].gflops)])
    n = len(work)
    up = np.stack([wait + sent / rate for wait, rate in zip(waits_s, rates_mbps, strict=True)])
    lift = np.array([[1 - sure, sure, 0.0], [0.0, 1 - sure, sure], [0.0, 0.0, 1.0]])
    early = 0.8 + 0.2 * np.arange(n + 1) / n
    exits = np.arange(n + 1) > 0
    return Hierarchy(
        run_cost=delay_w * work[None, :] / speed[:, None], up_cost=delay_w * up,
        accuracy=early[:, None] * np.array(accuracy)[None, :], exits=exits,
        room=np.array([min(device_room, n), n, n]), begin=np.array([1.0, 0.0, 0.0]),
        moves=np.repeat(lift[None], n, axis=0), error_cost=error_cost,
    )  # fmt: skip
