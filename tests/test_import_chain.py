"""Who may import whom: instances ← formulations ← solvers ← results ← edgecut, paper_figures.

Every file is parsed, none is imported, so a forbidden import is found even on a line that no test runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

CHAIN = ("instances", "formulations", "solvers", "results", "edgecut")
MAY_IMPORT = {name: set(CHAIN[: place + 1]) for place, name in enumerate(CHAIN)}
MAY_IMPORT["paper_figures"] = {*CHAIN, "paper_figures", "benchmarks"}  # outside of the package, like them
OURS = {*MAY_IMPORT, "tests", "benchmarks", "scripts"}

# The checker recomputes a plan by itself: nothing that made the plan may be behind it.
CHECKER = ("instances.check", "instances.check_arrivals", "instances.check_components", "instances.check_cuts",
           "instances.check_request", "instances.check_rows", "instances.systems.check_batching",
           "instances.systems.check_droo", "instances.systems.check_gma", "instances.systems.check_hierarchy",
           "instances.systems.check_hoda", "instances.systems.check_iao", "instances.systems.check_mad2rl",
           "instances.systems.check_uav")  # fmt: skip
HIDDEN_FROM_CHECKER = ("instances.options", "instances.cuts", "instances.physics", "instances.expand",
                       "instances.supported", "instances.component_costs", "instances.request_build",
                       "instances.request_costs", "instances.systems.uav_costs", "formulations", "solvers", "results",
                       "edgecut")  # fmt: skip

# Neither may anything that found a bound be behind its recomputation. The lists of cuts say what the options are.
CERTIFIER = ("instances.certify", "instances.certify_bounds", "instances.certify_cases",
             "instances.certify_costs", "instances.certify_cuts", "instances.certify_dominance",
             "instances.certify_least", "instances.certify_options", "instances.certify_pieces",
             "instances.certify_tree", "instances.certify_values", "instances.outward",
             "instances.certify_nothing", "instances.certify_payments", "instances.certify_row",
             "instances.certify_stand", "instances.certificate")  # fmt: skip
HIDDEN_FROM_CERTIFIER = ("instances.options", "instances.physics", "instances.expand", "instances.prune",
                         "instances.plan", "instances.check", "formulations", "solvers", "results",
                         "edgecut")  # fmt: skip

BANNED_MODULES = ("pickle", "_pickle", "dill", "cloudpickle", "shelve", "marshal", "yaml", "ruamel")
BANNED_CALLS = ("eval", "exec")
BANNED_METHODS = ("read_pickle", "to_pickle")
SLOW_MODULES = ("cvxpy", "matplotlib.pyplot", "pandas", "pyarrow", "pyomo.environ")
HIGHS_HOME = "solvers.highs"


@dataclass(frozen=True)
class Import:
    """One imported name: ``target`` is the full dotted name, ``late`` if only run inside a function."""

    target: str
    line: int
    late: bool
    typing_only: bool


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _targets(node: ast.Import | ast.ImportFrom, module: str, is_package: bool) -> Iterator[str]:
    """Dotted names that a statement may load; ``from a import b`` may load a module a.b, so it names that."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        parts = module.split(".")
        kept = parts[: len(parts) - node.level + (1 if is_package else 0)]
        base = ".".join([*kept, *([base] if base else [])])
    yield from (base if alias.name == "*" else f"{base}.{alias.name}" for alias in node.names)


def imports_of(tree: ast.Module, module: str, is_package: bool = False) -> list[Import]:
    """Every import of a module, wherever it stands, ``importlib.import_module("…")`` included."""
    found: list[Import] = []

    def visit(node: ast.AST, late: bool, typing_only: bool) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in _targets(node, module, is_package):
                found.append(Import(name, node.lineno, late, typing_only))
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = node.args[0].value
            if called in ("import_module", "__import__") and isinstance(given, str):
                found.append(Import(given, node.lineno, late, typing_only))
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            for child in node.body:
                visit(child, late, True)
            for child in node.orelse:
                visit(child, late, typing_only)
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # Decorators and defaults run when the module is loaded; only the body is late.
            for early in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
                visit(early, late, typing_only)
            for child in node.body:
                visit(child, True, typing_only)
            return
        inner = late or isinstance(node, ast.Lambda)
        for part in ast.iter_child_nodes(node):
            visit(part, inner, typing_only)

    visit(tree, False, False)
    return found


def _is_under(target: str, names: tuple[str, ...]) -> bool:
    return any(target == name or target.startswith(name + ".") for name in names)


def violations(source: str, module: str, is_package: bool = False) -> list[str]:
    """What a module's source does against the rules, one sentence each."""
    tree = ast.parse(source)
    package = module.split(".")[0]
    broken: list[str] = []
    for found in imports_of(tree, module, is_package):
        at = f"{module}:{found.line}"
        top = found.target.split(".")[0]
        if top in OURS and top not in MAY_IMPORT[package]:
            broken.append(f"{at}: {package} may not import {found.target}")
        if module in CHECKER and _is_under(found.target, HIDDEN_FROM_CHECKER):
            broken.append(f"{at}: the checker may not import {found.target}")
        if module in CERTIFIER and _is_under(found.target, HIDDEN_FROM_CERTIFIER):
            broken.append(f"{at}: the certifier may not import {found.target}")
        if _is_under(found.target, BANNED_MODULES):
            broken.append(f"{at}: {found.target} is banned")
        if top == "highspy" and not _is_under(module, (HIGHS_HOME,)) and not found.typing_only:
            broken.append(f"{at}: only {HIGHS_HOME} talks to HiGHS")
        if _is_under(found.target, SLOW_MODULES) and not found.late and not found.typing_only:
            broken.append(f"{at}: {found.target} is slow to load: import it in the function that needs it")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in BANNED_CALLS:
                broken.append(f"{module}:{node.lineno}: {node.func.id}() is banned")
            if isinstance(node.func, ast.Attribute) and node.func.attr in BANNED_METHODS:
                broken.append(f"{module}:{node.lineno}: {node.func.attr}() is banned")
            for keyword in node.keywords:
                if keyword.arg == "allow_pickle" and not (
                    isinstance(keyword.value, ast.Constant) and keyword.value.value is False
                ):
                    broken.append(f"{module}:{node.lineno}: allow_pickle is banned")
    return broken


