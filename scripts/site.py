"""Hooks of mkdocs: navigation, tutorials, API pages, pages of the root; links that are right here and on a forge."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File, Files

from scripts.api import api_pages
from scripts.navigation import ROOT, docs_by_section, navigation
from scripts.tutorial import run_tutorial

ROOT_PAGES = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md"}
"""Pages beside docs/ → where they stand in the site. The README's substance is in docs/index.md and docs/start.md."""


_FETCHED = "https://unpkg.com/iframe-worker/shim"
"""What the theme's offline mode would load, from the network of all places; docs/site.js does the same."""


def on_config(config: Any) -> Any:
    """Navigation from the folder."""
    config.nav = navigation(ROOT, [{title: path} for path, title, _ in api_pages()])
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add what is no file in docs/: root pages, API, tutorials with what they print and draw."""
    for source, name in ROOT_PAGES.items():
        if (ROOT / source).exists():
            text = (ROOT / source).read_text(encoding="utf-8")
            files.append(File.generated(config, name, content=_as_in_docs(text)))
    for name, _, text in api_pages():
        files.append(File.generated(config, name, content=text))
    for name in docs_by_section().get("Tutorial", []):
        _add_tutorial(files, config, name)
    return files


def _add_tutorial(files: Files, config: Any, name: str) -> None:
    stem = PurePosixPath(name).stem
    with tempfile.TemporaryDirectory() as folder:
        page = run_tutorial(ROOT / "docs" / name, Path(folder))
    text = page.markdown
    for picture, content in page.pictures.items():
        files.append(File.generated(config, f"tutorial/{stem}_{picture}", content=content))
        text = text.replace(f"]({picture})", f"]({stem}_{picture})")
    files.append(File.generated(config, f"tutorial/{stem}.md", content=text))


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Our own helper for search from the disk in place of the one that the theme fetches."""
    return _without_fetching(output, "../" * page.url.count("/"))


def on_post_template(output_content: str, template_name: str, config: Any) -> str:
    """The same for pages that are no Markdown (404)."""
    return _without_fetching(output_content, "") if template_name.endswith(".html") else output_content


def _without_fetching(html: str, up: str) -> str:
    return html.replace(_FETCHED, f"{up}site.js")


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Links and mentions as the site needs them; marks of the tests are left out."""
    text = re.sub(r"^ *<!--.*?-->\n", "", markdown, flags=re.MULTILINE)
    here = PurePosixPath(page.file.src_uri).parent.as_posix()
    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if k % 2 else _with_mentions(_with_links(part), here, files) for k, part in enumerate(parts))


def _as_in_docs(text: str) -> str:
    """Links of a page of the root, as from docs/."""
    return re.sub(r"\]\((?:\./)?docs/", "](", text)


def _with_links(text: str) -> str:
    """Links to files that are no pages become plain code; those to pages of the root lead to where they stand here."""

    def replace(found: re.Match[str]) -> str:
        name, target = found["name"], found["target"]
        if re.match(r"[a-z]+:|#", target):
            return found[0]
        inside, _, anchor = target.partition("#")
        if PurePosixPath(inside).name in ROOT_PAGES:
            new = ROOT_PAGES[PurePosixPath(inside).name]
            return f"[{name}]({new}{'#' + anchor if anchor else ''})"
        if inside.startswith("..") or re.match(
            r"(results|benchmarks|tests|instances|solvers|formulations|edgecut)/", inside
        ):
            plain = re.sub(r"^(\.\./)+", "", inside)
            if (ROOT / plain).exists() and not (ROOT / "docs" / plain).exists():
                return f"{name} (`{plain}`)" if name.strip("`") != plain else f"`{plain}`"
        return found[0]

    return re.sub(r"(?<!!)\[(?P<name>[^\]]*)\]\((?P<target>[^)\s]+)\)", replace, text)


def _with_mentions(text: str, here: str, files: Files) -> str:
    """`docs/theory.md` in the text becomes a link."""

    def replace(found: re.Match[str]) -> str:
        name = found["name"]
        if files.get_file_from_path(name) is None:
            return found[0]
        return f"[{PurePosixPath(name).stem}]({os.path.relpath(name, here or '.').replace(os.sep, '/')})"

    return re.sub(r"(?<![\w/(`\[.])docs/(?P<name>[\w/-]+\.md)(?![\w)`\]])", replace, text)
