"""The site: links as it needs them, and (by night) built strictly, offline from top to bottom."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.docs.blocks import ROOT

pytest.importorskip("mkdocs", reason="the extra docs (mkdocs-material) is not installed")

from scripts.site import on_config, on_page_markdown, on_post_page

FILES = SimpleNamespace(get_file_from_path=lambda name: name if name in ("theory.md", "split.md") else None)


def shown(text: str, page: str = "split.md") -> str:
    return on_page_markdown(text, SimpleNamespace(file=SimpleNamespace(src_uri=page)), None, FILES)  # type: ignore[arg-type]


def test_links_to_files_become_code_and_to_pages_of_the_root_lead_to_them() -> None:
    assert shown("see [claims](../results/claims.csv)") == "see claims (`results/claims.csv`)"
    assert shown("see [how](../CONTRIBUTING.md#add-a-method)") == "see [how](contributing.md#add-a-method)"
    assert shown("see [a task](howto/money.md) and [web](https://example.org)") == (
        "see [a task](howto/money.md) and [web](https://example.org)"
    )


def test_mentions_become_links_outside_of_code() -> None:
    assert shown("proven in docs/theory.md, P5") == "proven in [theory](theory.md), P5"
    assert shown("proven in docs/theory.md, P5", "howto/money.md") == "proven in [theory](../theory.md), P5"
    for untouched in ("`docs/theory.md`", "```python\n# docs/theory.md\n```", "docs/no_such.md", "[x](docs/theory.md)"):
        assert shown(untouched) == untouched


def test_what_the_theme_would_fetch_is_replaced() -> None:
    page = SimpleNamespace(url="howto/money.html")
    html = '<script src="https://unpkg.com/iframe-worker/shim"></script>'
    assert on_post_page(html, page, None) == '<script src="../site.js"></script>'
    assert (ROOT / "docs" / "site.js").exists()


def test_marks_of_the_tests_are_not_shown() -> None:
    assert shown("<!-- not run: it takes a night -->\n```sh\nls\n```\n") == "```sh\nls\n```\n"


def test_navigation_has_the_sections() -> None:
    config = on_config(SimpleNamespace(nav=None))
    sections = [next(iter(entry)) for entry in config.nav]
    wanted = ["Start", "Tutorial", "How-to", "Topics", "Theory", "Catalogue", "API", "Decisions", "Project"]
    assert [name for name in sections if name in wanted] == wanted
    assert config.nav[-1]["Project"] == [
        {"Changelog": "changelog.md"}, {"Contributing": "contributing.md"}, {"Security": "security.md"},
    ]  # fmt: skip


@pytest.mark.nightly
def test_it_builds_without_a_warning_and_needs_no_network(tmp_path: Path) -> None:
    """`make docs`: half a minute of a whole core."""
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "MPLBACKEND": "Agg"},
    )  # fmt: skip
    assert done.returncode == 0 and "WARNING" not in done.stderr, done.stderr
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) > 80
    for page in pages:
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"?([^\"\s>]+)", text)
        loaded += re.findall(
            r"<link\b[^>]*\brel=\"?(?:stylesheet|preload|preconnect|icon)\"?[^>]*\bhref=\"?([^\"\s>]+)", text
        )
        loaded += re.findall(r"<link\b[^>]*\bhref=\"?([^\"\s>]+)\"?[^>]*\brel=\"?(?:stylesheet|preconnect)", text)
        assert loaded and not [url for url in loaded if re.match(r"(https?:)?//", url)], page.name
        assert 'src="https:' not in text and "site.js" in text, page.name
    for sheet in tmp_path.rglob("*.css"):
        assert not re.findall(r"url\((?:\"|')?(?:https?:)?//", sheet.read_text(encoding="utf-8")), sheet.name
