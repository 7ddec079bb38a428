"""Pages of the API: one a package, the many modules of `instances` by what they are about; from the docstrings."""

from __future__ import annotations

import ast
from fnmatch import fnmatch
from pathlib import Path

from scripts.navigation import ROOT

__all__ = ["api_pages"]

PACKAGES = ("edgecut", "instances", "formulations", "solvers", "results")

GROUPS = (
    ("Networks", ("dnn*", "network*", "nasnet", "onnx*", "torch*", "tracing", "fusion", "graph_network", "sent",
                  "spatial", "training", "cuts", "supported", "accuracy", "exits", "binary", "cascade", "quantise")),
    ("Machines and times", ("machines", "device_file", "measure", "predict", "processor", "profile", "roofline_fit",
                            "running", "timing*", "tiers")),
    ("Checking and certificates", ("check*", "certif*", "outward")),
    ("Files and input", ("files", "*_file", "json*", "parquet*", "storage", "scalars", "errors", "validate", "*_checks",
                         "fingerprint")),
    ("Requests, components, rows", ("request*", "component*", "row*")),
    ("Instances, options, plans", ("*",)),
)  # fmt: skip
"""Title → patterns of module names; a module belongs to the first that fits."""


def api_pages(root: Path = ROOT) -> list[tuple[str, str, str]]:
    """Path in the site, title and Markdown of every page, in the order of the navigation."""
    pages: list[tuple[str, str, str]] = []
    for package in PACKAGES:
        for folder in [root / package, *sorted(path.parent for path in (root / package).rglob("*/__init__.py"))]:
            name = ".".join(folder.relative_to(root).parts)
            modules = sorted(path.stem for path in folder.glob("*.py") if path.stem not in ("__init__", "__main__"))
            if name == "instances":
                left = set(modules)
                for title, patterns in GROUPS:
                    mine = sorted(m for m in left if any(fnmatch(m, pattern) for pattern in patterns))
                    left -= set(mine)
                    file = title.lower().replace(",", "").replace(" ", "_")
                    pages.append(
                        (f"api/instances_{file}.md", f"instances: {title.lower()}", _page(root, name, mine, title))
                    )
            else:
                pages.append((f"api/{name.replace('.', '_')}.md", name, _page(root, name, modules)))
    return pages


def _page(root: Path, package: str, modules: list[str], title: str = "") -> str:
    listed = [name for name in modules if not name.startswith("_")]
    full = [f"{package}.{name}" for name in listed]
    lines = [f"# {package}{': ' + title.lower() if title else ''}", "", _summary(root, package), ""]
    if package == "edgecut":
        full = ["edgecut", *full]
    if listed:
        lines += ["| module | what |", "|---|---|"]
        lines += [f"| [`{name.split('.')[-1]}`](#{name}) | {_summary(root, name)} |" for name in full]
    for name in full:
        lines += ["", f"::: {name}"]
        if name == package:  # the face: what it hands on stands where it is made
            lines += ["    options:", "      members: [methods, formulations]"]
    return "\n".join(lines) + "\n"


def _summary(root: Path, name: str) -> str:
    """First sentence or two of a module's docstring, up to the first blank line."""
    path = root.joinpath(*name.split("."))
    package = path / "__init__.py"  # a folder of data may be called like a module
    path = package if package.is_file() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("|", "\\|")
