"""Tiny random instances of every kind: what methods are held against each other on.

A draw is a recipe (which makes an instance) and some twists (which make it degenerate). Both are registered; all
follows from the seed and the number of the draw.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from instances.errors import InputError
from instances.instance import Instance
from instances.registry import Registry

__all__ = ["RECIPES", "TWISTS", "draw", "recipe", "twist"]

Recipe = Callable[[np.random.Generator], Instance]
Twist = Callable[[Instance, np.random.Generator], Instance]

RECIPES = Registry[Recipe]("recipe")
TWISTS = Registry[Twist]("twist")

recipe = RECIPES.under
"""Decorator: register a way to make an instance under a name."""
twist = TWISTS.under
"""Decorator: register a way to change one under a name. It raises InputError where it makes no sense."""

MOST_TWISTS = 3
PLAIN, OFTEN = "random", 0.35
"""The recipe that makes the richest tiny instances, and how often it is taken."""
MOST_TRIES = 50


def draw(seed: int, number: int) -> tuple[Instance, dict[str, Any]]:
    """Instance ``number`` of a seed, and what it is: recipe and twists.

    Raises:
        InputError: no recipe made an instance in `MOST_TRIES` attempts.
    """
    from results.trust import recipes, twists  # noqa: F401  late: they register themselves here

    rng = np.random.default_rng(np.random.SeedSequence([seed, number]))
    names = sorted(RECIPES)
    for _ in range(MOST_TRIES):
        name = PLAIN if rng.random() < OFTEN else names[int(rng.integers(len(names)))]
        try:
            instance = RECIPES[name](rng)
        except InputError:
            continue  # options that do not go together
        done = []
        for change in rng.permutation(sorted(TWISTS))[: int(rng.integers(MOST_TWISTS + 1))].tolist():
            try:
                instance = TWISTS[change](instance, rng)
            except InputError:
                continue
            done.append(change)
        about = {"recipe": name, "problem": instance.problem, "allocation": instance.allocation, "twists": done}
        return instance.replace(
            name=f"draw-{seed}-{number}", provenance={"seed": seed, "number": number, **about}
        ), about
    raise InputError("draw", f"{MOST_TRIES} attempts made no instance", fix="another seed, or look at the recipes")
