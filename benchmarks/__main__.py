"""`python -m benchmarks [NAME ...]`: run some or all."""

from __future__ import annotations

import sys

from benchmarks import allocation, build, campus, expand, prices, scale, supported

ALL = {
    "allocation": allocation.main,
    "build": build.main,
    "campus": campus.main,
    "expand": expand.main,
    "prices": prices.main,
    "scale": scale.main,
    "supported": supported.main,
}

for name in sys.argv[1:] or ALL:
    ALL[name]()
