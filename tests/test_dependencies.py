"""What the code imports is what pyproject.toml declares: nothing works because another package happens to bring it."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture import ADAPTERS, CORE, imports

ROOT = Path(__file__).resolve().parents[1]

#: Imported names that differ from the name of the package which brings them.
BROUGHT_BY = {
    "helpdesk": "django-helpdesk",
    "pjsua2": "pjsua2-python",
    "markupsafe": "jinja2",
    "rest_framework": "django-helpdesk",
    "vl_convert": "vl-convert-python",
}
#: Stubs that exist for type checkers alone.
TYPES_ONLY = {"_typeshed"}


def declared(*extras: str) -> set[str]:
    """The names of the packages that the base and these extras declare, in lower case."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return {re.split(r"[^A-Za-z0-9_.-]", requirement, maxsplit=1)[0].lower() for requirement in wanted}


def undeclared(top: Path, allowed: set[str]) -> list[str]:
    """Imports below a folder that neither Python nor the allowed packages bring, as ``file:line: name``."""
    found = []
    for path in sorted(top.rglob("*.py")):
        for one in imports(path, top):
            name = one.module.split(".")[0]
            known = name in sys.stdlib_module_names or name in {CORE, ADAPTERS} or name in TYPES_ONLY
            if not known and BROUGHT_BY.get(name, name).lower() not in allowed:
                found.append(f"{path.relative_to(top)}:{one.line}: {name}")
    return found


def test_the_library_imports_only_what_the_base_and_its_own_extras_declare():
    assert undeclared(ROOT / "src", declared("charts", "excel", "testing")) == []


def test_the_adapters_import_only_what_their_extras_declare():
    assert undeclared(ROOT / "adapters", declared("email", "django-helpdesk", "sip", "trac", "demo")) == []


@pytest.mark.parametrize("line", ["import rich", "def late():\n    from rich.table import Table"])
def test_an_undeclared_import_is_found(tmp_path: Path, line: str):
    (tmp_path / "planted.py").write_text(f"import os, sqlalchemy, jinja2.ext\n{line}\n", encoding="utf-8")
    assert [problem.rpartition(" ")[2] for problem in undeclared(tmp_path, declared())] == ["rich"]
