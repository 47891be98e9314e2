"""What .ci/run makes of README.md and of pytest's output."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
REPORT = runpy.run_path(str(ROOT / ".ci" / "report.py"), run_name="report")

GOOD = (
    "....  [100%]\n================== 12 passed in 1.23s ==================\n  docs: OK (3.1=setup[2]+cmd[1] seconds)\n"
)
LONG = "=========== 1202 passed, 3 warnings in 75.10s (0:01:15) ===========\n"


def verdict(output: str) -> list[str]:
    return REPORT["problems"](*REPORT["read_output"](output))


def test_the_readme_names_its_test_command_once():
    command = REPORT["read_command"]((ROOT / "README.md").read_text(encoding="utf-8"))
    assert "tox" in command


@pytest.mark.parametrize("blocks", [0, 2])
def test_a_readme_without_exactly_one_command_is_refused(blocks: int):
    block = "<!-- test-command -->\n```console\n$ tox run\n```\n<!-- /test-command -->\n"
    assert REPORT["read_command"](block) == "tox run"
    with pytest.raises(ValueError, match=f"README.md has {blocks} blocks"):
        REPORT["read_command"](block * blocks)


def test_passing_runs_are_summed():
    _, counts, _ = REPORT["read_output"](GOOD + LONG)
    assert counts == {"passed": 1214, "warnings": 3}
    assert verdict(GOOD + LONG) == []


@pytest.mark.parametrize("word", ["skipped", "xfailed", "xpassed", "deselected", "failed", "error"])
def test_one_test_that_did_not_pass_is_refused_and_counted(word: str):
    assert f"2 {word}" in verdict(GOOD + f"========= 7 passed, 2 {word} in 0.10s =========\n")


def test_coloured_and_quiet_closing_lines_are_read():
    assert "1 skipped" in verdict("\x1b[32m\x1b[1m3 passed\x1b[0m, \x1b[33m1 skipped\x1b[0m\x1b[32m in 0.05s\x1b[0m\n")


def test_the_skipped_test_is_named():
    output = "SKIPPED [1] tests/test_x.py:4: no reason\n====== 7 passed, 1 skipped in 0.10s ======\n"
    assert "SKIPPED [1] tests/test_x.py:4: no reason" in verdict(output)


@pytest.mark.parametrize("output", ["", "lint: OK\n", "======== no tests ran in 0.01s ========\n"])
def test_a_run_without_tests_is_refused(output: str):
    assert "no test passed" in verdict(output)


def test_one_empty_run_among_full_ones_is_refused():
    assert verdict(GOOD + "======== no tests ran in 0.01s ========\n") != []
