"""JSON files, read strictly and written atomically. Every file format of the package goes through here.

Beyond the grammar, reading refuses what Python's parser lets pass: NaN, Infinity, numbers that overflow
(1e999), a key given twice, nesting without end. It says where: line and column for broken grammar, and the
path (``users[3].deadline_s``) for the rest.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO, NoReturn

from instances.errors import InputError, nearest
from instances.json_limits import DEEPEST, LONGEST, deepest_nesting, longest_list
from instances.scalars import refuse
from instances.storage import read_bytes, write_atomically

__all__ = [
    "check_fields",
    "check_list",
    "check_object",
    "check_schema",
    "format_json",
    "parse_json",
    "read_json",
    "write_json",
]

_WIDTH = 140


def read_json(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The object that a JSON file holds.

    Raises:
        InputError: the file is missing, empty, not UTF-8, cut short or not JSON, or see the module.
    """
    return parse_json(read_bytes(path), str(path))


def write_json(path: str | os.PathLike[str], data: Mapping[str, Any]) -> None:
    """Write an object as JSON, atomically and always in the same bytes; see `format_json`."""
    content = format_json(data).encode("utf-8")
    write_atomically(path, lambda stream: _write_all(stream, content))


def _write_all(stream: BinaryIO, content: bytes) -> None:
    stream.write(content)


def format_json(data: Mapping[str, Any]) -> str:
    """The object as JSON text that people can read: what fits a line stands on one.

    Keys keep their order; floats are the shortest text that reads back as the same number.

    Raises:
        InputError: a number is NaN or infinite, which JSON cannot hold (leave it out, or write null).
    """
    _refuse_unusable(data, "data")
    return _layout(data, 0, 0) + "\n"


def _layout(value: Any, indent: int, used: int) -> str:
    """JSON of the value, whose first line starts after ``indent`` spaces and ``used`` characters."""
    flat = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if indent + used + len(flat) < _WIDTH or not isinstance(value, (dict, list, tuple)):
        return flat
    pad, end = "\n" + " " * (indent + 2), "\n" + " " * indent
    if isinstance(value, dict):
        keys = [json.dumps(key, ensure_ascii=False) + ": " for key in value]
        inner = [k + _layout(v, indent + 2, len(k)) for k, v in zip(keys, value.values(), strict=True)]
        return "{" + pad + ("," + pad).join(inner) + end + "}"
    if any(isinstance(v, (dict, list, tuple)) for v in value):
        return "[" + pad + ("," + pad).join(_layout(v, indent + 2, 0) for v in value) + end + "]"
    return "[" + pad + pad.join(_filled(value, _WIDTH - indent - 2)) + end + "]"


def _filled(values: Sequence[Any], width: int) -> list[str]:
    """Lines that list plain values, as many a line as fit."""
    lines = [""]
    for k, value in enumerate(values):
        item = json.dumps(value, ensure_ascii=False) + ("," if k < len(values) - 1 else "")
        if lines[-1] and len(lines[-1]) + 1 + len(item) > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + item
    return lines


def parse_json(content: bytes | str, where: str) -> dict[str, Any]:
    """The object that a JSON text holds; errors as for `read_json`, with ``where`` as its name."""
    try:
        text = content if isinstance(content, str) else content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse(where, f"is not UTF-8 at byte {error.start}", error.reason, "save it as UTF-8")
    try:
        data = json.loads(
            text, object_pairs_hook=_mapping, parse_float=_float, parse_constant=_Unusable, parse_int=_int
        )
    except json.JSONDecodeError as error:
        raise _grammar_error(text, error, where) from None
    except RecursionError:
        _refuse_depth(where)
    _refuse_unusable(data, where)
    if not isinstance(data, dict):
        refuse(
            where,
            f"holds a {type(data).__name__}",
            "the file must hold one object",
            "start it with { and end it with }",
        )
    return data


class _Unusable(float):
    """A number that is not one, with the text that stood for it."""

    def __new__(cls, text: str) -> _Unusable:
        self = super().__new__(cls, "nan")
        self.text = text
        return self

    text: str


class _Repeating(dict[str, Any]):
    """An object that gives a key twice."""

    key: str


def _float(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _Unusable(text)


def _int(text: str) -> int | float:
    # Python refuses to read thousands of digits, with an error of its own.
    return int(text) if len(text) <= 308 else _Unusable(text)


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) == len(pairs):
        return data
    repeating, seen = _Repeating(data), set[str]()
    for key, _ in pairs:
        if key in seen:
            repeating.key = key
            break
        seen.add(key)
    return repeating


