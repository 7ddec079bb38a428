"""Which components of a task to offload, and how large to make them. Importing this package registers all methods."""

from solvers.components import baselines, dynamic, enumeration, milp
from solvers.components.registry import (
    COMPONENT_METHODS,
    ComponentAnswer,
    ComponentMethod,
    component_method,
    get_component_method,
)
from solvers.components.solve import ComponentResult, solve_components

__all__ = [
    "COMPONENT_METHODS",
    "ComponentAnswer",
    "ComponentMethod",
    "ComponentResult",
    "baselines",
    "component_method",
    "dynamic",
    "enumeration",
    "get_component_method",
    "milp",
    "solve_components",
]
