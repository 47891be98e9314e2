"""Shared by all tests. Fixtures of one room stand in that room's own conftest.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chromium import MISSING, browser_required, find_chromium

BROWSER_TESTS = Path(__file__).parent / "browser"


def pytest_report_header() -> str:
    return f"chromium: {find_chromium() or 'none'}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    in_browser = [item for item in items if item.path.is_relative_to(BROWSER_TESTS)]
    for item in in_browser:
        item.add_marker("browser")
    if in_browser and find_chromium() is None:
        if browser_required():
            raise pytest.UsageError(f"NPS_REQUIRE_BROWSER is set, but {MISSING}")
        for item in in_browser:
            item.add_marker(pytest.mark.skip(reason=MISSING))


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The Chromium to drive: ``launch(executable_path=chromium, args=["--no-sandbox"])``."""
    found = find_chromium()
    assert found is not None, MISSING
    return found
