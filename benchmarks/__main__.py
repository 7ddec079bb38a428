"""`python -m benchmarks [NAME ...]`: run some or all; `python -m benchmarks peers [OPTION ...]`: beside other solvers.

`peers` takes hours and options of its own, so it is never among "all".
"""

from __future__ import annotations

import sys

from benchmarks import allocation, build, campus, certify, expand, gap, prices, supported
from benchmarks.peers import main as peers

ALL = {
    "allocation": allocation.main,
    "build": build.main,
    "campus": campus.main,
    "certify": certify.main,
    "expand": expand.main,
    "gap": gap.main,
    "prices": prices.main,
    "supported": supported.main,
}

if sys.argv[1:2] == ["peers"]:
    peers.main(sys.argv[2:])
else:
    for name in sys.argv[1:] or ALL:
        ALL[name]()
