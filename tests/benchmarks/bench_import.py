"""What `import nps_plugin` costs beside the packages that it cannot do without: the aim is at most 1.25 times that."""

from __future__ import annotations

import statistics
import subprocess
import sys

ROUNDS = 31
OURS = "import nps_plugin"
THEIRS = "import sqlalchemy, pluggy, marshmallow"


def seconds(statement: str) -> float:
    """The time of one import in a fresh interpreter, without the interpreter's own start."""
    code = f"from time import perf_counter as now; t = now(); {statement}; print(now() - t)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def main() -> None:
    for statement in (OURS, THEIRS):
        seconds(statement)  # compiled modules and a warm disk cache for both
    pairs = [(seconds(OURS), seconds(THEIRS)) for _ in range(ROUNDS)]  # alternating: a busy machine slows both alike
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{OURS}: {ours * 1000:.0f} ms; {THEIRS}: {theirs * 1000:.0f} ms; ratio {ratio:.2f} (aim: at most 1.25)")


if __name__ == "__main__":
    main()
