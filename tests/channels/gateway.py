"""A provider at the world's edge whose answers come back: it sends to a book, and hears what is signed with a word."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tests.surveys.wires import Book

import nps_plugin
from nps_plugin import (
    Answered,
    Capabilities,
    Client,
    Delivery,
    Forged,
    Message,
    Received,
    Registration,
    Request,
    Response,
    hookimpl,
)

WORD = "the word of the gateway"


class Gateway:
    """Reaches a telephone. ``capabilities`` come from the settings, so that a test says what it is."""

    def __init__(self, settings: Any) -> None:
        self.book: Book = settings["book"]
        self.capabilities = Capabilities(**settings.get("can", {}))
        self.replies: list[Answered] = self.book.__dict__.setdefault("replies", [])

    def reaches(self, client: Client) -> bool:
        return bool(client.phone)

    def send(self, message: Message) -> Delivery:
        if self.book.during is not None:
            self.book.during()
        error = self.book.says.pop(0) if self.book.says else None
        if error is not None:
            raise error
        self.book.after(message)
        return Delivery(reference=f"call {len(self.book.sent)}")

    def receive(self, request: Request) -> Received:
        if request.headers.get("x-word") != WORD:
            raise Forged("not ours")
        try:
            told = json.loads(request.body)
        except ValueError:
            return Received()
        events = []
        for one in told:
            kind = getattr(nps_plugin, one.pop("kind"))
            events.append(kind(**{**one, "at": datetime.fromisoformat(one["at"])}))
        return Received(events=tuple(events), response=Response(status=202, headers=(), body=b"taken"))

    def reply(self, answered: Answered) -> None:
        self.replies.append(answered)


class Gateways:
    """The plugin that brings it."""

    nps_name = "gateways"

    @hookimpl
    def nps_register_channels(self) -> list[Registration]:
        return [Registration("gateway", f"{__name__}:Gateway")]


def reached_by(book: Book, can: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    """Settings of a world that asks by the gateway, then by mail; others are laid over."""
    ask = {"channels": ["phone", "email"]} | settings.pop("ask", {})
    phone = {"adapter": "gateway", "book": book, "can": can or {}} | settings.pop("phone", {})
    return {"plugins": [Gateways(), *settings.pop("plugins", [])], "ask": ask, "channels": {"phone": phone}} | settings
