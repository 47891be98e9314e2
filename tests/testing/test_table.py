"""Rule by channel: the command prints what a run of the contracts gave, and the page holds what it printed last."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

from nps_plugin.testing import ChannelContract
from nps_plugin.testing.table import RULES, words

ROOT = Path(__file__).resolve().parents[2]
#: Rules of several cases, and what names them.
CASES = {
    "test_a_broken_wire_is_tried_again": "faults",
    "test_a_busy_provider_is_tried_again": "busy",
    "test_a_refusal_is_final": "refusals",
}


def test_the_table_says_what_a_run_gave(tmp_path):
    """A broken rule, one that holds, and one that is declared not to be the channel's."""
    (tmp_path / "test_pager.py").write_text(
        "from tests.testing import fakes\n"
        "class TestContract(fakes.Kept):\n"
        "    made = fakes.Open\n"
        "    says_when = False\n"
        "def test_something_else():\n"
        "    raise AssertionError\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "nps_plugin.testing.table", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"| rule | {tmp_path.name} |"
    assert len(lines) == 2 + len(RULES)
    assert "| nothing secret is in its repr | FAILED 1 |" in lines
    assert "| a message leaves once | passed |" in lines
    assert "| the providers wait is handed on | `says_when = False` |" in lines
    assert "something_else" not in done.stdout + done.stderr


def test_where_there_is_no_contract_the_command_says_so(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "nps_plugin.testing.table", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (5, "")


def test_the_page_holds_the_table_of_the_contracts_as_they_are():
    """Which rules there are, for which channels they are none and why; that they hold is what the contracts' own tests
    say."""
    contracts: dict[str, type[ChannelContract]] = {}
    for path in sorted((ROOT / "tests" / "adapters").glob("*/test_contract.py")):
        module = import_module(f"tests.adapters.{path.parent.name}.test_contract")
        for name, found in vars(module).items():
            if name.startswith("Test") and issubclass(found, ChannelContract):
                own = name.removeprefix("Test").removesuffix("Contract")
                contracts[f"{path.parent.name} {own}".rstrip()] = found
    channels = sorted(contracts)
    lines = ["| " + " | ".join(["rule", *channels]) + " |", "| --- " * (len(channels) + 1) + "|"]
    for rule in RULES:
        cells = []
        for channel in channels:
            contract = contracts[channel]
            count = len(getattr(contract, CASES[rule])) if rule in CASES else 1
            held = "passed" if count == 1 else f"passed, {count} cases"
            cells.append(contract.left_out().get(rule, held))
        lines.append("| " + " | ".join([words(rule), *cells]) + " |")
    page = (ROOT / "docs" / "write-a-channel.md").read_text()
    assert "\n".join(lines) in page, "put what `python -m nps_plugin.testing.table tests/adapters` prints on the page"
