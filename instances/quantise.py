"""Bit widths of what is sent: variants of a network whose crossing tensors are coded in fewer bits (after JALAD).

Li et al., JALAD, ICPADS 2018, arXiv:1812.10027, choose cut and bit width under a cap on the loss of
accuracy. Losses are data where they were measured; `assumed_loss` is a stand-in to sweep, not a finding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from instances.columns import Floats
from instances.dnn import Dnn
from instances.errors import InputError
from instances.records import Variant

__all__ = ["BITS", "assumed_loss", "bit_variants"]

WHOLE = 32
"""Bits of a number that is sent as it is."""
BITS = (16, 8, 4, 2)
_INPUT_BITS = 8
"""Bits of a pixel; the input of the catalogue's image networks is sent as such."""


def assumed_loss(network: Dnn, bits: int, at_four_bits: float = 0.02) -> Floats:
    """[layers + 1] accuracy lost by coding each tensor, and last the input, in so many bits [assumed].

    The power of uniform quantisation noise falls by four a bit. What is coded near the end, after most of the work, is
    taken to be half as sensitive as what is coded first: ``at_four_bits`` · 4^(4 − bits) · (1 − done / 2).
    """
    done = np.cumsum(network.gflop) / max(network.total_gflop, 1e-12)
    whole = at_four_bits * 4.0 ** (4 - bits)
    accuracy = 1.0 if network.accuracy is None else network.accuracy
    return np.minimum(whole * (1 - np.append(done, 0.0) / 2), accuracy)


def bit_variants(
    network: Dnn,
    bits: Sequence[int] = BITS,
    losses: Sequence[Sequence[float] | Floats] | None = None,
    *,
    with_input: bool = False,
) -> list[Variant]:
    """One variant for each bit width, for the users of a network.

    Args:
        network: with its accuracy.
        bits: widths, 1 to 32.
        losses: for each width the loss of each layer's tensor and of the input; None: `assumed_loss`.
        with_input: whether the input (8 bits a pixel) is coded in fewer bits too.

    Raises:
        InputError: a width out of range, the accuracy is not known, or not one list of losses a width.
    """
    if network.accuracy is None:
        raise InputError(f"networks[{network.name}].accuracy", "is not known", "fewer bits cost accuracy",
                         "give the network its accuracy")  # fmt: skip
    if losses is not None and len(losses) != len(bits):
        raise InputError("losses", f"are {len(losses)} lists for {len(bits)} widths", fix="give one list a width")
    found = []
    for k, width in enumerate(bits):
        if not 1 <= width <= WHOLE:
            raise InputError(f"bits[{k}]", f"is {width}", f"numbers have 1 to {WHOLE} bits")
        loss = np.array(assumed_loss(network, width) if losses is None else losses[k], dtype=np.float64)
        input_factor = min(width / _INPUT_BITS, 1.0) if with_input else 1.0
        if input_factor == 1.0 and losses is None:
            loss[-1] = 0.0
        name, losing = f"{network.name} {width} bits", tuple(loss.tolist())
        found.append(Variant(name, network, network.accuracy, None, width / WHOLE, input_factor, losing))
    return found
