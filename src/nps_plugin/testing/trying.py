"""Trying a channel: what comes of a sending, what shows of an error, a process without a network."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ..model import Message
from ..ports import Channel
from .wire import Wire


def outcome_of(channel: Channel, message: Message) -> object:
    """What ``send`` gave or raised."""
    try:
        return channel.send(message)
    except Exception as error:  # noqa: BLE001 - which one it is, is what the rules look at
        return error


def failing(wire: Wire, fault: str) -> Callable[[], None]:
    """What breaks the wire."""
    return lambda: wire.fail(fault)


def refusing(wire: Wire, status: int) -> Callable[[], None]:
    """What makes the provider refuse."""
    return lambda: wire.refuse(status)


def shown_of(error: BaseException) -> Iterator[str]:
    """What a traceback shows of an error and of those behind it."""
    link: BaseException | None = error
    while link is not None:
        yield f"{link} {link!r} {getattr(link, 'reason', '')}"
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


@contextmanager
def no_network() -> Iterator[list[str]]:
    """Notes every attempt of this process to connect or to look up a name, and lets none through."""
    tried: list[str] = []

    def refuse(*_: Any, **__: Any) -> Any:
        tried.append("network")
        raise OSError("the kit allows no network here")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield tried
