"""From a name to its instance: out of its file where there is one, else drawn again; the fingerprint decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from instances import files
from instances.errors import InputError
from instances.generate import generate
from instances.instance import Instance
from instances.library.entries import HOME, Entry, entry
from instances.library.features import FEATURES
from instances.library.naming import parse_name
from instances.library.systems import digest, get_system
from instances.scalars import number

__all__ = ["draw", "fingerprint_of", "instance_path", "load", "load_instance"]

MOST = 1000
"""No number among the options of a system is larger."""


def load(name: str, *, folder: Path = HOME) -> Any:
    """The instance of a name (an `Instance`, or the problem record of a system with a model of its own).

    Raises:
        InputError: no such name, or what its file or generator gives is not what the index says.
    """
    one = entry(name, folder)
    problem = files.load(instance_path(one, folder)) if one.stored else draw(one)
    if fingerprint_of(problem) != one.fingerprint:
        raise InputError(
            name, "is not the instance that its records are of", "fingerprints differ", _FIX[bool(one.stored)]
        )
    return problem


_FIX = {
    True: "its file was changed: get it again",
    False: "another version of NumPy, or a machine that rounds logarithms otherwise, draws other numbers; files do not "
           "depend on that",
}  # fmt: skip


def load_instance(name: str, *, folder: Path = HOME) -> Instance:
    """The same, for names of the joint problem only.

    Raises:
        InputError: as `load`, or the name is that of a system with a model of its own.
    """
    one = entry(name, folder)
    if not one.is_joint:
        raise InputError(name, f"is a problem of the system '{one.system}'", "it has a model of its own",
                         "instances.library.load gives it, solvers.systems has its methods")  # fmt: skip
    found: Instance = load(name, folder=folder)
    return found


def instance_path(one: Entry, folder: Path = HOME) -> Path:
    """Where its file lies, if it has one."""
    return folder / "files" / f"{one.name}.{one.stored}"


def draw(one: Entry) -> Any:
    """What generator, options, seed and features give, whatever file there is.

    Raises:
        InputError: an unknown generator, system, option or value.
    """
    if not one.is_joint:
        return _draw_system(one)
    instance = generate(one.generator, users=one.users, servers=one.servers, seed=one.seed, problem=one.problem,
                        allocation=one.allocation, **one.options)  # fmt: skip
    for feature in parse_name(one.name).features:
        instance = FEATURES[feature].change(instance)
    return instance.replace(name=one.name)


def _draw_system(one: Entry) -> Any:
    """The problem of a system. Its options are arguments of functions that trust their callers."""
    system, where = get_system(one.system), f"{one.name}, options"
    for name, value in one.options.items():
        for each in value if isinstance(value, list) else [value]:
            if not isinstance(each, str) and abs(number(each, f"{where}.{name}")) > MOST:
                raise InputError(f"{where}.{name}", f"is {each}", f"{MOST} is the most", "get the index again")
    try:
        return system.draw(one, np.random.default_rng(np.random.SeedSequence(one.seed)))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        why = (str(error) or type(error).__name__).splitlines()[0]
        raise InputError(where, "make no problem", why, "get the index again") from error


def fingerprint_of(problem: Any) -> str:
    """SHA-256 of an instance or of a system's problem."""
    return problem.fingerprint if isinstance(problem, Instance) else digest(problem)
