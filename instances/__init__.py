"""What the problem is: networks, machines, users, links; options, plans, the checker, files and generators.

`from_torch` and `from_onnx` bring networks of one's own; each loads its library when it is first called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from instances.onnx_graph import from_onnx
    from instances.torch_graph import from_torch

__all__ = ["from_onnx", "from_torch"]

_HOMES = {"from_onnx": "instances.onnx_graph", "from_torch": "instances.torch_graph"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'instances' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
