"""What a measurement ran on, in words that name the class of the machine and nothing else about it."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path

__all__ = ["processor_name", "runtime_name"]


def processor_name(device: str = "cpu") -> str:
    """The model of the processor, or of the GPU where the torch device is ``cuda``; else the architecture."""
    if device.startswith("cuda"):
        from instances.torch_graph import need_torch

        return str(need_torch().cuda.get_device_name(device))
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def runtime_name() -> str:
    """The run-time and its version, as in "torch 2.13.0"."""
    return f"torch {metadata.version('torch').split('+')[0]}"
