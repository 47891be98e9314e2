"""Exports of closed tickets with scores: judged offline, taken into the store, or asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..model import Judgement

__all__ = ["judge"]


def judge(
    path: str | Path,
    columns: Mapping[str, Any] | str | Path | None = None,
    *,
    progress: Callable[[int], None] | None = None,
) -> Judgement:
    """Judge an export of closed tickets with scores: a CSV file of any kind, or Excel; docs/judge.md.

    ``columns``: a columns file (TOML) or a mapping of its shape; without one the columns are guessed from obvious
    headers, and ``notes`` say what was guessed. ``progress`` is told how many bytes are read. Nothing is stored.

    Raises :class:`~nps_plugin.errors.ConfigError` with every mistake of the columns file, or another ``NpsError`` for a
    file that is no table. Rows that cannot be used are in ``refused_rows``, and the rest is judged.
    """
    # statistics, verdicts and their wording come with the first export and not with the library
    from .judging import judge

    return judge(path, columns, progress=progress)
