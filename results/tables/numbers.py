"""Numbers as people write them: so many significant digits, no exponent where none is needed."""

from __future__ import annotations

import math

from results.metrics import Interval

__all__ = ["interval_text", "number_text"]

_PLAIN_FROM, _PLAIN_BELOW = 1e-4, 1e7


def number_text(value: float, digits: int = 4) -> str:
    """The number with ``digits`` significant digits, trailing zeros left out; whole numbers below 10⁷ in full.

    NaN is "–" (there is no number), infinite ones "∞"; a minus is U+2212, which no renderer takes for a hyphen.
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")
    if not _PLAIN_FROM <= abs(value) < _PLAIN_BELOW:
        mantissa, power = f"{rounded:.{digits - 1}e}".split("e")
        text = f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(power)}"
    elif value == int(value) or abs(rounded) >= 10 ** (digits - 1):
        text = f"{value:.0f}"
    else:
        text = f"{rounded:.{digits - 1 - math.floor(math.log10(abs(rounded)))}f}".rstrip("0").rstrip(".")
    return text.replace("-", "−")


def interval_text(found: Interval, digits: int = 3) -> str:
    """``estimate [low, high]``; the estimate alone where there is no interval."""
    estimate = number_text(found.estimate, digits)
    if math.isnan(found.low):
        return estimate
    return f"{estimate} [{number_text(found.low, digits)}, {number_text(found.high, digits)}]"
