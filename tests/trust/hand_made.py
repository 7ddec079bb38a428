"""Files written by hand, all figures of which can be worked out on paper; and the same sums in other words."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

__all__ = ["away", "certificate", "cost_of", "given", "latency_of", "network", "plan", "result", "row", "stay"]

Document = dict[str, Any]
GIGA, MEGA = 10**9, 10**6
LAYERS = [  # name, kind, FLOP, bytes of weights and of the output, what it reads
    ("first", "conv", 2 * GIGA, 1_000_000, 500_000, [-1]),
    ("second", "conv", 4 * GIGA, 2_000_000, 250_000, [-1, 0]),
    ("third", "embedding", 1000, 64_000, 125_000, [1]),
    ("fourth", "relu", 1_000_000, 250_000, 125_000, [2]),  # the phone computes as long as it moves bytes
]
TRAFFIC = [2_500_000, 3_750_000, 250_000, 500_000]
UPLOAD = {0: 1_000_000, 1: 1_500_000, 2: 250_000, 3: 125_000, 4: 0}
"""Layers on the device → bytes sent: the second layer reads the input too."""
RESULT_MBIT, INPUT_BYTES = 2, 1_000_000


def network(layers: list[tuple[Any, ...]] = LAYERS, name: str = "net", **others: Any) -> Document:
    """A file of a network."""
    names = ("name", "kind", "flop", "weight_bytes", "output_bytes", "predecessors")
    rows = [dict(zip(names, layer, strict=True)) for layer in layers]
    return {"schema": "edgecut-dnn/1", "name": name, "source": "by hand", "input_bytes": INPUT_BYTES,
            "result_bytes": 250_000, "layers": rows, **others}  # fmt: skip


def given(problem: str = "J-E", allocation: str = "continuous", **others: Any) -> Document:
    """An instance of three users and two servers, no two figures of which are the same where it matters."""
    machine = ("name", "gflops", "memory_gb_s", "launch_s", "memory_mb")
    device = (*machine, "clock_ghz", "kappa", "clock_min", "clock_max")
    server = (*machine, "idle_w", "j_per_gflop", "bandwidth_mhz", "blocks", "units")
    radio = ("name", "tx_w", "tx_j_per_mbit", "rx_w", "rx_j_per_mbit")
    user = ("name", "network", "device", "radio", "deadline_s", "weight", "links")
    link = ("server", "efficiency", "download_mbps", "round_trip_s", "backhaul_mbps")
    near, far = ("near", 2.0, 16.0, 0.125), ("far", 4.0, 8.0, 0.25, 32.0)
    tables = {
        "devices": (device, [("phone", 2.0, 1.0, 0.125, 64.0, 1.5, 2.0**-90, 0.5, 2.0),
                             ("camera", 1.0, 0.5, 0.25, 4.0, 1.0, 2.0**-89, 0.25, 1.0)]),
        "radios": (radio, [("cellular", 1.5, 0.25, 0.75, 0.125), ("wifi", 0.5, 0.0625, 0.25, 0.03125)]),
        "servers": (server, [("near", 16.0, 2.0, 0.0625, 8.0, 4.0, 0.5, 4.0, 8, 4),
                             ("far", 32.0, 4.0, 0.03125, 128.0, 2.0, 0.25, 8.0, 16, 8)]),
        "users": (user, [("ann", "net", "phone", "cellular", 8.0, 2.0, [near, far]),
                         ("bob", "net", "camera", "wifi", 32.0, 0.5, [("far", 1.0, 4.0, 0.5, 64.0)]),
                         ("cid", "net", "phone", "wifi", 16.0, 1.0, [near])]),
    }  # fmt: skip
    found: Document = {name: [dict(zip(names, row, strict=True)) for row in rows]
                       for name, (names, rows) in tables.items()}  # fmt: skip
    for row_ in found["users"]:
        row_["links"] = [dict(zip(link, one, strict=False)) for one in row_["links"]]
    tariff = {"per_j": 0.5, "per_server_s": [3.0, 5.0], "per_mbit": [0.125, 0.375], "rent": [7.0, 11.0]}
    return {"schema": "edgecut-instance/1", "name": "by hand", "provenance": {}, "problem": problem,
            "allocation": allocation, "cut_rule": "efficient", "horizon_s": 2.0, "server_energy_weight": 0.5,
            "latency_weight_w": 0.25 if problem == "J-L" else 0.0, "tariff": tariff if problem == "J-C" else None,
            "networks": [network()], **found, **others}  # fmt: skip


def row(user: str, server: str | None, kept: int, beta: float, phi: float, clock: float) -> Document:
    """A user of a plan, with its first ``kept`` layers on the device."""
    return {"user": user, "server": server, "cut": f"net/{kept}", "uplink_share": beta, "compute_share": phi,
            "clock": clock}  # fmt: skip


def stay(user: str, clock: float = 1.0) -> Document:
    """A user that stays local."""
    return row(user, None, 4, 0.0, 0.0, clock)


def away(user: str) -> Document:
    """A user that is turned away."""
    return {**stay(user), "cut": None}


def plan(*rows: Document) -> Document:
    """A file's part that is the plan."""
    cuts = {f"net/{k}": {"network": "net", "device_layers": [layer[0] for layer in LAYERS[:k]]} for k in range(5)}
    return {"users": list(rows), "cuts": cuts}


