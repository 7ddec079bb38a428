# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# # 3. Extend it
#
# A network and a device of your own, and a method of your own beside the others.
#
# ## A network
#
# A network is a graph of layers with FLOP, weights and outputs. This one has a branch: the tensor of `stem` is read
# twice and sent once.

# %%
import numpy as np

import edgecut as ec
from instances.dnn import Dnn

network = Dnn(
    name="two_heads",
    layers=("stem", "wide", "narrow", "join", "head"),
    kind=("conv", "conv", "conv", "add", "linear"),
    gflop=np.array([0.6, 2.4, 0.3, 0.0, 0.1]),
    weight_mb=np.array([0.1, 4.0, 0.5, 0.0, 8.0]),
    output_mbit=np.array([6.0, 1.5, 1.5, 1.5, 0.03]),
    predecessors=((-1,), (0,), (0,), (1, 2), (3,)),  # −1 is the input
    input_mbit=1.2,
    result_mbit=0.03,
)

# %% [markdown]
# ## Devices, servers, users
#
# Records become columns; what is left out comes from the model of the catalogue.

# %%
from instances.build import Device, Link, Server, User, build

board = Device("board", model="raspberry_pi_4", gflops=9.0)
cell = build(
    users=[
        User(f"cam{k}", network, board, deadline_s=0.35 + 0.05 * k, links=[Link("edge", uplink_mbps=25)])
        for k in range(4)
    ],
    servers=[Server("edge", model="edge_gpu_small", bandwidth_mhz=8)],
    server_energy_weight=0.05,
)
result = ec.solve(cell)
print(result.verdict.value, f"{result.objective_j:.3f} J")
result.users[["user", "server", "cut_after", "uplink_share", "compute_share", "clock", "latency_s"]].round(3)

# %% [markdown]
# Where can it be cut at all, and what does each option take? The option table has one row for each way to run each
# request; everything downstream works on it.

# %%
from instances.expand import expand

table = expand(cell)
mine = range(table.start[0], table.start[1])
for row in mine:
    kept = [name for name, there in zip(network.layers, table.on_device(row)) if there]
    place = "device alone" if table.server[row] < 0 else "edge"
    print(
        f"{place:13} on the device: {', '.join(kept) or 'nothing':34} {1000 * table.device_s[row]:4.0f} ms there, "
        f"{1000 * table.uplink_s[row]:4.0f} ms of the uplink, {1000 * table.server_s[row]:4.1f} ms of the server"
    )

# %% [markdown]
# ## A method
#
# One class with a decorator. This one sends users to servers at random, and keeps the best of some draws; shares are
# allocated exactly, and the checker recomputes what comes out.

# %%
from solvers.answer import Stop
from solvers.heuristics.incumbent import run
from solvers.registry import method


@method
class BestOfSome:
    """The best of 20 random choices."""

    name, title = "best_of_some", "best of 20 random choices"
    kind, guarantee, reference = "heuristic", None, "this tutorial"

    def supports(self, table):
        return None

    def solve(self, table, *, limits, rng, clock):
        def search(situation, incumbent):
            for _ in range(20):
                incumbent.offer(situation.best_of_each(rng.random(len(situation.table))))
            return Stop.FINISHED, ""

        return run(table, clock, search, all_options=True)


campus = ec.generate("campus", users=8, servers=2, seed=7)
for other in ec.compare(campus, ["branch", "greedy", "best_of_some"]):
    print(f"{other.method:14} {other.objective_j:.3f} {other.verdict.value} {other.message}")

# %% [markdown]
# As a file in `solvers/heuristics` with one line that imports it, it is in `edgecut methods`, in every comparison and
# in the conformance tests: [Contributing](../contributing.md) has this for a method, a formulation and a network.
