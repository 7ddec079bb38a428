"""J-E with continuous shares: tangent planes of every server's least energy, added until they touch."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from formulations.parts.assignment import choose_one
from formulations.parts.capacity import limit_stocks
from formulations.parts.deadline_load import deadline_load, roomiest_shares
from formulations.parts.price_cuts import Crowd, crowds, deadline_cuts, energy_cuts, prices_for, starting_prices
from formulations.parts.rows import power_of_two, stack_rows
from formulations.parts.switch_on import least_on, switch_on
from formulations.parts.tangent_statement import state_in_pyomo
from formulations.program import Decision, Program, Rows
from formulations.registry import Relation, formulation
from instances.columns import Floats
from instances.options import OptionTable

__all__ = ["JointTangent", "TangentModel", "build_model", "state_model"]

ANGLES = np.linspace(0.0, np.pi / 2, 9)
VIOLATION = 1e-6
"""What MILP solvers let pass; a cut broken by less would come again for ever."""

STEPS = 2.0 ** np.array([-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0])


def energy_unit(table: OptionTable) -> float:
    """J of one unit of Θ: about an average user's least energy."""
    least = np.full(table.n_users, np.inf)
    np.minimum.at(least, table.user, table.cost_j())
    known = least[np.isfinite(least)]
    return float(power_of_two(known.mean() if len(known) else 1.0))


@dataclasses.dataclass(frozen=True, eq=False)
class TangentModel:
    """Columns: x_o (one an option), y_s, Θ_s."""

    table: OptionTable
    program: Program
    members: list[Crowd]
    start: dict[int, Floats]

    def decode(self, values: Floats) -> Decision:
        """Option with the largest value of each user; shares as the best prices ask, scaled to fit."""
        table = self.table
        x = values[: len(table)]
        order = np.lexsort((x, table.user))
        last = np.searchsorted(table.user[order], np.arange(table.n_users), side="right") - 1
        chosen = order[last]
        beta, phi = np.zeros(table.n_users), np.zeros(table.n_users)
        for crowd in self.members:
            users = np.flatnonzero(table.server[chosen] == crowd.server)
            if len(users):
                beta[users], phi[users] = self._shares(crowd, chosen[users])
        return Decision(chosen, beta, phi)

    def _shares(self, crowd: Crowd, chosen: Any) -> tuple[Floats, Floats]:
        place = np.searchsorted(crowd.rows, chosen)
        options = crowd.options.take(place)
        safe_beta, safe_phi = roomiest_shares(options)
        if crowd.server not in self.start or deadline_load(options, np.ones(len(place)))[0] >= 1:
            return safe_beta, safe_phi
        amount = np.zeros(len(crowd.rows))
        amount[place] = 1.0
        _, beta, phi = options.at(*prices_for(crowd, amount, 1.0, self.start[crowd.server][-1]))
        beta, phi = beta / max(float(beta.sum()), 1.0), phi / max(float(phi.sum()), 1.0)
        # Priced shares may miss a deadline by a rounding error; the roomiest shares have time to spare.
        for part in (0.0, 1e-7, 1e-5, 1e-3, 1e-1):
            mixed = (1 - part) * beta + part * safe_beta, (1 - part) * phi + part * safe_phi
            if np.isfinite(self.table.cost_j(*mixed, chosen)).all():
                return mixed
        return safe_beta, safe_phi

    def encode(self, decision: Decision) -> Floats | None:
        """x, y and the energy of the decision beyond whole shares; None when a deadline fails."""
        table = self.table
        values = self.program.lower.copy()
        cost = table.cost_j(decision.uplink_share, decision.compute_share, decision.chosen)
        if not np.isfinite(cost).all():
            return None
        values[decision.chosen] = 1.0
        beyond = np.maximum(cost - table.cost_j(rows=decision.chosen), 0.0)
        for crowd in self.members:
            users = table.server[decision.chosen] == crowd.server
            if users.any():
                values[crowd.on] = 1.0
                values[crowd.excess] = beyond[users].sum() / crowd.unit * (1 + 1e-9)
        return values

    def refine(self, values: Floats, decision: Decision) -> Rows | None:
        """Cuts at the best prices for what ``values`` (integral or not) and ``decision`` choose."""
        picked = np.zeros(self.program.n_columns)
        picked[decision.chosen] = 1.0
        same = np.abs(picked[: len(self.table)] - values[: len(self.table)]).max(initial=0.0) < 1e-6
        rows = [self._cut(crowd, values) for crowd in self.members]
        if not same:
            for crowd in self.members:
                point = picked.copy()
                point[crowd.on] = 1.0
                rows.append(self._cut(crowd, point))
        found = [r for r in rows if r is not None]
        return stack_rows(found) if found else None

    def _cut(self, crowd: Crowd, values: Floats) -> Rows | None:
        """The most violated cut of one server, if any is."""
        amount, room = np.clip(values[crowd.rows], 0.0, 1.0), float(values[crowd.on])
        if amount.sum() < 1e-7:
            return None
        angle = crowding(crowd, amount, room)
        if angle is not None:
            return deadline_cuts(crowd, np.array([angle]))
        if crowd.server not in self.start:  # nothing there costs energy
            return None
        mu, nu = prices_for(crowd, amount, max(room, 1e-6), self.start[crowd.server][-1])
        rows = energy_cuts(crowd, np.array([mu]), np.array([nu]))
        return rows if float((rows.matrix @ values)[0]) < -VIOLATION else None


