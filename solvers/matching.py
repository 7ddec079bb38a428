"""Which options of one table are those of another made from it."""

from __future__ import annotations

import numpy as np

from instances.columns import Ints
from instances.options import OptionTable

__all__ = ["rows_in"]


def rows_in(whole: OptionTable, part: OptionTable) -> Ints:
    """[options of ``part``] their rows in ``whole``; options of one user differ in server or cut."""
    width = int(max(table.cut.max(initial=0) for table in (whole, part))) + 2
    keys = [(t.user * (t.n_servers + 1) + t.server + 1) * width + t.cut + 1 for t in (whole, part)]
    order = np.argsort(keys[0], kind="stable")
    return np.asarray(order[np.searchsorted(keys[0][order], keys[1])])
