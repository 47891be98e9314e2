"""A recruiting agency whose operators call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.world import World

from nps_plugin import Client

IVAN = Client(id="7", name="Ivan Petrov", email="ivan@example.org", phone="+7 900 111 22 33", organization="North")


@pytest.fixture
def desk(make_world: Callable[..., World]) -> Callable[..., World]:
    """Makes worlds that ask over an operator; keys of ``ask`` are laid over that."""

    def make(**ask: Any) -> World:
        return make_world(scale="nps-11", ask={"channels": ["operator"], "quarantine": "0d", **ask})

    return make


def queued(world: World, number: str = "17", **facts: Any) -> Any:
    """Close a ticket, let the worker ask, and give the call that waits."""
    world.close(number, **({"client": IVAN} | facts))
    world.ratings.run_due()
    return next(call for call in world.ratings.calls.due("acme", "anna") if call.ticket == number)


def taken(world: World, number: str = "17", **facts: Any) -> Any:
    """The same, and anna has it."""
    return world.ratings.calls.claim("acme", queued(world, number, **facts).id, "anna")
