"""Make the layer graphs of `instances/catalog/dnns`: `python -m instances.profile --out DIR [NAME ...]`.

Needs the extra `profile` (torch, torchvision, transformers) and neither weights nor network: each model is built
on the meta device, traced by `torch.export` and run operator by operator under torch's FlopCounterMode, with
attention in its plain (MATH) form so that its products are counted.  FLOP are those of convolutions and matrix
products, as published counts have it; other operators cost memory traffic only.  `instances.tracing` says what
becomes a layer, and `instances.fusion` joins pointwise operators to their neighbours.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from instances.dnn import Dnn
from instances.errors import InputError
from instances.fusion import fuse
from instances.graph_network import to_network
from instances.network_file import write_network
from instances.torch_graph import need_torch
from instances.tracing import trace

TOKENS = 128
"""Length of the text that the language models read, in tokens."""

TORCHVISION_MODELS: dict[str, tuple[str, int, dict[str, Any]]] = {
    "alexnet": ("alexnet", 224, {}),
    "convnext_tiny": ("convnext_tiny", 224, {}),
    "densenet121": ("densenet121", 224, {}),
    "efficientnet_b0": ("efficientnet_b0", 224, {}),
    "googlenet": ("googlenet", 224, {"init_weights": False}),
    "inception_v3": ("inception_v3", 299, {"init_weights": False}),
    "mobilenet_v2": ("mobilenet_v2", 224, {}),
    "mobilenet_v3_large": ("mobilenet_v3_large", 224, {}),
    "mobilenet_v3_small": ("mobilenet_v3_small", 224, {}),
    "resnet18": ("resnet18", 224, {}),
    "resnet34": ("resnet34", 224, {}),
    "resnet50": ("resnet50", 224, {}),
    "resnet101": ("resnet101", 224, {}),
    "shufflenet_v2": ("shufflenet_v2_x1_0", 224, {}),
    "squeezenet1_0": ("squeezenet1_0", 224, {}),
    "squeezenet1_1": ("squeezenet1_1", 224, {}),
    "swin_t": ("swin_t", 224, {}),
    "vgg16": ("vgg16", 224, {}),
    "vit_b_16": ("vit_b_16", 224, {}),
}
"""Name in the catalogue: name in torchvision, side of the square image in pixels, further arguments."""

LANGUAGE_MODELS = ("bert_base", "gpt2")


def profile_network(name: str) -> Dnn:
    """Trace, count and fuse one of `TORCHVISION_MODELS` or `LANGUAGE_MODELS`.  Raises KeyError for another name."""
    model, example, input_bytes, what = build_model(name, "meta")
    operators = fuse(trace(model.eval(), example).graph)
    source = f"{what}; batch 1, float32, torch.export on the meta device, FlopCounterMode (instances/profile.py)"
    return to_network(operators, name, input_bytes=input_bytes, source=source)


def build_model(name: str, device: str) -> tuple[Any, Any, int, str]:
    """A network of the catalogue with random weights on a torch device, ready to trace or to run.

    Returns the module, an example input, the bytes of the input as sent over the air, and what it is in words.
    Raises KeyError for a name that is neither in `TORCHVISION_MODELS` nor in `LANGUAGE_MODELS`.
    """
    if name in LANGUAGE_MODELS:
        return _build_language_model(name, device)
    return _build_torchvision_model(name, device)


def need_torchvision() -> Any:
    """The module `torchvision`.  Raises InputError, naming the extra, where it is not installed."""
    torch = need_torch()
    # The wheel without compiled operators fails on import unless these two are declared.
    library = torch.library.Library("torchvision", "FRAGMENT")
    for operator in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, operator):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    try:
        import torchvision
    except ImportError as error:
        fix = "pip install --no-deps 'torchvision==0.28.0'"
        raise InputError("torchvision", "is not installed", "it builds the catalogue's networks", fix) from error
    return torchvision


def _build_torchvision_model(name: str, device: str) -> tuple[Any, Any, int, str]:
    torchvision, torch = need_torchvision(), need_torch()
    function, side, arguments = TORCHVISION_MODELS[name]
    with torch.device(device):
        model = getattr(torchvision.models, function)(weights=None, **arguments)
        example = torch.rand(1, 3, side, side)
    what = f"torchvision {torchvision.__version__.split('+')[0]} {function}, image {side} x {side}"
    return model, example, 3 * side * side, what


def _build_language_model(name: str, device: str) -> tuple[Any, Any, int, str]:
    import torch
    import transformers

    class Answer(torch.nn.Module):
        """Returns only what goes back to the user: the pooled text, or the logits of the next token."""

        def __init__(self, body: Any) -> None:
            super().__init__()
            self.body = body

        def forward(self, tokens: Any) -> Any:
            output = self.body(tokens)
            return output.logits[:, -1] if name == "gpt2" else output.pooler_output

    with torch.device(device):
        if name == "gpt2":
            body: Any = transformers.GPT2LMHeadModel(transformers.GPT2Config(use_cache=False))
        else:
            body = transformers.BertModel(transformers.BertConfig(use_cache=False))
        example = torch.zeros(1, TOKENS, dtype=torch.long)
    what = f"transformers {transformers.__version__} {type(body).__name__}, {TOKENS} tokens"
    return Answer(body), example, 4 * TOKENS, what


def main(arguments: list[str] | None = None) -> None:
    """Command line: profile the named networks (all by default) into a directory."""
    parser = argparse.ArgumentParser(prog="python -m instances.profile", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="directory for the JSON files")
    parser.add_argument("names", nargs="*", help="networks; all by default")
    options = parser.parse_args(arguments)
    known = [*sorted(TORCHVISION_MODELS), *LANGUAGE_MODELS]
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"unknown network {unknown[0]!r}; known: {', '.join(known)}")
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.names or known:
        network = profile_network(name)
        write_network(network, options.out / f"{name}.json")
        print(f"{name:20} {network.n_layers:4} layers {network.gmac:8.3f} GMAC {network.total_weight_mb:8.1f} MB")


if __name__ == "__main__":
    main()
