"""Where this machine's Chromium is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

MISSING = (
    "no Chromium found: looked for the program that NPS_CHROMIUM names, else for " + ", ".join(NAMES) + " on the PATH; "
    "install one (Debian: apt-get install chromium) to run tests/browser"
)


def find_chromium(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The program to drive. NPS_CHROMIUM wins, and a wrong one is not replaced by another that happens to be there."""
    named = environment.get("NPS_CHROMIUM", "")
    names = (named,) if named else NAMES
    found = (shutil.which(name, path=environment.get("PATH")) for name in names)
    return next((Path(program) for program in found if program), None)


def browser_required(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a missing Chromium is an error (continuous integration) and not a reason to skip."""
    return environment.get("NPS_REQUIRE_BROWSER", "") not in {"", "0"}
