"""A channel that keeps every rule of the kit, and one for each rule that breaks it and no other.

``Kept.broken`` names the channel under test; ``test_kit.py`` runs the kit over each and looks at which rules fail.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import logging
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from nps_plugin import (
    Answered,
    Capabilities,
    Client,
    Delivery,
    DeliveryError,
    Forged,
    HttpReply,
    HttpSender,
    Message,
    Received,
    Request,
    Response,
    Scored,
)
from nps_plugin.testing import ChannelContract, HttpWire

KEY = "the key of the account"
HOOK_KEY = "the key that signs"


def signature(body: bytes) -> str:
    return hmac.digest(HOOK_KEY.encode(), body, "sha256").hex()


class Good:
    """A short-message gateway as many are: one POST out, one signed POST in."""

    capabilities: Any = Capabilities(points=5, comments=True)

    def __init__(self, url: str, timeout: float = 0.3) -> None:
        self.url = url
        self.http = HttpSender(timeout=timeout)

    def reaches(self, client: Client) -> bool:
        return client.phone.startswith("+")

    def send(self, message: Message) -> Delivery:
        said = self.post(message)
        told = said.json()
        number = told.get("id") if isinstance(told, dict) else None
        if number is None:
            raise DeliveryError("the gateway's reply is not one of its own")
        return Delivery(reference=str(number))

    def post(self, message: Message) -> HttpReply:
        form = {"to": message.client.phone, "text": message.short, "key": KEY}
        return self.http.call("POST", f"{self.url}/sms", data=form)

    def receive(self, request: Request) -> Received:
        given = request.headers.get("x-signature", "")
        if not hmac.compare_digest(given.encode(), signature(request.body).encode()):
            raise Forged("the signature is not ours")
        return self.parse(request)

    def parse(self, request: Request) -> Received:
        try:
            told = json.loads(request.body)
            event = Scored(
                event=str(told["id"]),
                at=datetime.fromtimestamp(told["at"], UTC),
                address=told["from"],
                text=told["text"],
            )
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError, OSError):
            return Received()
        return Received(events=(event,), response=Response(status=200, headers=(), body=b"ok"))

    def reply(self, answered: Answered) -> None:
        self.http.call("POST", f"{self.url}/sms", data={"to": answered.address, "text": answered.text, "key": KEY})


class SaysNothing(Good):
    capabilities = None


class ReachesAll(Good):
    def reaches(self, client: Client) -> bool:
        return True


class AsksTheNetwork(Good):
    def reaches(self, client: Client) -> bool:
        with contextlib.suppress(OSError):
            socket.getaddrinfo("localhost", 80)
        return super().reaches(client)


class SendsTwice(Good):
    def send(self, message: Message) -> Delivery:
        # one thread alone: what several do is another rule's matter
        if threading.current_thread() is threading.main_thread() and self.post(message):
            pass
        return super().send(message)


class OneThread(Good):
    def __init__(self, url: str, timeout: float = 0.3) -> None:
        super().__init__(url, timeout)
        self.threads: set[int] = set()

    def send(self, message: Message) -> Delivery:
        self.threads.add(threading.get_ident())
        if len(self.threads) > 1:
            raise RuntimeError("made for one thread")
        return super().send(message)


class AnotherText(Good):
    def post(self, message: Message) -> HttpReply:
        form = {"to": message.client.phone, "text": message.question, "key": KEY}
        return self.http.call("POST", f"{self.url}/sms", data=form)


class Plain(Good):
    """Calls requests by itself, and makes an error of what a wire does, but for one."""

    lets_out: tuple[type[Exception], ...] = ()

    def post(self, message: Message) -> HttpReply:
        try:
            return super().post(message)
        except DeliveryError as error:
            name = error.reason.rpartition(" ")[2]
            for kind in self.lets_out:
                if kind.__name__ == name:
                    raise kind("let out") from None
            raise


class LetsOutConnectionErrors(Plain):
    lets_out = (requests.ConnectionError,)


class LetsOutCutShort(Plain):
    lets_out = (requests.exceptions.ChunkedEncodingError,)


class LetsOutGarbled(Plain):
    lets_out = (requests.exceptions.ContentDecodingError,)


class FollowsForever(Good):
    def post(self, message: Message) -> HttpReply:
        try:
            return super().post(message)
        except DeliveryError as error:
            if error.reason.endswith("302"):
                raise requests.TooManyRedirects("let out") from None
            raise


class Rejudges(Good):
    """Takes a status for another kind of refusal."""

    statuses: tuple[int, ...] = ()
    final = True

    def post(self, message: Message) -> HttpReply:
        try:
            return super().post(message)
        except DeliveryError as error:
            status = error.reason.rpartition(" ")[2]
            if status.isdigit() and int(status) in self.statuses:
                raise DeliveryError(error.reason, final=self.final, retry_after=error.retry_after) from None
            raise


class GivesUpOnBusy(Rejudges):
    statuses = (429, 500, 502, 503, 504)


class NeverGivesUp(Rejudges):
    statuses = (400, 404, 422)
    final = False


class Impatient(Good):
    def post(self, message: Message) -> HttpReply:
        try:
            return super().post(message)
        except DeliveryError as error:
            raise DeliveryError(error.reason, final=error.final) from None


class NoTimeout(Good):
    def __init__(self, url: str, timeout: float = 0.3) -> None:
        super().__init__(url, timeout=3600)


class BelievesAll(Good):
    def send(self, message: Message) -> Delivery:
        return Delivery(reference=str(self.post(message).json()["id"]))


class TellsInErrors(Good):
    told = ""

    def post(self, message: Message) -> HttpReply:
        try:
            return super().post(message)
        except DeliveryError as error:
            raise DeliveryError(
                f"{error.reason} ({self.tells(message)})", final=error.final, retry_after=error.retry_after
            ) from None

    def tells(self, message: Message) -> str:
        return f"{self.url}/sms?key={KEY}"


class TellsAddresses(TellsInErrors):
    def tells(self, message: Message) -> str:
        return message.client.phone


class Chatty(Good):
    def post(self, message: Message) -> HttpReply:
        logging.getLogger("gateway").info("to %s", message.client.phone)
        return super().post(message)


class Open(Good):
    def __repr__(self) -> str:
        return f"Open({self.url!r}, key={KEY!r})"


class BelievesAnybody(Good):
    def receive(self, request: Request) -> Received:
        return self.parse(request)


class BelievesAnyBody(Good):
    """Its signature covers the kind of the body and not the body."""

    def receive(self, request: Request) -> Received:
        given = request.headers.get("x-signature", "")
        if len(given) != 64 or not given.isascii():
            raise Forged("the signature is not ours")
        return self.parse(request)


class Deaf(Good):
    def parse(self, request: Request) -> Received:
        return Received()


class Forgets(Good):
    count = 0

    def parse(self, request: Request) -> Received:
        self.count += 1
        received = super().parse(request)
        events = tuple(
            Scored(event=f"{one.event}/{self.count}", at=one.at, address=one.address, text="3")
            for one in received.events
        )
        return Received(events=events)


class NaiveTimes(Good):
    def parse(self, request: Request) -> Received:
        events = tuple(
            Scored(event=one.event, at=one.at.replace(tzinfo=None), address=one.address, text="3")
            for one in super().parse(request).events
        )
        return Received(events=events)


class Breaks(Good):
    def parse(self, request: Request) -> Received:
        told = json.loads(request.body)
        event = Scored(event=str(told["id"]), at=datetime.fromtimestamp(told["at"], UTC), address=told["from"])
        return Received(events=(event,))


class AsksBack(Good):
    def parse(self, request: Request) -> Received:
        with contextlib.suppress(DeliveryError):
            self.http.call("GET", f"{self.url}/is-it-true")
        return super().parse(request)


class RepliesOrDies(Good):
    def reply(self, answered: Answered) -> None:
        try:
            super().reply(answered)
        except DeliveryError as error:
            raise RuntimeError(error.reason) from None


class Kept(ChannelContract):
    """The kit over the channel named by ``made``."""

    made: Any = Good
    secrets = (KEY, HOOK_KEY)
    recorded = Path(__file__).parent / "recorded.json"

    @pytest.fixture
    def wire(self) -> Iterator[HttpWire]:
        wire = HttpWire(lambda _call: (200, {"Content-Type": "application/json"}, b'{"id": 77}'))
        yield wire
        wire.close()

    @pytest.fixture
    def channel(self, wire: HttpWire) -> Any:
        return self.made(wire.url)

    @pytest.fixture
    def genuine(self) -> list[Request]:
        told = {"id": 1, "at": 1_790_000_000, "from": "+79161234567", "text": "3"}
        return [self.sign(json.dumps(told).encode())]

    def sign(self, body: bytes) -> Request:
        headers = {"content-type": "application/json", "x-signature": signature(body)}
        return Request(method="POST", path="/hooks/acme/sms", headers=headers, body=body)
