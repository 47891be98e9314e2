"""Runs every benchmark beside it: `tox run -e bench`, or with names: `tox run -e bench -- import`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path


def main(names: list[str]) -> int:
    benchmarks = sorted(Path(__file__).parent.glob("bench_*.py"))
    wanted = [path for path in benchmarks if not names or path.stem.removeprefix("bench_") in names]
    if not wanted:
        known = ", ".join(path.stem.removeprefix("bench_") for path in benchmarks)
        print(f"no such benchmark; there are: {known}", file=sys.stderr)
        return 2
    for path in wanted:
        print(f"== {path.stem}", flush=True)
        runpy.run_path(str(path))["main"]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
