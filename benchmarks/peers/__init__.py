"""The certified methods beside plain HiGHS, SCIP and CP-SAT: who proves a gap first.

`python -m benchmarks peers --small --large` runs it; see `benchmarks.peers.runner` for the options.
"""
