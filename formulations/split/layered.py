"""One request as a layered graph: every placement is a path through it, with its seconds and joules (theory P22).

Stage 0 sends the input, stage v + 1 runs layer v. An arc of a stage says which machine runs the layer and to which
machines its tensor is sent at once, all that will read it: `targets`. A later layer may run only where all tensors
that it reads have been sent. So from stage to stage there is to remember where tensors that are still to be read have
been sent (the *frontier*), which machines are in use and which have returned a result. On a chain that is one machine:
the two-row graph of JointDNN, for any number of machines. On other graphs it grows with the width of the frontier, in
which tensors that the same layers will read count once.
"""

from __future__ import annotations

import dataclasses
import math
from functools import cached_property

import numpy as np

from instances.columns import Floats, Ints
from instances.dnn import NETWORK_INPUT, Dnn
from instances.errors import InputError
from instances.request import Request

__all__ = ["MOST_ARCS", "LayeredGraph", "LayeredStructure", "layered_graph", "layered_structure"]

MOST_ARCS = 1_000_000
_MOST_MACHINES = 6
_CACHED = 64
_CODE_BITS = 62


@dataclasses.dataclass(frozen=True, eq=False)
class LayeredStructure:
    """States and arcs; they depend on the network, the number of machines, direction and route only.

    ``first`` [stages + 1]: arcs of stage s are first[s] to first[s + 1]. ``states`` [stages + 1]: number of states
    before each stage, and at the end. Per arc: ``tail`` and ``head`` state; ``machine`` that runs the layer (stage 0:
    machine 0, which holds the input); bit sets ``targets`` of machines that the tensor is sent to, ``opened`` of
    machines newly in use, ``returned`` of those that newly return a result. Arcs of a stage are sorted by head, and
    every state has one.
    """

    first: Ints
    states: Ints
    tail: Ints
    head: Ints
    machine: Ints
    targets: Ints
    opened: Ints
    returned: Ints

    @property
    def n_stages(self) -> int:
        """Layers + 1."""
        return len(self.first) - 1

    @property
    def n_arcs(self) -> int:
        """Arcs of all stages."""
        return len(self.tail)

    @cached_property
    def stage_of_arc(self) -> Ints:
        """[arcs]."""
        return np.repeat(np.arange(self.n_stages), np.diff(self.first))

    @cached_property
    def groups(self) -> list[Ints]:
        """For every stage, [states after it] where the arcs into each state begin, from the stage's first arc."""
        heads = np.split(self.head, self.first[1:-1])
        return [np.flatnonzero(np.diff(head, prepend=-1)) for head in heads]


@dataclasses.dataclass(frozen=True, eq=False)
class LayeredGraph:
    """A structure with what each arc takes: ``seconds`` [arcs] (inf: impossible) and ``joules`` [arcs].

    A placement's path has its latency and energy; a path may send more than its placement needs, never less.
    """

    request: Request
    structure: LayeredStructure
    seconds: Floats
    joules: Floats

    def busy_s(self, machine: int) -> Floats:
        """[arcs] s that a machine is busy."""
        return self._of_layers(machine, self.request.time_s[machine])

    def weight_mb(self, machine: int) -> Floats:
        """[arcs] MB of weights on a machine."""
        return self._of_layers(machine, self.request.network.weight_mb)

    def placement(self, path: Ints) -> Ints:
        """[n_layers] machine of each layer on a path ([stages] arcs)."""
        return self.structure.machine[path[1:]]

    def _of_layers(self, machine: int, per_layer: Floats) -> Floats:
        here = np.append(per_layer, 0.0)[self.structure.stage_of_arc - 1]  # stage 0 takes the last entry
        return np.where(self.structure.machine == machine, here, 0.0)


def layered_graph(request: Request) -> LayeredGraph:
    """The graph of a request.

    Raises:
        InputError: it would have more than `MOST_ARCS` arcs, or there are more than 6 machines.
    """
    structure = layered_structure(request)
    m, net = request.n_machines, request.network
    layer = structure.stage_of_arc - 1
    mbit = np.append(net.output_mbit, net.input_mbit)[layer]  # layer −1, the input, is the last entry
    back_s, back_j = _returns(request)
    open_s, open_j = (_sums(opening, m) for opening in (request.opening_s, request.opening_j))
    busy = np.concatenate([request.time_s, np.zeros((m, 1))], axis=1)[structure.machine, layer]
    drawn = np.concatenate([request.energy_j, np.zeros((m, 1))], axis=1)[structure.machine, layer]
    per_mbit_s, per_mbit_j, hop_s = (table[structure.machine, structure.targets] for table in _sendings(request))
    closed = np.isinf(per_mbit_s)
    air_s = np.where(closed, np.inf, np.where(closed, 0.0, per_mbit_s) * mbit)
    seconds = busy + air_s + hop_s + open_s[structure.opened] + back_s[structure.returned]
    joules = drawn + per_mbit_j * mbit + open_j[structure.opened] + back_j[structure.returned]
    return LayeredGraph(request, structure, seconds, joules)


