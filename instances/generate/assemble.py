"""The last step of every generator: deadlines are drawn and the instance is put together."""

from __future__ import annotations

from instances.generate.budgets import device_budgets, draw_weights, server_budgets
from instances.generate.deadlines import Span, draw_deadlines
from instances.generate.draws import Draws
from instances.generate.people import People
from instances.generate.plant import Plant, Request
from instances.generate.settings import Settings
from instances.generate.tables import name_rows
from instances.instance import Instance, Links, Servers, Users

__all__ = ["assemble"]

HORIZON_S = 1.0
"""One request period of every generator, s."""


def assemble(
    request: Request,
    settings: Settings,
    draws: Draws,
    people: People,
    servers: Servers,
    links: Links,
    plant: Plant,
    span: Span,
) -> Instance:
    """The instance: deadlines, weights and budgets are drawn, everything else is given. Links are sorted by user."""
    deadline_s = draw_deadlines(
        people,
        servers,
        links,
        span,
        plant,
        plant.machines(request, settings),
        settings.deadline_scale,
        draws.uniform("deadlines")[:, 0],
    )
    users = Users(
        name=name_rows("u", request.users),
        network=people.network,
        device=people.device,
        radio=people.radio,
        deadline_s=deadline_s,
        weight=draw_weights(settings, draws, request.users),
    )
    return Instance(
        name=request.name,
        networks=people.networks,
        devices=people.devices,
        radios=people.radios,
        users=users,
        servers=servers,
        links=links,
        allocation=settings.allocation,
        cut_rule=settings.cut_rule,
        server_energy_weight=settings.server_energy_weight,
        provenance=request.provenance,
        problem=settings.problem,
        horizon_s=HORIZON_S,
        energy_budget_j=server_budgets(settings, draws, people, servers, HORIZON_S),
        device_budget_j=device_budgets(settings, people),
    )
