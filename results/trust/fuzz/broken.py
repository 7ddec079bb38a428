"""Ways to break a file: its bytes, the values of its JSON, the columns of its table.

A mutator takes a file's bytes and a generator and returns other bytes. What comes out may by chance still be valid.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = ["BYTES", "DEEP", "JSON", "LONG", "MOST_BYTES", "ROWS", "Form", "Mutator", "broken", "broken_json",
           "broken_text", "json_rows", "json_values"]  # fmt: skip

Mutator = Callable[[bytes, np.random.Generator], bytes]


@dataclasses.dataclass(frozen=True)
class Form:
    """How a tree is written as text.

    Args:
        write: text of a whole tree. inline: text of a value in it. joint: what stands between key and value.
        raw: texts that are put in place of a value.
    """

    write: Callable[[Any], str]
    inline: Callable[[Any], str]
    joint: str
    raw: tuple[str, ...]


MOST_BYTES = 4_000_000
"""Files are not made larger: what is tested is what readers do with them, not how long writing takes."""

LONG, DEEP = 100_000, 20_000
"""Entries of a huge array, and levels of a deep one."""


def _raw_values() -> tuple[str, ...]:
    """JSON text that is put in place of a value."""
    numbers = ("NaN", "Infinity", "-Infinity", "1e308", "-1e308", "1e999", "-1", "0", "-0.0", "1e-320", "0.1", "2",
               "1e30", "1e-30", "9007199254740993", "18446744073709551616", "9" * 400,
               "-" + "9" * 5000, "1" * 20)  # fmt: skip
    texts = ('""', '"x"', '"-1"', '"nan"', '"\\ud800"', '"\\u0000"', '"\\u202eabc"', '"' + "é" * 500 + '"',
             '"../../etc/passwd"', '"' + "x" * LONG + '"', '"a.json"', '"phone"', '"edge"')  # fmt: skip
    others = ("null", "true", "false", "[]", "{}", "[[]]", '{"a": 1, "a": 2}', "[" + "0," * LONG + "0]",
              "[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP, "[" * 70 + "]" * 70, "[null]", "[1, 2, 3]",
              '[["x"]]', '{"": 0}')  # fmt: skip
    return numbers + texts + others


_JSON = Form(json.dumps, json.dumps, ": ", _raw_values())
_MARK = "\x01raw\x01"


def broken(content: bytes, mutators: Sequence[Mutator], rng: np.random.Generator) -> bytes:
    """The file with one to three faults, mostly one: the first that a reader meets hides the others."""
    for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
        content = mutators[int(rng.integers(len(mutators)))](content, rng)[:MOST_BYTES]
    return content


def _place(content: bytes, rng: np.random.Generator) -> int:
    return int(rng.integers(len(content) + 1))


def flip(content: bytes, rng: np.random.Generator) -> bytes:
    """One to eight bits."""
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 9)) if changed else 0):
        changed[int(rng.integers(len(changed)))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def overwrite(content: bytes, rng: np.random.Generator) -> bytes:
    """A run of bytes becomes random, 0 or 255."""
    place, size = _place(content, rng), int(rng.integers(1, 33))
    kind = int(rng.integers(3))
    run = (
        rng.integers(256, size=size, dtype=np.uint8).tobytes() if kind == 0 else bytes([0 if kind == 1 else 255]) * size
    )
    return content[:place] + run + content[place + size :]


def truncate(content: bytes, rng: np.random.Generator) -> bytes:
    """The end is missing, or the beginning."""
    place = _place(content, rng)
    return content[:place] if rng.random() < 0.8 else content[place:]


def cut_out(content: bytes, rng: np.random.Generator) -> bytes:
    """A piece is missing."""
    first, last = sorted((_place(content, rng), _place(content, rng)))
    return content[:first] + content[last:]


def repeat(content: bytes, rng: np.random.Generator) -> bytes:
    """A piece is there several times."""
    first = _place(content, rng)
    piece = content[first : first + int(rng.integers(1, 200))]
    return content[:first] + piece * int(rng.integers(2, 50)) + content[first:]


def insert(content: bytes, rng: np.random.Generator) -> bytes:
    """A token where none belongs."""
    tokens = (b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"}", b"[", b"]", b",", b'"', b"\\", b"1e", b"-", b"\n" * 9)
    place = _place(content, rng)
    return content[:place] + tokens[int(rng.integers(len(tokens)))] + content[place:]


def other_encoding(content: bytes, rng: np.random.Generator) -> bytes:
    """The same text as UTF-16 or with a byte order mark."""
    text = content.decode("utf-8", errors="replace")
    return text.encode("utf-16") if rng.random() < 0.5 else b"\xef\xbb\xbf" + content


def blank(content: bytes, rng: np.random.Generator) -> bytes:
    """Nothing, or nothing to see."""
    return (b"", b" \n", b"\x00" * 64, b"{}", b"[]", b"null")[int(rng.integers(6))]


BYTES: tuple[Mutator, ...] = (flip, flip, overwrite, truncate, cut_out, repeat, insert, other_encoding, blank)


def json_values(content: bytes, rng: np.random.Generator) -> bytes:
    """One value of the JSON becomes something else: see the list above, or a key is lost, renamed or there twice."""
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        return flip(content, rng)
    return broken_json(tree, rng).encode("utf-8", errors="surrogatepass")


def broken_json(tree: Any, rng: np.random.Generator) -> str:
    """JSON text of the tree with one fault."""
    return broken_text(tree, rng, _JSON)


def broken_text(tree: Any, rng: np.random.Generator, form: Form) -> str:
    """Text of the tree, in some form, with one fault."""
    places = _places(tree)
    if not isinstance(tree, (dict, list)) or not places:
        return form.raw[int(rng.integers(len(form.raw)))]
    # Half of the faults at any value alike, half level by level: most values are deep inside long lists.
    owner, key = places[int(rng.integers(len(places)))] if rng.random() < 0.5 else _at_random_level(tree, rng)
    raw = form.raw[int(rng.integers(len(form.raw)))]
    what = int(rng.integers(11))
    if what >= 8 and type(owner[key]) in (int, float):
        owner[key] = _other_number(owner[key], rng)
    elif what == 0:
        del owner[key]
    elif what == 1 and isinstance(owner, dict):
        owner[f"{key}x" if rng.random() < 0.5 else ""] = owner.pop(key)
    elif what == 2 and isinstance(owner, dict):
        raw = f"{form.inline(owner[key])}, {json.dumps(key)}{form.joint}{form.inline(owner[key])}"
        owner[key] = _MARK
    elif what == 3 and isinstance(owner, list):
        owner.insert(int(key), owner[key])
    elif what == 4:
        other, place = places[int(rng.integers(len(places)))]
        owner[key] = copy.deepcopy(other[place])  # no tree may contain itself
    else:
        owner[key] = _MARK
    return form.write(tree).replace(json.dumps(_MARK), raw, 1)


def _other_number(value: float, rng: np.random.Generator) -> float:
    """A number of another size or sign, so that what is well formed is also tried far from what is usual."""
    power, value = int(rng.integers(-40, 41)), max(min(value, 10**300), -(10**300))
    found = (-value, value + 1, value - 1, value * 10.0**power, 10.0**power, 0)[int(rng.integers(6))]
    whole = isinstance(value, int) and abs(found) < 10**301 and rng.random() < 0.7
    return int(found) if whole else float(found)


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of the tree."""
    found: list[tuple[Any, Any]] = []
    todo = [tree] if isinstance(tree, (dict, list)) else []
    while todo:
        owner = todo.pop()
        keys: list[Any] = list(owner) if isinstance(owner, dict) else list(range(len(owner)))
        for key in keys:
            found.append((owner, key))
            if isinstance(owner[key], (dict, list)):
                todo.append(owner[key])
    return found


def _at_random_level(tree: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    """A place found by walking down, stopping at each level with probability 0.3."""
    while True:
        keys: list[Any] = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        key = keys[int(rng.integers(len(keys)))]
        inner = tree[key]
        if not isinstance(inner, (dict, list)) or not inner or rng.random() < 0.3:
            return tree, key
        tree = inner


JSON: tuple[Mutator, ...] = (*BYTES, *([json_values] * 2 * len(BYTES)))
"""Two in three of the faults are in values: a reader stops at the first broken byte."""


def json_rows(content: bytes, rng: np.random.Generator) -> bytes:
    """One line of JSON lines is broken as any JSON is; or a line is lost, moved, or there twice."""
    lines = content.split(b"\n")
    k, other = int(rng.integers(len(lines))), int(rng.integers(len(lines)))
    what = int(rng.integers(8))
    if what == 0:
        del lines[k]
    elif what == 1:
        lines[k], lines[other] = lines[other], lines[k]
    elif what == 2:
        lines.insert(other, lines[k])
    else:
        lines[k] = json_values(lines[k], rng)
    return b"\n".join(lines)


ROWS: tuple[Mutator, ...] = (*BYTES, *([json_rows] * 2 * len(BYTES)))
