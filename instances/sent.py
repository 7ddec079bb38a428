"""Bytes of a network's input as it goes over the air, which is not how the network takes it."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["TOKEN_BYTES", "sent_bytes"]

TOKEN_BYTES = 4
"""Bytes of a token id, whatever integer type the network takes it in."""


def sent_bytes(shape: Sequence[int], item_bytes: int, *, is_float: bool) -> int:
    """Bytes of an input as sent over the air: pixels as uint8, token ids in 4 bytes, anything else as it is.

    An image is a tensor of four dimensions with 1, 3 or 4 channels, which come second or last.
    """
    count = math.prod(int(size) for size in shape)
    if is_float and len(shape) == 4 and (shape[1] in (1, 3, 4) or shape[3] in (1, 3, 4)):
        return count
    return count * (item_bytes if is_float else min(item_bytes, TOKEN_BYTES))
