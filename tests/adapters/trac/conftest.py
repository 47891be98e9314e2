"""Real Trac environments on SQLite files. Where Trac is not installed (Python 3.13) nothing here is collected."""

from __future__ import annotations

import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.world import Mailbox

if find_spec("trac") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    with warnings.catch_warnings():
        # of crypt and cgi, which Python 3.13 no longer has, and of pkg_resources, which setuptools 81 has not
        warnings.simplefilter("ignore")
        import trac.test
        import trac.util.compat
        import trac.web.api  # noqa: F401
    from tests.adapters.trac.site import Site


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment as `trac-admin initenv` leaves it, to copy for each test."""
    env = tmp_path_factory.mktemp("trac") / "env"
    make = [sys.executable, "-m", "trac.admin.console", str(env), "initenv", "Demo", "sqlite:db/trac.db"]
    subprocess.run(make, check=True, capture_output=True, timeout=60)
    return env


@pytest.fixture
def site(blank: Path, tmp_path: Path, empty_store: Path, mailbox: Mailbox) -> Iterator[Site]:
    """An environment with the plugin enabled, opened in this process."""
    shutil.copytree(blank, tmp_path / "env")
    shutil.copy(empty_store, tmp_path / "nps.sqlite3")
    site = Site(tmp_path, mailbox)
    yield site
    site.close()
