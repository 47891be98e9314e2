"""A channel at the world's edge that does as it is told: stands for a telephone, a messenger, any provider."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nps_plugin import Delivery, Message, Registration, hookimpl


class Book:
    """What one wire is told to do, and what it did."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        #: what the next sendings raise; None lets one through
        self.says: list[Exception | None] = []
        #: called at the start of each sending; may raise what the sending raises
        self.during: Callable[[], Any] | None = None
        #: called with what was sent
        self.after: Callable[[Message], Any] = self.sent.append


class Wire:
    """Reaches whoever has a telephone number (or another address, ``by``), through the ``book`` in its settings."""

    def __init__(self, settings: Any) -> None:
        self.book: Book = settings["book"]
        self.by: str = settings.get("by", "phone")

    def reaches(self, client: Any) -> bool:
        return bool(getattr(client, self.by))

    def send(self, message: Message) -> Delivery:
        if self.book.during is not None:
            self.book.during()
        error = self.book.says.pop(0) if self.book.says else None
        if error is not None:
            raise error
        self.book.after(message)
        return Delivery(reference=f"call {len(self.book.sent)}")


class Wires:
    """The plugin that brings the wire."""

    nps_name = "wires"

    @hookimpl
    def nps_register_channels(self) -> list[Registration]:
        return [Registration("wire", f"{__name__}:Wire")]


def wired(book: Book, **settings: Any) -> dict[str, Any]:
    """Settings of a world that asks by phone, then by mail; ``ask`` is laid over."""
    ask = {"channels": ["phone", "email"]} | settings.pop("ask", {})
    channels = {"phone": {"adapter": "wire", "book": book}}
    return {"plugins": [Wires()], "ask": ask, "channels": channels} | settings
