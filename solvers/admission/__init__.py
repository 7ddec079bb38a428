"""Admission (J-A) as packing: approximations with proven ratios, and rules for requests that arrive one by one.

After Xu et al., IEEE TPDS 32(4), 2021, doi:10.1109/TPDS.2020.3032443. One file and one `@method` line each.
"""

from solvers.admission import (
    configuration,
    derandomised,
    greedy,
    online_moves,
    online_myopic,
    online_prices,
    rounding,
)

__all__ = ["configuration", "derandomised", "greedy", "online_moves", "online_myopic", "online_prices", "rounding"]
