# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# # 1. A first plan
#
# Eight users hold devices that run neural networks; two servers are in reach. Each network can run on the device, on
# a server, or be cut in between. Who does what, so that everybody is in time and the energy is least?
#
# ## An instance

# %%
import edgecut as ec

instance = ec.generate("campus", users=8, servers=2, seed=7)
users = instance.users
for user in range(3):
    network, device = instance.networks[users.network[user]], instance.devices.name[users.device[user]]
    print(f"{users.name[user]}: {network.name}, {network.total_gflop:.1f} GFLOP in {network.n_layers} layers,", end=" ")
    print(f"within {1000 * users.deadline_s[user]:.0f} ms on a {device}")

# %% [markdown]
# An instance is arrays: `users`, `servers`, `links` with one column for each number, and every name carries its unit.
# It is drawn from a seed, so this page shows the same numbers everywhere. [Your own](../howto/instance-by-hand.md)
# can be written as records or JSON.

# %%
print("uplink, MHz:     ", instance.servers.bandwidth_mhz.round(1))
print("compute, GFLOP/s:", instance.servers.gflops.round(0))

# %% [markdown]
# ## Solve

# %%
result = ec.solve(instance, limits=ec.Limits(gap=1e-4))
print(result.verdict.value, "after", result.stop.value)
print(f"the plan costs {result.objective_j:.4f} J, no plan costs less than {result.bound_j:.4f} J")

# %% [markdown]
# `certified` is the strongest verdict: the plan was checked, and the bound recomputed from a certificate, both by
# code that shares nothing with the solver. `solve` uses branch and price (`branch`) unless another method is named.
#
# ## Look at the plan

# %%
result.users[["user", "network", "server", "on_device", "layers", "latency_s", "deadline_s", "energy_j"]].round(3)

# %%
from results.plan_picture import draw_plan

draw_plan(result, "plan.png")

# %% [markdown]
# ![Cuts, latency against deadline, energy and load of the servers](plan.png)
#
# Deadlines are used up: a slower clock takes less energy, so nobody is faster than asked unless the clock is at its
# slowest.
#
# ## Do not believe it: verify
#
# A plan is five columns. The checker computes latency, energy and every rule again from layers and links.

# %%
report = ec.check(instance, result.plan)
print("valid:", report.valid, f"  {report.objective_j:.6f} J")

spoiled = result.plan.replace(uplink_share=0.5 * result.plan.uplink_share)
for violation in ec.check(instance, spoiled).violations:
    print(violation)

# %% [markdown]
# The same from files, which somebody else can do without having solved anything: `edgecut verify campus.json
# result.json`.

# %%
ec.save(instance, "campus.json")
ec.save(result, "result.json")
again = ec.load("result.json", ec.load("campus.json"))
print(again.verdict.value, again.objective_j == result.objective_j)

# %% [markdown]
# ## Why this cut?

# %%
from edgecut.explain import explain_user, explanation_text

print(explanation_text(explain_user(result, "u5")))

# %% [markdown]
# Next: [what is it worth?](2_what_is_it_worth.md)
