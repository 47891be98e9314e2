"""`import nps_plugin` stays light: a host that never closes a ticket pays for nothing that it does not use."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

HEAVY = ("requests", "alembic", "werkzeug", "jinja2", "babel", "holidays", "click", "django", "nps_adapters")
#: what an adapter's registration may load beside the library: itself
HOSTS = (*HEAVY[:-1], "helpdesk", "smtplib", "rest_framework")


def loaded_by(statement: str, names: tuple[str, ...]) -> set[str]:
    """Which of the top-level packages are in sys.modules after the statement, in a fresh interpreter."""
    code = f"{statement}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}} & set({names!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_importing_the_library_loads_nothing_heavy():
    assert loaded_by("import nps_plugin", HEAVY) == set()


def test_what_is_called_heavy_is_seen_when_it_is_loaded():
    assert loaded_by("import werkzeug.routing, alembic, nps_plugin", HEAVY) >= {"werkzeug", "alembic"}


def registrations() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["entry-points"]["nps_plugin"]


@pytest.mark.parametrize("module", registrations().values(), ids=registrations().keys())
def test_an_adapters_registration_loads_neither_its_host_nor_anything_heavy(module: str):
    assert loaded_by(f"import {module}", HOSTS) == set()


#: runs the room without the package around it, which brings what its other rooms need
ALONE = f"""
import sys, types
before = set(sys.modules)
package = types.ModuleType("nps_plugin")
package.__path__ = [{str(ROOT / "src/nps_plugin")!r}]
sys.modules["nps_plugin"] = package
"""
NEW = "print(*sorted(set(sys.modules) - before))"
OWN = "nps_plugin"


def loaded_alone(statement: str) -> set[str]:
    """Every module that the statement loads in a fresh interpreter with nothing but its own start-up."""
    code = f"{ALONE}{statement}\n{NEW}"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_statistics_loads_nothing_but_a_handful_of_the_standard_library():
    loaded = {name for name in loaded_alone("import nps_plugin.statistics") if name.split(".")[0] != OWN}
    assert {name.split(".")[0] for name in loaded} <= sys.stdlib_module_names
    # the standard library's own statistics would bring decimal and random
    assert not loaded & {"statistics", "decimal", "fractions", "random", "numbers", "dataclasses", "inspect", "logging"}
    assert len(loaded) < 40


def test_statistics_reaches_no_other_room():
    own = {name for name in loaded_alone("import nps_plugin.statistics") if name.split(".")[0] == OWN}
    assert {".".join(name.split(".")[:2]) for name in own} == {OWN, "nps_plugin.statistics"}


def test_a_heavier_statistics_would_be_seen():
    assert {"decimal", "random"} <= loaded_alone("import nps_plugin.statistics, statistics")
