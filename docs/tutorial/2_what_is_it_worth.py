# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# # 2. What is it worth?
#
# A plan is at hand. What does deciding together save over simple rules, what would more hardware save, and what do
# deadlines cost?
#
# ## Against other methods

# %%
import edgecut as ec
from solvers.compare import comparison_rows

instance = ec.generate("campus", users=12, servers=2, seed=5)
names = ["branch", "local_search", "alternating", "greedy", "smallest_output", "neurosurgeon", "all_local"]
results = ec.compare(instance, names, limits=ec.Limits(gap=1e-3, rounds=20))
for row in comparison_rows(results):
    gap = f"at most {100 * row['gap_to_best_bound']:7.2f} % too much"
    print(f"{row['method']:16} {row['objective_j']:8.3f} J   {gap}   {row['verdict']}")

# %% [markdown]
# A gap is to a bound that was recomputed, not to the best plan that happened to be found. `inf` means that the rule
# found no plan in which everybody is in time; `result.message` says who is late.
#
# ## Prices: what the next unit saves
#
# The price of a resource is the slope of the bound.

# %%
best = next(r for r in results if r.method == "branch")
priced = ec.solve(instance, "prices", limits=ec.Limits(gap=1e-3))
prices = priced.prices
prices.loc[prices["worth_j"] > 0, ["server", "resource", "amount", "unit", "worth_j", "rank"]].round(4)

# %% [markdown]
# A slope is right for a small step. For a real one, solve again: `least_j` and `most_j` enclose what the step truly
# saves.

# %%
from solvers.sensitivity import Step, resolve

steps = resolve(priced, "branch", step=Step.parse("10%"), top=2, limits=ec.Limits(gap=1e-3))
steps[["server", "resource", "step", "unit", "predicted_j", "resolved_j", "least_j", "most_j"]].round(4)

# %% [markdown]
# ## What deadlines cost
#
# The same draw with all deadlines stretched: each point is solved to 0.1 %.

# %%
import matplotlib.pyplot as plt

scales = (1.0, 1.25, 1.5, 2.0, 3.0)
energy = [
    ec.solve(
        ec.generate("campus", users=12, servers=2, seed=5, deadline_scale=scale), limits=ec.Limits(gap=1e-3)
    ).objective_j
    for scale in scales
]
figure, axes = plt.subplots(figsize=(5.5, 2.6), layout="constrained")
axes.plot(scales, energy, marker="o")
axes.set_xlabel("deadlines, as multiples of those drawn")
axes.set_ylabel("energy, J")
axes.set_ylim(bottom=0)
figure.savefig("deadlines.png", dpi=160)
plt.close(figure)
print([round(value, 3) for value in energy])

# %% [markdown]
# ![Energy falls as deadlines are stretched](deadlines.png)
#
# ## What whole pieces cost

# %%
for blocks, units in ((12, 2), (25, 4), (100, 16)):
    servers = instance.servers.replace(
        blocks=instance.servers.blocks * 0 + blocks, units=instance.servers.units * 0 + units
    )
    whole = ec.solve(instance.replace(servers=servers, allocation="units"), limits=ec.Limits(gap=1e-3))
    told = f"{100 * (whole.objective_j / best.objective_j - 1):6.2f} % more" if whole.valid else whole.verdict.value
    print(f"{blocks:4} blocks, {units:3} units a server: {told}")

# %% [markdown]
# Next: [extend it](3_extend_it.md)
