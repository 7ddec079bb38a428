"""The price method on many machines, by Dask distributed (extra ``cluster``): shards of users, prices sent to all.

It gives the same answer as one machine, to the last bit, whatever dies on the way. docs/scale.md has the figures.
"""

from solvers.cluster.dual import ClusterDual
from solvers.cluster.engine import connect
from solvers.cluster.recipes import Generated, Given, Recipe, Stored, generated, given, stored
from solvers.cluster.solve import solve_on_cluster

__all__ = ["ClusterDual", "Generated", "Given", "Recipe", "Stored", "connect", "generated", "given", "solve_on_cluster",
           "stored"]  # fmt: skip
