"""Fixtures of the tests about persons."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.world import World


@pytest.fixture
def often(make_world: Callable[..., World]) -> World:
    """The plain world without a quarantine: one person is asked again and again."""
    return make_world(ask={"quarantine": "0s"})
