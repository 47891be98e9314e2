"""All features, on every engine; their steps stand in tests/steps."""

from __future__ import annotations

import pytest
from pytest_bdd import scenarios


@pytest.fixture(autouse=True)
def _on_every_engine(engine_name: str) -> None:
    """Steps ask for their fixtures while they run, which is too late to be parametrized."""


scenarios(".")
