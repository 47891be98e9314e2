"""Planted truth against verdict: simulated tenants of known truth are judged, and the rates of wrong and right verdicts
stand beside those that the methods allow. NPS_TRUTH=full takes minutes and fills docs/truth.md; else a quick look."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.simulation.experiments import run
from tests.simulation.tables import Check

from nps_plugin.verdicts.slice import judge_slice


def main() -> None:
    full = os.environ.get("NPS_TRUTH") == "full"
    started = time.perf_counter()
    checks: list[Check] = []
    for table in run(judge_slice, 2 if full else 1):
        print(table.markdown(), flush=True)
        checks += table.checks
    print("### Bounds\n")
    print("| what | measured | bound | tenants | |")
    print("| --- | --- | --- | --- | --- |")
    for check in checks:
        sign = "<=" if check.at_most else ">="
        told = "held" if check.held(exactly=True) else "held within 2 se" if check.held() else "**MISSED**"
        print(f"| {check.what} | {check.measured:.4f} | {sign} {check.bound:g} | {check.tenants:,} | {told} |")
    missed = sum(not check.held() for check in checks)
    print(f"\n{len(checks) - missed} of {len(checks)} bounds held; {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
