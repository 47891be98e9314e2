"""mypy --strict accepts a right use of the library and reports each wrong one, whoever writes it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import nps_plugin

HERE = Path(__file__).parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def check(tmp_path_factory):
    """Runs mypy on one file as a user of the library would, outside of our own configuration."""
    folder = tmp_path_factory.mktemp("mypy")
    home = Path(nps_plugin.__file__).parents[1]
    # installed, mypy finds it by its py.typed; in a checkout it has to be told
    path = {} if "site-packages" in home.parts else {"MYPYPATH": str(home)}

    def run(name: str) -> str:
        options = ("--strict", "--follow-imports=silent", "--config-file=", "--cache-dir", str(folder / "cache"))
        done = subprocess.run(
            [sys.executable, "-m", "mypy", *options, "--no-error-summary", str(HERE / name)],
            cwd=folder,
            env=os.environ | path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return done.stdout

    return run


def reported(output: str) -> set[tuple[int, str]]:
    return {
        (int(line), code) for line, code in re.findall(r"^[^:]+:(\d+): error: .*\[([\w-]+)\]$", output, re.MULTILINE)
    }


def test_a_right_use_is_accepted(check):
    assert check("api.py") == ""


def test_each_wrong_line_is_reported_with_its_error_and_no_other(check):
    text = (HERE / "wrong.py").read_text(encoding="utf-8").splitlines()
    marked = {(number, line.split("# WRONG: ")[1]) for number, line in enumerate(text, 1) if "# WRONG: " in line}
    assert len(marked) > 10
    assert reported(check("wrong.py")) == marked


def test_every_hook_stands_in_the_right_use():
    shown = (HERE / "api.py").read_text(encoding="utf-8")
    for hook in (name for name in vars(nps_plugin.NpsSpec) if name.startswith("nps_")):
        assert f"def {hook}(" in shown, f"tests/typing/api.py does not implement {hook}"
