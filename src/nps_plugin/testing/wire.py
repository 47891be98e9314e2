"""The other side of a channel, on loopback: it keeps what arrives and misbehaves as it is told, really and over a
socket."""

from __future__ import annotations

import socket
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..model import SCALES, Choice, Client, Message, Point

#: What a provider accepts is answered with (status, headers, body).
Reply = tuple[int, Mapping[str, str], bytes]
#: Seconds until a silence on the wire ends by itself.
_SILENCE = 60.0


class Wire(ABC):
    """What the rules of the kit ask of a provider that stands on loopback."""

    #: how often something was handed over, or an attempt at it was made
    arrived: int = 0

    @abstractmethod
    def accept(self) -> None:
        """Take what comes, as the provider does when all is well. So it is at the start."""

    @abstractmethod
    def fail(self, fault: str) -> None:
        """From now on break in this way: one of the contract's ``faults``, or ``silence``."""

    @abstractmethod
    def refuse(self, status: int, retry_after: str | None = None) -> None:
        """From now on answer with this status, say when to come again, and repeat in the body all that came in."""

    def say(self, body: bytes) -> None:
        """From now on answer that all is well, with this body, which is not what the provider's looks like."""
        raise NotImplementedError

    @abstractmethod
    def transcript(self) -> Any:
        """All that arrived, as plain values for JSON, without what changes from run to run."""

    @abstractmethod
    def close(self) -> None:
        """End, and let go of whoever still waits."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One HTTP request that arrived. Header names are lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, list[str]]:
        """The body read as a form."""
        return parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)


class HttpWire(Wire):
    """A provider's HTTP API on loopback: point the channel's settings at ``url``.

    ``accepts`` gives the reply to a request when all is well: what the real provider was seen to say.
    """

    def __init__(self, accepts: Callable[[Call], Reply] | None = None) -> None:
        self.calls: list[Call] = []
        self._accepts = accepts or (lambda _call: (200, {"Content-Type": "application/json"}, b'{"ok": true}'))
        self._behave: Callable[[_Handler, Call], None] = _Handler.accept
        self.released = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.wire = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def arrived(self) -> int:  # type: ignore[override]
        """How many requests arrived."""
        return len(self.calls)

    def accept(self) -> None:
        """See :class:`Wire`."""
        self._behave = _Handler.accept

    def fail(self, fault: str) -> None:
        """See :class:`Wire`."""
        self._behave = {
            "no connection": _Handler.reset,
            "silence": _Handler.keep_silent,
            "redirects": _Handler.redirect,
            "cut short": _Handler.cut_short,
            "garbled": _Handler.garble,
        }[fault]

    def refuse(self, status: int, retry_after: str | None = None) -> None:
        """See :class:`Wire`."""
        more = {} if retry_after is None else {"Retry-After": retry_after}
        self._behave = lambda handler, call: handler.give(status, more, _echo(call))

    def say(self, body: bytes) -> None:
        """See :class:`Wire`."""
        self._behave = lambda handler, _call: handler.give(200, {"Content-Type": "text/html"}, body)

    def transcript(self) -> list[dict[str, Any]]:
        """Method, path, query, body and its kind, of each request."""
        return [
            {
                "method": call.method,
                "path": call.path,
                "query": dict(call.query),
                "content-type": call.headers.get("content-type", "").partition(";")[0],
                "body": call.body.decode("utf-8", "replace"),
            }
            for call in self.calls
        ]

    def close(self) -> None:
        """See :class:`Wire`."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def reply_to(self, call: Call) -> Reply:
        """What the provider says when all is well."""
        return self._accepts(call)

    def handle(self, handler: _Handler, call: Call) -> None:
        """Keep a request and answer it."""
        self.calls.append(call)
        self._behave(handler, call)


class _Server(ThreadingHTTPServer):
    wire: HttpWire
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        read = bool(self.raw_requestline) and self.parse_request()
        # each connection ends with its reply: what one sending broke does not reach the next
        self.close_connection = True
        if not read:
            return
        parts = urlsplit(self.path)
        call = Call(
            method=self.command,
            path=parts.path,
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        self.server.wire.handle(self, call)

    def accept(self, call: Call) -> None:
        self.give(*self.server.wire.reply_to(call))

    def give(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body)), "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def reset(self, _call: Call) -> None:
        # closed hard: the client reads "connection reset"
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def keep_silent(self, _call: Call) -> None:
        self.server.wire.released.wait(_SILENCE)

    def redirect(self, _call: Call) -> None:
        self.give(302, {"Location": self.path}, b"")

    def cut_short(self, _call: Call) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"40\r\nonly the beginning")

    def garble(self, _call: Call) -> None:
        self.give(200, {"Content-Encoding": "gzip"}, b"this is not what gzip makes")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Silent."""


def _echo(call: Call) -> bytes:
    headers = "\n".join(f"{name}: {value}" for name, value in call.headers.items())
    said = f"{call.method} {call.path} {dict(call.query)}\n{headers}\n".encode() + call.body
    return b'{"ok": false, "description": "refused"}\n' + said


#: The person whom the kit's messages go to.
PERSON = Client(
    id="4711",
    name="Irina Kuznetsova",
    email="irina.kuznetsova@client.example",
    phone="+79161234567",
    telegram="512345678",
    locale="ru",
    timezone="Europe/Moscow",
)
_TOKEN = "kit_0123456789abcdefAZ"  # noqa: S105 - it opens nothing
_PAGE = f"https://help.example.org/rate/acme/{_TOKEN}"


def example_message(**changes: Any) -> Message:
    """A question in Russian on three points, the same each time; ``changes`` are laid over."""
    scale = SCALES["faces-3"]
    labels = scale.labels["ru"]
    points = tuple(
        Point(score=score, label=label, url=f"{_PAGE}?s={score}")
        for score, label in zip(scale.points, labels, strict=True)
    )
    usual = Message(
        id="0199f3a0b1c2d3e4f5a6b7c8",
        tenant="acme",
        survey="0199f3a0b1c2d3e4f5a6b7c7",
        client=PERSON,
        locale="ru",
        sender="Acme <help@acme.example>",
        subject="Acme: как мы решили обращение 17?",
        text="Acme\n\nКак решено ваше обращение?\n\n" + "\n".join(f"{p.score} – {p.label}: {p.url}" for p in points),
        html="<p>Как решено ваше обращение?</p>" + "".join(f'<a href="{p.url}">{p.label}</a>' for p in points),
        headers={"Message-ID": "<0199f3a0b1c2d3e4f5a6b7c8@acme.example>", "Date": "Fri, 20 Nov 2026 12:00:00 +0000"},
        question="Как решено ваше обращение?",
        scale=scale,
        points=points,
        short=f"Acme: Как решено ваше обращение? Ответьте числом от 1 (Плохо) до 3 (Хорошо). {_PAGE}",
        token=_TOKEN,
        url=_PAGE,
        hook="https://help.example.org/rate/hooks/acme/channel",
        brand="Acme",
        ticket="17",
        service="microloan",
        why=frozenset({1}),
        reasons=(Choice(code="speed", text="Слишком долго"), Choice(code="errors", text="Были допущены ошибки")),
    )
    return replace(usual, **changes)
