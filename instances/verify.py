"""Re-checks a result against its instance, from their two JSON files alone, in exact arithmetic. Needs only Python.

    python verify.py instance.json result.json [folder of networks]

Status 0: what the result states holds; 4: something does not; 65: it has what this program does not know. The plan is
recomputed in fractions; the bound from the certificate's prices in whole multiples of 2⁻¹²⁸, each step rounded so that
it can only fall. No solver is believed: cuts, costs of options and λ (any is valid) are found here. A number in a file
is its 64-bit float. Proofs: docs/theory.md, P5, P9, P13, P15, P16, P39, P43; limits: docs/verify.md.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import operator
import sys
from collections import namedtuple
from fractions import Fraction
from pathlib import Path
from typing import Any

BITS, MOST, INF, ZERO = 128, 1_000_000, math.inf, Fraction(0)  # of fixed point; cuts of a network
ROOM = Fraction(1, 10**9)  # relative, of the rules of a plan, and between what is stated and what is recomputed
BYTE, MEGA, GIGA = Fraction(8, 10**6), 10**6, 10**9  # BYTE: a byte in Mbit
Row = dict[str, Any]
# Fields of the files; the first is the key of a table. Where those of NO_LIMIT are left out, there is no limit.
MACHINE = "name gflops memory_gb_s launch_s memory_mb"
DEVICE, RADIO = f"{MACHINE} clock_ghz kappa clock_min clock_max", "name tx_w tx_j_per_mbit rx_w rx_j_per_mbit"
SERVER = f"{MACHINE} idle_w j_per_gflop bandwidth_mhz blocks units energy_budget_j"
USER, TARIFF = "name network device radio deadline_s weight links", ("per_server_s", "per_mbit", "rent")
LINK = "server efficiency download_mbps round_trip_s backhaul_mbps"
SCALARS, TEXTS = "horizon_s server_energy_weight latency_weight_w", "name network device radio links user server cut"
INSTANCE = "schema name provenance users servers networks devices radios problem allocation cut_rule tariff"
NO_SENSE = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError)
CATALOG = Path(__file__).parent / "catalog" / "dnns"  # networks that an instance names and does not hold
NO_LIMIT: Row = dict.fromkeys(("memory_mb", "download_mbps", "backhaul_mbps", "energy_budget_j"), INF)


class Wrong(Exception):
    """What the files state does not hold, or makes no sense (status 4); or this program does not know it (65)."""


def demand(holds: Any, why: str, status: int = 4) -> None:
    if not holds:
        raise Wrong(why, status)


def fields(row: Row, names: str, status: int = 4) -> Row:
    demand(set(row) == set(names.split()), f"{str(row)[:50]}… should have the fields {names}", status)
    return row


def number(value: Any, least: float = 0.0) -> Fraction:
    demand(type(value) in (int, float) and value >= least, f"{str(value)[:50]} is no number, or below {least}")
    return Fraction(float(value))


def table(rows: list[Row], names: str) -> dict[str, Row]:
    """Rows by their first field, with exact numbers."""
    key, *others = names.split()
    found = {row[key]: fields({f: INF for f in others if f in NO_LIMIT} | row, names, 65) for row in rows}
    demand(len(found) == len(rows), f"a {key} is there twice")
    for row in found.values():
        row.update({f: number(x) for f, x in row.items() if f not in TEXTS.split() and x is not INF})
    return found


def down(x: Fraction) -> int:
    """In fixed point: a whole number x stands for x / 2^BITS. All that is not exact is at most the exact value."""
    return (x.numerator << BITS) // x.denominator


def least_clock(energy: int, lateness: int, low: int, high: int) -> int:
    """The least of energy z² + lateness/z over low ≤ z ≤ high. It is convex, and 3 ∛(energy lateness²/4) inside."""
    for end, outward in ((low, operator.ge), (high, operator.le)):
        if outward(2 * energy * end**3, lateness << 3 * BITS):  # the slope at this end points out of the range
            return (energy * end * end >> 2 * BITS) + (lateness << BITS) // end
    cube = energy * lateness * lateness // 4
    root = 1 << (cube.bit_length() + 2) // 3
    while root and (better := (2 * root + cube // (root * root)) // 3) < root:  # Newton's method, from above
        root = better
    return 3 * root


Cut = namedtuple("Cut", "mask upload kept moved flop")  # layers on the device as bits; bytes; FLOP at the server


class Network:
    """A layer graph and its cuts; bytes and FLOP are whole numbers."""

    def __init__(self, data: Row) -> None:
        demand(data["schema"] == "edgecut-dnn/1", "layers that run with some probability", 65)
        rows = [fields(row, "name kind flop weight_bytes output_bytes predecessors") for row in data["layers"]]
        self.layers, self.reads, kinds = ([row[f] for row in rows] for f in ("name", "predecessors", "kind"))
        self.flop, self.weight, sent = ([row[f] for row in rows] for f in ("flop", "weight_bytes", "output_bytes"))
        self.sent, self.result = [*sent, data["input_bytes"]], data["result_bytes"]  # the input is tensor −1
        counts = [*self.flop, *self.weight, *self.sent, self.result]
        demand(all(type(x) is int and 0 <= x <= 2**53 for x in counts), "bytes or FLOP are no whole numbers")
        ordered = all(reads and min(reads) >= -1 and max(reads) < j for j, reads in enumerate(self.reads))
        demand(rows and ordered and len(set(self.layers)) == len(rows), "a layer stands before what it reads, or twice")
        self.traffic = [2 * s if kind in ("slice", "embedding") else sum(self.sent[p] for p in reads) + s + w
                        for kind, s, w, reads in zip(kinds, sent, self.weight, self.reads, strict=True)]  # fmt: skip
        self.readers = [sum((p in reads) << j for j, reads in enumerate(self.reads)) for p in (*range(len(rows)), -1)]
        content = json.dumps({k: v for k, v in data.items() if k != "source"}, sort_keys=True, separators=(",", ":"))
        self.fingerprint = hashlib.sha256(content.encode()).hexdigest()
        self.everything = (1 << len(rows)) - 1
        self.cuts = self._list(list(zip(kinds, self.flop, self.traffic, self.weight, strict=True)))

    def cut(self, mask: int) -> Any:
        there = mask | self.everything + 1  # the input is at hand too
        upload = sum(x for p, x in enumerate(self.sent) if there >> p & 1 and self.readers[p] & ~mask)
        kept, flop = (sum(x for j, x in enumerate(of) if mask >> j & 1) for of in (self.weight, self.flop))
        return Cut(mask, upload, kept, sum(self.weight) - kept, sum(self.flop) - flop)

    def _list(self, like: list[Any]) -> list[Any]:
        """All down-closed sets; of those with as many layers of each likeness, which no machine tells apart, the one
        that sends least (P9b). In the order in which certificates number them: by FLOP, layers, and which layers."""
        masks = [0]
        for j, reads in enumerate(self.reads):
            masks += [mask | 1 << j for mask in masks if all(p < 0 or mask >> p & 1 for p in reads)]
            demand(len(masks) <= MOST, "a network with very many cuts", 65)
        groups = [sum(1 << j for j, one in enumerate(like) if one == kind) for kind in set(like)]
        every = [(-c.flop, c.mask.bit_count(), f"{c.mask:0{len(like)}b}"[::-1], c) for c in map(self.cut, masks)]
        order, least = [entry[-1] for entry in sorted(every)], dict[Any, Any]()
        for cut in sorted(order, key=lambda c: c.upload):
            least.setdefault(tuple((cut.mask & group).bit_count() for group in groups), cut)
        return sorted(least.values(), key=order.index)


@functools.lru_cache(100_000)
def seconds(network: Network, mask: int, speeds: Any) -> Any:
    """Roofline time of some layers on a machine: GFLOP/s, GB/s, overhead a layer in s."""
    gflops, memory_gb_s, launch_s = speeds
    layers = [(f, t) for j, (f, t) in enumerate(zip(network.flop, network.traffic, strict=True)) if mask >> j & 1]
    ratio = memory_gb_s / gflops  # computing takes no longer where FLOP / gflops ≤ bytes / memory_gb_s
    flop = sum(f for f, t in layers if f * ratio.numerator > t * ratio.denominator)
    moved = sum(t for f, t in layers if f * ratio.numerator <= t * ratio.denominator)
    return flop / (GIGA * gflops) + moved / (GIGA * memory_gb_s) + launch_s * len(layers)


# What a user's options at a server take. Time s: a byte, a byte beyond it, always; in the objective's unit: a second of
# computing, sending, latency, a byte, always, a FLOP there, a second of all of it; J a FLOP; part of its memory a byte.
Terms = namedtuple("Terms", "air wide wait clock send late byte once flop busy energy part")


class Problem:
    """An instance. Users are numbered, servers go by their names; None is the device itself."""

    def __init__(self, data: Row, folder: Path) -> None:
        demand(data["schema"] == "edgecut-instance/1", "variants, clouds or floors of accuracy", 65)
        d = fields({"latency_weight_w": 0.0, "tariff": None} | data, f"{INSTANCE} {SCALARS}", 65)
        self.problem, self.units = d["problem"], ("continuous", "units").index(d["allocation"])
        known = self.problem in ("J-E", "J-L", "J-C", "J-A") and d["cut_rule"] == "efficient"
        demand(known and (self.problem == "J-C") == bool(d["tariff"]), f"{self.problem} with {d['cut_rule']} cuts", 65)
        self.devices, self.radios = table(d["devices"], DEVICE), table(d["radios"], RADIO)
        full = [x if "layers" in x else json.loads((folder / f"{x['name']}.json").read_bytes()) for x in d["networks"]]
        self.networks = {x["name"]: Network(x) for x in full}
        meant = [x.get("fingerprint", self.networks[x["name"]].fingerprint) for x in d["networks"]]
        demand(meant == [x.fingerprint for x in self.networks.values()], "a network is there twice, or is another one")
        users, self.servers = table(d["users"], USER), table(d["servers"], SERVER)
        self.users, self.row = list(users.values()), {name: i for i, name in enumerate(users)}
        self.links = [table(user["links"], LINK) for user in self.users]
        horizon, self.served, self.omega = (number(d[f]) for f in SCALARS.split())
        self.served *= self.problem in ("J-E", "J-L")
        tariff = d["tariff"] or {"per_j": int(self.problem != "J-A"), **dict.fromkeys(TARIFF, [0] * len(self.servers))}
        self.per_j = number(tariff["per_j"])
        for machine in (*self.devices.values(), *self.servers.values()):
            machine["speeds"] = machine["gflops"], machine["memory_gb_s"], machine["launch_s"]
        for s, server in enumerate(self.servers.values()):
            server["second"], server["mbit"], rent = (number(tariff[f][s]) for f in TARIFF)
            server["idle"], server["on"] = server["idle_w"] * horizon, self.served * server["idle_w"] * horizon + rent

    def terms(self, i: int, at: str | None) -> Any:
        user = self.users[i]
        machine, radio, weight = self.devices[user["device"]], self.radios[user["radio"]], user["weight"]
        joule, late = weight * self.per_j, weight * self.omega
        clock = joule * machine["kappa"] * (machine["clock_ghz"] * GIGA) ** 3
        if at is None:
            return Terms(ZERO, ZERO, ZERO, clock, ZERO, late, *[ZERO] * 6)
        link, server, result = self.links[i][at], self.servers[at], self.networks[user["network"]].result * BYTE
        fetch, wide = Fraction(result / link["download_mbps"]), Fraction(1 / link["backhaul_mbps"])
        wait = link["round_trip_s"] + fetch + wide * result
        byte = BYTE * (joule * radio["tx_j_per_mbit"] + weight * server["mbit"] + late * wide)
        once = joule * (radio["rx_w"] * fetch + radio["rx_j_per_mbit"] * result) + late * wait
        energy = server["j_per_gflop"] / GIGA
        return Terms(BYTE / (link["efficiency"] * server["bandwidth_mhz"]), BYTE * wide, wait, clock,
                     joule * radio["tx_w"], late, byte, once, weight * self.served * energy, weight * server["second"],
                     energy, Fraction(1 / (server["memory_mb"] * MEGA)))  # fmt: skip

    def check(self, plan: Row) -> Any:
        """The objective of a plan; Wrong at the first rule that it breaks."""
        masks, total = {}, ZERO
        for name, cut in fields(plan, "users cuts")["cuts"].items():
            network = self.networks[fields(cut, "network device_layers")["network"]]
            on = {network.layers.index(layer) for layer in cut["device_layers"]}
            demand(all(p < 0 or p in on for j in on for p in network.reads[j]), f"{name} lacks what a layer reads")
            masks[name] = cut["network"], sum(1 << j for j in on)
        rows = table(plan["users"], "user server cut uplink_share compute_share clock")
        demand(set(rows) == set(self.row), "the plan is for other users")
        taken = {at: [ZERO] * 4 for at in {row["server"] for row in rows.values()} - {None}}
        for i, user in enumerate(self.users):
            name, row = user["name"], rows[user["name"]]
            at, (beta, phi, z) = row["server"], (+row[f] for f in ("uplink_share", "compute_share", "clock"))
            if at is None and row["cut"] is None:
                demand(self.problem == "J-A", f"{name} is turned away")
                total += user["weight"]
                continue
            t, network, machine = self.terms(i, at), self.networks[user["network"]], self.devices[user["device"]]
            (owner, mask), (low, high) = masks[row["cut"]], (machine["clock_min"], machine["clock_max"])
            fits = owner == user["network"] and (at is None) == (mask == network.everything)
            demand(fits, f"{name} has a cut of another network, layers without a server, or the reverse")
            cut, device = network.cut(mask), seconds(network, mask, machine["speeds"])
            run = ZERO if at is None else seconds(network, network.everything ^ mask, self.servers[at]["speeds"])
            air = t.air * cut.upload
            demand(max(beta, phi) <= 1 + ROOM and (beta or not air) and (phi or not run), f"{name}: impossible shares")
            demand(low * (1 - ROOM) <= z <= high * (1 + ROOM), f"{name}: clock out of range")
            sending = air / beta if air else ZERO
            busy = device / z + sending + (run / phi if run else 0)
            demand(busy + t.wide * cut.upload + t.wait <= user["deadline_s"] * (1 + ROOM), f"{name} is late")
            demand(cut.kept <= machine["memory_mb"] * MEGA * (1 + ROOM), f"{name}: too large for its device")
            total += t.clock * device * z**2 + t.send * sending + t.late * busy
            total += t.byte * cut.upload + t.once + t.flop * cut.flop + t.busy * run
            if at is not None:
                taken[at] = list(map(operator.add, taken[at], (beta, phi, t.part * cut.moved, t.energy * cut.flop)))
                for n in (beta * self.servers[at]["blocks"], phi * self.servers[at]["units"]):
                    demand(not self.units or abs(n - round(n)) <= ROOM * max(n, 1), f"{name} has a part of a piece")
        for at, used in taken.items():
            demand(max(used[:3]) <= 1 + ROOM, f"{at}: more than all of its uplink, compute or memory is used")
            most = self.servers[at]["energy_budget_j"] * (1 + ROOM)
            demand(used[3] + self.servers[at]["idle"] <= most, f"{at}: more than its energy is used")
        return total + sum(self.servers[at]["on"] for at in taken)

    def options(self, i: int) -> list[Option]:
        """Staying local, every other cut at every server in reach, being turned away (J-A); without what breaks a rule
        by twice of what plans are forgiven, and without what is remote and costs no less than staying local."""
        user, room, found = self.users[i], 1 + 2 * ROOM, []
        machine, network = self.devices[user["device"]], self.networks[user["network"]]
        for at in (None, *self.links[i]):
            terms, server = Terms(*map(down, self.terms(i, at))), NO_LIMIT if at is None else self.servers[at]
            limits = server["energy_budget_j"] * room, server["energy_budget_j"]
            most, spare = (x if x == INF else -down(server["idle"] - x) for x in limits)
            for k, cut in enumerate(network.cuts):
                energy, part = terms.energy * cut.flop, terms.part * cut.moved
                fits = cut.kept <= machine["memory_mb"] * MEGA * room and part <= down(room) and energy <= most
                if fits and (at is None) == (cut.mask == network.everything):
                    run = at and seconds(network, network.everything ^ cut.mask, server["speeds"])
                    times = down(seconds(network, cut.mask, machine["speeds"])), down(run or ZERO)
                    stocks = part, (energy << BITS) // spare if 0 < spare < INF else 0
                    found.append(Option(i, (at, k), terms, cut, times, stocks, user, machine))
        if self.problem == "J-A":
            away = Terms(0, 0, 0, 0, 0, 0, 0, down(user["weight"]), 0, 0, 0, 0)
            found.append(Option(i, (None, None), away, network.cuts[-1], (0, 0), (0, 0), user, machine))
        local = min((o.least for o in found if o.at is None), default=INF)
        return [o for o in found if o.least < (INF if o.at is None else local)]


class Option:
    """A user's option with any shares, in fixed point; what it takes is rounded down, the time that it has, up."""

    def __init__(self, i: int, key: Any, t: Any, cut: Any, times: Any, stocks: Any, user: Row, machine: Row) -> None:
        self.user, self.key, self.at, self.stocks, self.send, self.late = i, key, key[0], stocks, t.send, t.late
        (self.device, self.run), self.air, self.clock = times, t.air * cut.upload, t.clock * times[0] >> BITS
        self.rest = t.byte * cut.upload + t.once + t.flop * cut.flop + (t.busy * self.run >> BITS)
        self.slow, self.fast = down(machine["clock_min"]), -down(-machine["clock_max"])
        self.budget = -down(-user["deadline_s"]) - t.wide * cut.upload - t.wait
        forgiven = -down(-3 * ROOM * user["deadline_s"])
        slack = self.budget - self.air - self.run - (self.device << BITS) // self.fast
        if slack < forgiven:  # who hardly is in time gets what plans are forgiven
            self.budget, slack = self.budget + forgiven, slack + forgiven
        left, self.least = self.budget - self.air - self.run, INF
        if slack >= 0 and left > 0:
            low = min(max(self.slow, (self.device << BITS) // left), self.fast)
            sending = (self.send + self.late) * self.air + self.late * self.run >> BITS
            self.least = least_clock(self.clock, self.late * self.device >> BITS, low, self.fast) + sending + self.rest

    def worth(self, prices: Any, links: Any) -> Any:
        mu, nu, pi, sigma = prices[self.at]  # at most v_o, its least cost at them
        extra = (pi * self.stocks[0] + sigma * self.stocks[1] >> BITS) + links.get((self.user, self.at), 0)
        force = max(self._force(mu, nu), self.late)
        total = least_clock(self.clock, force * self.device >> BITS, self.slow, self.fast) + self.rest
        for work, price in ((self.send + force) * self.air >> BITS, mu), (force * self.run >> BITS, nu):
            total += work + price if work >= price else math.isqrt(4 * work * price)  # least of work/β + price β, β ≤ 1
        bound = max(self.least, total + ((self.late - force) * self.budget >> BITS))
        return (self.least if self.at is None else bound) + extra  # remote ones were left out by that least (P16b)

    def _force(self, *prices: int) -> int:
        """λ at which device, uplink and server just take the whole budget, by bisection. Any λ is valid."""
        figures = (self.air, self.run, self.device, self.clock, self.send, self.budget, self.slow, self.fast, *prices)
        air, run, device, energy, send, budget, slow, fast, mu, nu = (x * 2.0**-BITS for x in figures)
        low, high = -70.0, 70.0  # of its logarithm
        for _ in range(36):
            x = math.exp(middle := (low + high) / 2)
            z = min(max((x * device / (2 * energy)) ** (1 / 3), slow), fast) if energy else fast
            taken = device / z + max(air, math.sqrt(mu * air / (send + x))) + max(run, math.sqrt(nu * run / x))
            low, high = (middle, high) if taken > budget else (low, middle)
        return int(math.exp(low) * 2.0**BITS)


class Proof:
    """What a certificate proves: the least over its leaves (P13a, P15a); INF if that is above 0 without costs (P43)."""

    def __init__(self, problem: Problem, certificate: Row) -> None:
        demand(not certificate.get("whole"), "a certificate of whole blocks and units", 65)
        certificate = fields({"costless": False} | certificate, "bound_j costless servers nodes")
        free, said = certificate["costless"], certificate["bound_j"]
        demand(free in (False, said is None), "a finite bound without costs")
        for row in (*problem.users, *problem.servers.values()) if free else ():
            wider = {x: row[x] * (1 + 10 * ROOM) for x in ("deadline_s", "memory_mb") if x in row}
            row.update(weight=ZERO, on=ZERO, **wider)
        self.problem, self.names = problem, certificate["servers"]
        demand(sorted(self.names) == sorted(problem.servers), "prices are for other servers")
        self.aim, self.bound, self.room = 1 if free else INF if said is None else down(number(said, -INF)), INF, 0
        stack: list[Any] = [([problem.options(i) for i in range(len(problem.users))], {})]
        for node in certificate["nodes"]:  # each before its parts: the cases still to come wait on the stack
            stack += self._visit(node, *stack.pop())
        demand(not stack, "a case is missing")
        self.aim, self.bound = (INF, INF if self.bound > 0 else 0) if free else (self.aim, self.bound)

    def _visit(self, node: Row, left: list[list[Option]], state: dict[str, bool]) -> list[Any]:
        """The parts of a node, the first one last. ``left``: options that the case leaves to each user."""
        if "server" in node:
            name = fields(node, "server")["server"]
            demand(name in self.names and name not in state, "a split of no server, or of one that is settled")
            off = [[o for o in options if o.at != name] for options in left]
            return [(left, {**state, name: True}), (off, {**state, name: False})]
        if "user" in node:
            i, keys = self.problem.row[fields(node, "user options")["user"]], [tuple(key) for key in node["options"]]
            parts = [[o for o in left[i] if (o.key in keys) == among] for among in (False, True)]
            return [([*left[:i], part, *left[i + 1 :]], state) for part in parts]
        (kind,) = set(node) - {"links"}
        demand(kind in ("prices", "sieve"), f"a node of an unknown kind, {kind}")
        prices, links, dues = self._rates(node[kind], node.get("links", []))
        worth = [[o.worth(prices, links) for o in options] for options in left]
        least: list[Any] = [min(values, default=INF) for values in worth]
        bound = sum(least) - sum(x if state.get(at) else max(x, 0) for at, x in dues.items() if state.get(at, True))
        if (proven := self.aim if kind == "sieve" and bound < INF else bound) < self.bound:
            self.bound, self.room = proven, int(ROOM * sum(least))
        if kind == "prices" or bound == INF:
            return [(left, state)] * (kind == "sieve")
        # Left out: options with which every plan of the case costs at least what is claimed (P15b).
        return [([[o for o, x in zip(options, values, strict=True) if bound - lowest + x < self.aim]
                  for options, values, lowest in zip(left, worth, least, strict=True)], state)]  # fmt: skip

    def _rates(self, prices: list[list[Any]], links: list[Any]) -> Any:
        """Prices of uplink, compute, memory and energy at each server, and of links; what all of these cost together at
        each, less what being on costs, rounded up."""
        demand(len(prices) in (3, 4), "prices are of uplink, compute, memory and, where it is limited, energy")
        rows = zip(self.names, *([down(number(x)) for x in row] for row in prices), strict=True)
        at: Any = {name: [*row, 0][:4] for name, *row in rows}
        paid = {(self.problem.row[user], server): down(number(x)) for user, server, x in links}
        due = {name: sum(map(operator.mul, at[name], (1, 1, s["memory_mb"] < INF, s["energy_budget_j"] < INF)))
               + sum(x for (_, to), x in paid.items() if to == name) - down(s["on"])
               for name, s in self.problem.servers.items()}  # fmt: skip
        return {**at, None: [0, 0, 0, 0]}, paid, due


def verify(instance: Row, result: Row, folder: Path = CATALOG) -> tuple[Any, Any]:
    """Cost of the plan (infinite: there is none) and proven bound (−infinite: no certificate); Wrong, or NO_SENSE."""
    demand(result["schema"] == "edgecut-result/2", "an older schema", 65)
    figures = (result[f] for f in ("objective_j", "bound_j", "certified_j", "gap"))
    stated, bound, certified, gap = (None if x is None else number(x, -INF) for x in figures)
    problem, plan = Problem(instance, folder), result["plan"]
    cost: Any = INF if plan is None else problem.check(plan)
    same = stated is gap is None if plan is None else stated is not None and abs(stated - cost) <= ROOM * cost
    demand(same, f"the plan costs {float(cost):.9g}")
    proven: Any = -INF
    most = proven  # with room for rounding
    if result["certificate"] is not None:
        proof = Proof(problem, result["certificate"])
        proven = INF if proof.bound == INF else Fraction(max(int(proof.bound), 0), 1 << BITS)
        most = proven + Fraction(proof.room, 1 << BITS)
        demand(proof.aim <= max(proof.bound, 0) + proof.room, f"the certificate proves {float(proven):.9g}")
    demand(max(proven, bound or 0) <= cost * (1 + 1000 * ROOM), "a bound above what the plan costs")
    demand(certified is None or certified <= most, f"the certified bound is {float(proven):.9g}")
    lost = INF if plan is None or bound is None else cost - bound - max(1, cost) / Fraction(10**12)
    demand(gap is None or lost <= gap * cost, "the gap is larger than stated")
    holds = {"certified": bound is not None and bound <= most, "bounded": bound is not None, "feasible": bound is None,
             "optimal": lost <= max(number(result["limits"]["gap"]), ROOM) * (1 + ROOM) * cost}  # fmt: skip
    nothing = {"infeasible": True, "unknown": True, "certified infeasible": proven == INF}
    demand((nothing if plan is None else holds).get(result["verdict"]), "the verdict does not follow")
    return cost, proven


def main(instance: str, result: str, folder: str = str(CATALOG)) -> int:
    try:
        files = [json.loads(Path(path).read_bytes()) for path in (instance, result)]
        cost, proven = verify(files[0], files[1], Path(folder))
    except (Wrong, *NO_SENSE) as error:
        why, status = error.args if isinstance(error, Wrong) else (f"the files make no sense: {error!r}", 4)
        print("not handled:" if status == 65 else "WRONG:", why)
        return int(status)
    print(f"holds: the plan costs {float(cost):.9g}, and no plan less than {float(proven):.9g}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
