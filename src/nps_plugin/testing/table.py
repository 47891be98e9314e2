"""``python -m nps_plugin.testing.table PATH ...``: runs the contracts found there, prints what came of each rule.

A row a rule, a column a channel, in Markdown. Exit 1 where a rule is broken, 5 where there is no contract.
"""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from .channel import ChannelContract

#: The rules, in the order in which they stand in the kit.
RULES = tuple(name for name in vars(ChannelContract) if name.startswith("test_"))


class Outcomes:
    """A plugin of pytest that runs the rules alone, and keeps what came out of each."""

    def __init__(self) -> None:
        self.contracts: dict[str, type[ChannelContract]] = {}
        self._of: dict[str, tuple[str, str]] = {}
        self._found: dict[tuple[str, str], Counter[str]] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out what is no rule."""
        rules = [item for item in items if isinstance(item, pytest.Function) and _is_rule(item)]
        kept = set(map(id, rules))
        config.hook.pytest_deselected(items=[item for item in items if id(item) not in kept])
        items[:] = rules
        classes = list(dict.fromkeys((item.path, item.cls) for item in rules))
        for path, cls in classes:
            # a contract stands in its channel's folder; where there are several, their own names tell them apart
            own = cls.__name__.removeprefix("Test").removesuffix("Contract")
            name = f"{path.parent.name} {own}".rstrip()
            self.contracts[name] = cls
            self._of |= {item.nodeid: (name, item.originalname) for item in rules if item.cls is cls}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count it; what fails before or after the test fails it."""
        if report.when == "call" or report.outcome != "passed":
            self._found.setdefault(self._of[report.nodeid], Counter())[report.outcome] += 1

    def cell(self, channel: str, rule: str) -> str:
        """What came out of a rule for a channel."""
        found = self._found.get((channel, rule), Counter())
        if not found:
            return self.contracts[channel].left_out().get(rule, "NOT RUN")
        if found["failed"] or found["skipped"]:
            return ", ".join(f"{outcome.upper()} {count}" for outcome, count in found.items() if outcome != "passed")
        return "passed" if found["passed"] == 1 else f"passed, {found['passed']} cases"


def _is_rule(item: pytest.Function) -> bool:
    return item.cls is not None and issubclass(item.cls, ChannelContract) and item.originalname in RULES


def table(outcomes: Outcomes) -> str:
    """The table, in Markdown."""
    channels = sorted(outcomes.contracts)
    rows = [["rule", *channels], ["---"] * (len(channels) + 1)]
    rows += [[words(rule), *(outcomes.cell(channel, rule) for channel in channels)] for rule in RULES]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def words(rule: str) -> str:
    """A rule's name as a sentence."""
    return rule.removeprefix("test_").replace("_", " ")


def main(paths: Sequence[str]) -> int:
    """The command; pytest's exit status."""
    # as `python -m pytest` does: tests may import what stands in the folder from which it is called
    sys.path.insert(0, str(Path.cwd()))
    outcomes, said = Outcomes(), io.StringIO()
    with redirect_stdout(said):
        options = ["-p", "no:cacheprovider", "-p", "no:xdist"]
        status = int(pytest.main([*options, *(paths or ["."])], plugins=[outcomes]))
    if outcomes.contracts:
        sys.stdout.write(table(outcomes))
    if status:
        sys.stderr.write(said.getvalue())
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
