"""docs/asking.md knows every reason and everything that a log can say."""

from __future__ import annotations

import re
from pathlib import Path

from nps_plugin import LogEvent, NotAskedReason

PAGE = (Path(__file__).parents[2] / "docs/asking.md").read_text(encoding="utf-8")


def test_every_reason_for_not_asking_has_its_line_and_no_other_has():
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == {reason.value for reason in NotAskedReason}


def test_everything_that_a_log_says_is_explained():
    log = PAGE.split("## Why did this client")[1]
    assert {what.value for what in LogEvent} <= set(re.findall(r"`(\w+)`", log))
