"""A channel in a distribution of its own, as docs/write-a-channel.md tells to write it: built, installed, used."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nps_plugin.testing import HttpWire

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "nps-pager"
version = "1.0"
[project.entry-points.nps_plugin]
pager = "nps_pager"
[tool.hatch.build.targets.wheel]
only-include = ["nps_pager.py"]
"""
SENDS = """
import json, sys
from datetime import UTC, datetime
from nps_plugin import Client, ClosedTicket, Ratings
url, database = sys.argv[1:]
ratings = Ratings({
    "database": {"url": database},
    "page": {"base_url": "https://help.example.org/rate", "secrets": ["env:NPS_SECRET"]},
    "tenants": {"acme": {"ask": {"channels": ["pager"]}, "channels": {"pager": {"url": url, "key": "env:PAGER_KEY"}}}},
})
now = datetime.now(UTC)
ratings.ticket_closed(ClosedTicket(tenant="acme", ticket="17", opened_at=now, closed_at=now,
                                   client=Client(phone="+79161234567")))
print(json.dumps({"sent": ratings.run_due().sent, "from": sys.modules["nps_pager"].__file__,
                  "plugins": {one.name: one.distribution for one in ratings.plugins}}))
ratings.close()
"""


def code(number: int) -> str:
    """A Python block of the page."""
    text = (ROOT / "docs" / "write-a-channel.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)[number]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The page's channel as an installed distribution, in a folder of its own."""
    source, target = tmp_path_factory.mktemp("pager"), tmp_path_factory.mktemp("site")
    (source / "pyproject.toml").write_text(PYPROJECT)
    (source / "nps_pager.py").write_text(code(0))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    done = subprocess.run(
        [*command, "--target", str(target), str(source)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert (target / "nps_pager.py").is_file()
    return target


def run(installed, *command, **env):
    ours = os.environ.get("PYTHONPATH", "")
    python_path = {
        "PYTHONPATH": f"{installed}{os.pathsep}{ours}".rstrip(os.pathsep),
        "PATH": "",
        "NPS_SECRET": "a secret of the tests, long enough",
    }
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=False, timeout=120, env=python_path | env
    )


def test_a_channel_of_a_third_party_is_found_by_its_name_and_sends(installed, tmp_path):
    wire = HttpWire(lambda _call: (200, {"Content-Type": "application/json"}, b'{"id": 77}'))
    try:
        database = f"sqlite:///{tmp_path / 'nps.sqlite3'}"
        done = run(installed, "-c", SENDS, wire.url, database, PAGER_KEY="the key of the account")
    finally:
        wire.close()
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["sent"] == 1
    assert Path(told["from"]).parent == installed
    assert told["plugins"]["pager"].startswith("nps-pager")
    (call,) = wire.calls
    assert call.form["to"] == ["+79161234567"]
    assert "Reply with a number from 1 (Bad) to 3 (Good)." in call.form["text"][0]


def test_the_page_s_channel_keeps_the_rules_by_the_page_s_own_test(installed, tmp_path):
    (tmp_path / "test_pager.py").write_text(code(1))
    done = run(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
