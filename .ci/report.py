"""Two helpers of .ci/run: the test command out of README.md, and what pytest said about tests that did not run.

python report.py command README.md    prints the command between the marks
python report.py summary OUTPUT.log   prints pytest's closing lines and their total; fails unless every test passed
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

COMMAND = re.compile(r"<!-- test-command -->\s*```\w*\n(.+?)```\s*<!-- /test-command -->", re.DOTALL)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CLOSING = re.compile(r"^=* ?((?:\d+ [a-z]+(?:, )?)+|no tests ran) in [\d.]+s(?: \([\d:]+\))? ?=*$")
COUNT = re.compile(r"(\d+) ([a-z]+)")
NOT_RUN = re.compile(r"^(SKIPPED|XFAIL|XPASS)\b.*")
PASSING = {"passed", "warning", "warnings"}


def read_command(readme: str) -> str:
    """The lines between the marks, without prompts. Raises ``ValueError`` where there is not exactly one such block."""
    blocks = COMMAND.findall(readme)
    if len(blocks) != 1:
        raise ValueError(
            f"README.md has {len(blocks)} blocks between <!-- test-command --> and <!-- /test-command -->; expected one"
        )
    lines = (line.strip().removeprefix("$ ") for line in blocks[0].splitlines())
    return "\n".join(line for line in lines if line)


def read_output(output: str) -> tuple[list[str], dict[str, int], list[str]]:
    """Pytest's closing lines, the sum of their counts by word, and the lines that name a test which did not run."""
    closing: list[str] = []
    counts: dict[str, int] = {}
    named: list[str] = []
    for raw in output.splitlines():
        line = COLOUR.sub("", raw).strip()
        if found := CLOSING.match(line):
            closing.append(line)
            for number, word in COUNT.findall(found[1]):
                counts[word] = counts.get(word, 0) + int(number)
        elif NOT_RUN.match(line):
            named.append(line)
    return closing, counts, named


def problems(closing: list[str], counts: dict[str, int], named: list[str]) -> list[str]:
    """Why this output is no proof that everything was tested; empty where it is."""
    found = [f"{number} {word}" for word, number in counts.items() if word not in PASSING]
    found += ["a run of pytest ran no test: " + line for line in closing if "no tests ran" in line]
    if not counts.get("passed"):
        found.append("no test passed")
    return found + (named if found else [])


def main(arguments: list[str]) -> int:
    match arguments:
        case ["command", readme]:
            print(read_command(Path(readme).read_text(encoding="utf-8")))
            return 0
        case ["summary", log]:
            closing, counts, named = read_output(Path(log).read_text(encoding="utf-8", errors="replace"))
            found = problems(closing, counts, named)
            print("\n".join(("pytest's closing lines:", *closing)))
            for problem in found:
                print(f"not accepted: {problem}", file=sys.stderr, flush=True)
            failed = counts.get("failed", 0) + counts.get("error", 0) + counts.get("errors", 0)
            not_run = sum(counts.get(word, 0) for word in ("skipped", "deselected", "xfailed", "xpassed"))
            print(f"{counts.get('passed', 0)} passed, {failed} failed, {not_run} skipped", flush=True)
            return 1 if found else 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
