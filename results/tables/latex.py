r"""LaTeX with booktabs: the preamble needs ``\usepackage{booktabs}`` and nothing else."""

from __future__ import annotations

import re
import unicodedata

from results.tables.registry import renderer
from results.tables.table import CLAIMED_NOTE, Cell, Table
from results.tables.words import one_line

__all__ = ["escape", "latex"]

_GREEK = {
    "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Σ": "Sigma", "Φ": "Phi", "Ω": "Omega", "α": "alpha",
    "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta", "κ": "kappa",
    "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "varphi",
    "χ": "chi", "ω": "omega",
}  # fmt: skip
_MATHS = {
    "−": "-", "×": r"\times", "·": r"\cdot", "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "≈": r"\approx", "±": r"\pm",
    "∞": r"\infty", "→": r"\to", "∈": r"\in", "²": "^2", "³": "^3", "⁻": "^-", "¹": "^1", "<": "<", ">": ">",
    "|": r"\vert", **{letter: rf"\{name}" for letter, name in _GREEK.items()},
}  # fmt: skip
_TEXTS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "`": r"\textasciigrave{}", "'": r"\textquotesingle{}",
    '"': "''", "–": "--", "—": "---", "†": r"\dag{}", "…": r"\dots{}",
}  # fmt: skip
_LIGATURES = "-,"
"""Signs that LaTeX joins when two of them meet."""
_SET = re.compile(r"[\x20-\x7eÀ-ÏÑ-ÖØ-Ýßà-ïñ-öø-ýÿ§©]")


def escape(text: str) -> str:
    """Text that LaTeX sets as it is, on one line; a sign that plain LaTeX does not have as its code point."""
    flat = unicodedata.normalize("NFC", one_line(text))
    signs = [
        ("{}" if sign == before and sign in _LIGATURES else "") + _sign(sign)
        for before, sign in zip(" " + flat, flat, strict=False)
    ]
    # Behind the end of a row these two would be read as its arguments.
    return ("{}" if flat[:1] in ("[", "*") else "") + "".join(signs)


def _sign(sign: str) -> str:
    if sign in _TEXTS:
        return _TEXTS[sign]
    if sign in _MATHS:
        return f"${_MATHS[sign]}$"
    return sign if _SET.match(sign) else f"U+{ord(sign):04X}"


@renderer("latex")
def latex(table: Table) -> str:
    """A floating table: caption, rules of booktabs, notes in small print below; ends with a newline."""
    heads = " & ".join(escape(column.heading) for column in table.columns)
    body = [" & ".join(map(_entry, row)) + r" \\" for row in table.rows]
    spec = "".join("r" if column.align == "right" else "l" for column in table.columns)
    notes = [rf"$^\dag$ {escape(CLAIMED_NOTE)}."] * table.has_claims + list(map(escape, table.notes))
    small = r"\par ".join(notes)
    lines = [
        r"\begin{table}[t]",
        r"\centering",
        *([rf"\caption{{{escape(table.title)}}}\smallskip"] if table.title else []),
        *([rf"\label{{{re.sub(r'[^A-Za-z0-9:._-]', '-', table.label)}}}"] if table.label else []),
        rf"\begin{{tabular}}{{{spec}}}",
        r"\toprule",
        heads + r" \\",
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
        *([rf"\par\smallskip\parbox{{\linewidth}}{{\footnotesize\raggedright {small}}}"] if notes else []),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _entry(cell: Cell) -> str:
    text = escape(cell.text)
    return (rf"\textbf{{{text}}}" if cell.best else text) + (r"$^\dag$" if cell.claimed else "")
