"""Which page stands where: known pages in order, all others under Topics, so that a new page needs no line here."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

__all__ = ["HEADINGS", "ROOT", "docs_by_section", "navigation", "title_of"]

ROOT = Path(__file__).resolve().parents[1]

SECTIONS: dict[str, tuple[str, ...]] = {
    "Start": ("index.md", "start.md"),
    "Tutorial": ("tutorial/*.py",),
    "How-to": ("howto/README.md", *(f"howto/{name}.md" for name in (
        "solve-from-a-script", "instance-by-hand", "own-hardware", "network-from-onnx", "measured-layer-times",
        "limits", "compare-methods", "certify-and-verify", "explain-infeasible", "result-into-pandas",
        "read-prices", "whole-units", "fixed-shares", "latency-goal", "money", "admission", "online-arrivals",
        "many-users", "one-request", "pareto-front", "exits-and-bit-widths", "export-the-milp",
        "regenerate-a-figure")), "howto/*.md"),
    "Topics": ("split.md", "switching.md", "parts.md", "variants.md", "networks.md", "admission.md", "systems.md",
               "online.md", "heuristics.md", "scale.md"),
    "Experiments": ("library.md", "sweep.md", "metrics.md", "tables.md", "report.md", "figures.md", "trust.md"),
    "Theory": ("theory.md",),
    "Catalogue": ("catalogue.md", "commands.md"),
    "Decisions": ("decisions/*.md",),
}  # fmt: skip
"""Section → pages of docs/ in order; patterns stand for what they match; a page that is not there is passed over."""

HEADINGS = {"Tutorial": "Scripts that run from top to bottom; the site shows them with what comes out."}
REST = "Topics"
_LONG = 44
_LEFT_OUT = ("README.md",)
_PROJECT = {"Changelog": "changelog.md", "Contributing": "contributing.md", "Security": "security.md"}


def docs_by_section(root: Path = ROOT) -> dict[str, list[str]]:
    """Section → files of docs/, as paths from there. Every page stands in just one."""
    docs = root / "docs"
    there = {p.relative_to(docs).as_posix() for ending in ("*.md", "tutorial/*.py") for p in docs.rglob(ending)}
    there -= set(_LEFT_OUT)
    found: dict[str, list[str]] = {}
    for section, patterns in SECTIONS.items():
        found[section] = []
        for pattern in patterns:
            names = sorted(p.relative_to(docs).as_posix() for p in docs.glob(pattern))
            found[section] += [name for name in names if name in there]
            there -= set(names)
    found[REST] += sorted(there)
    return {section: names for section, names in found.items() if names}


def navigation(root: Path = ROOT, api: list[dict[str, str]] | None = None) -> list[dict[str, Any]]:
    """The site's navigation, in the form of mkdocs."""
    found: list[dict[str, Any]] = []
    for section, names in docs_by_section(root).items():
        pages = [{short_title(root / "docs" / name): page_name(name)} for name in names]
        found.append({section: pages if len(pages) > 1 else next(iter(pages[0].values()))})
        if section == "Catalogue" and api:
            found.append({"API": api})
    project = [{t: page} for t, page in _PROJECT.items() if (root / f"{page.removesuffix('.md').upper()}.md").exists()]
    return [*found, {"Project": project}]


def page_name(name: str) -> str:
    """Name of the site's page that a file becomes."""
    return name.removesuffix(".py") + ".md" if name.endswith(".py") else name


def title_of(path: Path) -> str:
    """The first heading of a page or tutorial."""
    pattern = r"^# # (.+)$" if path.suffix == ".py" else r"^# (.+)$"
    found = re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError(f"{path} has no heading")
    return found[1].strip()


def short_title(path: Path) -> str:
    """Title for the navigation: what stands before a colon or comma if it is long; for the list of tasks its name."""
    if path.name == "README.md":
        return "All tasks"
    title = title_of(path)
    if len(title) > _LONG:
        title = re.split(r"[:;,] ", title)[0]
    return textwrap.shorten(title, _LONG + 10, placeholder=" …")
