"""The certifier: recomputes what a certificate proves from the instance alone, in outward-rounded arithmetic.

It shares no code with formulations, solvers, the option table or `instances.physics`, for the reason that
`instances.check` does not. What it returns is a number that no plan of the instance can undercut (docs/theory.md, P13).
"""

from __future__ import annotations

import dataclasses
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from instances.certificate import Certificate
from instances.certify_options import LOCAL, Offers, Options
from instances.certify_tree import Case, cases, check_tree, option_code, split_users
from instances.certify_values import find_force, value_down
from instances.columns import Bools, Floats
from instances.errors import InputError
from instances.instance import Instance
from instances.outward import add_up, below, mul_down, obeys_ieee, sub_down, sub_up, sum_down, sum_up

__all__ = ["Proof", "certify"]

CHUNK = 60_000
"""Options that are worked off together, about."""
_ROUGH, _SHARP = 3, 14
"""Steps for λ, for options that do not look like their user's best and for those that do."""
ROUNDING = 1e-9
"""Part of the sums behind a bound by which claims may differ from it: rounding, and how well λ was chosen."""


@dataclasses.dataclass(frozen=True)
class Proof:
    """``bound_j``: J that every plan costs at least; inf: there is no plan. ``leaves``: cases that it took.

    ``room_j``: J by which a bound in ordinary arithmetic from the same certificate may honestly differ.
    """

    bound_j: float
    room_j: float
    leaves: int


def certify(instance: Instance, certificate: Certificate) -> Proof:
    """What the tree of cases and prices proves; what its author says about it is not looked at.

    A leaf proves Σ_i min_o v_o − Σ_s max(0, μ_s + ν_s + π_s − f_s); a server that is off serves nobody and has no term;
    one that is on has μ_s + ν_s + π_s − f_s. Some leaf holds for every plan, so the tree proves the least of them.

    Raises:
        InputError: something in the certificate that is not understood (see `certify_tree.check_tree`), a list of cuts
            that is not complete, or arithmetic that is not that of IEEE 754.
    """
    if not obeys_ieee():
        raise InputError("certify", "this process does not compute as IEEE 754 says", "nothing can be proven")
    with np.errstate(all="ignore"):  # what overflows is dealt with as it is
        return _certify(instance, certificate)


def _certify(instance: Instance, certificate: Certificate) -> Proof:
    offers = Offers(instance)
    leaves = check_tree(certificate, offers)
    split = np.zeros(instance.n_users, dtype=bool)
    split[list(split_users(certificate, offers))] = True
    sums = _sums(offers, certificate, split)
    worst, room = math.inf, 0.0
    for case, of_users in zip(cases(certificate, offers), np.transpose(sums), strict=True):
        bound, magnitude = _bound(instance, case, of_users)
        if bound < worst:
            worst, room = bound, ROUNDING * magnitude
    return Proof(worst, room, leaves)


def _sums(offers: Offers, certificate: Certificate, split: Bools) -> Floats:
    """[parts, leaves] at most the least cost of some users in each case; inf where one of them has no option left."""
    # NumPy releases the lock, so two parts at a time keep two cores busy; sums do not depend on it.
    with ThreadPoolExecutor(2) as pool:
        return np.array(list(pool.map(lambda part: _part(offers, certificate, split, part), offers.parts(CHUNK))))


def _part(offers: Offers, certificate: Certificate, split: Bools, users: tuple[int, int]) -> list[float]:
    with np.errstate(all="ignore"):  # each thread has its own state
        return _part_sums(offers, certificate, split, *users)


def _part_sums(offers: Offers, certificate: Certificate, split: Bools, first: int, last: int) -> list[float]:
    options = offers.of(first, last)
    options = options.take(np.flatnonzero(_worth_it(options, split)))
    force: Floats | None = None
    found = []
    for case in cases(certificate, offers):
        force, value = _values(options, case, _allowed(options, case, offers.n_cuts), force)
        found.append(sum_down(_least(options, value)))
    return found


def _values(o: Options, case: Case, allowed: Bools, start: Floats | None) -> tuple[Floats, Floats]:
    """[n] λ, and values at most v_o, inf for options that are not allowed; sharp for those that may be a user's best.

    A rough λ for all; a good one for each user's best so far, and for all that look better than that.
    """
    mu, nu, pi = _prices_at(o, case.prices)
    force = find_force(o, mu, nu, start, rounds=_ROUGH)
    value = np.where(allowed, value_down(o, mu, nu, pi, force), np.inf)
    sharp = np.zeros(len(o), dtype=bool)
    ceiling = _least(o, value)
    for _ in range(2):
        rows = np.flatnonzero((value <= ceiling[o.user - o.first]) & ~sharp & allowed)
        part, mu_, nu_ = o.take(rows), mu[rows], nu[rows]
        force[rows] = find_force(part, mu_, nu_, force[rows], rounds=_SHARP)
        value[rows] = np.maximum(value[rows], value_down(part, mu_, nu_, pi[rows], force[rows]))
        sharp[rows] = True
        ceiling = _least(o, np.where(sharp, value, np.inf))
    return force, value


def _worth_it(o: Options, split: Bools) -> Bools:
    """Remote options that cost no less than running locally, whatever the prices, change no minimum.

    Users that are split on keep all: local may not be what they take.
    """
    local = np.full(o.last - o.first, np.inf)
    alone = o.server == LOCAL
    local[o.user[alone] - o.first] = o.least[alone]
    return np.asarray(alone | split[o.user] | (o.least < local[o.user - o.first]))


def _prices_at(o: Options, prices: Floats) -> tuple[Floats, Floats, Floats]:
    """Each option's prices; none for local ones, which come last under index −1."""
    padded = np.concatenate([prices, np.zeros((3, 1))], axis=1)
    mu, nu, pi = padded[:, o.server]
    return mu, nu, pi


def _allowed(o: Options, case: Case, n_cuts: int) -> Bools:
    """[n] which options are left in a case."""
    allowed = ~np.isin(o.server, case.off) if case.off else np.ones(len(o), dtype=bool)
    for user, (codes, holds) in case.rules.items():
        if o.first <= user < o.last:
            here = slice(*np.searchsorted(o.user, [user, user + 1]).tolist())
            code = option_code(o.server[here], o.cut[here], n_cuts)
            allowed[here] &= np.isin(code, codes) == holds
    return np.asarray(allowed)


def _least(o: Options, value: Floats) -> Floats:
    """[users] least value of each user's options; inf where there is none."""
    least = np.full(o.last - o.first, np.inf)
    if len(o):
        start = np.flatnonzero(np.diff(o.user, prepend=-1))
        least[o.user[start] - o.first] = np.minimum.reduceat(value, start)
    return least


def _bound(instance: Instance, case: Case, of_users: Floats) -> tuple[float, float]:
    """What a leaf proves, and how large the sums are that it is the difference of."""
    servers = instance.servers
    static = below(mul_down(mul_down(instance.server_energy_weight, servers.idle_w), instance.horizon_s))
    # A memory without limit has no price.
    memory = np.where(np.isfinite(servers.memory_mb), case.prices[2], 0.0)
    paid = add_up(case.prices[0], case.prices[1], memory) if instance.n_servers else static
    excess = sub_up(paid, static)
    on, off = list(case.on), list(case.off)
    term = np.maximum(excess, 0.0)
    term[on] = excess[on]
    term[off] = 0.0
    total, taken = sum_down(of_users), sum_up(term)
    if total == math.inf:
        return math.inf, 0.0
    return float(sub_down(total, taken)), abs(total) + float(np.sum(paid + static))
