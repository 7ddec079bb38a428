"""Formulations: what is asked. Importing this package registers all of them."""

from formulations import joint_compact, joint_fixed, joint_relaxed, joint_tangent, joint_units
from formulations.registry import FORMULATIONS, get_formulation

__all__ = [
    "FORMULATIONS",
    "get_formulation",
    "joint_compact",
    "joint_fixed",
    "joint_relaxed",
    "joint_tangent",
    "joint_units",
]
