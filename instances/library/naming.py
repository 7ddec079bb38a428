"""The grammar of names.

An instance of the joint problem is called ``GENERATOR-PROBLEM-USERSxSERVERS-LEVEL-RULE[-FEATURE…]-SEED``, as in
``campus-e-20x3-critical-u-1``: generator, problem (e energy, l energy and latency, c money, a admission, m largest
latency, q accuracy), size, load, allocation rule (c continuous shares, u whole units), seed. One of a system with a
model of its own is called ``SYSTEM-USERSxSERVERS[-FEATURE…]-SEED``, as in ``droo-10x1-1``.
"""

from __future__ import annotations

import dataclasses
import re

from instances.library.features import FEATURES
from instances.scalars import refuse

__all__ = ["GENERATOR_NAMES", "LEVELS", "PROBLEM_LETTERS", "RULES", "SYSTEM_NAMES", "Name", "parse_name"]

GENERATOR_NAMES = ("campus", "factory", "metro", "mixed", "roadside")
PROBLEM_LETTERS = {"e": "J-E", "l": "J-L", "c": "J-C", "a": "J-A", "m": "J-M", "q": "J-Q"}
LEVELS = ("light", "critical", "overloaded", "impossible")
RULES = {"c": "continuous", "u": "units"}
SYSTEM_NAMES = ("batching", "droo", "hoda", "iao", "mad2rl", "online", "uav")

_JOINT = re.compile(rf"({'|'.join(GENERATOR_NAMES)})-([{''.join(PROBLEM_LETTERS)}])-([1-9]\d*)x([1-9]\d*)-"
                    rf"({'|'.join(LEVELS)})-([cu])((?:-[a-z]+)*)-(0|[1-9]\d*)")  # fmt: skip
_SYSTEM = re.compile(rf"({'|'.join(SYSTEM_NAMES)})-([1-9]\d*)x([1-9]\d*)((?:-[a-z]+)*)-(0|[1-9]\d*)")


@dataclasses.dataclass(frozen=True)
class Name:
    """What a name says. ``problem``, ``level`` and ``rule`` are empty for systems with a model of their own.

    Args:
        family: generator or system.
        problem: J-E, …. users, servers: how many. level: of load. rule: continuous or units.
        features: see `instances.library.features`. seed: of the generator.
    """

    family: str
    problem: str
    users: int
    servers: int
    level: str
    rule: str
    features: tuple[str, ...]
    seed: int

    def __str__(self) -> str:
        letters = {problem: letter for letter, problem in PROBLEM_LETTERS.items()}
        kind = [letters[self.problem]] if self.problem else []
        load = [self.level, self.rule[0]] if self.problem else []
        size = f"{self.users}x{self.servers}"
        return "-".join([self.family, *kind, size, *load, *self.features, str(self.seed)])


def parse_name(name: str) -> Name:
    """What a name says.

    Raises:
        InputError: it does not keep the grammar, or names a feature that there is not.
    """
    if found := _JOINT.fullmatch(name):
        family, letter, users, servers, level, rule, rest, seed = found.groups()
        problem, rule = PROBLEM_LETTERS[letter], RULES[rule]
    elif found := _SYSTEM.fullmatch(name):
        family, users, servers, rest, seed = found.groups()
        problem = level = rule = ""
    else:
        refuse(
            "name", f"'{name}' does not keep the grammar", "", "e.g. campus-e-20x3-critical-u-1; see docs/library.md"
        )
    features = tuple(rest.split("-")[1:])
    for feature in features:
        if feature not in FEATURES or bool(problem) == FEATURES[feature].of_system:
            refuse("name", f"'{name}' has the feature '{feature}', which there is not", "", ", ".join(FEATURES))
    return Name(family, problem, int(users), int(servers), level, rule, features, int(seed))
