"""A mail server on the loopback that keeps what it receives."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


class Mailbox:
    """Receives mail on a port that the system chose, and keeps it in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._received: list[EmailMessage] = []
        # bound before it is named to anyone, so that nobody else can take the port in between
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._controller = _Controller(self, self._socket, self.port)

    def start(self) -> None:
        """Begin to receive."""
        self._controller.start()

    def stop(self) -> None:
        """Stop receiving, if it began. What was received stays readable."""
        self._controller.stop(no_assert=True)
        self._socket.close()

    @property
    def received(self) -> list[EmailMessage]:
        """The messages so far, oldest first."""
        with self._lock:
            return list(self._received)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 aiosmtpd's name
        """Called by aiosmtpd with a whole message."""
        del server, session
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        with self._lock:
            self._received.append(message)
        return "250 OK"


class _Controller(Controller):
    def __init__(self, handler: Mailbox, bound: socket.socket, port: int) -> None:
        super().__init__(handler, hostname="127.0.0.1", port=port)
        self._bound = bound

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._bound)


def body(message: EmailMessage, kind: str) -> str:
    """The text of a message's ``"plain"`` or ``"html"`` part, "" where it has none."""
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())


def with_pictures(message: EmailMessage) -> str:
    """The HTML of a message with its inline pictures put in, for a browser; else its text."""
    import base64
    import html

    page = body(message, "html")
    if not page:
        return f"<pre>{html.escape(body(message, 'plain'))}</pre>"
    for part in message.walk():
        name = (part.get("Content-ID") or "").strip("<> ")
        if name and part.get_content_maintype() == "image":
            picture = base64.b64encode(part.get_payload(decode=True) or b"").decode()  # type: ignore[arg-type]
            page = page.replace(f"cid:{name}", f"data:{part.get_content_type()};base64,{picture}")
    return page
