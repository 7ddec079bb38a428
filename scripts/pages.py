"""Pages that follow from the code and the folder: the lists of pages and the page of commands.

python -m scripts.pages    writes docs/README.md, docs/howto/README.md and docs/commands.md; a test compares them
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from edgecut.cli import app
from instances.storage import write_atomically
from scripts.navigation import HEADINGS, ROOT, docs_by_section, title_of

__all__ = ["commands_page", "howto_list", "list_of_pages", "written_pages"]

_NOTE = "<!-- Written by `make pages`: do not edit. -->"


def written_pages(root: Path = ROOT) -> dict[str, str]:
    """Path from the root → text that belongs there."""
    return {
        "docs/README.md": list_of_pages(root),
        "docs/howto/README.md": howto_list(root),
        "docs/commands.md": commands_page(),
    }


def list_of_pages(root: Path = ROOT) -> str:
    """Every page of docs/, section by section."""
    lines = [
        "# Pages",
        "",
        _NOTE,
        "",
        "`make docs` builds them into a site that works offline, with the API from the docstrings.",
    ]
    for section, names in docs_by_section(root).items():
        lines += ["", f"## {section}", "", *([HEADINGS[section], ""] if section in HEADINGS else [])]
        lines += [f"* [{title_of(root / 'docs' / name)}]({name})" for name in names]
    lines += ["", "## Beside this folder", "", "* [README](../README.md)"]
    lines += [f"* [{title_of(root / name)}](../{name})" for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")]
    return "\n".join(lines) + "\n"


def howto_list(root: Path = ROOT) -> str:
    """The short tasks, each with what it is for."""
    lines = [
        "# How-to",
        "",
        _NOTE,
        "",
        "Short tasks: what for, the code, what comes out. Every block is run by the tests.",
        "",
    ]
    lines += ["| task | what for |", "|---|---|"]
    for name in docs_by_section(root)["How-to"]:
        path = root / "docs" / name
        if path.name != "README.md":
            lines.append(f"| [{title_of(path)}]({path.name}) | {_what_for(path)} |")
    return "\n".join(lines) + "\n"


def _what_for(path: Path) -> str:
    found = re.search(r"^\*\*What for\.\*\* (.*?)\n\n", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError(f"{path}: a task begins with what it is for: **What for.** …")
    return " ".join(found[1].split())


def commands_page() -> str:
    """The commands with their arguments and options, from the command line itself."""
    top = typer.main.get_command(app)
    lines = [
        "# Commands",
        "",
        _NOTE,
        "",
        "Data go to stdout, messages to stderr. Exit codes: [start](start.md#exit-codes-and-verdicts).",
    ]
    for name, command in _leaves(top, "edgecut"):
        lines += ["", f"## {name}", "", _text(command.help), "", f"`{name}{_usage(command)}`", ""]
        lines += ["| | | default |", "|---|---|---|", *_rows(command)]
    return "\n".join(lines) + "\n"


def _leaves(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Commands that do something, with their full names."""
    if not hasattr(command, "commands"):
        yield name, command
        return
    for word, inner in command.commands.items():
        yield from _leaves(inner, f"{name} {word}")


def _usage(command: Any) -> str:
    words = [_name(p) if p.required else f"[{_name(p)}]" for p in command.params if p.param_type_name == "argument"]
    needed = [f"{_switch(p)} {_kind(p)}" for p in command.params if p.param_type_name == "option" and p.required]
    return "".join(f" {word}" for word in [*words, *needed])


def _rows(command: Any) -> Iterator[str]:
    for parameter in command.params:
        if parameter.name == "help":
            continue
        if parameter.param_type_name == "argument":
            shown, kind = _name(parameter), ""
        else:
            shown, kind = ", ".join([*parameter.opts, *parameter.secondary_opts]), _kind(parameter)
        default = "needed" if parameter.required else _default(parameter)
        yield f"| `{shown}{' ' + kind if kind else ''}` | {_text(parameter.help)} | {default} |"


def _name(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name).strip("[]").upper()


def _switch(parameter: Any) -> str:
    return str(max(parameter.opts, key=len))


def _kind(parameter: Any) -> str:
    """What stands for the value: the declared word, else the option's own name."""
    if parameter.is_flag:
        return ""
    return str(parameter.metavar or parameter.name).upper().split(" ")[0].replace("|", "/")


def _default(parameter: Any) -> str:
    value = parameter.default
    if value is None or value is False or value == () or not isinstance(value, str | int | float | bool) or value == "":
        return ""
    return f"`{value}`" if value is not True else "yes"


def _text(help_text: str | None) -> str:
    return " ".join((help_text or "").split()).replace("|", "\\|")


def main() -> int:
    """Write what differs; name it."""
    for name, text in written_pages().items():
        path = ROOT / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_atomically(path, lambda stream, text=text: stream.write(text.encode()))  # type: ignore[misc]
            print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