_structures: dict[tuple[str, int, bool, str], LayeredStructure | InputError] = {}


def layered_structure(request: Request) -> LayeredStructure:
    """Structure of a request's graph; the last few are kept. Raises as `layered_graph`."""
    key = (request.network.fingerprint, request.n_machines, request.one_way, request.route)
    if key not in _structures:
        if request.n_machines > _MOST_MACHINES:
            raise InputError("request.machines", f"are {request.n_machines}", f"a layered graph takes {_MOST_MACHINES}")
        if len(_structures) >= _CACHED:
            _structures.pop(next(iter(_structures)))
        try:
            _structures[key] = _build(request)
        except InputError as error:  # kept, so that asking again costs nothing
            _structures[key] = error
    known = _structures[key]
    if isinstance(known, InputError):
        raise known
    return known


def _sums(per_machine: Floats, m: int) -> Floats:
    """[2^m] sum over the machines of a bit set."""
    bits = np.arange(2**m)[:, None] >> np.arange(m) & 1
    return np.asarray(np.where(bits == 1, per_machine, 0.0).sum(axis=1))


def _returns(request: Request) -> tuple[Floats, Floats]:
    """[2^m] s and J of the result's return from the machines of a bit set."""
    m, size = request.n_machines, float(request.network.result_mbit)
    seconds, joules = np.zeros(m), np.zeros(m)
    for k in range(1, m):
        to = k - 1 if request.route == "relay" else 0
        rate = float(request.send_s_per_mbit[k, to])
        seconds[k] = math.inf if math.isinf(rate) else rate * size + request.hop_s[k, to]
        joules[k] = request.send_j_per_mbit[k, to] * size
    return _sums(seconds, m), _sums(joules, m)


def _sendings(request: Request) -> tuple[Floats, Floats, Floats]:
    """[m, 2^m] s and J of a Mbit, and s of hops, from a machine to those of a bit set."""
    m = request.n_machines
    tables = (np.zeros((m, 2**m)), np.zeros((m, 2**m)), np.zeros((m, 2**m)))
    for home in range(m):
        for targets in range(2**m):
            reached = [k for k in range(m) if targets >> k & 1]
            for a, b in _legs(request.route, home, reached):
                wrong_way = request.one_way and b < a
                tables[0][home, targets] += math.inf if wrong_way else request.send_s_per_mbit[a, b]
                tables[1][home, targets] += request.send_j_per_mbit[a, b]
                tables[2][home, targets] += request.hop_s[a, b]
    return tables


def _legs(route: str, home: int, reached: list[int]) -> list[tuple[int, int]]:
    if route == "direct":
        return [(home, k) for k in reached if k != home]
    up = [(k, k + 1) for k in range(home, max(reached, default=home))]
    return up + [(k, k - 1) for k in range(home, min(reached, default=home), -1)]


