"""A real telephone on loopback. Where pjsua2 has no wheel (Python 3.13) what calls is not collected; the rest is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.adapters.sip.ivr import Hook, Ivr
from tests.adapters.sip.phones import Phones

#: what is tested without a telephone, in the default suite too
PURE = [f"test_{name}.py" for name in ("book", "desk", "licence", "orders", "script", "settings", "switchboard")]

if find_spec("pjsua2") is None:
    collect_ignore = [path.name for path in Path(__file__).parent.glob("test_*.py") if path.name not in PURE]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if shutil.which("sipp") and os.geteuid() == 0:
        return
    missing = pytest.mark.skip(
        reason="SIPp (Debian: sip-tester) is not installed, or not run by root, as its keys need"
    )
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.name not in PURE:
            item.add_marker(missing)


@pytest.fixture(scope="session")
def phones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phones]:
    """Where the trunk leads: telephones that SIPp plays."""
    phones = Phones(tmp_path_factory.mktemp("phones"))
    yield phones
    phones.close()


@pytest.fixture(scope="session")
def hook() -> Iterator[Hook]:
    """The host's door, which hears the reports."""
    hook = Hook()
    yield hook
    hook.close()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, phones: Phones, hook: Hook) -> Iterator[Ivr]:
    """The program, running in its own process; most tests need no other."""
    ivr = Ivr(tmp_path_factory.mktemp("ivr"), phones.port, hook)
    ivr.start()
    yield ivr
    ivr.end()


@pytest.fixture
def ivr(shared: Ivr, phones: Phones, hook: Hook) -> Iterator[Ivr]:
    yield shared
    # what is left of a call would disturb the next test's telephone
    shared.free()
    phones.close()
    hook.restore()


@pytest.fixture
def own(tmp_path: Path, phones: Phones, hook: Hook) -> Iterator[Ivr]:
    """A program for this test alone, not started yet."""
    ivr = Ivr(tmp_path, phones.port, hook)
    yield ivr
    ivr.kill()
    phones.close()
    hook.restore()
