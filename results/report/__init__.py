"""The report: one HTML page about a run, which needs no network and no script. A section is one file in `sections`."""

from results.report.page import page_text, parts_of, write_page, write_tables
from results.report.registry import SECTIONS, Material, section
from results.report.run import Run, read_run

__all__ = [
    "SECTIONS",
    "Material",
    "Run",
    "page_text",
    "parts_of",
    "read_run",
    "section",
    "write_page",
    "write_tables",
]
