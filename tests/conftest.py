"""Shared by all tests. Fixtures of one room stand in that room's own conftest.py."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nps_plugin.store.engine import Store
from tests.chromium import MISSING, browser_required, find_chromium
from tests.dialects import share_compiled
from tests.postgres import Postgres, wanted_engines
from tests.world import Mailbox, World

#: A file system in memory, where there is one with room: the many commits of the tests need not wait for a disk.
MEMORY = Path("/dev/shm")
ROOM = 4 * 1024**3
if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    # pytest's own variable for where its temporary folders stand; both are read when the first one is made
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

share_compiled()

pytest_plugins = [
    "tests.steps.given",
    "tests.steps.hearing",
    "tests.steps.when",
    "tests.steps.then",
    "tests.steps.asking",
    "tests.steps.judging",
    "tests.steps.calling",
    "tests.steps.indicators",
    "tests.steps.telephone",
    "tests.steps.support_desk",
    "tests.steps.support_desk_manager",
]

#: Rooms that stand on others' SQL, which is tested on both engines where it is: by default their tests run on SQLite
#: alone, but for those marked ``both_engines``. ``tox run -e engines`` runs all on both.
ON_SQLITE = {"adapters", "followups", "reports", "responses", "simulation", "test_features.py", "verdicts", "web"}
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


@pytest.fixture(scope="session")
def smtp_server() -> Iterator[Mailbox]:
    server = Mailbox()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mailbox(smtp_server: Mailbox) -> Mailbox:
    """The SMTP server, emptied."""
    smtp_server.clear()
    return smtp_server


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the tables in it, so that not every test runs the migrations."""
    path = tmp_path_factory.mktemp("store") / "nps.sqlite3"
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    store.close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this test process."""
    # not under pytest's own folder: that of an older session is removed while the server of a newer one starts
    server = Postgres(Path(tempfile.mkdtemp(prefix="nps-postgresql-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))))
    yield server
    server.stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine_name" not in metafunc.fixturenames or any(
        "engine_name" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")
    ):
        return
    room = metafunc.definition.path.relative_to(Path(__file__).parent).parts[0]
    both = room not in ON_SQLITE or metafunc.definition.get_closest_marker("both_engines") is not None
    metafunc.parametrize("engine_name", wanted_engines(both=both), indirect=True)


@pytest.fixture
def engine_name(request: pytest.FixtureRequest) -> str:
    """sqlite, then postgresql: a test that needs a database runs on each, but see ``ON_SQLITE``."""
    return str(request.param)


@pytest.fixture
def database(
    request: pytest.FixtureRequest, engine_name: str, tmp_path: Path, empty_store: Path
) -> Iterator[Callable[[], str]]:
    """Gives URLs of new databases with our tables in them."""
    made: list[str] = []

    def new() -> str:
        if engine_name == "postgresql":
            made.append(request.getfixturevalue("postgres").fresh())
        else:
            path = tmp_path / f"nps{len(made)}.sqlite3"
            shutil.copy(empty_store, path)
            made.append(f"sqlite:///{path}")
        return made[-1]

    yield new
    if engine_name == "postgresql":
        for url in made:
            request.getfixturevalue("postgres").drop(url)


@pytest.fixture
def make_world(database: Callable[[], str], mailbox: Mailbox) -> Iterator[Callable[..., World]]:
    """Makes worlds with other settings than the plain one; each in a database of its own, on every engine."""
    made: list[World] = []

    def make(**settings: Any) -> World:
        made.append(World(database(), mailbox, **settings))
        return made[-1]

    yield make
    for world in made:
        world.ratings.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """The plain world: tenant acme, English, three faces, four hours, questions by mail at once."""
    return make_world()
