"""Random instances. Each generator is one file; importing it here registers it."""

from __future__ import annotations

from instances.generate import campus, factory, metro, mixed, roadside
from instances.generate.part import generate_part
from instances.generate.registry import GENERATORS, Generator, generate, generator
from instances.generate.settings import Settings

__all__ = [
    "GENERATORS",
    "Generator",
    "Settings",
    "campus",
    "factory",
    "generate",
    "generate_part",
    "generator",
    "metro",
    "mixed",
    "roadside",
]
