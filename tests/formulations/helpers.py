"""What the tests of formulations share: tables, and a solve of a small program with refinement."""

from __future__ import annotations

import dataclasses

import numpy as np

from formulations.program import Decision, Model, Program
from instances.columns import Floats
from instances.expand import expand
from instances.options import OptionTable
from solvers.answer import Limits
from solvers.highs import Outcome, Status, solve_program
from tests.builders import tiny_instance

TIGHT = Limits(gap=1e-9)


def tables(seeds: range, **shape: object) -> list[OptionTable]:
    """Tables of tiny instances in which every user has an option."""
    made = [expand(tiny_instance(seed, **shape)) for seed in seeds]  # type: ignore[arg-type]
    return [t for t in made if np.diff(t.start).min() > 0]


def cost_of(table: OptionTable, decision: Decision) -> float:
    """J of a decision: energy by the table, static energy of the servers in use."""
    energy = table.cost_j(decision.uplink_share, decision.compute_share, decision.chosen).sum()
    servers = np.unique(table.server[decision.chosen])
    return float(energy + table.static_j[servers[servers >= 0]].sum())


def solve_refined(model: Model, rounds: int = 60) -> tuple[Outcome, Program]:
    """Solve and refine until no cut is left; the last outcome and program."""
    program = model.program
    for _ in range(rounds):
        outcome = solve_program(program, TIGHT)
        if outcome.status is not Status.OPTIMAL:
            return outcome, program
        rows = model.refine(outcome.values, model.decode(outcome.values))
        if rows is None or not len(rows):
            return outcome, program
        program = program.with_rows(rows)
    return outcome, program


def optimum(model: Model) -> float:
    """Optimal value, inf when infeasible."""
    return solve_refined(model)[0].objective


def random_shares(rng: np.random.Generator, table: OptionTable) -> Decision:
    """One option a user at random, with random shares that fit every server (deadlines not looked at)."""
    chosen = np.array([rng.integers(a, b) for a, b in zip(table.start[:-1], table.start[1:], strict=True)])
    shares = rng.dirichlet(np.full(table.n_users, 2.0), size=(2, max(table.n_servers, 1)))
    server = table.server[chosen]
    scale = np.ones((2, table.n_users))
    for s in range(table.n_servers):
        here = server == s
        scale[:, here] = shares[:, s, here] / np.maximum(shares[:, s, here].sum(axis=1, keepdims=True), 1e-12)
    return Decision(chosen, np.where(server >= 0, scale[0], 0.0), np.where(server >= 0, scale[1], 0.0))


def satisfied(program: Program, values: Floats, tolerance: float = 1e-9) -> bool:
    """Whether values keep every row."""
    activity = program.rows.matrix @ values
    return bool(
        (activity >= program.rows.lower - tolerance).all() and (activity <= program.rows.upper + tolerance).all()
    )


def without_memory(table: OptionTable) -> OptionTable:
    """The same table with room for everybody's weights."""
    return dataclasses.replace(table, memory_mb=np.full(table.n_servers, 1e9))
