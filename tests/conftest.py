"""For all tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from results.sweep import launch


@pytest.fixture(scope="session", autouse=True)
def keepers_are_counted() -> Iterator[None]:
    """Where lines are counted (`make coverage`), keepers' are too: a Python without site folders counts none."""
    with pytest.MonkeyPatch.context() as patch:
        if "COVERAGE_PROCESS_CONFIG" in os.environ:
            patch.setattr(launch, "_PYTHON", (sys.executable,))
        yield
