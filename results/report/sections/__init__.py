"""The sections of a report, one a file; each registers itself."""

from results.report.sections import (
    environment,
    failures,
    gaps,
    instances,
    methods,
    outcomes,
    profiles,
    progress,
    reproduce,
    summary,
)

__all__ = [
    "environment",
    "failures",
    "gaps",
    "instances",
    "methods",
    "outcomes",
    "profiles",
    "progress",
    "reproduce",
    "summary",
]
