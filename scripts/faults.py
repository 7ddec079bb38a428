"""Faults that a hand might make, one at a time, in a Python source: what the suite of tests is measured against.

A fault is the replacement of one stretch of the text. Kinds are those of formulas (power, sign, product, extremum,
dropped term, milliseconds for seconds), of arrays (wrong index, missing element), and of flow (comparison, condition,
and for or, returned early, dropped statement, swapped arguments, constant). Texts of messages, annotations,
decorators and imports are left alone.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["Fault", "chosen_faults", "faults_in", "with_fault"]

_OPERATORS: dict[type[ast.operator], tuple[str, type[ast.operator]]] = {
    ast.Add: ("sign", ast.Sub),
    ast.Sub: ("sign", ast.Add),
    ast.Mult: ("product", ast.Div),
    ast.Div: ("product", ast.Mult),
    ast.BitAnd: ("and for or", ast.BitOr),
    ast.BitOr: ("and for or", ast.BitAnd),
}
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_OTHER_NAME = {
    "min": ("extremum", "max"), "max": ("extremum", "min"),
    "minimum": ("extremum", "maximum"), "maximum": ("extremum", "minimum"),
    "argmin": ("extremum", "argmax"), "argmax": ("extremum", "argmin"),
    "any": ("and for or", "all"), "all": ("and for or", "any"),
    "sqrt": ("power", "cbrt"), "cbrt": ("power", "sqrt"),
}  # fmt: skip
_SYMMETRIC = {"min", "max", "minimum", "maximum", "isinstance", "array_equal", "broadcast_arrays", "zip"}
_NO_NUMBER = (ast.List, ast.Tuple, ast.ListComp, ast.JoinedStr, ast.Dict, ast.Set)
_LEAVES = (ast.Return, ast.Continue, ast.Break)


@dataclasses.dataclass(frozen=True)
class Fault:
    """``before`` in ``line`` (from 1) and ``column`` (bytes, from 0) of ``file`` becomes ``after``; ``code``: the line
    without its indentation, by which a fault is known when lines have moved; ``start``, ``stop``: bytes of the file."""

    file: str
    kind: str
    line: int
    column: int
    code: str
    before: str
    after: str
    start: int
    stop: int

    def case(self) -> dict[str, Any]:
        """What says which fault it is, for a row."""
        return {name: getattr(self, name) for name in ("file", "kind", "line", "column", "code", "before", "after")}


def with_fault(source: str, fault: Fault) -> str:
    """The source with the fault in it."""
    raw = source.encode()
    return (raw[: fault.start] + fault.after.encode() + raw[fault.stop :]).decode()


def faults_in(source: str, file: str) -> list[Fault]:
    """Every fault that is known for a source, in the order of its text; all of them can be parsed."""
    raw = source.encode()
    begins = np.cumsum([0, *(len(line) for line in raw.splitlines(keepends=True))])
    lines, found = source.splitlines(), {}
    for node, kind, after in _replacements(ast.parse(source)):
        start = int(begins[node.lineno - 1]) + node.col_offset
        stop = int(begins[(node.end_lineno or node.lineno) - 1]) + (node.end_col_offset or 0)
        fault = Fault(file, kind, node.lineno, node.col_offset, lines[node.lineno - 1].strip(),
                      raw[start:stop].decode(), after, start, stop)  # fmt: skip
        if _can_be_parsed(after):
            found[start, stop, after] = fault
    return [found[place] for place in sorted(found)]


def chosen_faults(faults: list[Fault], count: int, rng: np.random.Generator) -> list[Fault]:
    """So many of them at random, every kind in turn as long as it lasts, in the order of the given list."""
    kinds: dict[str, list[int]] = {}
    for place in rng.permutation(len(faults)).tolist():
        kinds.setdefault(faults[place].kind, []).append(place)
    chosen: list[int] = []
    while len(chosen) < min(count, len(faults)):
        chosen += [places.pop() for _, places in sorted(kinds.items()) if places]
    return [faults[place] for place in sorted(chosen[:count])]


def _can_be_parsed(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _replacements(tree: ast.AST) -> Iterator[tuple[Any, str, str]]:
    """Node, kind of the fault and what stands in the node's place."""
    if _is_left_alone(tree):
        return
    rule = _RULES.get(type(tree))
    if rule is not None:
        yield from rule(tree)
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        if (isinstance(tree, ast.Subscript) and name == "slice" and not isinstance(value, ast.Tuple)) or (
            isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Pow) and isinstance(value, ast.Constant)
        ):  # constants there have faults of their own
            if not isinstance(value, ast.Constant | ast.Slice):
                yield from _replacements(value)
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _replacements(child)


def _is_left_alone(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets)
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, ast.JoinedStr | ast.Raise | ast.Assert | ast.Import | ast.ImportFrom | ast.match_case)


def _text(node: ast.AST, **changed: Any) -> str:
    """The expression with some fields changed, in parentheses so that it may stand anywhere."""
    other = copy.copy(node)
    for name, value in changed.items():
        setattr(other, name, value)
    return f"({ast.unparse(other)})"


def _of_operation(node: ast.BinOp) -> Iterator[tuple[Any, str, str]]:
    if any(isinstance(side, _NO_NUMBER) for side in (node.left, node.right)):
        return
    if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant) and isinstance(node.right.value, int):
        yield node, "power", _text(node, right=ast.Constant(node.right.value + (1 if node.right.value < 3 else -1)))
    if type(node.op) in _OPERATORS:
        kind, other = _OPERATORS[type(node.op)]
        yield node, kind, _text(node, op=other())
    if isinstance(node.op, ast.Add | ast.Sub):
        yield node, "dropped term", _text(node.left)
        yield node, "dropped term", _text(node.right)


