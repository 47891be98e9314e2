"""A year of a help-desk that goes wrong slowly, filled once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.reports.desk import Desk, opened

from nps_plugin import Ratings


@pytest.fixture(scope="session")
def year_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with fourteen months of the usual desk, whose way of asking changed in the third."""
    path = tmp_path_factory.mktemp("year") / "nps.sqlite3"
    opened(f"sqlite:///{path}", Desk(bad_agent="karpov", changed_at=2)).close()
    return path


@pytest.fixture
def year(year_file: Path, tmp_path: Path) -> Iterator[Callable[..., Ratings]]:
    """The library over a copy of that file; settings of the tenant are laid over the plain ones."""
    made: list[Ratings] = []

    def open_it(**acme: Any) -> Ratings:
        path = tmp_path / f"year{len(made)}.sqlite3"
        shutil.copy(year_file, path)
        made.append(opened(f"sqlite:///{path}", **acme))
        return made[-1]

    yield open_it
    for ratings in made:
        ratings.close()


@pytest.fixture
def desk(database: Callable[[], str]) -> Iterator[Callable[..., Ratings]]:
    """The library over a new database with a desk of its own in it, on every engine."""
    made: list[Ratings] = []

    def open_it(filled: Desk | None = None, **acme: Any) -> Ratings:
        made.append(opened(database(), filled, **acme))
        return made[-1]

    yield open_it
    for ratings in made:
        ratings.close()