class _Codes:
    """States as whole numbers: m bits each for machines in use, for those that returned, and for each live tensor."""

    def __init__(self, net: Dnn, m: int) -> None:
        self.net, self.m, self.slot, self._free = net, m, dict[int, int](), list[int]()
        self._next = 2
        self.last = [max(readers, default=-1) for readers in net.readers]

    def shift(self, tensor: int) -> int:
        return self.m * self.slot[tensor]

    def enter(self, tensor: int) -> int:
        """Give a tensor a place; its shift."""
        self.slot[tensor] = self._free.pop() if self._free else self._next
        self._next = max(self._next, self.slot[tensor] + 1)
        if self.m * self._next > _CODE_BITS:
            raise _too_wide(self.net, f"{self._next - 2} tensors wait to be read at a time")
        return self.shift(tensor)

    def leave(self, layer: int) -> int:
        """Mask that wipes out all tensors that no layer after this one reads."""
        gone = {u: slot for u, slot in self.slot.items() if self.last[u] <= layer}
        mask = -1
        for slot in set(gone.values()):
            mask &= ~((2**self.m - 1) << self.m * slot)
            self._free.append(slot)
        for tensor in gone:
            del self.slot[tensor]
        return mask

    def merge(self, layer: int, code: Ints) -> Ints:
        """Codes in which tensors that the same layers will read share a place: where all of them are; −1: nowhere.

        Without this every tensor of a DenseNet's block would have a place of its own.
        """
        first: dict[tuple[int, ...], int] = {}
        full = 2**self.m - 1
        for tensor in list(self.slot):
            ahead = tuple(r for r in self.net.readers[tensor] if r > layer)
            slot = self.slot[tensor]
            kept = first.setdefault(ahead, slot)
            if kept == slot:
                continue
            a, b = self.m * kept, self.m * slot
            both = (code >> a) & (code >> b) & full
            code = np.where((both == 0) | (code < 0), -1, code & ~(full << a | full << b) | both << a)
            self.slot = {u: kept if s == slot else s for u, s in self.slot.items()}
            self._free.append(slot)
        return code


def _build(request: Request) -> LayeredStructure:
    net, m = request.network, request.n_machines
    codes, before = _Codes(net, m), np.zeros(1, dtype=np.int64)
    counts, stages, arcs = [1], [], 0
    for layer in range(NETWORK_INPUT, net.n_layers):
        tail, machine, targets, opened, returned, code = _arcs(request, codes, before, layer)
        after, head = np.unique(code, return_inverse=True)
        order = np.argsort(head, kind="stable")
        stages.append([column[order] for column in (tail, head, machine, targets, opened, returned)])
        arcs += len(order)
        if arcs > MOST_ARCS:
            raise _too_wide(net, f"more than {MOST_ARCS} arcs at layer {layer} of {net.n_layers}")
        before = after
        counts.append(len(after))
    first = np.concatenate([[0], np.cumsum([len(stage[0]) for stage in stages])])
    return LayeredStructure(first, np.array(counts), *(np.concatenate(column) for column in zip(*stages, strict=True)))


def _arcs(request: Request, codes: _Codes, before: Ints, layer: int) -> tuple[Ints, ...]:
    """Tail, machine, targets, newly opened, newly returned and code of the state reached, of one stage."""
    net, m = request.network, request.n_machines
    needed = [] if layer == NETWORK_INPUT else [codes.shift(u) for u in net.predecessors[layer]]
    wipe = codes.leave(layer)
    readers = len(net.readers[layer])
    place = codes.enter(layer) if readers else 0
    full, pieces = 2**m - 1, []
    for machine in range(1 if layer == NETWORK_INPUT else m):
        may = np.ones(len(before), dtype=bool)
        for shift in needed:
            may &= (before >> (shift + machine) & 1) == 1
        tail = np.flatnonzero(may)
        covers = 0 if layer == NETWORK_INPUT else _covers(request.route, machine)
        in_use = before[tail]
        opened = covers & ~(in_use & full)
        returned = np.zeros_like(tail) if readers else covers & ~(in_use >> m & full)
        base = (in_use | covers) & wipe | returned << m
        for targets in _target_sets(request, machine, readers):
            column = np.full(len(tail), targets)
            pieces.append((tail, np.full(len(tail), machine), column, opened, returned, base | column << place))
    tail, machine_of, targets_of, opened_of, returned_of, code = (np.concatenate(c) for c in zip(*pieces, strict=True))
    code = codes.merge(layer, code)
    alive = code >= 0
    return tuple(column[alive] for column in (tail, machine_of, targets_of, opened_of, returned_of, code))


def _too_wide(net: Dnn, why: str) -> InputError:
    where = "request.network"
    return InputError(where, f"'{net.name}' has a frontier too wide for a layered graph", why, "use switching_milp")


def _covers(route: str, machine: int) -> int:
    """Bit set of the machines in use when a layer runs on one."""
    if machine == 0:
        return 0
    return (2 << machine) - 2 if route == "relay" else 1 << machine


def _target_sets(request: Request, machine: int, readers: int) -> list[int]:
    """Bit sets of at most as many machines as there are readers; none when nobody reads."""
    if not readers:
        return [0]
    behind = 2**machine - 1 if request.one_way else 0
    return [s for s in range(1, 2**request.n_machines) if s.bit_count() <= readers and not s & behind]