def first_prices(found: Floats) -> Floats:
    """[k, 2] prices of the first cuts: those found on the way, and a grid around the last."""
    mu, nu = (found[-1, k] * STEPS for k in range(2))
    return np.vstack([found, np.stack(np.meshgrid(mu, nu), axis=-1).reshape(-1, 2)])


def crowding(crowd: Crowd, amount: Floats, room: float) -> float | None:
    """Angle of a deadline cut that the amounts break, or None."""
    size, angle = deadline_load(crowd.options, amount)
    return angle if size > room * (1 + 1e-9) else None


@dataclasses.dataclass(frozen=True, eq=False)
class _Parts:
    """What both forms are made of."""

    unit: float
    members: list[Crowd]
    start: dict[int, Floats]

    @classmethod
    def of(cls, table: OptionTable) -> _Parts:
        unit = energy_unit(table)
        members = crowds(table, unit)
        return cls(unit, members, starting_prices(table, members))


def build_model(table: OptionTable, *, integer: bool = True) -> TangentModel:
    """Array form with the first tangents: columns x_o, y_s, Θ_s; ``integer`` False for the relaxation."""
    parts = _Parts.of(table)
    on, n_servers = len(table), table.n_servers
    n = on + 2 * n_servers
    rows = [
        choose_one(table.user, table.n_users, n),
        limit_stocks(table, np.arange(on), on, n),
        switch_on(table, table.user, table.server, on, n),
    ]
    for crowd in parts.members:
        rows.append(deadline_cuts(crowd, ANGLES))
        if crowd.server in parts.start:
            prices = first_prices(parts.start[crowd.server])
            rows.append(energy_cuts(crowd, prices[:, 0], prices[:, 1]))
    program = Program(
        cost=np.concatenate([table.cost_j(), table.static_j, np.full(n_servers, parts.unit)]),
        lower=np.concatenate([np.zeros(on), least_on(table), np.zeros(n_servers)]),
        upper=np.concatenate([np.ones(on + n_servers), np.full(n_servers, np.inf)]),
        integer=np.arange(n) < (on + n_servers if integer else 0),
        rows=stack_rows(rows),
        column_name=lambda k: _name(k, on, n_servers),
    )
    return TangentModel(table, program, parts.members, parts.start)


def state_model(table: OptionTable, *, integer: bool = True) -> Any:
    """Pyomo form with the first tangents."""
    parts = _Parts.of(table)
    prices = {s: first_prices(found) for s, found in parts.start.items()}
    return state_in_pyomo(table, parts.members, prices, ANGLES, integer=integer)


@formulation
class JointTangent:
    """Tangent planes in the choices alone: shares are eliminated by duality."""

    name = "joint_tangent"
    title = "assignment with tangent planes of the servers' energy"
    problem = "J-E, J-A, J-L, J-C, J-Q"
    allocation = "continuous"
    relation: Relation = "exact"
    reference = "generalised Benders decomposition: Geoffrion, JOTA 10, 1972, doi:10.1007/BF00934810"
    array = True

    def build(self, table: OptionTable) -> TangentModel:
        """Program with the first tangents."""
        return build_model(table)

    def to_pyomo(self, table: OptionTable) -> Any:
        """The readable statement."""
        return state_model(table)


def _name(k: int, options: int, servers: int) -> str:
    if k < options:
        return f"x[{k}]"
    return f"on[{k - options}]" if k < options + servers else f"excess[{k - options - servers}]"
