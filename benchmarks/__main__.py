"""`python -m benchmarks [NAME ...]`: run some or all; `python -m benchmarks peers [OPTION ...]`: beside other solvers.

`peers` takes hours and options of its own, so it is never among "all". `heuristics [FAMILY ...]` measures some.
"""

from __future__ import annotations

import sys
from importlib import import_module

ALL = (
    "allocation",
    "branch",
    "build",
    "campus",
    "certify",
    "components",
    "dual",
    "expand",
    "gap",
    "heuristics",
    "imitation",
    "learned",
    "online",
    "paths",
    "predictors",
    "prices",
    "reality",
    "rows",
    "scale",
    "split",
    "supported",
)

if sys.argv[1:2] == ["peers"]:
    import_module("benchmarks.peers.main").main(sys.argv[2:])
elif sys.argv[1:2] == ["heuristics"]:  # the rest of the line names families
    import_module("benchmarks.heuristics").main()
else:
    for name in sys.argv[1:] or ALL:
        import_module(f"benchmarks.{name}").main()
