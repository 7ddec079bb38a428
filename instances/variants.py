"""Variants: other ways to run a user's network (fewer layers, fewer bits, another model), each with its accuracy."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from instances.columns import Columns, Floats, Ints, Names, as_column
from instances.dnn import Dnn
from instances.errors import InputError

if TYPE_CHECKING:
    from instances.instance import Instance

__all__ = ["Mode", "Variants", "modes_of"]


@dataclasses.dataclass(frozen=True, eq=False)
class Variants(Columns):
    """Alternatives that the users of a network may take in its place; a request takes one or none.

    Columns: ``network``: row of the network whose users may use it; ``runs``: row of the network that is run then,
    perhaps the same. ``upload_factor`` and ``input_factor`` multiply the size of tensors of layers, and of the input,
    when they are sent (8 bits in place of 32: 0.25). ``accuracy``: part of the answers that are right, 0 to 1.
    ``loss``: per variant the accuracy lost by sending each tensor in this form, [layers of the network that runs + 1],
    the last being that of the input; empty: nothing is lost. A cut loses the largest loss of the tensors that it sends.

    Raises:
        InputError: columns of unequal length, or losses that are no columns of numbers.
    """

    name: Names
    network: Ints
    runs: Ints
    upload_factor: Floats
    input_factor: Floats
    accuracy: Floats
    loss: tuple[Floats, ...]

    def __post_init__(self) -> None:
        length = len(np.atleast_1d(np.asarray(self.name)))
        for field in dataclasses.fields(self):
            if field.name == "loss":
                columns = [as_column("Variants", f"loss[{v}]", loss, "Floats") for v, loss in enumerate(self.loss)]
                object.__setattr__(self, "loss", tuple(columns))
            else:
                column = as_column("Variants", field.name, getattr(self, field.name), str(field.type))
                object.__setattr__(self, field.name, column)
            if len(getattr(self, field.name)) != length:
                raise InputError(f"Variants.{field.name}", f"has {len(getattr(self, field.name))} rows, name {length}")

    def take(self, rows: Any) -> Variants:
        """Copy with the given rows (indices or a mask) only."""
        kept = np.arange(len(self))[rows].tolist()
        columns = {f.name: getattr(self, f.name)[rows] for f in dataclasses.fields(self) if f.name != "loss"}
        return Variants(**columns, loss=tuple(self.loss[v] for v in kept))

    @classmethod
    def none(cls) -> Variants:
        """No variants at all."""
        nothing = np.zeros(0)
        rows = nothing.astype(np.int64)
        return cls(nothing.astype(np.str_), rows, rows, nothing, nothing, nothing, ())


@dataclasses.dataclass(frozen=True, eq=False)
class Mode:
    """What users of a network may run: the network itself (variant −1) or a variant; fields as in `Variants`.

    ``accuracy``: 1 where it is not known.
    """

    network: int
    variant: int
    runs: Dnn
    upload_factor: float = 1.0
    input_factor: float = 1.0
    accuracy: float = 1.0
    loss: Floats = dataclasses.field(default_factory=lambda: np.zeros(0))

    @property
    def is_plain(self) -> bool:
        """Whether all it sends has its own size, nothing is lost, and every layer runs for every request."""
        return (self.upload_factor == self.input_factor == 1.0 and not np.any(self.loss)
                and not self.runs.is_conditional)  # fmt: skip


def modes_of(instance: Instance) -> tuple[Mode, ...]:
    """All modes: the networks in their order, then the variants in theirs."""
    own = [Mode(g, -1, net, accuracy=1.0 if net.accuracy is None else net.accuracy)
           for g, net in enumerate(instance.networks)]  # fmt: skip
    v = instance.variants
    other = [
        Mode(int(v.network[k]), k, instance.networks[int(v.runs[k])], float(v.upload_factor[k]),
             float(v.input_factor[k]), float(v.accuracy[k]), v.loss[k])
        for k in range(len(v))
    ]  # fmt: skip
    return (*own, *other)
