"""Prices as slopes: what the next unit of a resource is worth, by the bound or by the plan.

A price is the slope of something: of the bound, when the result's certificate is one list of prices, or of the
plan's cost with every choice of cut and server kept. Neither is what the optimum does over a whole step (`resolve`).
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from instances.certificate import Leaf
from instances.columns import Floats
from instances.errors import InputError
from instances.expand import expand
from instances.instance import Instance
from instances.options import LOCAL, OptionTable
from instances.plan import Plan
from solvers.allocation import allocate
from solvers.prices.dual import Dual
from solvers.sensitivity.choices import chosen_options
from solvers.sensitivity.growth import amount_of, unit_of

if TYPE_CHECKING:
    import pandas as pd

    from solvers.result import Result

__all__ = ["RESOURCES", "Slopes", "slopes_of"]

RESOURCES = ("uplink", "compute", "memory", "energy", "server")
"""As rows of prices, the server itself last. Energy: what a server's budget leaves beside idling, where it has one."""
_SHARP = 12
"""Steps for λ when demand at the prices is asked for."""
_ROUNDING = 1e-9
_EVEN = 1e-3
"""Part of its prices by which a server may miss its static energy and still count as just paying for itself."""


@dataclasses.dataclass(frozen=True, eq=False)
class Slopes:
    """Prices of one instance, with what is needed to read them (docs/theory.md, P14).

    ``source``: slopes of the ``bound`` (choices free, in shares) or of the ``plan`` (choices kept). ``prices``
    [kinds, n_servers]: J for the whole uplink, compute, memory and, if any server has a budget of it, energy. ``on``
    [n_servers]: part of the server that is paid for at them, 1 where they exceed its static energy. ``load``, ``kept``
    [kinds, n_servers]: parts in use in the plan, and the multipliers of its shares, J for the whole resource (NaN: no
    plan).
    """

    instance: Instance
    source: Literal["bound", "plan"]
    prices: Floats
    on: Floats
    load: Floats
    kept: Floats

    @property
    def surplus_j(self) -> Floats:
        """[n_servers] J by which the prices of a server exceed its static energy: slope of the bound in its copies."""
        total = self.prices.sum(axis=0)
        surplus = total - self.instance.static_j
        return np.where(surplus > _ROUNDING * total, surplus, 0.0)

    def worth_j(self, server: int, resource: str) -> float:
        """J that the next unit of a resource (one more copy of a server) would save by the slope."""
        if resource == "server":
            return float(self.surplus_j[server])
        whole = float(self.on[server] * self.prices[RESOURCES.index(resource), server])
        return whole / amount_of(self.instance, server, resource) if whole else 0.0

    def kept_j(self, server: int, resource: str) -> float:
        """J that the next unit saves, by the slope of the plan's cost, when everybody keeps cut and server."""
        if resource == "server":
            return 0.0
        return float(self.kept[RESOURCES.index(resource), server]) / amount_of(self.instance, server, resource)

    def frame(self) -> pd.DataFrame:
        """One row a server and resource, the best of each resource first.

        Columns: ``server``, ``resource`` (uplink, compute, memory, energy; server: one more copy with the same links),
        ``amount`` of ``unit`` (compute in GFLOP/s of a machine that is faster in proportion), ``load`` in the plan
        (part), ``on`` (part of the server that is paid for), ``price_j`` (J for the whole resource), ``price_per_unit``
        (in ``price_unit``), ``worth_j`` (J that the next unit saves by the slope), ``kept_j`` (the same when everybody
        keeps cut and server, in shares), ``rank`` (1: worth most among its resource), ``source`` (slope of the
        ``bound`` or of the ``plan``).
        """
        import pandas as pd

        rows = [
            self._row(server, resource)
            for server in range(self.instance.n_servers)
            for resource in RESOURCES
            if resource != "energy" or 0 < amount_of(self.instance, server, resource) < np.inf
        ]
        frame = pd.DataFrame(rows, columns=_COLUMNS)
        frame["rank"] = frame.groupby("resource")["worth_j"].rank(method="min", ascending=False).astype(int)
        order = np.lexsort((-frame["price_j"].to_numpy(), frame["rank"].to_numpy(), frame["worth_j"].to_numpy() <= 0))
        return frame.iloc[order].reset_index(drop=True)

    def _row(self, server: int, resource: str) -> dict[str, Any]:
        k, unit, of = (
            RESOURCES.index(resource),
            unit_of(self.instance, resource),
            self.instance.unit.removeprefix("in "),
        )
        amount = amount_of(self.instance, server, resource)
        price = float(self.prices[:, server].sum() if resource == "server" else self.prices[k, server])
        load = self.load[:, server]
        return {
            "server": str(self.instance.servers.name[server]),
            "resource": resource,
            "amount": amount,
            "unit": unit,
            "load": float(np.sign(load.max()) if resource == "server" else load[k]),
            "on": float(self.on[server]),
            "price_j": price,
            "price_per_unit": price / amount,
            "price_unit": f"{of}/({unit})" if "/" in unit else f"{of}/{unit}",
            "worth_j": self.worth_j(server, resource),
            "kept_j": self.kept_j(server, resource),
            "rank": 0,
            "source": self.source,
        }