def _refuse_unusable(data: Any, file: str) -> None:
    """Find what the hooks marked; only here is its path known. No recursion: a file may nest deeper."""
    todo: list[tuple[Any, str, int]] = [(data, "", 0)]
    deepest, longest = deepest_nesting(), longest_list()
    while todo:
        value, path, depth = todo.pop()
        if depth > deepest:
            _refuse_depth(file)
        if isinstance(value, (dict, list, tuple)) and len(value) > longest:
            refuse(path or file, f"has {len(value)} entries", f"{longest} are the limit", f"set {LONGEST}")
        if isinstance(value, float) and not math.isfinite(value):
            text = str(getattr(value, "text", value))
            text = text if len(text) <= 40 else text[:37] + "..."
            refuse(
                path or file,
                f"is {text}",
                "it is not a number that 64 bits hold",
                "give a finite number, or leave it out",
            )
        if isinstance(value, _Repeating):
            refuse(
                path or file,
                f"gives '{value.key}' twice",
                "only one of them can be meant",
                "keep one of them",
            )
        if isinstance(value, dict):
            for key, inner in reversed(list(value.items())):
                _refuse_half_character(key, path or file)
                todo.append((inner, f"{path}.{key}" if path else key, depth + 1))
        elif isinstance(value, (list, tuple)):
            todo += [(inner, f"{path}[{k}]", depth + 1) for k, inner in reversed(list(enumerate(value)))]
        elif isinstance(value, str):
            _refuse_half_character(value, path or file)


def _refuse_depth(where: str) -> NoReturn:
    why = f"{deepest_nesting()} levels are the limit"
    refuse(where, "is nested too deeply", why, f"write it flat, or set {DEEPEST}")


def _refuse_half_character(text: str, where: str) -> None:
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        refuse(where, f"holds {text!a}", "half of a surrogate pair is no character", "write both halves")


def _grammar_error(text: str, error: json.JSONDecodeError, where: str) -> InputError:
    place = f"line {error.lineno} column {error.colno}"
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
        return InputError(
            where, f"ends too early, in what starts at {place}", "the file is cut short", "write it again"
        )
    return InputError(where, f"is not JSON at {place}: {error.msg}", "", "mend that place; a checker of JSON may help")


def check_schema(data: Mapping[str, Any], family: str, version: int, where: str = "schema") -> None:
    """Refuse data whose ``schema`` is not ``family/version``.

    Raises:
        InputError: the field is missing, of another family, or of a version that this one does not read.
    """
    ours = f"{family}/{version}"
    schema = data.get("schema")
    if schema is None:
        refuse(where, "is missing", "the file does not say how to read it", f'add "schema": "{ours}"')
    if schema == ours:
        return
    name, _, number = str(schema).rpartition("/")
    if isinstance(schema, str) and name == family and number.isdecimal() and int(number[:9]) > version:
        refuse(where, f"is '{schema}'", f"it is newer than this version, which reads '{ours}'", "upgrade edgecut")
    refuse(where, f"is {schema!r}", f"this version reads '{ours}'", "check that this is the right file")


def check_fields(data: Any, known: Mapping[str, bool], where: str) -> None:
    """Refuse anything but an object with these fields.

    Args:
        data: a value of a JSON text.
        known: name of each field, and whether it is required.
        where: its path.
    """
    check_object(data, known, where)
    for field in data:
        if field not in known:
            shown = field or "''"
            refuse(f"{where}.{shown}" if where else shown, "is not a field", fix=nearest(str(field), known))
    for field, required in known.items():
        if required and field not in data:
            refuse(f"{where}.{field}" if where else field, "is missing", "it has no default", "add it")


def check_object(data: Any, known: Iterable[str], where: str) -> Mapping[str, Any]:
    """The value, if it is an object; ``known`` are fields to tell of.  Raises InputError otherwise."""
    if not isinstance(data, Mapping):
        refuse(
            where,
            f"is a {_kind(data)}",
            "an object is needed",
            "write {" + ", ".join(f'"{f}": …' for f in known) + "}",
        )
    return data


def check_list(data: Any, where: str) -> list[Any]:
    """The value, if it is a list.  Raises InputError otherwise."""
    if not isinstance(data, list):
        refuse(where, f"is a {_kind(data)}", "a list is needed", "put it in [ and ]")
    return data


def _kind(value: object) -> str:
    kinds: dict[type, str] = {list: "list", str: "text", bool: "truth value", int: "number", float: "number"}
    return "null" if value is None else kinds.get(type(value), type(value).__name__)
