"""A request and a response, free of any framework, so that every host can carry them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Request:
    """An HTTP request. ``path`` is the whole path as sent; ``query`` and ``form`` hold every value of a name, in order.

    Header names are lower case. ``remote`` is the address of the peer as the server saw it. ``body`` holds the bytes as
    they came, for the doors under ``/hooks/``: what is signed is signed over them.
    """

    method: str
    path: str
    query: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))
    form: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    remote: str = ""
    #: the body was larger than the door takes, and was not read
    too_large: bool = False
    body: bytes = field(default=b"", repr=False)
    #: the public address that the sender called, made from ``page.base_url`` (a proxy may have changed what arrived);
    #: set for channels, "" elsewhere
    url: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Response:
    """An HTTP response. Once it has been sent, the host calls ``after``: news is told then, while nobody waits."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    after: Callable[[], None] | None = field(default=None, repr=False, compare=False)