def _of_comparison(node: ast.Compare) -> Iterator[tuple[Any, str, str]]:
    for k, operator in enumerate(node.ops):
        others = [*node.ops[:k], _COMPARISONS[type(operator)](), *node.ops[k + 1 :]]
        yield node, "comparison", _text(node, ops=others)


def _of_boolean(node: ast.BoolOp) -> Iterator[tuple[Any, str, str]]:
    yield node, "and for or", _text(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())


def _of_call(node: ast.Call) -> Iterator[tuple[Any, str, str]]:
    name = _name_of(node.func)
    if name in _OTHER_NAME:
        kind, other = _OTHER_NAME[name]
        function = copy.copy(node.func)
        setattr(function, "id" if isinstance(function, ast.Name) else "attr", other)
        yield node, kind, _text(node, func=function)
    if name == "square":
        yield node, "power", f"({ast.unparse(node.args[0])}) ** 3"
    if name == "sum" and isinstance(node.func, ast.Attribute) and not node.args:
        part = f"{ast.unparse(node.func.value)}[1:]"
        yield node, "missing element", _text(node, func=ast.Attribute(ast.Name(part), "sum"))
    plain = len(node.args) > 1 and not any(isinstance(a, ast.Starred) for a in node.args[:2])
    if plain and name not in _SYMMETRIC:
        yield node, "swapped arguments", _text(node, args=[node.args[1], node.args[0], *node.args[2:]])


def _of_subscript(node: ast.Subscript) -> Iterator[tuple[Any, str, str]]:
    place = node.slice
    number = _whole_number(place)
    if number is not None:
        yield node, "wrong index", ast.unparse(_subscript(node, ast.Constant(number + (1 if number >= 0 else -1))))
    elif isinstance(place, ast.Name):
        minus = ast.BinOp(place, ast.Sub(), ast.Constant(1))
        yield node, "wrong index", ast.unparse(_subscript(node, minus))
    elif isinstance(place, ast.Slice) and place.step is None:
        lower = 0 if place.lower is None else _whole_number(place.lower)
        if lower is not None and lower >= 0:
            yield (
                node,
                "missing element",
                ast.unparse(_subscript(node, ast.Slice(ast.Constant(lower + 1), place.upper))),
            )


def _of_constant(node: ast.Constant) -> Iterator[tuple[Any, str, str]]:
    if isinstance(node.value, bool):
        yield node, "constant", str(not node.value)
    elif isinstance(node.value, int):
        yield node, "constant", str(node.value + 1)
    elif isinstance(node.value, float):
        yield node, "constant", repr(node.value * 1000 if node.value else 1.0)


def _of_seconds(node: ast.Name | ast.Attribute) -> Iterator[tuple[Any, str, str]]:
    if isinstance(node.ctx, ast.Load) and _name_of(node).endswith("_s"):
        yield node, "milliseconds", f"(1000 * {ast.unparse(node)})"


def _of_loop(node: ast.For) -> Iterator[tuple[Any, str, str]]:
    yield node.iter, "missing element", f"list({ast.unparse(node.iter)})[1:]"
    if isinstance(node.body[-1], ast.Expr | ast.Assign | ast.AugAssign):
        yield node.body[-1], "returned early", f"{ast.unparse(node.body[-1])}; break"


def _of_generator(node: ast.comprehension) -> Iterator[tuple[Any, str, str]]:
    yield node.iter, "missing element", f"list({ast.unparse(node.iter)})[1:]"
    for test in node.ifs:
        yield test, "condition", f"(not ({ast.unparse(test)}))"


def _of_condition(node: ast.If | ast.IfExp | ast.While) -> Iterator[tuple[Any, str, str]]:
    yield node.test, "condition", f"(not ({ast.unparse(node.test)}))"
    if isinstance(node, ast.If) and isinstance(node.body[-1], _LEAVES):
        yield node.test, "returned early", "True"


def _of_statement(node: ast.Expr | ast.AugAssign) -> Iterator[tuple[Any, str, str]]:
    if isinstance(node, ast.AugAssign) or isinstance(node.value, ast.Call):
        yield node, "dropped statement", "pass"


def _name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _whole_number(node: ast.expr) -> int | None:
    """A written whole number, with its sign."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = _whole_number(node.operand)
        return None if number is None else -number
    plain = isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool)
    return node.value if plain else None  # type: ignore[attr-defined]


def _subscript(node: ast.Subscript, place: ast.expr) -> ast.Subscript:
    return ast.Subscript(node.value, place, node.ctx)


_RULES: dict[type[ast.AST], Any] = {
    ast.BinOp: _of_operation,
    ast.Compare: _of_comparison,
    ast.BoolOp: _of_boolean,
    ast.Call: _of_call,
    ast.Subscript: _of_subscript,
    ast.Constant: _of_constant,
    ast.Name: _of_seconds,
    ast.Attribute: _of_seconds,
    ast.For: _of_loop,
    ast.comprehension: _of_generator,
    ast.If: _of_condition,
    ast.IfExp: _of_condition,
    ast.While: _of_condition,
    ast.Expr: _of_statement,
    ast.AugAssign: _of_statement,
}