def _files() -> list[Path]:
    files = [path for name in CHAIN for path in sorted((ROOT / name).rglob("*.py"))]
    return files + [path for path in (ROOT / "paper_figures.py",) if path.exists()]


def _module_of(path: Path) -> tuple[str, bool]:
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    is_package = parts[-1] == "__init__"
    return ".".join(parts[:-1] if is_package else parts), is_package


FILES = _files()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_file_keeps_the_rules(path: Path) -> None:
    module, is_package = _module_of(path)
    broken = violations(path.read_text(encoding="utf-8"), module, is_package)
    assert not broken, "\n".join(broken)


def test_every_package_was_read() -> None:
    read = {_module_of(path)[0] for path in FILES}
    assert set(CHAIN) <= read, "a package is missing, or was not looked at"
    assert set(CHECKER) <= read
    assert set(CERTIFIER) <= read
    assert {name for name in read if name.startswith("instances.certify")} <= set(CERTIFIER)
    assert HIGHS_HOME in read


def test_every_folder_with_code_is_a_package() -> None:
    for path in FILES:
        if path.parent != ROOT:
            marker = path.parent / "__init__.py"
            assert marker.exists(), f"no {marker.relative_to(ROOT)}: the wheel would leave that folder out"


BAD = [
    ("instances.files", "import formulations", "may not import formulations"),
    ("instances.files", "from solvers.highs import run", "may not import solvers"),
    ("formulations.joint_units", "def f():\n    from solvers import highs", "may not import solvers.highs"),
    ("solvers.highs", "import importlib\nimportlib.import_module('results.store')", "may not import results"),
    ("results.store", "from edgecut import solve", "may not import edgecut"),
    ("edgecut.cli", "import paper_figures", "may not import paper_figures"),
    ("solvers.highs", "from tests.builders import tiny", "may not import tests"),
    ("instances.check", "from instances import physics", "checker may not import instances.physics"),
    ("instances.check", "from . import cuts", "checker may not import instances.cuts"),
    ("instances.check", "from .options import OptionTable", "checker may not import instances.options"),
    ("instances.certify", "from instances import physics", "certifier may not import instances.physics"),
    ("instances.certify_options", "from .options import HAIR", "certifier may not import instances.options"),
    ("solvers.prices.dual", "from ...instances import x\nimport pickle", "pickle is banned"),
    ("results.store", "from yaml import load", "yaml.load is banned"),
    ("results.store", "x = eval('1')", "eval() is banned"),
    ("results.store", "def f():\n    exec('pass')", "exec() is banned"),
    ("results.store", "import numpy as np\nnp.load('a', allow_pickle=True)", "allow_pickle is banned"),
    ("solvers.bounds", "def f():\n    import highspy", "only solvers.highs talks to HiGHS"),
    ("solvers.convex", "import cvxpy as cp", "cvxpy is slow"),
    ("results.plots", "from matplotlib import pyplot as plt", "matplotlib.pyplot is slow"),
    ("results.tables", "try:\n    import pandas\nexcept ImportError:\n    pass", "pandas is slow"),
    ("instances.files", "class A:\n    import pyarrow.parquet", "pyarrow.parquet is slow"),
    ("formulations.parts", "import pyomo.environ as pyo", "pyomo.environ is slow"),
    ("formulations.parts", "from pyomo.environ import Var", "pyomo.environ.Var is slow"),
    ("results.plots", "if not TYPE_CHECKING:\n    import cvxpy", "cvxpy is slow"),
    ("results.plots", "if TYPE_CHECKING:\n    pass\nelse:\n    import cvxpy", "cvxpy is slow"),
]

GOOD = [
    ("solvers.highs", "import highspy\nfrom instances import options\nfrom formulations.program import P"),
    ("solvers.convex", "def f():\n    import cvxpy as cp\n    return cp"),
    ("results.tables", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas as pd"),
    ("results.plots", "import matplotlib"),
    ("instances.check", "from instances.instance import Instance\nfrom instances.plan import Plan"),
    ("instances.expand", "from instances import physics"),
    ("paper_figures", "import edgecut\nfrom results import store"),
    ("results.store", "model.eval()\nimport numpy as np\nnp.load('a', allow_pickle=False)"),
]


@pytest.mark.parametrize(("module", "source", "expected"), BAD)
def test_the_test_sees_a_violation(module: str, source: str, expected: str) -> None:
    found = violations(source, module)
    assert len(found) == 1 and expected in found[0], found


@pytest.mark.parametrize(("module", "source"), GOOD)
def test_the_test_lets_pass_what_is_allowed(module: str, source: str) -> None:
    assert violations(source, module) == []


def test_relative_imports_are_resolved() -> None:
    (found,) = imports_of(ast.parse("from ..options import OptionTable"), "instances.generate.campus")
    assert found.target == "instances.options.OptionTable"
    (found,) = imports_of(ast.parse("from . import options"), "instances", is_package=True)
    assert found.target == "instances.options"
