"""Certificates that an instance has no plan: trees of cases in which nothing costs anything (docs/theory.md, P43)."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.certificate import Certificate, Leaf

__all__ = ["no_option", "no_plan"]


def no_plan(certificate: Certificate) -> Certificate:
    """The same tree, without costs: a proof where every case is ruled out by a bound above what any plan costs."""
    return dataclasses.replace(certificate, bound_j=math.inf, costless=True)


def no_option(n_servers: int) -> Certificate:
    """For instances in which some user has no way at all to run its request: any prices prove it."""
    return no_plan(Certificate(Leaf(np.zeros((3, n_servers))), math.inf))
