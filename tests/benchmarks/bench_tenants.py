"""What a start with 1,000 tenants costs beside one with 1: time and memory, enabled and disabled."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from typing import Any

from nps_plugin import Ratings, Secret

ROUNDS = 5


def config(count: int, *, enabled: bool) -> dict[str, Any]:
    tenant = {
        "enabled": enabled,
        "brand": {"name": "Acme", "sender": "Acme <help@acme.example>"},
        "kpi": [{"priority": ["1"], "resolve_within": "4h", "calendar": "office"}, {"resolve_within": "3d"}],
        "calendars": {"office": {"hours": {"mon-fri": "09:00-18:00"}, "holidays": "RU"}},
        "channels": {"email": {"host": "localhost"}},
    }
    return {
        "database": {"url": "sqlite://"},
        "page": {"base_url": "https://help.example.org/rate", "secrets": [Secret("a secret of the benchmark")]},
        "tenants": {f"t{number}": tenant for number in range(count)},
    }


def start(count: int, *, enabled: bool) -> tuple[float, float]:
    """Seconds (median) and bytes of one start."""
    given = config(count, enabled=enabled)
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        Ratings(given)
        taken.append(time.perf_counter() - began)
    tracemalloc.start()
    kept = Ratings(given)
    size, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    kept.close()
    return statistics.median(taken), size


def main() -> None:
    start(1, enabled=True)  # modules loaded, schemas made
    for enabled in (True, False):
        (one, small), (many, large) = start(1, enabled=enabled), start(1000, enabled=enabled)
        state = "enabled" if enabled else "disabled"
        print(
            f"{state}: 1 tenant {one * 1000:.1f} ms, 1,000 tenants {many * 1000:.0f} ms"
            f" ({(many - one) / 999 * 1000:.2f} ms and {(large - small) / 999 / 1024:.1f} KiB for each more)"
        )


if __name__ == "__main__":
    main()
