"""Ways to break TOML: its bytes, or one of its values."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import numpy as np

from results.trust.fuzz.broken import BYTES, DEEP, LONG, Form, Mutator, broken_text, flip

__all__ = ["TOML", "toml_text"]


def _raw_values() -> tuple[str, ...]:
    """TOML text that is put in place of a value."""
    numbers = ("nan", "inf", "-inf", "1e308", "-1e308", "1e999", "-1", "0", "-0.0", "1e-320", "0.1", "2", "1e30",
               "9007199254740993", "18446744073709551616", "9" * 400, "-" + "9" * 5000, "0x" + "f" * 5000, "0o17",
               "1_000", "1__0")  # fmt: skip
    times = ("1979-05-27T07:32:00Z", "1979-05-27T00:32:00.999999-07:00", "1979-05-27", "07:32:00", "9999-99-99")
    texts = ('""', '"x"', '"-1"', "'nan'", '"\\ud800"', '"\\u0000"', '"\\u202eabc"', '"""a\nb"""', "'''\n'''",
             '"' + "é" * 500 + '"', '"../../etc/passwd"', '"' + "x" * LONG + '"', '"."', '"/"', '"*"', '"campus"',
             '"branch"')  # fmt: skip
    others = ("true", "[]", "{}", "[[]]", "{ a = 1, a = 2 }", "{ a.b = 1 }", "[" + "0," * LONG + "0]",
              "[" * DEEP + "]" * DEEP, "{a=" * DEEP + "1" + "}" * DEEP, "[" * 70 + "]" * 70, "[1, 2, 3]",
              '[["x"]]', '{ "" = 0 }', "[" + ",".join(map(str, range(5000))) + "]")  # fmt: skip
    return numbers + times + texts + others


def _inline(value: Any) -> str:
    """A value on one line; what TOML has no word for (null, dates that a fault moved) as text."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_inline(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    if isinstance(value, int) and value.bit_length() > 1000:
        return hex(value).replace("-", "")  # Python writes no decimals of so many digits, and TOML has no sign here
    return json.dumps(value) if isinstance(value, (bool, int, float, str)) else json.dumps(str(value))


def toml_text(tree: dict[str, Any]) -> str:
    """TOML text of a tree: a line for each key at the top, all else within it."""
    return "".join(f"{json.dumps(key)} = {_inline(value)}\n" for key, value in tree.items())


_TOML = Form(toml_text, _inline, " = ", _raw_values())


def toml_values(content: bytes, rng: np.random.Generator) -> bytes:
    """One value becomes something else, or a key is lost, renamed or there twice."""
    try:
        tree = tomllib.loads(content.decode())
    except (ValueError, RecursionError):
        return flip(content, rng)
    return broken_text(tree, rng, _TOML).encode("utf-8", errors="surrogatepass")


TOML: tuple[Mutator, ...] = (*BYTES, *([toml_values] * 2 * len(BYTES)))