def result(rows: list[Document], objective: float, **others: Any) -> Document:
    """A result without a certificate."""
    return {"schema": "edgecut-result/2", "objective_j": objective, "bound_j": None, "certified_j": None, "gap": None,
            "verdict": "feasible", "limits": {"gap": 1e-6}, "plan": plan(*rows), "certificate": None,
            **others}  # fmt: skip


def certificate(bound: float | None, *nodes: Document) -> Document:
    """Of both servers."""
    return {"bound_j": bound, "servers": ["near", "far"], "nodes": list(nodes)}


def _facts(d: Document, r: Document) -> tuple[Any, ...]:
    """Seconds of device, sending, server and the rest; Mbit up and fetched; GFLOP there; user, device, radio, link,
    server (index, row)."""
    one = {table: {row_["name"]: row_ for row_ in d[table]} for table in ("users", "devices", "radios")}
    user = one["users"][r["user"]]
    device, radio = one["devices"][user["device"]], one["radios"][user["radio"]]
    kept = int(r["cut"].partition("/")[2])
    device_s = _roofline_s(device, range(kept))
    if r["server"] is None:
        return device_s, 0, 0, 0, 0, 0, 0, user, device, radio, None, None
    s, server = next((s, x) for s, x in enumerate(d["servers"]) if x["name"] == r["server"])
    link = next(x for x in user["links"] if x["server"] == r["server"])
    mbit = Fraction(UPLOAD[kept] * 8, MEGA)
    sending_s = mbit / (Fraction(link["efficiency"]) * Fraction(server["bandwidth_mhz"]) * Fraction(r["uplink_share"]))
    fetch_s = RESULT_MBIT / Fraction(link["download_mbps"])
    server_s = _roofline_s(server, range(kept, 4))
    wide_s = (mbit + RESULT_MBIT) / Fraction(link["backhaul_mbps"]) if "backhaul_mbps" in link else 0
    rest_s = Fraction(link["round_trip_s"]) + fetch_s + wide_s
    gflop = Fraction(sum(layer[2] for layer in LAYERS[kept:]), GIGA)
    return device_s, sending_s, server_s, rest_s, mbit, fetch_s, gflop, user, device, radio, link, (s, server)


def _roofline_s(machine: Document, layers: range) -> Fraction:
    rates = Fraction(machine["gflops"]) * GIGA, Fraction(machine["memory_gb_s"]) * GIGA
    return sum((max(LAYERS[j][2] / rates[0], TRAFFIC[j] / rates[1]) + Fraction(machine["launch_s"]) for j in layers),
               start=Fraction(0))  # fmt: skip


def latency_of(d: Document, r: Document) -> Fraction:
    """Of a user of a plan."""
    device_s, sending_s, server_s, rest_s, *_ = _facts(d, r)
    there_s = server_s / Fraction(r["compute_share"]) if server_s else 0
    return device_s / Fraction(r["clock"]) + sending_s + there_s + rest_s


def cost_of(d: Document, rows: list[Document]) -> Fraction:
    """The objective of a plan, user by user."""
    total, used = Fraction(0), set()
    for r in rows:
        weight = Fraction(next(u["weight"] for u in d["users"] if u["name"] == r["user"]))
        if r["cut"] is None:
            total += weight
            continue
        if d["problem"] == "J-A":
            continue
        device_s, sending_s, server_s, _, mbit, fetch_s, gflop, _, device, radio, _, at = _facts(d, r)
        watt = Fraction(device["kappa"]) * (Fraction(device["clock_ghz"]) * GIGA) ** 3
        joule = watt * device_s * Fraction(r["clock"]) ** 2 + Fraction(radio["tx_w"]) * sending_s
        joule += Fraction(radio["tx_j_per_mbit"]) * mbit + Fraction(radio["rx_w"]) * fetch_s
        joule += Fraction(radio["rx_j_per_mbit"]) * (RESULT_MBIT if at else 0)
        latency = latency_of(d, r) * Fraction(d["latency_weight_w"])
        if at and d["problem"] == "J-C":
            s, t = at[0], d["tariff"]
            joule = Fraction(t["per_j"]) * joule + Fraction(t["per_server_s"][s]) * server_s
            joule += Fraction(t["per_mbit"][s]) * mbit
        elif d["problem"] == "J-C":
            joule *= Fraction(d["tariff"]["per_j"])
        elif at:
            joule += Fraction(d["server_energy_weight"]) * Fraction(at[1]["j_per_gflop"]) * gflop
        total += weight * (joule + latency)
        used |= {at[0]} if at else set()
    for s in used:
        idle_j = Fraction(d["server_energy_weight"]) * Fraction(d["servers"][s]["idle_w"]) * Fraction(d["horizon_s"])
        total += Fraction(d["tariff"]["rent"][s]) if d["problem"] == "J-C" else idle_j
    return total
