"""The certifier: recomputes what a certificate proves from the instance alone, in outward-rounded arithmetic.

It shares no code with formulations, solvers, the option table or `instances.physics`, for the reason that
`instances.check` does not. What it returns is a number that no plan of the instance can undercut (docs/theory.md, P13).
"""

from __future__ import annotations

import dataclasses
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from instances.certificate import Certificate, Leaf
from instances.certify_bounds import Case, bound_of, least_of, values_of
from instances.certify_cases import prove_cases
from instances.certify_nothing import check_costless, with_least_aim, without_costs
from instances.certify_options import LOCAL, Offers, Options
from instances.certify_pieces import least_pieces
from instances.certify_tree import check_tree
from instances.errors import InputError
from instances.instance import Instance
from instances.outward import obeys_ieee, sum_down

__all__ = ["CERTIFIABLE", "Proof", "certify"]

CERTIFIABLE = ("J-E", "J-L", "J-C", "J-A")
"""Problems whose costs are restated here."""
CHUNK = 60_000
"""Options that are worked off together, about."""
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
    """What the tree of cases and prices proves.

    A leaf proves Σ_i min_o (v_o + γ_is) − Σ_s max(0, μ_s + ν_s + π_s + σ_s + Σ_i γ_is − f_s), γ being the prices of
    links; a server that is off serves nobody and has no term; one that is on has that difference itself. Some leaf
    holds for every plan, so the tree proves the least of them. Where options were dropped it proves no more than its
    author says: they were dropped on account of that. With whole pieces (``certificate.whole``) a user's minimum is
    over (option, blocks, units), else over options with any shares. Without costs (``certificate.costless``) the tree
    proves that there is no plan, bound inf, or nothing at all, bound −inf.

    Raises:
        InputError: something in the certificate that is not understood (see `certify_tree.check_tree`), a list of cuts
            that is not complete, a problem that is not among `CERTIFIABLE`, or arithmetic that is not that of IEEE 754.
    """
    if instance.problem not in CERTIFIABLE:
        raise InputError("problem", f"is {instance.problem}", "its costs are not restated here, so nothing is proven",
                         "one of " + ", ".join(CERTIFIABLE))  # fmt: skip
    if not instance.is_plain:
        raise InputError("instance", "has variants, clouds, accuracy floors or layers that may not run",
                         "their costs are not restated here, so nothing is proven")  # fmt: skip
    if not obeys_ieee():
        raise InputError("certify", "this process does not compute as IEEE 754 says", "nothing can be proven")
    check_costless(certificate)
    with np.errstate(all="ignore"):  # what overflows is dealt with as it is
        if not certificate.costless:
            return _certify(instance, certificate)
        proof = _certify(without_costs(instance), with_least_aim(certificate))
    return Proof(math.inf if proof.bound_j > 0 else -math.inf, 0.0, proof.leaves)


def _certify(instance: Instance, certificate: Certificate) -> Proof:
    offers = Offers(instance)
    leaves = check_tree(certificate, offers)
    # NumPy releases the lock, so two parts at a time keep two cores busy; sums do not depend on it.
    with ThreadPoolExecutor(2) as pool:
        if isinstance(certificate.root, Leaf):
            case = Case.of(certificate.root, instance.n_servers)
            least = _least_whole if certificate.whole else _least_sum
            sums = list(pool.map(lambda users: least(offers, case, users), offers.parts(CHUNK)))
            bound, magnitude = bound_of(instance, case, sums)
        else:
            parts = list(pool.map(lambda users: _useful(offers, users), offers.parts(CHUNK)))
            bound, magnitude = prove_cases(offers, certificate, parts)
    return Proof(bound, ROUNDING * magnitude, leaves)


def _least_sum(offers: Offers, case: Case, users: tuple[int, int]) -> float:
    """At most what some users cost at a leaf; inf where one of them has no option."""
    options = _useful(offers, users)
    with np.errstate(all="ignore"):  # each thread has its own state
        return sum_down(least_of(options, values_of(options, case)))


def _least_whole(offers: Offers, case: Case, users: tuple[int, int]) -> float:
    """The same, with whole pieces."""
    options = _useful(offers, users)
    with np.errstate(all="ignore"):
        return sum_down(least_pieces(offers.instance, options, case))


def _useful(offers: Offers, users: tuple[int, int]) -> Options:
    """Options of some users, without remote ones that cost no less than running locally, whatever the shares.

    A user of such an option may move to the local one, which takes nothing and does not cost more, before any case is
    looked at (docs/theory.md, P8a). It changes no minimum at the root; below a split it may.
    """
    with np.errstate(all="ignore"):
        o = offers.of(*users)
        local = np.full(o.last - o.first, np.inf)
        alone = o.server == LOCAL
        np.minimum.at(local, o.user[alone] - o.first, o.least[alone])
        return o.take(np.flatnonzero(alone | (o.least < local[o.user - o.first])))
