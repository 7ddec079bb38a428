"""`edgecut split NETWORK` or `edgecut split --instance FILE`: the best way to run one request."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from edgecut.commands.options import AsJson, Gap, Nodes, Seed, TimeLimit, limits_of
from edgecut.exits import Exit
from edgecut.store import load
from edgecut.tables import print_table
from instances.dnn import Dnn, load_network
from instances.errors import InputError, nearest
from instances.nasnet import nasnet_a_large
from instances.request import Request
from instances.request_costs import Goal
from solvers.result import Verdict
from solvers.split import SplitResult, split

_GOALS = {"latency": Goal.latency, "energy": Goal.energy, "stage": Goal.stage}
_MOST_TENSORS = 6


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("split")(run)


def run(
    network: Annotated[
        str | None, typer.Argument(help="name in the catalogue, nasnet_a_large, or a .json file")
    ] = None,
    device: Annotated[str, typer.Option(help="device of the catalogue")] = "phone",
    server: Annotated[str | None, typer.Option(help="server of the catalogue (or of the instance)")] = None,
    radio: Annotated[str, typer.Option(help="radio of the catalogue: its power and usual rates")] = "wifi",
    rate: Annotated[float | None, typer.Option(help="Mbit/s up, instead of the radio's usual rate")] = None,
    down: Annotated[float | None, typer.Option(help="Mbit/s down, instead of the radio's usual rate")] = None,
    round_trip: Annotated[float, typer.Option(min=0.0, help="s")] = 0.0,
    deadline: Annotated[float, typer.Option(min=0.0, help="s; none when left out")] = math.inf,
    server_weight: Annotated[float, typer.Option(min=0.0, help="what a joule at the server counts")] = 1.0,
    both_ways: Annotated[bool, typer.Option("--both-ways", help="data may come back to the device")] = False,
    instance: Annotated[Path | None, typer.Option(help="take user and server from an instance file")] = None,
    user: Annotated[str, typer.Option(help="name of the instance's user (the first when left out)")] = "",
    method: Annotated[str | None, typer.Option(help="see `edgecut splitters`; exact when left out")] = None,
    goal: Annotated[str, typer.Option(help="latency, energy or stage")] = "latency",
    second_w: Annotated[
        float | None, typer.Option(help="least energy + this many W × latency, instead of --goal")
    ] = None,
    time_limit: TimeLimit = None,
    gap: Gap = 1e-4,
    nodes: Nodes = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Split one request between a device and a server; what runs where, what is sent, latency and energy."""
    if (network is None) == (instance is None):
        raise InputError("edgecut split", "takes a network or --instance", "and just one of them")
    if instance is not None:
        request = Request.of(load(instance), user or 0, server or 0, one_way=not both_ways)
        request = request.replace(deadline_s=min(deadline, request.deadline_s))
    else:
        assert network is not None
        request = Request.from_catalog(
            _network(network), device, server or "edge_gpu", radio, up_mbps=rate, down_mbps=down,
            round_trip_s=round_trip, server_weight=server_weight, one_way=not both_ways, deadline_s=deadline,
        )  # fmt: skip
    result = split(request, method, _goal(goal, second_w), limits=limits_of(time_limit, gap, nodes), seed=seed)
    _print(result, as_json)
    raise typer.Exit(_exit_code(result))


def _network(name: str) -> Dnn:
    return nasnet_a_large() if name == "nasnet_a_large" else load_network(name)


def _goal(name: str, second_w: float | None) -> Goal:
    if second_w is not None:
        return Goal.mixed(second_w)
    if name not in _GOALS:
        raise InputError("--goal", f"'{name}' is not known", fix=nearest(name, _GOALS))
    return _GOALS[name]()


def _print(result: SplitResult, as_json: bool) -> None:
    facts = _facts(result)
    if as_json:
        placement = None if result.placement is None else result.placement.tolist()
        layers = {"layers": list(result.request.network.layers), "placement": placement, "detail": result.detail}
        print(json.dumps({**facts, **layers}, indent=1))
        return
    rows = [{"what": key, "value": _shown(value)} for key, value in facts.items() if value not in (None, "", [])]
    print_table(rows, sys.stdout)


def _facts(result: SplitResult) -> dict[str, Any]:
    request, report = result.request, result.report
    facts: dict[str, Any] = {
        "network": request.network.name, "machines": list(request.machines), "method": result.method,
        "goal": result.goal.name, "verdict": result.verdict.value, "value": _finite(result.value),
        "unit": result.goal.unit, "bound": _finite(result.bound), "solve_s": result.solve_s, "message": result.message,
    }  # fmt: skip
    if report is None or not report.valid or result.placement is None:
        return facts
    at = result.placement
    return {
        **facts,
        "latency_s": report.latency_s,
        "energy_j": report.energy_j,
        "stage_s": report.stage_s,
        "layers_at": [int(np.sum(at == k)) for k in range(request.n_machines)],
        "sent": _sent(request, at),
        "upload_mbit": float(np.triu(report.sent_mbit).sum()),
        "download_mbit": float(np.tril(report.sent_mbit).sum()),
    }


def _sent(request: Request, at: np.ndarray[Any, Any]) -> list[str]:
    """Names of the tensors that are read elsewhere: the cut."""
    net = request.network
    homes = [*at.tolist(), 0]
    names = [*net.layers, "input"]
    order = [net.n_layers, *range(net.n_layers)]
    return [names[u] for u in order if any(int(at[r]) != homes[u] for r in net.readers[u])]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        more = len(value) - _MOST_TENSORS
        return ", ".join(str(v) for v in value[:_MOST_TENSORS]) + (f" and {more} more" if more > 0 else "")
    return str(value)


def _exit_code(result: SplitResult) -> Exit:
    if result.verdict is Verdict.WRONG:
        return Exit.WRONG
    if result.verdict is Verdict.INFEASIBLE:
        return Exit.INFEASIBLE
    return Exit.OK if result.placement is not None else Exit.NO_PLAN