_COLUMNS = ["server", "resource", "amount", "unit", "load", "on", "price_j", "price_per_unit", "price_unit",
            "worth_j", "kept_j", "rank", "source"]  # fmt: skip


def slopes_of(result: Result) -> Slopes:
    """Prices of a result: those of its certificate if that is one list of prices, else those of its plan's shares.

    Raises:
        InputError: it has neither, or its plan does what is no option of the instance.
    """
    instance, certificate = result.instance, result.certificate
    if instance.problem == "J-M":
        raise InputError("result", "is of J-M", "prices are those of a sum over users, and J-M minimises a maximum")
    table, load = expand(instance), _load(result)
    planned = _of_plan(table, result.plan) if result.plan is not None and result.valid else None
    if certificate is not None and isinstance(certificate.root, Leaf) and not certificate.costless:
        prices = certificate.root.prices
        kept = np.full(prices.shape, np.nan) if planned is None else planned[0]
        return Slopes(instance, "bound", prices, _paid_for(table, prices), load, kept)
    if planned is None:
        why = "it has neither a certificate of prices nor a valid plan"
        raise InputError("result", "has no prices", why, "solve with the method 'prices'")
    return Slopes(instance, "plan", *planned, load, planned[0])


def _load(result: Result) -> Floats:
    """[kinds, n_servers] parts of uplink, compute, memory and energy in use; NaN without a valid plan."""
    report, instance = result.report, result.instance
    limited = instance.energy_budget_j is not None
    if report is None or not report.valid:
        return np.full((3 + limited, instance.n_servers), np.nan)
    loads = [report.uplink_load, report.compute_load, report.memory_mb / instance.servers.memory_mb]
    if limited:
        left = instance.dynamic_budget_j
        idle = instance.servers.idle_w * instance.horizon_s * (report.uplink_load + report.compute_load > 0)
        loads.append(np.where(left > 0, (report.server_energy_j - idle) / np.where(left > 0, left, 1.0), 0.0))
    return np.stack(loads)


def _paid_for(table: OptionTable, prices: Floats) -> Floats:
    """[n_servers] part of each server that is on at best prices: 0 or 1 where they miss or exceed its static energy.

    Where they just equal it, any part may be: that of the demand at these prices.
    """
    total = prices.sum(axis=0)
    surplus, even = total - table.static_j, _EVEN * total
    demand = Dual(table).at(prices, steps=_SHARP).asked.max(axis=0)
    return np.where(surplus > even, 1.0, np.where(surplus < -even, 0.0, np.minimum(demand, 1.0)))


def _of_plan(table: OptionTable, plan: Plan) -> tuple[Floats, Floats]:
    """Multipliers of the best shares for the plan's choices, and which servers it uses; stocks have none."""
    chosen = chosen_options(table, plan)
    shares = allocate(table, chosen)
    at = table.server[chosen]
    used = np.bincount(at[at != LOCAL], minlength=table.n_servers) > 0
    stocks = np.zeros((len(table.stocks), table.n_servers))
    return np.vstack([shares.uplink_price, shares.compute_price, stocks]), used.astype(float)
