"""The order of the rooms is held by reading every import, and the reader is shown to find what is planted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.architecture import MAX_LINES, check_tree, public_names, too_long

ROOT = Path(__file__).resolve().parents[1]

#: Modules that may be longer than the limit, each with the reason.
LONG_MODULES: dict[str, str] = {}


def test_rooms_import_downwards_only():
    assert [str(finding) for finding in check_tree(ROOT)] == []


def test_modules_stay_short():
    assert too_long(ROOT, LONG_MODULES) == []


def test_the_tree_that_is_walked_is_the_real_one():
    assert (ROOT / "src/nps_plugin/errors.py").is_file()
    assert (ROOT / "adapters/nps_adapters").is_dir()
    assert "Ratings" in public_names(ROOT / "src/nps_plugin/__init__.py")


PLANTED = {
    "model imports a higher room": ("src/nps_plugin/model/planted.py", "from ..store import tables\n", 1),
    "an upward import in a function": (
        "src/nps_plugin/kpi/planted.py",
        "def late():\n    from nps_plugin.web.http import Request\n    return Request\n",
        2,
    ),
    "an upward import for types alone": (
        "src/nps_plugin/errors.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .clock import Clock\n",
        3,
    ),
    "an upward import from a folder's __init__": ("src/nps_plugin/config/__init__.py", "from ..store import x\n", 1),
    "a room taken from the package": ("src/nps_plugin/clock.py", "\nfrom . import links\n", 2),
    "the package itself": ("src/nps_plugin/store/planted.py", "import nps_plugin\n", 1),
    "a public name from inside": ("src/nps_plugin/store/planted.py", "from nps_plugin import Ratings\n", 1),
    "an upward import by name": (
        "src/nps_plugin/store/planted.py",
        'from importlib import import_module\nimport_module("nps_plugin.web")\n',
        2,
    ),
    "the core imports an adapter": ("src/nps_plugin/web/planted.py", "import os\nimport nps_adapters.email\n", 2),
    "statistics imports a word": ("src/nps_plugin/statistics/planted.py", "from ..model import Scale\n", 1),
    "statistics imports a package": ("src/nps_plugin/statistics/planted.py", "import math\nimport scipy.stats\n", 2),
    "a room without a place": ("src/nps_plugin/cellar/planted.py", "import os\n", 1),
    "an adapter imports a private module": (
        "adapters/nps_adapters/x/a.py",
        "from nps_plugin.links import new_token\n",
        1,
    ),
    "an adapter imports a private name": ("adapters/nps_adapters/x/a.py", "from nps_plugin import links\n", 1),
    "an adapter imports the package whole": ("adapters/nps_adapters/x/a.py", "import nps_plugin\n", 1),
    "an adapter imports another": ("adapters/nps_adapters/x/a.py", "\n\nfrom ..email import channel\n", 3),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small tree of the same shape, in order."""
    for name in ("clock", "errors", "links"):
        _write(tmp_path, f"src/nps_plugin/{name}.py", "import os\n")
    _write(tmp_path, "src/nps_plugin/__init__.py", '__all__ = ["Ratings"]\nfrom .ratings import Ratings\n')
    _write(
        tmp_path, "src/nps_plugin/ratings.py", "from . import links\nfrom .store.tables import T\nclass Ratings: ...\n"
    )
    _write(
        tmp_path,
        "src/nps_plugin/store/tables.py",
        "import math\nfrom ..errors import NpsError\nfrom . import ids\nT = 1\n",
    )
    _write(
        tmp_path, "src/nps_plugin/statistics/shares.py", "import math\nimport statistics\nfrom .limits import wilson\n"
    )
    _write(
        tmp_path, "adapters/nps_adapters/x/b.py", "from nps_plugin import Ratings\nfrom .c import d\nimport django\n"
    )
    _write(
        tmp_path, "adapters/nps_adapters/email/channel.py", "from nps_plugin import Ratings\nfrom ..email import d\n"
    )
    return tmp_path


def _write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_tree_in_order_gives_no_finding(tree: Path):
    assert check_tree(tree) == []


@pytest.mark.parametrize(("file", "text", "line"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_import_is_found_by_file_and_line(tree: Path, file: str, text: str, line: int):
    _write(tree, file, text)
    assert [(finding.file, finding.line) for finding in check_tree(tree)] == [(file, line)]


def test_an_import_planted_in_the_real_tree_is_found(tmp_path: Path):
    for folder in ("src", "adapters"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    before = check_tree(tmp_path)
    _write(tmp_path, "src/nps_plugin/model/planted.py", "\n\nfrom ..web import http\n")
    planted = [finding for finding in check_tree(tmp_path) if finding not in before]
    assert [(finding.file, finding.line) for finding in planted] == [("src/nps_plugin/model/planted.py", 3)]


def test_a_long_module_is_found(tree: Path):
    _write(tree, "src/nps_plugin/store/long.py", "x = 1\n" * (MAX_LINES + 1))
    _write(tree, "src/nps_plugin/store/full.py", "x = 1\n" * MAX_LINES)
    assert too_long(tree, {}) == ["src/nps_plugin/store/long.py: 401 lines, at most 400"]
    assert too_long(tree, {"src/nps_plugin/store/long.py": "generated"}) == []


def test_an_allowance_no_longer_needed_is_found(tree: Path):
    assert too_long(tree, {"src/nps_plugin/clock.py": "once long"}) != []
