"""Networks that can be timed, by name: those that torchvision builds, and modules of one's own."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from instances.dnn import Dnn
from instances.errors import InputError, nearest
from instances.measure import measure_layers
from instances.profile import LANGUAGE_MODELS, TORCHVISION_MODELS, build_model
from instances.timing import Timing
from instances.torch_graph import Runnable, make_runnable, need_torch

__all__ = ["open_network", "time_network"]


def open_network(reference: str, device: str = "cpu") -> Runnable:
    """A network of the catalogue with random weights, or ``package.module:function`` of one's own, on a torch device.

    The function takes nothing and returns a module and an example input (or a tuple of them); its module is looked for
    in the folder that the program was started in, too.

    Raises:
        InputError: no such network, module or function, or torch sees no such device.
    """
    torch = need_torch()
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("device", "is cuda", "torch sees no GPU here", "take cpu")
    if ":" in reference:
        module, example = _call(reference)
        name, sent = reference.partition(":")[2], None
    else:
        name = _checked(reference)
        module, example, sent, _ = build_model(name, "cpu")
    examples = example if isinstance(example, tuple) else (example,)
    moved = tuple(tensor.to(device) for tensor in examples)
    return make_runnable(module.to(device), moved, name=name, input_bytes=sent)


def time_network(runnable: Runnable, *, repeats: int) -> tuple[Dnn, Timing]:
    """The network and its measured times."""
    return runnable.network, measure_layers(runnable, repeats=repeats)


def _checked(name: str) -> str:
    known = (*TORCHVISION_MODELS, *LANGUAGE_MODELS)
    if name.lower().endswith(".json"):
        raise InputError("network", f"'{name}' is a layer graph", "it says what layers cost, not how to compute them",
                         "give package.module:function, which returns a torch module and an example")  # fmt: skip
    if name not in known:
        raise InputError("network", f"'{name}' cannot be built here", fix=nearest(name, known))
    return name


def _call(reference: str) -> tuple[Any, Any]:
    place, _, function = reference.partition(":")
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        made = getattr(import_module(place), function)()
    except (ImportError, AttributeError) as error:
        raise InputError("network", f"'{reference}' cannot be called", str(error), "package.module:function") from error
    finally:
        sys.path.remove(here)
    if not isinstance(made, tuple) or len(made) != 2:
        raise InputError("network", f"'{reference}' returns no pair", "a module and an example input are needed",
                         "return module, example")  # fmt: skip
    return made
