"""docs/admission.md: its examples run and print what they should."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from solvers import METHODS

PAGE = (Path(__file__).parents[3] / "docs" / "admission.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


def printed(example: str) -> list[str]:
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        exec(compile(example, "docs/admission.md", "exec"), {})
    return told.getvalue().splitlines()


def test_the_comparison_confirms_the_greedy_guarantee_and_ranks_the_methods() -> None:
    rows = {line.split()[0]: line.split()[1:] for line in printed(EXAMPLES[0])}
    assert rows["admission_greedy"][1] == "confirmed"
    assert rows["branch"][1] in ("confirmed", "none")
    assert rows["all_local"][1] == rows["admission_online_moves"][1] == "none"
    away = {name: int(cells[0]) for name, cells in rows.items()}
    assert away["branch"] <= away["admission_greedy"] <= away["all_local"]
    assert away["admission_online_moves"] <= away["admission_online_myopic"]


def test_prices_keep_room_for_the_heavy() -> None:
    value = {name: float(weight) for name, weight in (line.split() for line in printed(EXAMPLES[1]))}
    assert value["CheapestFit"] == 10
    assert value["ExponentialPrices"] > 3 * value["CheapestFit"]


def test_every_admission_method_has_a_row() -> None:
    named = re.findall(r"^\| `(admission_\w+)`", PAGE, flags=re.MULTILINE)
    assert sorted(named) == sorted(name for name in METHODS if name.startswith("admission_"))
